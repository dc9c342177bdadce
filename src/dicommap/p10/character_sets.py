"""The terms of Specific Character Set, and Python's codecs for them (PS3.3 C.12.1.1.2)."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

DEFAULT = "iso8859"
"""Python's codec where nothing is declared: ASCII is what such a data set may hold."""

_CODECS = {
    "": DEFAULT,
    "ISO_IR 6": DEFAULT,
    "ISO_IR 13": "shift_jis",
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 126": "iso_ir_126",
    "ISO_IR 127": "iso_ir_127",
    "ISO_IR 138": "iso_ir_138",
    "ISO_IR 144": "iso_ir_144",
    "ISO_IR 148": "iso_ir_148",
    "ISO_IR 166": "iso_ir_166",
    "ISO 2022 IR 6": DEFAULT,
    "ISO 2022 IR 13": "shift_jis",
    "ISO 2022 IR 58": "iso_ir_58",
    "ISO 2022 IR 87": "iso2022_jp",
    "ISO 2022 IR 100": "latin_1",
    "ISO 2022 IR 101": "iso8859_2",
    "ISO 2022 IR 109": "iso8859_3",
    "ISO 2022 IR 110": "iso8859_4",
    "ISO 2022 IR 126": "iso_ir_126",
    "ISO 2022 IR 127": "iso_ir_127",
    "ISO 2022 IR 138": "iso_ir_138",
    "ISO 2022 IR 144": "iso_ir_144",
    "ISO 2022 IR 148": "iso_ir_148",
    "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 159": "iso2022_jp_2",
    "ISO 2022 IR 166": "iso_ir_166",
}
"""Defined terms that may stand together (PS3.3 Tables C.12-2 to C.12-4), and Python's codecs as pydicom names them."""

_NOT_DEFINED = {"ISO 2022 GBK": "GBK", "ISO 2022 58": "GB2312"}
"""Terms that a correction of the standard once had, and pydicom still has."""

_ALONE = {"ISO_IR 192": "UTF8", "GB18030": "GB18030", "GBK": "GBK"}
"""Those that stand alone (PS3.3 Table C.12-5)."""

_MISSPELT = (
    (re.compile("ISO[^_]IR"), len("ISO_IR"), "ISO_IR"),
    (re.compile("(?!ISO 2022 IR )ISO.2022.IR."), len("ISO 2022 IR "), "ISO 2022 IR "),
)
"""Signs between words that are not those of the standard; how long that is; and what is meant."""


@lru_cache(maxsize=64)
def encodings_of(specific_character_set: str) -> tuple[str, ...]:
    """Return Python's codecs for a value of SpecificCharacterSet; unknown terms are taken for the default."""
    terms = [term.strip() for term in specific_character_set.split("\\")]
    if len(terms) == 1 and terms[0] in _ALONE:
        return (_ALONE[terms[0]],)
    if all(term in _CODECS for term in terms):
        return tuple(map(_CODECS.__getitem__, terms))
    return _odd_encodings(terms)


def _odd_encodings(terms: list[str]) -> tuple[str, ...]:
    """Return the codecs for terms that are misspelt, or do not go together, as pydicom takes them.

    A term that has to stand alone is all there is where it comes first, and left out where it does not.
    """
    if terms[0] in _ALONE:
        return (_ALONE[terms[0]],)
    if any("\0" in term for term in terms):
        return (DEFAULT,)
    return tuple(_codec_of(term) for term in terms if term not in _ALONE)


def _codec_of(term: str) -> str:
    known = _CODECS | _NOT_DEFINED | _ALONE
    if term in known:
        return known[term]
    for misspelt, length, right in _MISSPELT:
        if misspelt.match(term):
            return known.get(right + term[length:], DEFAULT)
    try:
        name = codecs.lookup(term).name
    except LookupError:
        return DEFAULT
    # Some write the name of a codec; of those that Python has, many are no character sets.
    return term if name in {codecs.lookup(codec).name for codec in known.values()} else DEFAULT
