"""Where sources lie under a prefix, and which prefix holds them all."""

from __future__ import annotations

import pytest

from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.planning.source_prefixes import SourcePrefixes, find_common_prefix, prefixes_overlap

BASE = S3Uri(bucket="bucket", prefix="in/")


def test_local_trees_will_lie_in_the_prefix_itself() -> None:
    places = SourcePrefixes.from_roots(["/one", "/two"], BASE)
    assert (places.offsets, places.source_uris, places.is_outside) == (("", ""), (BASE,), False)


def test_a_source_in_s3_lies_where_it_says() -> None:
    places = SourcePrefixes.from_roots(["s3://bucket/in/a/", "s3://bucket/in/"], BASE)
    assert places.offsets == ("a/", "")
    assert [str(uri) for uri in places.source_uris] == ["s3://bucket/in/a/", "s3://bucket/in/"]
    assert not places.is_outside


@pytest.mark.parametrize("root", ["s3://bucket/", "s3://bucket/inner/", "s3://other/in/"])
def test_one_outside_of_the_prefix_has_to_be_copied_there(root: str) -> None:
    places = SourcePrefixes.from_roots([root], BASE)
    assert places.is_outside
    assert {str(uri) for uri in places.source_uris} == {str(BASE), root}


@pytest.mark.parametrize(
    ("roots", "prefix"),
    [
        (["s3://bucket/a/b/"], "s3://bucket/a/b/"),
        (["s3://bucket/a/b/", "s3://bucket/a/c/"], "s3://bucket/a/"),
        (["s3://bucket/1.2/", "s3://bucket/1.23/"], "s3://bucket/"),
        (["s3://bucket/a/", "s3://bucket/a/b/"], "s3://bucket/a/"),
        (["s3://bucket/a/", "s3://other/a/"], None),
        (["s3://bucket/a/", "/tree"], None),
        (["/tree"], None),
        ([], None),
    ],
)
def test_the_prefix_of_sources_is_the_innermost_that_holds_them_all(roots: list[str], prefix: str | None) -> None:
    found = find_common_prefix(roots)
    assert (None if found is None else str(found)) == prefix


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("in/", "in/a/", True), ("in/a/", "in/", True), ("in/a/", "in/ab/", False), ("", "x/", True)],
)
def test_prefixes_overlap_where_an_object_can_lie_under_both(one: str, other: str, expected: bool) -> None:
    assert prefixes_overlap(S3Uri(bucket="b", prefix=one), S3Uri(bucket="b", prefix=other)) is expected
    assert not prefixes_overlap(S3Uri(bucket="b", prefix=one), S3Uri(bucket="c", prefix=other))
