"""Find masked values of a study in other texts, such as a patient's name in a new StudyDescription.

The search ignores case, accents, and characters between digits: `1980-01-01` contains the date 19800101. Each part of a
name is searched. The digits of an identifier are searched too. If a text contains such a value, the text is only
masked, so a match by chance does little harm.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from dicommap.dicom.person_name_comparison import is_person_name_keyword
from dicommap.model.masking import is_never_masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MIN_LETTERS = 3
"""Minimum length of a part of a name, or of another value with letters, that is searched."""
MIN_IDEOGRAPHS = 2
"""Minimum length of a part of a name that is not ASCII. Chinese and Japanese names have short parts."""
MIN_DIGITS = 4
"""Minimum number of digits of an identifier or date that is searched."""

_NAME_PART = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile("[0-9]+")
_NOT_DIGITS = re.compile("[^0-9]+")
_DATE = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")


class PatientTexts:
    """The masked values of a study, prepared for a search in other texts."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        """Collect the texts to search for.

        Args:
            values: Pairs of a keyword and a value. Values that are never masked are ignored.
        """
        self._words: set[str] = set()
        self._folded: list[str] = []
        for keyword, value in values:
            if value and not is_never_masked(keyword, value):
                self._add_value(keyword, value)

    def is_any_in(self, text: str) -> bool:
        """Return whether `text` contains one of the masked values, or a part of one that is long enough."""
        folded = _fold_text(text)
        digits = _NOT_DIGITS.sub("", folded)
        if any(word in folded for word in self._words):
            return True
        return len(digits) >= MIN_DIGITS and any(
            number in digits for value in self._folded for number in _list_searched_numbers(value)
        )

    def _add_value(self, keyword: str, value: str) -> None:
        """Add a masked value to the texts that are searched, and each part of it that is long enough."""
        folded = _fold_text(value)
        self._folded.append(folded)
        if not folded.isdecimal():  # without a letter, no part is a word
            parts = [*folded.split("\\"), *(_NAME_PART.findall(folded) if is_person_name_keyword(keyword) else ())]
            self._words.update(part for part in map(str.strip, parts) if _is_long_enough(part))


def _fold_text(text: str) -> str:
    """Return a text without accents and in lower case, for comparison."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _is_long_enough(part: str) -> bool:
    """Return whether a part of a value is long enough to be searched as a word, and has a letter.

    Digits without a letter are searched as numbers.
    """
    is_long = len(part) >= (MIN_LETTERS if part.isascii() else MIN_IDEOGRAPHS)
    return is_long and (part.isalpha() or any(map(str.isalpha, part)))


def _list_searched_numbers(value: str) -> Iterator[str]:
    """Yield the numbers to search for: all digits of a value together, each group of digits, and other forms of dates.

    The other forms of a date YYYYMMDD are DDMMYYYY and MMDDYYYY.
    """
    for number in (_NOT_DIGITS.sub("", value), *_DIGITS.findall(value)):
        significant = number.lstrip("0")
        if len(significant) >= MIN_DIGITS:
            yield significant
        elif len(number) >= MIN_DIGITS and significant:
            yield number
    for year, month, day in _DATE.findall(value):
        yield from (f"{day}{month}{year}", f"{month}{day}{year}")
