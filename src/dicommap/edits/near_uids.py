"""Find UIDs of an inventory that are similar to UID cells of a sheet, which a spreadsheet may have changed."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from dicommap.edits.number_damage import SPREADSHEET_DIGITS
from dicommap.edits.text_normalization import LEADING_ZEROS
from dicommap.model.item_store import MEMORY, ItemStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, MutableMapping

_SCIENTIFIC_NUMBER = re.compile(r"(?P<first>[0-9])(?:[.,](?P<rest>[0-9]+))?[Ee]\+?(?P<exponent>[0-9]{1,3})")
_SPACES = re.compile(r"\s+")
_CANDIDATES_LIMIT = 2
"""Maximum number of similar UIDs that are kept for one cell. Two are enough to know that the cell is ambiguous."""


class NearUids:
    """Index of the UID cells of a sheet, to find UIDs of the inventory that are similar to them.

    It gives hints for cells whose UID is not in the inventory. The UIDs of the inventory are compared one by one. So
    the memory depends on the size of the sheet, and not of the inventory.
    """

    def __init__(self, cell_texts: Iterable[str], store: ItemStore = MEMORY) -> None:
        """Make the index of UID cells with these texts. `store` keeps it."""
        self._texts: MutableMapping[str, str] = store.make_dict()
        """Near key (the text without spaces and leading zeros) -> text of the first cell with this near key."""
        self._numbers: dict[tuple[str, int], tuple[str, str]] = {}
        """First digits and number of digits of a UID -> the text of a cell that may be this UID as a number, and the
        difference in words."""
        for text in cell_texts:
            self._texts.setdefault(_make_near_uid_key(text), text)
            for start, length, words in _list_possible_uid_digits(text):
                self._numbers.setdefault((start, length), (text, words))
        self._sizes = {(len(start), length) for start, length in self._numbers}
        self._candidates: dict[str, set[tuple[str, str]]] = {}

    def add_uid(self, uid: str) -> None:
        """Compare a UID of the inventory with the UID cells of the sheet.

        If the UID is similar to a cell, it is kept for `find_uid`.
        """
        text = self._texts.get(_make_near_uid_key(uid))
        if text is not None and text != uid:
            words = "spaces" if _SPACES.search(text) else "leading zeros"
            self._candidates.setdefault(text, set()).add((uid, words))
        digits = uid.replace(".", "") if self._sizes else ""
        for size, length in self._sizes:
            number = self._numbers.get((digits[:size], length)) if len(digits) == length else None
            if (
                number is not None
                and number[0] != uid
                and len(self._candidates.setdefault(number[0], set())) < _CANDIDATES_LIMIT
            ):
                self._candidates[number[0]].add((uid, number[1]))

    def find_uid(self, text: str) -> tuple[str, str] | None:
        """Return the UID that is similar to the text of a cell, and a description of the difference.

        Return None if no UID or more than one UID is similar to the text.
        """
        candidates = self._candidates.get(text, set())
        return next(iter(candidates)) if len({uid for uid, _ in candidates}) == 1 else None


def _make_near_uid_key(text: str) -> str:
    """Return a UID or the text of a cell without spaces and leading zeros. Similar texts have the same result."""
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return LEADING_ZEROS.sub("", _SPACES.sub("", text))


def _list_possible_uid_digits(text: str) -> Iterator[tuple[str, int, str]]:
    """Yield the known digits of each UID that a spreadsheet may have changed to the number `text`.

    Yields:
        The first digits of the UID, its number of digits, and a description of the part that the number has lost.

    """
    shortened = _SCIENTIFIC_NUMBER.fullmatch(text)
    digits = "".join(letter for letter in text if letter in "0123456789")
    if shortened:
        # The last digit is left out, because the spreadsheet can have rounded it.
        first = shortened["first"] + (shortened["rest"] or "")
        yield first[:-1] or first, int(shortened["exponent"]) + 1, "digits that are lost"
    elif digits and not text.strip("0123456789,.'\u2019\u00a0\u202f "):
        yield digits, len(digits), "its points"
        if len(digits) > SPREADSHEET_DIGITS and not digits[SPREADSHEET_DIGITS:].strip("0"):
            yield digits[: SPREADSHEET_DIGITS - 1], len(digits), "digits that are lost"


def find_near_uid_and_hint(uids: NearUids | None, damaged: str) -> tuple[str | None, str]:
    """Return the UID that is similar to a damaged UID, and a hint for the message; or None and an empty text."""
    near_uid = None if uids is None else uids.find_uid(damaged)
    return (
        (None, "")
        if near_uid is None
        else (near_uid[0], f"; the one named here comes close: it differs by {near_uid[1]}")
    )
