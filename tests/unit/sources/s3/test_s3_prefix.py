"""Prefixes of buckets as sources: what they are, and what a walk over one gives."""

from __future__ import annotations

import pickle
import sys

import pytest

from dicommap.aws.bucket_listing import parse_time_ns
from dicommap.errors import AwsError, DocumentError, MissingExtraError, SourceError
from dicommap.model.study import Disposition
from dicommap.planning.source_prefixes import is_s3_root
from dicommap.sources.s3 import s3_prefix
from dicommap.sources.s3.s3_prefix import S3Prefix
from tests.support.s3_server import Bucket


def paths(source: S3Prefix) -> list[str]:
    return [file.path for file in source.walk()]


def test_a_prefix_takes_what_is_below_it_and_no_sibling(bucket: Bucket) -> None:
    for key in ("p/1.2.3/a", "p/1.2.3/b/c", "p/1.2.34/d", "p/1.2.3-e"):
        bucket.put(key, b"x")
    for uri in (f"{bucket.uri}p/1.2.3/", f"{bucket.uri}p/1.2.3"):
        source = S3Prefix(uri)
        assert str(source) == f"{bucket.uri}p/1.2.3/"
        assert paths(source) == ["a", "b/c"]


def test_a_whole_bucket_is_a_source(bucket: Bucket) -> None:
    bucket.put("a", b"x")
    for uri in (bucket.uri, bucket.uri.removesuffix("/")):
        assert (str(S3Prefix(uri)), paths(S3Prefix(uri))) == (bucket.uri, ["a"])


def test_one_object_is_a_source(bucket: Bucket) -> None:
    for key in ("p/a", "p/ab", "p/a.b"):
        bucket.put(key, b"x")
    source = S3Prefix(f"{bucket.uri}p/a")
    assert (str(source), paths(source)) == (f"{bucket.uri}p/", ["a"])


def test_an_object_and_what_is_below_its_name_are_not_mixed_up(bucket: Bucket) -> None:
    bucket.put("p/a", b"x")
    bucket.put("p/a/b", b"x")
    with pytest.raises(SourceError) as caught:
        S3Prefix(f"{bucket.uri}p/a")
    assert f"{bucket.uri}p/a/" in caught.value.fix
    assert paths(S3Prefix(f"{bucket.uri}p/a/")) == ["b"]
    assert paths(S3Prefix(f"{bucket.uri}p/")) == ["a", "a/b"]


def test_nothing_at_all_is_an_error(bucket: Bucket) -> None:
    bucket.put("pq", b"x")
    with pytest.raises(SourceError, match="no object below"):
        S3Prefix(f"{bucket.uri}p")


@pytest.mark.parametrize("text", ["s3://", "s3://B/x", "S3://bucket/x", "s3:///x", "s3://bucket/a\nb"])
def test_what_is_no_uri_is_an_error(text: str) -> None:
    assert is_s3_root(text)
    with pytest.raises(SourceError, match="no S3 URI"):
        S3Prefix(text)


def test_a_bucket_that_is_not_there_is_an_error_that_says_so(s3_environment: str) -> None:
    with pytest.raises(AwsError) as caught:
        S3Prefix("s3://no-such-bucket/")
    assert caught.value.code == "NoSuchBucket"


ODD = ["/lead", "a", "a//b", "a/../c", "a/./d", "a\x01", "a\\b", "sp ace+plus%20", "t/", "ü/山", "x" * 1_024]


def test_keys_are_exactly_those_of_the_bucket_in_its_order(bucket: Bucket) -> None:
    for key in ODD:
        bucket.put(key, b"x")
    assert paths(S3Prefix(bucket.uri)) == sorted(ODD)


def test_size_etag_and_time_are_those_of_the_listing(bucket: Bucket) -> None:
    etag = bucket.put("a", b"content")
    (file,) = S3Prefix(bucket.uri).walk()
    moment = bucket.client.head_object(Bucket=bucket.name, Key="a")["LastModified"].timestamp()
    assert (file.size, file.etag, file.mtime_ns // 10**9) == (7, etag, int(moment))


def test_folder_objects_are_not_read(bucket: Bucket) -> None:
    for key in ("p/", "p/a/"):
        bucket.put(key)
    bucket.put("p/b/", b"bytes")
    found = [(file.path, file.disposition) for file in S3Prefix(f"{bucket.uri}p/").walk()]
    assert found == [("", Disposition.EMPTY), ("a/", Disposition.EMPTY), ("b/", None)]


def test_pages_follow_each_other_and_are_counted_without_listing_again(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"{number:04}" for number in range(25)]
    for key in keys:
        bucket.put(key, b"x")
    source = S3Prefix(bucket.uri)
    page = source._lister.page
    monkeypatch.setattr(source._lister, "page", lambda prefix, *, token=None: page(prefix, count=10, token=token))
    monkeypatch.setattr(s3_prefix, "PAGES_AHEAD", 1)
    before = source.traffic().requests
    assert paths(source) == keys
    assert source.traffic().requests - before == 3
    assert sum(source.count()) == 25


def test_a_walk_that_is_left_ends_its_listing(bucket: Bucket) -> None:
    for key in "abc":
        bucket.put(key, b"x")
    source = S3Prefix(bucket.uri)
    walk = source.walk()
    assert next(walk).path == "a"
    walk.close()  # type: ignore[attr-defined]
    assert sum(source.count()) <= 3


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [("p/", "p/q/", True), ("p/", "p/", True), ("p/q/", "p/", True), ("p/q/", "p/r/", False), ("p/a", "p/", True)],
)
def test_prefixes_overlap_where_one_is_below_the_other(bucket: Bucket, one: str, other: str, overlap: bool) -> None:
    for key in ("p/q/x", "p/r/x", "p/a"):
        bucket.put(key, b"x")
    assert S3Prefix(bucket.uri + one).overlaps(S3Prefix(bucket.uri + other)) is overlap


def test_what_travels_to_workers_holds_no_credentials(bucket: Bucket) -> None:
    bucket.put("a", b"x")
    source = S3Prefix(bucket.uri)
    pickled = pickle.dumps(source.opener.for_files(list(source.walk())))
    assert b"AKIDEXAMPLE" not in pickled
    assert b"loopback-only" not in pickled


def test_without_the_extra_the_pip_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(MissingExtraError, match=r"dicommap\[s3\]"):
        S3Prefix("s3://bucket/")


def test_times_are_read_to_the_microsecond() -> None:
    assert parse_time_ns("1970-01-01T00:00:01.000001Z") == 1_000_001_000


def test_a_manifest_that_is_not_there_is_an_error(bucket: Bucket) -> None:
    bucket.put("a", b"x")
    with pytest.raises(DocumentError):
        S3Prefix(bucket.uri).use_s3_inventory("no-such-manifest.json")
