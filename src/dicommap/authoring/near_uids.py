"""UIDs that come close to one that a spreadsheet changed, such as into a number."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from dicommap.authoring.near_matches import differences, near_key

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTENED = re.compile(r"(?P<first>[0-9])(?:[.,](?P<rest>[0-9]+))?[Ee]\+?(?P<exponent>[0-9]{1,3})")
_DIGITS_KEPT = 15
"""Significant digits that spreadsheets keep of a number."""
_LOOKED_AT = 1_000
"""UIDs with the same first digits that are looked at; more would take long, and none of them could be named."""


class NearUids:
    """An index of UIDs that finds those close to a damaged one."""

    def __init__(self, uids: Iterable[str]) -> None:
        self._by_key: dict[str, str] = {}
        by_digits: dict[str, str] = {}
        for uid in uids:
            self._by_key.setdefault(near_key(uid), uid)
            by_digits.setdefault(uid.replace(".", ""), uid)
        self._digits = sorted(by_digits.items())

    def find(self, damaged: str) -> tuple[str, str] | None:
        """Return the UID that comes close and by what it differs; None if there is none, or more than one."""
        uid = self._by_key.get(near_key(damaged))
        if uid is not None and uid != damaged:
            return uid, differences(uid, damaged)
        shortened = _SHORTENED.fullmatch(damaged)
        if shortened:
            digits = shortened["first"] + (shortened["rest"] or "")
            # The last digit may have been rounded.
            return self._one(digits[:-1] or digits, int(shortened["exponent"]) + 1, "digits that are lost")
        digits = "".join(letter for letter in damaged if letter.isdigit())
        found = self._one(digits, len(digits), "its points") if digits else None
        if found is None and len(digits) > _DIGITS_KEPT and not digits[_DIGITS_KEPT:].strip("0"):
            found = self._one(digits[: _DIGITS_KEPT - 1], len(digits), "digits that are lost")
        return found

    def _one(self, start: str, length: int, words: str) -> tuple[str, str] | None:
        """Return the only UID with so many digits that begin so."""
        found: list[str] = []
        at = bisect_left(self._digits, (start, ""))
        for digits, uid in self._digits[at : at + _LOOKED_AT]:
            if not digits.startswith(start):
                break
            if len(digits) == length:
                found.append(uid)
        else:
            found = found if at + _LOOKED_AT >= len(self._digits) else []
        return (found[0], words) if len(found) == 1 else None
