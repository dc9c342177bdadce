"""Parse tags that people typed, suggest keywords for misspelt ones, and mask names that may be patients' values.

By mistake, a patient's name can be in the place of a keyword: in the first row of a CSV without a header, as a member
of a JSON document, or as a key of a rule. So a message repeats a name only if it looks like a keyword or tag.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import ENTRY_BY_TAG, TAG_BY_KEYWORD, is_private, keyword_of
from dicommap.dicom.printable_text import MASK, make_printable
from dicommap.errors import AttributeNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

_TAG = re.compile(r"\s*\(?\s*(?:0[xX])?([0-9A-Fa-f]{4})\s*[,:; ]?\s*(?:0[xX])?([0-9A-Fa-f]{4})\s*\)?\s*")
_NOT_LETTERS = re.compile(r"[\W_]+")
_LONGEST_NAME = 100
_MAX_CANDIDATES = 40
"""Maximum number of keywords that are fully compared with a misspelt name.

These are the keywords that have the most sequences of three letters in common with the name.
"""
_MIN_PART_LETTERS = 8
"""Minimum number of letters of a part of a keyword that is accepted as similar to the keyword.

An example is `birthdate` for PatientBirthDate.
"""
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_MAX_NAMES_IN_ERROR = 20
"""Maximum number of missing attributes that an error lists."""
_MAX_TYPOS = 3
"""Maximum number of letters by which a misspelt name may differ from a keyword.

A second limit is that at most one letter in four may differ. So the name cannot contain a person's name.
"""


def parse_tag(text: str) -> int | None:
    """Parse a tag in any spelling: (0010,0020), 0010,0020, 00100020, 0x00100020. Return None for another text."""
    match = _TAG.fullmatch(text[:_LONGEST_NAME])
    return None if match is None else int(match[1] + match[2], 16)


def make_keyword_hint(text: str) -> str:
    """Return a hint for a text that is not a keyword, such as "did you mean PatientName?"; else an empty text."""
    tag = parse_tag(text)
    if tag is not None:
        keyword = keyword_of(tag)
        if keyword in TAG_BY_KEYWORD:
            return f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is {keyword}; write that"
        return "a private tag has no keyword" if is_private(tag) else "the dictionary has no keyword for such a tag"
    close = find_similar_keywords(text)
    return f"did you mean {', '.join(close)}?" if close else ""


def make_keyword_hint_suffix(text: str) -> str:
    """Return a hint for a text that is not a keyword, as the end of a sentence; empty if no hint is known.

    A hint that is a question is in parentheses, such as ` (did you mean PatientName?)`. Another hint follows a colon.
    The returned text has no full stop.
    """
    meant = make_keyword_hint(text)
    return f" ({meant})" if meant.endswith("?") else f": {meant}" if meant else ""


def mask_unless_attribute(name: str) -> str:
    """Return the name that a message may show: `name` itself if it looks like a keyword or tag, else the mask `***`.

    A name looks like a keyword if it differs from a keyword by at most a few letters. Digits that may be a date do not
    look like a tag.
    """
    return name if looks_like_attribute_name(name) else MASK


def looks_like_attribute_name(name: str) -> bool:
    """Return whether a name is a keyword or tag, or differs from a keyword by a few letters."""
    if name in TAG_BY_KEYWORD:
        return True
    tag = parse_tag(name)
    if tag is not None:
        return keyword_of(tag) in TAG_BY_KEYWORD or not _may_be_date(name)
    if len(name) > _LONGEST_NAME or make_printable(name) != name:
        return False
    folded = _fold_name(name)
    close = [keyword.lower() for keyword in find_similar_keywords(name)]
    edits = min(_MAX_TYPOS, len(folded) // 4)
    return any(
        (len(folded) >= _MIN_PART_LETTERS and folded in keyword)
        or _compute_edit_distance(folded, keyword, edits) <= edits
        for keyword in close
    )


def mask_unless_word(word: str) -> str:
    """Return the text that a message may show for the value of a command's option: `word` itself, or the mask `***`.

    The value is masked if it may be a patient's value. A word of ASCII letters and digits is returned even if it is not
    similar to a keyword, because users rarely type a patient's name as the value of an option.
    """
    return word if _WORD.fullmatch(word) or looks_like_attribute_name(word) else MASK


def make_not_captured_error(keywords: Sequence[str], captured: Sequence[str]) -> AttributeNameError:
    """Return the error for attributes that an inventory has not captured.

    Args:
        keywords: The requested keywords. The message names those that are missing in `captured`.
        captured: The keywords of the attributes that the inventory has captured.

    """
    missing = [keyword for keyword in dict.fromkeys(keywords) if keyword not in captured]
    shown = [mask_unless_word(name) if name else "the empty text" for name in missing[:_MAX_NAMES_IN_ERROR]]
    said = ", ".join(shown) + (
        f" and {len(missing) - _MAX_NAMES_IN_ERROR} more" if len(missing) > _MAX_NAMES_IN_ERROR else ""
    )
    suggestion = next(
        (hint for name in missing if name not in TAG_BY_KEYWORD and (hint := make_keyword_hint_suffix(name))), ""
    )
    return AttributeNameError(
        f"The inventory does not hold {said}{suggestion}.",
        fix=f"It holds {', '.join(captured)}; scan again with --attributes for others.",
    )


@lru_cache(maxsize=4096)
def find_similar_keywords(text: str) -> tuple[str, ...]:
    """Return the keywords that are most similar to a misspelt keyword, at most three, the most similar first.

    If the text (ignoring case) is a keyword, or a name of PS3.6 such as Patient's Name, return only its keyword.
    """
    folded = _fold_name(text[:_LONGEST_NAME])
    exact = _map_names_to_keywords().get(folded)
    if exact is not None:
        return (exact,)
    import difflib  # imported here because only misspelt names need it

    shared: Counter[str] = Counter()
    for triple in _list_letter_triples(folded):
        shared.update(_map_letter_triples_to_keywords().get(triple, ()))
    candidates = [keyword for keyword, _ in shared.most_common(_MAX_CANDIDATES)]
    by_folded = {keyword.lower(): keyword for keyword in candidates}
    close = difflib.get_close_matches(folded, by_folded, n=3, cutoff=0.75)
    if not close and len(folded) >= _MIN_PART_LETTERS:
        close = sorted((keyword for keyword in by_folded if folded in keyword), key=len)[:3]
    return tuple(by_folded[match] for match in close)


@lru_cache(maxsize=1)
def _map_names_to_keywords() -> dict[str, str]:
    """Return a dict: folded name or keyword (see `_fold_name`) -> keyword."""
    names = {_fold_name(entry[2]): entry[4] for entry in ENTRY_BY_TAG.values() if entry[4]}
    return names | {keyword.lower(): keyword for keyword in TAG_BY_KEYWORD}


@lru_cache(maxsize=1)
def _map_letter_triples_to_keywords() -> dict[str, list[str]]:
    """Return a dict: sequence of three letters -> the keywords that contain it."""
    keywords: dict[str, list[str]] = {}
    for keyword in TAG_BY_KEYWORD:
        for triple in _list_letter_triples(keyword.lower()):
            keywords.setdefault(triple, []).append(keyword)
    return keywords


def _list_letter_triples(folded: str) -> set[str]:
    """Return all sequences of three letters in a folded name. `^` marks its start, and `$` its end."""
    padded = f"^{folded}$"
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def _fold_name(text: str) -> str:
    """Return a name in lower case, with only its letters and digits."""
    return _NOT_LETTERS.sub("", text).lower()


def _may_be_date(text: str) -> bool:
    try:
        return date.fromisoformat(text.strip()).year > 1800
    except ValueError:
        return False


def _compute_edit_distance(text: str, other: str, most: int) -> int:
    """Return the edit distance (Levenshtein) of two texts. If it is above `most`, return any number above `most`."""
    if abs(len(text) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for at, letter in enumerate(text, start=1):
        above, row = row, [at]
        for index, against in enumerate(other):
            row.append(min(above[index + 1] + 1, row[index] + 1, above[index] + (letter != against)))
    return row[-1]
