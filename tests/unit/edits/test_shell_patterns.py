"""Patterns of a rule: one text, or any of a list."""

from __future__ import annotations

import pytest

from dicommap.edits.shell_patterns import ShellPatterns


@pytest.mark.parametrize(
    ("given", "matching", "others"),
    [
        ("CT", ["CT"], ["ct", "CTA", "", " CT"]),
        ("", [""], ["x"]),
        ("P*", ["P", "P1"], ["p", "XP"]),
        ("[CM]R", ["CR", "MR"], ["CT", "[CM]R"]),
        (["1.2.3", "1.2.4"], ["1.2.3", "1.2.4"], ["1.2.34", "1.2"]),
        (["", "X?"], ["", "XY"], ["X", "XYZ"]),
        ([], [], ["", "x"]),
    ],
)
def test_a_value_matches_as_a_whole(given: str | list[str], matching: list[str], others: list[str]) -> None:
    patterns = ShellPatterns.from_texts(given)
    assert all(patterns.matches(value) for value in matching)
    assert not any(patterns.matches(value) for value in others)


def test_a_long_list_of_uids_is_looked_up() -> None:
    patterns = ShellPatterns.from_texts(f"1.2.{number}" for number in range(200_000))
    assert patterns.expressions == ()
    assert patterns.matches("1.2.199999")
    assert not patterns.matches("1.2.200000")


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("\u00dcbersicht*", "U\u0308bersicht 1"),
        ("U\u0308bersicht", "\u00dcbersicht"),
        ("?ber*", "U\u0308bersicht"),
        ("[\u00dc]*", "U\u0308"),
    ],
)
def test_texts_in_another_normal_form_match(pattern: str, value: str) -> None:
    assert ShellPatterns.from_texts(pattern).matches(value)
    assert ShellPatterns.from_texts([pattern, "x"]).matches(value)
