"""What the Specific Character Set of a data set can hold (PS3.3 C.12.1.1.2, PS3.5 section 6.1)."""

from __future__ import annotations

from functools import lru_cache

from pydicom.charset import python_encoding

_WHOLE = {"ISO_IR 192": "utf-8", "GB18030": "gb18030", "GBK": "gbk"}
"""Terms that stand alone, and Python's codecs for all of their characters."""

_ESCAPES = {"ISO 2022 IR 87": b"\x1b$B", "ISO 2022 IR 159": b"\x1b$(D"}
"""Python's ISO 2022 codecs hold several sets; the escape sequence tells which one a character is from (PS3.3 Table
C.12-4)."""

_NOT_DEFINED = frozenset({"", "ISO 2022 GBK", "ISO 2022 58"})
"""What pydicom reads beside the terms of PS3.3."""


def unencodable(text: str, specific_character_set: str) -> frozenset[str] | None:
    r"""Return the characters of a text that a data set with this Specific Character Set cannot hold.

    `specific_character_set` is the attribute's value as text: a backslash separates several, of which the first may be
    empty, as in `\ISO 2022 IR 87`; empty means ISO IR 6. Returns None where a term is not one that PS3.3 defines, or
    several stand together that are not made for it: then nothing is known.
    """
    terms = tuple(term.strip(" ") for term in specific_character_set.split("\\"))
    if not _are_defined(terms):
        return None
    return frozenset(one for one in set(text) if not one.isascii() and not _hold(terms, one))


def _are_defined(terms: tuple[str, ...]) -> bool:
    named = [term for index, term in enumerate(terms) if term or index]  # only the first may be empty
    if not all(term in python_encoding and term not in _NOT_DEFINED for term in named):
        return False
    return len(terms) == 1 or all(term.startswith("ISO 2022 ") for term in named)


@lru_cache(maxsize=4096)
def _hold(terms: tuple[str, ...], character: str) -> bool:
    # Every one of them holds ASCII, so what is left is in the upper half of a set, or in one of two bytes.
    return any(_holds(term, character) for term in terms if term)


def _holds(term: str, character: str) -> bool:
    try:
        encoded = character.encode(_WHOLE.get(term) or python_encoding[term])
    except UnicodeEncodeError:
        return False
    if term in _WHOLE:
        return True
    if term in _ESCAPES:
        return encoded.startswith(_ESCAPES[term])
    if term.endswith(" 13"):  # half-width katakana; Python's Shift JIS has the kanji too
        return len(encoded) == 1 and encoded >= b"\xa1"
    return not term.endswith(" IR 6") and term != "ISO_IR 6" and min(encoded) >= 0xA0
