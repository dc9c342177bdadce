"""Reading objects: many requests are sent in parallel, and the headers come in the order of the objects."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from dicommap.errors import AwsError
from dicommap.model.source_files import NetworkTraffic
from dicommap.model.study import SourceFile
from dicommap.p10 import ReadAt, RejectedFile
from dicommap.reading.parallel_calls import ParallelCalls
from dicommap.sources.s3 import object_opener
from dicommap.sources.s3.object_opener import FIRST_REQUESTS, S3Opener
from dicommap.sources.s3.range_requests import ByteRange
from dicommap.sources.s3.s3_connection import S3Connection
from dicommap.sources.s3.s3_errors import error_for_no_answer

CONNECTION = S3Connection(bucket="b")
OBJECTS = 128


class Objects:
    """Stands in for the reader of a process; no answer comes before `at_once` requests are waited for."""

    first_bytes = 10

    def __init__(self, *, at_once: int = 1) -> None:
        self._enough = threading.Barrier(at_once)
        self._lock = threading.Lock()
        self.waiting = self.most = 0

    def request_range(self, key: str, begin: int, end: int, size: int, etag: str) -> ByteRange:
        with self._lock:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
        self._enough.wait(60)
        with self._lock:
            self.waiting -= 1
        return ByteRange(begin, f"{key:>{size}}".encode()[begin:end])

    def record_header_end(self, end: int) -> None:
        pass


def opened(monkeypatch: pytest.MonkeyPatch, objects: Any) -> S3Opener:
    monkeypatch.setattr(object_opener, "get_range_reader", lambda connection: objects)
    listed = [SourceFile(path=f"{number:03}", size=30, mtime_ns=0, etag='"e"') for number in range(OBJECTS)]
    return S3Opener(CONNECTION, "p/").for_files(listed)


def read_all(
    opener: S3Opener, paths: Sequence[str], read_header: Callable[[ReadAt, int], Any], limit: int = 64
) -> tuple[list[Any], NetworkTraffic]:
    """Return what `read_header` returns for each object, and the traffic of all."""
    with ParallelCalls(limit) as calls:
        results = list(opener.read_headers([(path, 30) for path in paths], read_header, calls))
    traffic = NetworkTraffic()
    for _, part in results:
        traffic = traffic.plus(part)
    return [header for header, _ in results], traffic


@pytest.mark.parametrize("limit", [FIRST_REQUESTS, 5])
def test_objects_are_requested_in_parallel_up_to_the_limit(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    objects = Objects(at_once=limit)
    paths = [f"{number:03}" for number in range(limit * 3)]
    found, traffic = read_all(opened(monkeypatch, objects), paths, lambda read, size: read(0, 1), limit)
    assert objects.most == limit
    assert found == [b" "] * limit * 3
    assert (traffic.requests, traffic.received, traffic.repeated) == (limit * 3, limit * 30, 0)


def test_results_are_in_order_and_further_bytes_take_a_second_request(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [f"{number:03}" for number in reversed(range(OBJECTS))]

    def read(read_at: ReadAt, size: int) -> str:
        assert read_at(0, 3) == b"   "
        return read_at(size - 5, 5).decode()

    found, traffic = read_all(opened(monkeypatch, Objects()), paths, read)
    assert found == [f"p/{path}" for path in paths]
    assert (traffic.requests, traffic.received, traffic.repeated) == (OBJECTS * 2, OBJECTS * 15, OBJECTS)


def test_objects_without_an_answer_in_a_row_end_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    objects, asked = Objects(), itertools.count()

    def fail_sometimes(*_: Any) -> ByteRange:
        if next(asked) % 8 == 7:
            return ByteRange(0, b"x" * 10)
        raise error_for_no_answer("the connection broke")

    monkeypatch.setattr(objects, "request_range", fail_sometimes)
    paths = [f"{number:03}" for number in range(OBJECTS)]
    found, _ = read_all(opened(monkeypatch, objects), paths, lambda read, size: read(0, 1), limit=1)
    assert [isinstance(header, RejectedFile) for header in found] == ([True] * 7 + [False]) * (OBJECTS // 8)
    monkeypatch.setattr(objects, "request_range", lambda *_: (_ for _ in ()).throw(error_for_no_answer("none came")))
    with pytest.raises(AwsError, match="8 objects in a row"):
        read_all(opened(monkeypatch, objects), paths, lambda read, size: read(0, 1))


class Panic(BaseException):
    """What a client raises that is no Exception, as those written in Rust do."""


def test_whatever_a_client_raises_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def panicking(*_: Any) -> ByteRange:
        raise Panic

    objects = Objects()
    monkeypatch.setattr(objects, "request_range", panicking)
    with pytest.raises(Panic):
        read_all(opened(monkeypatch, objects), ["000"], lambda read, size: read(0, 1))
