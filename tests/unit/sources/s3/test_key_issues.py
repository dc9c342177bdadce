"""Keys that tools do not agree on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.sources.s3.key_issues import KeyChecker, is_portable_key


def codes(prefix: str, keys: list[str]) -> dict[str, list[str]]:
    looking = KeyChecker(prefix)
    found = {key: [one.code for one in looking.check_next_key(key)] for key in sorted(keys)}
    return {key: issues for key, issues in found.items() if issues}


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("/a", "a slash where its folder ends"),
        ("a//b", "an empty segment"),
        ("a/./b", "a segment '.' or '..'"),
        ("../b", "a segment '.' or '..'"),
        ("a\\b", "a backslash"),
        ("a\x01b", "a control character"),
        ("a\x7f", "a control character"),
        ("a/", "a slash at its end"),
    ],
)
def test_an_odd_key_is_told_with_what_is_odd(key: str, problem: str) -> None:
    (found,) = KeyChecker("").check_next_key(key)
    assert found.code == "s3.key"
    assert problem in found.message
    assert not is_portable_key(key)


@pytest.mark.parametrize("key", ["a", "a.b/.c", "...", "a b/c+d%2F", "äöü/山田", "x" * 1_024, "-", "a:b*?"])
def test_a_key_that_all_clients_take_is_plain(key: str) -> None:
    assert is_portable_key(key)
    assert KeyChecker("").check_next_key(key) == ()


def test_nothing_is_said_of_the_prefix() -> None:
    assert codes("a//b/../", ["a//b/../c"]) == {}


def test_an_object_beside_the_folder_of_its_name_is_told_once_at_the_first_object_in_it() -> None:
    keys = ["p/a", "p/a!", "p/a.b/c", "p/a/b", "p/a/c", "p/ab", "p/b/c", "p/b/c/d/e", "p/b/c/f"]
    assert codes("p/", keys) == {"p/a/b": ["s3.object-and-folder"], "p/b/c/d/e": ["s3.object-and-folder"]}


def test_a_folder_object_beside_an_object_of_its_name_is_told() -> None:
    looking = KeyChecker("")
    looking.check_next_key("a")
    assert [one.code for one in looking.check_next_key("a/", folder=True)] == ["s3.object-and-folder"]


@given(st.lists(st.text("ab./!-", min_size=1, max_size=6), unique=True))
def test_every_key_that_is_also_a_folder_is_found(keys: list[str]) -> None:
    looking = KeyChecker("")
    told = [
        one.message for key in sorted(keys) for one in looking.check_next_key(key) if one.code == "s3.object-and-folder"
    ]
    both = [key for key in keys if not key.endswith("/") and any(one.startswith(key + "/") for one in keys)]
    assert sorted(told) == sorted(
        f"The object {key} has the name of a folder that contains this object." for key in both
    )
