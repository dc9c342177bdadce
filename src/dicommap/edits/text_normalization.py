"""Compare texts in Unicode normal form, and find texts that are similar.

Two texts are similar if `compute_near_key` returns the same key for both. So similar texts are found with a dict of
these keys, in linear time. They are only used for hints in messages: a row never belongs to a study only because its
key is similar.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_POINT_ZERO = re.compile(r"([0-9])[.,]0+$")
LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_SPACES = re.compile(r"[\s\xad\u200b-\u200f\u2060\ufeff]+")
_DIGIT_GROUPS = re.compile(r"[0-9]{1,3}(?:([,.'\u2019])[0-9]{3})(?:\1[0-9]{3})*")
_GROUP_SEPARATORS = re.compile(r"[,.'\u2019]")


def normalize_nfc(text: str) -> str:
    """Return a text in Unicode normal form NFC (Unicode Annex 15).

    For example, `ü` as one character and `ü` as two characters become equal.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


_NORMALIZATIONS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("Unicode normal form", lambda text: unicodedata.normalize("NFKC", text)),
    ("spaces", lambda text: _SPACES.sub("", text)),
    ("letter case", str.casefold),
    (".0 at its end", lambda text: _POINT_ZERO.sub(r"\1", text)),
    ("groups of digits", lambda text: _GROUP_SEPARATORS.sub("", text) if _DIGIT_GROUPS.fullmatch(text) else text),
    ("leading zeros", lambda text: LEADING_ZEROS.sub("", text)),
)
"""Pairs of the name of a difference that similar texts may have, and a function that removes it from a text."""


def compute_near_key(text: str) -> str:
    """Return the near key of a text. Two texts are similar if their near keys are equal.

    The near key is the text without differences such as spaces, letter case and leading zeros.
    """
    return _apply_normalizations(text, None)


def describe_differences(text: str, other_text: str) -> str:
    """Describe the differences of two similar texts in words, such as `letter case and leading zeros`."""
    names = [
        name
        for name, _ in _NORMALIZATIONS
        if _apply_normalizations(text, name) != _apply_normalizations(other_text, name)
    ]
    return " and ".join(names) or "the way it is written"


def _apply_normalizations(text: str, kept: str | None) -> str:
    """Return a text without the differences of similar texts, except the difference named `kept`."""
    for name, step in _NORMALIZATIONS:
        if name != kept:
            text = step(text)
    return text
