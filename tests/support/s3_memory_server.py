"""A fast S3 server on loopback for benchmarks: objects in memory, ListObjectsV2, and GET with ranges.

All other tests use moto's server, see tests/support/s3_server.py. One process answers, and does little more than
copying bytes. `python -m tests.support.s3_memory_server TREE --prefix PREFIX` prints its URL, serves the
files of a tree below that prefix of the bucket BUCKET, and ends when its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import subprocess
import sys
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote_plus, unquote
from xml.sax.saxutils import escape

BUCKET = "archive"
MAX_KEYS = 1_000
"""Maximum number of keys on a page of a listing."""

_DATE = "2026-01-02T03:04:05.000Z"
_HTTP_DATE = b"Fri, 02 Jan 2026 03:04:05 GMT"


class MemoryObjects:
    """The objects of the only bucket, and counts of requests."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.bodies: dict[str, tuple[bytes, str]] = {}
        """Key -> bytes and ETag."""
        for key, body in objects.items():
            self.bodies[key] = body, _etag(body)
        self.keys = sorted(self.bodies)
        self.requests = 0
        """GET requests for objects."""
        self.lists = 0
        self.signed = 0
        """Requests that were sent with credentials."""
        self.sent = 0
        """Bytes of objects that were sent."""
        self.connections: set[asyncio.Transport] = set()

    def put(self, key: str, body: bytes) -> None:
        """Add or replace an object."""
        self.bodies[key] = body, _etag(body)
        self.keys = sorted(self.bodies)

    def listing(self, query: dict[str, list[str]]) -> bytes:
        """Return a page of ListObjectsV2."""
        self.lists += 1
        prefix = query.get("prefix", [""])[0]
        count = min(int(query.get("max-keys", [str(MAX_KEYS)])[0]), MAX_KEYS)
        after = query.get("continuation-token", [""])[0] or query.get("start-after", [""])[0]
        begin = bisect_left(self.keys, prefix)
        if after:
            begin = max(begin, bisect_right(self.keys, after))
        found = []
        for key in self.keys[begin : begin + count + 1]:
            if not key.startswith(prefix):
                break
            found.append(key)
        truncated = len(found) > count
        del found[count:]
        coded = "url" in query.get("encoding-type", ())
        parts = [
            "<Contents><Key>",
            "</Key><LastModified>" + _DATE + "</LastModified><ETag>",
            "</ETag><Size>",
            "</Size><StorageClass>STANDARD</StorageClass></Contents>",
        ]
        text = "".join(
            f"{parts[0]}{quote_plus(key, safe='/') if coded else escape(key)}{parts[1]}"
            f"{self.bodies[key][1].replace(chr(34), '&quot;')}{parts[2]}{len(self.bodies[key][0])}{parts[3]}"
            for key in found
        )
        token = f"<NextContinuationToken>{escape(found[-1])}</NextContinuationToken>" if truncated else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{BUCKET}</Name><Prefix>{quote_plus(prefix, safe='/')}</Prefix><KeyCount>{len(found)}</KeyCount>"
            f"<MaxKeys>{count}</MaxKeys>{'<EncodingType>url</EncodingType>' if coded else ''}"
            f"<IsTruncated>{str(truncated).lower()}</IsTruncated>{token}{text}</ListBucketResult>"
        ).encode()

    def answer(self, method: bytes, target: str, headers: dict[bytes, bytes]) -> bytes:
        """Return the complete HTTP answer to a request."""
        self.signed += b"authorization" in headers
        path, _, query = target.partition("?")
        bucket, _, key = unquote(path).removeprefix("/").partition("/")
        if bucket != BUCKET:
            return _error_answer(404, "NoSuchBucket")
        if not key:
            body = b"" if method == b"HEAD" else self.listing(parse_qs(query))
            return _head(200, b"application/xml", len(body), b"") + body
        if key not in self.bodies:
            return _error_answer(404, "NoSuchKey")
        return self._object(method, key, headers)

    def _object(self, method: bytes, key: str, headers: dict[bytes, bytes]) -> bytes:
        body, etag = self.bodies[key]
        if headers.get(b"if-match", etag.encode()) != etag.encode():
            return _error_answer(412, "PreconditionFailed")
        self.requests += 1
        status, more = 200, b"ETag: " + etag.encode() + b"\r\nLast-Modified: " + _HTTP_DATE + b"\r\n"
        wanted = headers.get(b"range")
        if wanted is not None:
            first, _, last = wanted.removeprefix(b"bytes=").partition(b"-")
            begin, end = int(first), min(int(last or len(body)), len(body) - 1)
            if begin >= len(body):
                return _error_answer(416, "InvalidRange")
            status, more = 206, more + f"Content-Range: bytes {begin}-{end}/{len(body)}\r\n".encode()
            body = body[begin : end + 1]
        self.sent += len(body)
        return _head(status, b"binary/octet-stream", len(body), more) + (b"" if method == b"HEAD" else body)


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def _head(status: int, kind: bytes, length: int, more: bytes) -> bytes:
    first = f"HTTP/1.1 {status} OK\r\nContent-Length: {length}\r\nx-amz-bucket-region: us-east-1\r\n".encode()
    return first + b"Content-Type: " + kind + b"\r\n" + more + b"\r\n"


def _error_answer(status: int, code: str) -> bytes:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>refused</Message></Error>".encode()
    return _head(status, b"application/xml", len(body), b"") + body


class _Connection(asyncio.Protocol):
    """A connection of one client; answers are sent in the order of the requests."""

    def __init__(self, objects: MemoryObjects, latency: float) -> None:
        self._objects, self._latency = objects, latency
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._objects.connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._objects.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            first, *lines = head.split(b"\r\n")
            method, target, _ = first.split(b" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
            answer = self._objects.answer(method, target.decode(), headers)
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._send, answer)
            else:
                self._send(answer)

    def _send(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


async def _serve(objects: MemoryObjects, latency: float) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: _Connection(objects, latency), "127.0.0.1", 0, backlog=1_024)


@contextmanager
def memory_server(objects: dict[str, bytes], *, latency: float = 0.0) -> Iterator[tuple[str, MemoryObjects]]:
    """Serve objects from a thread of this process; yield the URL and the objects with their counts."""
    served = MemoryObjects(objects)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(_serve(served, latency))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", served
    finally:
        asyncio.run_coroutine_threadsafe(_close(server, served), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server, served: MemoryObjects) -> None:
    server.close()
    while served.connections:
        for transport in list(served.connections):
            transport.abort()
        await asyncio.sleep(0)


@contextmanager
def memory_server_process(
    tree: Path, prefix: str = "", *, latency: float = 0.0, kept: int | None = None
) -> Iterator[str]:
    """Serve the files of a tree, `kept` bytes of each, from another process; yield the URL."""
    command = [
        sys.executable,
        "-m",
        "tests.support.s3_memory_server",
        str(tree),
        "--prefix",
        prefix,
        "--latency",
        str(latency),
    ]
    command += [] if kept is None else ["--kept", str(kept)]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def _read_first_bytes(path: Path, kept: int) -> bytes:
    with path.open("rb") as file:
        return file.read(kept)


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.s3_memory_server", description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--kept", type=int, default=-1, help="bytes of each file")
    asked = parser.parse_args()
    files = (path for path in asked.tree.rglob("*") if path.is_file())
    objects = {
        asked.prefix + path.relative_to(asked.tree).as_posix(): _read_first_bytes(path, asked.kept) for path in files
    }
    with memory_server(objects, latency=asked.latency) as (url, _):
        sys.stdout.write(json.dumps(url) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    _main()
