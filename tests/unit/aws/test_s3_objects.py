"""Bodies that break off are gone on with; objects that change meanwhile are not mixed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from dicommap.aws import Clients, s3_objects
from dicommap.aws.s3_objects import MAX_FRUITLESS_REQUESTS, PIECE_BYTES, read_in_pieces
from dicommap.errors import AwsError
from tests.support.s3_server import REGION, Bucket

BODY = bytes(number % 251 for number in range(3 * PIECE_BYTES + 17))


class Cutting(BaseHTTPRequestHandler):
    """Serves BODY, and closes the connection after so many bytes of each answer, in turn; None is all of them."""

    protocol_version = "HTTP/1.1"
    cuts: ClassVar[list[int | None]] = []
    etags: ClassVar[list[str]] = []
    ranges: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        begin = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        etag = self.etags.pop(0) if self.etags else '"same"'
        self.ranges.append(self.headers["Range"] or "")
        if self.headers["If-Match"] not in (None, etag):
            self.send_response(412)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = BODY[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", etag)
        self.end_headers()
        cut = self.cuts.pop(0) if self.cuts else None
        self.wfile.write(body[:cut])
        self.wfile.flush()
        self.close_connection = cut is not None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name that the class has
        pass


@contextmanager
def cutting(*cuts: int | None, etags: tuple[str, ...] = ()) -> Iterator[Clients]:
    Cutting.cuts[:], Cutting.etags[:], Cutting.ranges[:] = cuts, etags, ()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cutting)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield Clients(region=REGION, endpoint_url=f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_object_is_read_whole_or_as_far_as_is_asked(bucket: Bucket) -> None:
    bucket.put("a", BODY)
    bucket.put("empty")
    clients = bucket.clients
    assert b"".join(read_in_pieces(clients, bucket.name, "a")) == BODY
    assert b"".join(read_in_pieces(clients, bucket.name, "a", limit=132)) == BODY[:132]
    assert b"".join(read_in_pieces(clients, bucket.name, "empty")) == b""
    assert b"".join(read_in_pieces(clients, bucket.name, "empty", limit=132)) == b""
    with pytest.raises(AwsError, match="NoSuchKey"):
        list(read_in_pieces(clients, bucket.name, "none"))


@pytest.mark.parametrize(
    "cuts",
    [(1,), (0, 0, 5), (PIECE_BYTES, PIECE_BYTES + 1), (0,) * (MAX_FRUITLESS_REQUESTS - 1), (3, 0, 0, 3, 0, 0, 0, 3)],
)
def test_a_body_that_breaks_off_is_gone_on_with(cuts: tuple[int, ...], s3_environment: str) -> None:
    with cutting(*cuts) as clients:
        assert b"".join(read_in_pieces(clients, "bucket", "key")) == BODY
        assert len(Cutting.ranges) == len(cuts) + 1


def test_a_body_that_never_comes_is_given_up(s3_environment: str) -> None:
    with cutting(*[0] * 50) as clients, pytest.raises(AwsError, match="was interrupted several times") as error:
        list(read_in_pieces(clients, "bucket", "key"))
    assert error.value.transient
    assert len(Cutting.ranges) == MAX_FRUITLESS_REQUESTS


def test_an_object_that_changes_meanwhile_is_told(s3_environment: str) -> None:
    with cutting(10, etags=('"a"', '"b"')) as clients, pytest.raises(AwsError, match="changed while it was read"):
        list(read_in_pieces(clients, "bucket", "key"))


def test_pieces_are_small() -> None:
    assert s3_objects.PIECE_BYTES <= 1024 * 1024
