"""Opening objects: as many are waited for at once as the server's answers take, and what comes is read by one."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from dicommap.model.study import SourceFile
from dicommap.p10 import ReadAt
from dicommap.sources.s3 import object_opener, range_requests
from dicommap.sources.s3.object_opener import MAX_REQUESTS, MAX_REQUESTS_NEARBY, S3Opener
from dicommap.sources.s3.range_requests import NEARBY_SECONDS, ByteRange, RangeReader
from dicommap.sources.s3.s3_connection import S3Connection

CONNECTION = S3Connection(bucket="b")
OBJECTS = MAX_REQUESTS * 2


class Objects:
    """Stands in for the reader of a process; no answer comes before `at_once` requests are waited for."""

    first_bytes = 10

    def __init__(self, *, is_near: bool, at_once: int = 1) -> None:
        self.is_near = is_near
        self._enough = threading.Barrier(at_once)
        self._lock = threading.Lock()
        self.waiting = self.most = 0

    def get_range(self, key: str, begin: int, end: int, size: int, etag: str) -> ByteRange:
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


@pytest.mark.parametrize(("is_near", "at_once"), [(False, MAX_REQUESTS), (True, MAX_REQUESTS_NEARBY)])
def test_fewer_are_asked_for_at_once_where_the_server_is_near(
    monkeypatch: pytest.MonkeyPatch, is_near: bool, at_once: int
) -> None:
    objects = Objects(is_near=is_near, at_once=at_once)
    paths = [f"{number:03}" for number in range(OBJECTS)]
    found, traffic = opened(monkeypatch, objects).read_parallel(paths, lambda read, size: read(0, 1))
    assert objects.most == at_once
    assert found == [b" "] * OBJECTS
    assert (traffic.requests, traffic.received, traffic.repeated) == (OBJECTS, OBJECTS * 10, 0)


def test_results_are_in_order_and_all_is_read_by_the_thread_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(read_at: ReadAt, size: int) -> str:
        assert threading.current_thread() is threading.main_thread()
        return read_at(size - 5, 5).decode()

    paths = [f"{number:03}" for number in reversed(range(OBJECTS))]
    found, traffic = opened(monkeypatch, Objects(is_near=False)).read_parallel(paths, read)
    assert found == [f"p/{path}" for path in paths]
    assert (traffic.requests, traffic.received, traffic.repeated) == (OBJECTS * 2, OBJECTS * 15, OBJECTS)


class Panic(BaseException):
    """What a client raises that is no Exception, as those written in Rust do."""


def test_whatever_a_client_raises_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def panicking(*_: Any) -> ByteRange:
        raise Panic

    objects = Objects(is_near=False)
    monkeypatch.setattr(objects, "get_range", panicking)
    with pytest.raises(Panic):
        opened(monkeypatch, objects).read_parallel(["000"], lambda read, size: read(0, 1))


@pytest.mark.parametrize(("seconds", "is_near"), [(NEARBY_SECONDS / 2, True), (NEARBY_SECONDS * 2, False)])
def test_a_server_is_near_when_any_answer_came_soon(
    monkeypatch: pytest.MonkeyPatch, seconds: float, is_near: bool
) -> None:
    moments = iter([0.0, 1.0, 2.0, 2.0 + seconds, 3.0, 4.0])
    monkeypatch.setattr(range_requests, "perf_counter", lambda: next(moments))
    found = RangeReader(SimpleNamespace(store=lambda: None))  # type: ignore[arg-type]
    monkeypatch.setattr(found, "_get_with_obstore", lambda key, begin, end, size, etag: bytes(end - begin))
    assert not found.is_near
    for _ in range(3):
        found.get_range("p/a", 0, 10, 10, '"e"')
    assert found.is_near is is_near
