"""Answers that no AWS gives: they end in an error that names the endpoint, never in a fault or an endless listing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from dicommap.aws import bucket_listing
from dicommap.aws.bucket_listing import BucketLister, ListingPage, _parse_page, parse_time_ns
from dicommap.aws.clients import Clients
from dicommap.aws.import_jobs import ImportJobs
from dicommap.errors import AwsError
from dicommap.healthimaging.job_properties import format_utc
from dicommap.model.source_files import MAX_TIME_NS, S3Object

PAGE = (
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Contents><Key>{key}</Key>'
    "<LastModified>{time}</LastModified><ETag>e</ETag><Size>{size}</Size></Contents></ListBucketResult>"
)


def lister(pages: Iterator[ListingPage], monkeypatch: pytest.MonkeyPatch) -> BucketLister:
    monkeypatch.setattr(BucketLister, "__init__", lambda self: None)
    monkeypatch.setattr(BucketLister, "page", lambda self, prefix, token: next(pages))
    return BucketLister()  # type: ignore[call-arg]


def numbered(count: int, tokens: list[str | None]) -> Iterator[ListingPage]:
    for number, token in enumerate(tokens):
        yield ListingPage([S3Object(f"{number:04}-{one}", 1, "e") for one in range(count)], token)


@pytest.mark.parametrize("tokens", [["a"] * 50, ["a", "b"] * 50, ["a", "b", "c", "b", "d"]])
def test_a_continuation_token_that_comes_again_ends_the_listing(
    tokens: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AwsError, match="does not end"):
        list(lister(numbered(2, tokens), monkeypatch).pages(""))


def test_pages_without_objects_end_the_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_listing, "MAX_EMPTY_PAGES", 9)
    tokens: list[str | None] = [str(number) for number in range(50)]
    with pytest.raises(AwsError, match="does not end"):
        list(lister(numbered(0, tokens), monkeypatch).pages(""))
    assert len(list(lister(numbered(0, [*tokens[:9], None]), monkeypatch).pages(""))) == 10


@pytest.mark.parametrize("keys", [["a", "a"], ["a", "b", None, "b", "c"]])
def test_a_key_that_is_listed_twice_is_an_error(keys: list[str | None], monkeypatch: pytest.MonkeyPatch) -> None:
    pages, objects = list[ListingPage](), list[S3Object]()
    for key in keys:
        if key is None:
            pages.append(ListingPage(list(objects), "next"))
            objects.clear()
        else:
            objects.append(S3Object(key, 1, "e"))
    pages.append(ListingPage(objects, None))
    with pytest.raises(AwsError, match="names an object twice"):
        list(lister(iter(pages), monkeypatch).pages(""))


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("0001-01-01T00:00:00.000Z", -MAX_TIME_NS),
        ("0001-01-01T00:00:00.000+14:00", -MAX_TIME_NS),
        ("1600-02-29T00:00:00.000Z", -MAX_TIME_NS),
        ("1969-12-31T23:59:59.000Z", -1_000_000_000),
        ("1970-01-01T00:00:01", 1_000_000_000),
        ("2400-02-29T00:00:00.000Z", MAX_TIME_NS),
        ("9999-12-31T23:59:59.999999Z", MAX_TIME_NS),
        ("9999-12-31T23:59:59.999999-14:00", MAX_TIME_NS),
    ],
)
def test_each_time_is_one_that_an_inventory_can_hold(time: str, expected: int) -> None:
    assert parse_time_ns(time) == expected
    page = _parse_page(PAGE.format(key="a", time=time, size=1).encode())
    assert page is not None
    assert page.objects[0].mtime_ns == expected


@pytest.mark.parametrize(
    "members",
    [
        {"time": "10000-01-01T00:00:00Z"},
        {"time": "2026-02-30T00:00:00Z"},
        {"size": "-1"},
        {"size": "1.0"},
        {"size": "1_0"},
        {"size": "9" * 19},
        {"size": "9" * 5_000},
        {"key": ""},
    ],
)
def test_a_page_with_what_no_object_has_is_no_page(members: dict[str, str]) -> None:
    assert (
        _parse_page(PAGE.format(**{"key": "a", "time": "2026-01-01T00:00:00Z", "size": "1"} | members).encode()) is None
    )


@pytest.mark.parametrize("year", [1, 9999])
def test_a_time_that_utc_has_not_is_left_out(year: int) -> None:
    zone = timezone(timedelta(hours=14 if year == 1 else -14))
    assert format_utc(datetime(year, 1 if year == 1 else 12, 1 if year == 1 else 31, 12, tzinfo=zone)) is None
    assert format_utc(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"


class Answering(BaseHTTPRequestHandler):
    """Gives one answer to all requests."""

    answer: ClassVar[Any] = None

    def do_GET(self) -> None:
        body = json.dumps(self.answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportJobs]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield ImportJobs(Clients(region="us-east-1", endpoint_url=f"http://127.0.0.1:{server.server_port}"))
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "time", [1e308, -1e308, 253402300800, -1e12, "9999-99-99T00:00:00Z", "x" * 9_000, [], {"a": 1}, True]
)
def test_times_of_jobs(time: object, jobs: ImportJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    properties = {"jobId": "a", "jobStatus": "COMPLETED", "jobName": "n", "datastoreId": "d", "submittedAt": time}
    monkeypatch.setattr(Answering, "answer", {"jobProperties": properties})
    with suppress(AwsError):
        assert jobs.get("0" * 32, "a").to_job_info().job == "a"


def test_a_list_of_jobs_that_does_not_end(jobs: ImportJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answering, "answer", {"jobSummaries": [], "nextToken": "again"})
    with pytest.raises(AwsError, match="does not end"):
        list(jobs.list_jobs("0" * 32))
