"""UIDs that come close to those of a sheet, which a spreadsheet may have changed, such as into numbers."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from dicommap.edits.near_matches import LEADING_ZEROS
from dicommap.edits.number_damage import SPREADSHEET_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SCIENTIFIC_NUMBER = re.compile(r"(?P<first>[0-9])(?:[.,](?P<rest>[0-9]+))?[Ee]\+?(?P<exponent>[0-9]{1,3})")
_SPACES = re.compile(r"\s+")
_CANDIDATES_LIMIT = 2
"""UIDs that are kept for one cell: with two it is not known which one is meant."""


class NearUids:
    """The UIDs of a sheet that nothing has matched yet; those of the inventory are noted one by one.

    Its size is that of the sheet, however large the inventory is.
    """

    def __init__(self, wanted: Iterable[str]) -> None:
        """Take what the cells of the sheet hold."""
        self._texts: dict[str, str] = {}
        """Key -> text of a cell."""
        self._numbers: dict[tuple[str, int], tuple[str, str]] = {}
        """First digits and number of digits -> text of a cell, and what the UID lost."""
        for text in wanted:
            self._texts.setdefault(_near_uid_key(text), text)
            for start, length, words in _parse_as_spreadsheet_number(text):
                self._numbers.setdefault((start, length), (text, words))
        self._sizes = {(len(start), length) for start, length in self._numbers}
        self._found: dict[str, set[tuple[str, str]]] = {}

    def note(self, uid: str) -> None:
        """Note a UID of the inventory."""
        text = self._texts.get(_near_uid_key(uid))
        if text is not None and text != uid:
            words = "spaces" if _SPACES.search(text) else "leading zeros"
            self._found.setdefault(text, set()).add((uid, words))
        digits = uid.replace(".", "") if self._sizes else ""
        for size, length in self._sizes:
            number = self._numbers.get((digits[:size], length)) if len(digits) == length else None
            if (
                number is not None
                and number[0] != uid
                and len(self._found.setdefault(number[0], set())) < _CANDIDATES_LIMIT
            ):
                self._found[number[0]].add((uid, number[1]))

    def find(self, text: str) -> tuple[str, str] | None:
        """Return the UID that comes close to a cell's text and by what it differs; None if none or several do."""
        found = self._found.get(text, set())
        return next(iter(found)) if len({uid for uid, _ in found}) == 1 else None


def _near_uid_key(text: str) -> str:
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return LEADING_ZEROS.sub("", _SPACES.sub("", text))


def _parse_as_spreadsheet_number(text: str) -> Iterator[tuple[str, int, str]]:
    """Yield the first digits, the number of digits, and what is lost, if a spreadsheet made a number of a UID."""
    shortened = _SCIENTIFIC_NUMBER.fullmatch(text)
    digits = "".join(letter for letter in text if letter in "0123456789")
    if shortened:
        # The last digit may have been rounded.
        first = shortened["first"] + (shortened["rest"] or "")
        yield first[:-1] or first, int(shortened["exponent"]) + 1, "digits that are lost"
    elif digits and not text.strip("0123456789,.'\u2019\u00a0\u202f "):
        yield digits, len(digits), "its points"
        if len(digits) > SPREADSHEET_DIGITS and not digits[SPREADSHEET_DIGITS:].strip("0"):
            yield digits[: SPREADSHEET_DIGITS - 1], len(digits), "digits that are lost"
