"""S3 URIs, keys under them, and printable paths."""

from __future__ import annotations

import pytest

from dicommap.dicom.printable_text import make_printable
from dicommap.healthimaging.s3_uri import S3Uri, metadata_path_issues, s3_uri_issues
from dicommap.issues import Location


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("s3://bucket", "s3://bucket/"),
        ("s3://bucket/", "s3://bucket/"),
        ("s3://bucket/a", "s3://bucket/a/"),
        ("s3://bucket/a b/é/", "s3://bucket/a b/é/"),
        ("s3://bucket/" + "a" * 1011 + "/", "s3://bucket/" + "a" * 1011 + "/"),
    ],
)
def test_a_uri_is_read_with_its_trailing_slash(text: str, written: str) -> None:
    assert str(S3Uri.parse(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bucket/a",
        "https://bucket/a",
        "s3://B/a",
        "s3://ab",
        "s3://-ab",
        "s3://bucket-",
        "s3://bucket/a\nb",
        "s3:///a",
        "s3://bucket\n",
        "s3://bucket/\u2028",
        "s3://bucket/\udcff/",
        "s3://bucket/" + "a" * 1013,
        # With its slash it would be longer than AWS takes.
        "s3://bucket/" + "a" * 1012,
    ],
)
def test_what_aws_would_not_take_is_no_uri(text: str) -> None:
    assert S3Uri.parse(text) is None
    assert [found.code for found in s3_uri_issues(text, Location())] == ["s3-uri.invalid"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("s3://bucket", []),
        ("s3://bucket/a/", []),
        ("s3://bucket/a", ["s3-uri.no-trailing-slash"]),
        ("s3://bucket//", ["s3-uri.prefix"]),
        ("s3://bucket//a/", ["s3-uri.prefix"]),
        ("s3://bucket/a//b/", ["s3-uri.prefix"]),
        ("s3://bucket/../b", ["s3-uri.prefix", "s3-uri.no-trailing-slash"]),
        ("s3://bucket/a/./", ["s3-uri.prefix"]),
        ("s3://bucket/a\\b/", ["s3-uri.prefix"]),
    ],
)
def test_odd_prefixes_are_found(text: str, codes: list[str]) -> None:
    assert [found.code for found in s3_uri_issues(text, Location())] == codes


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("a.json", None),
        ("a b/c.json", None),
        (".a/..b/c...", None),
        ("", "mapping.path"),
        ("/a", "mapping.path"),
        ("a//b", "mapping.path"),
        ("a/", "mapping.path"),
        ("./a", "mapping.path"),
        ("a/../b", "mapping.path"),
        ("a\\b", "mapping.path"),
        (" a", "mapping.path"),
        ("a\n", "mapping.path"),
        ("é", "mapping.path"),
    ],
)
def test_a_metadata_file_path_names_one_file_below(path: str, code: str | None) -> None:
    assert [found.code for found in metadata_path_issues(path, None, Location())] == ([code] if code else [])


def test_a_key_has_at_most_1024_bytes_with_its_prefix() -> None:
    uri = S3Uri.parse("s3://bucket/" + "é" * 200)
    assert uri is not None
    assert not list(metadata_path_issues("a" * (1024 - 401), uri, Location()))
    found = list(metadata_path_issues("a" * (1024 - 400), uri, Location()))
    assert [one.code for one in found] == ["mapping.key-too-long"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("a/é b", "a/é b"),
        ("a\udcff", "a\\xff"),
        ("a\nb\x1b", "a\\x0ab\\x1b"),
        ("a\u202eb", "a\\u202eb"),
        ("\ud800", "\\ud800"),
    ],
)
def test_paths_are_printable_whatever_bytes_they_have(path: str, shown: str) -> None:
    assert make_printable(path) == shown
    assert make_printable(path).encode("utf-8")
