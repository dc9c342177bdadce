"""Nested folders are counted once each, however deep they lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.healthimaging.s3_uri import count_folders


@pytest.mark.parametrize(
    ("keys", "count"),
    [([], 0), (["a"], 0), (["a/1", "a/2"], 1), (["a/b/1", "a/c/1", "d/1"], 4), (["a/1", "a/b/c/1", "a/d/1"], 4)],
)
def test_folders_are_counted(keys: list[str], count: int) -> None:
    assert count_folders(keys) == count


@given(st.lists(st.text("ab/-", min_size=1, max_size=8), unique=True))
def test_they_are_the_prefixes_that_end_with_a_slash(keys: list[str]) -> None:
    found = {key[: end + 1] for key in keys for end, letter in enumerate(key) if letter == "/"}
    assert count_folders(sorted(keys, key=str.encode)) == len(found)
