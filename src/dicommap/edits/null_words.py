r"""Words that programs write for a missing value, such as NULL, NaN and N/A."""

from __future__ import annotations

from dicommap.dicom.dictionary import keyword_of, vrs_of

NULL_WORD_DESCRIPTION = "a word that programs write for no value"
_NULL_WORDS_OF_PROGRAMS = frozenset(
    {
        "null",
        "(null)",
        "<null>",
        "[null]",
        "nan",
        "+nan",
        "-nan",
        "<na>",
        "nat",
        "\\n",
        "#n/a",
        "#n/a n/a",
        "#na",
        "1.#ind",
        "-1.#ind",
        "1.#qnan",
        "-1.#qnan",
        "undefined",
    }
)
"""Of SQL, pandas, NumPy, R, spreadsheets and JavaScript: no value of any attribute."""
_NULL_WORDS_OF_PEOPLE = frozenset(
    {"none", "na", "n/a", "n.a.", "n.a", "n/d", "nil", "-", "--", "---", "\u2013", "\u2014", "."}
)
"""Of people and programs; some attributes have NONE as a term of their own."""
_IDENTIFIER_SUFFIXES = ("ID", "IDs", "UID", "Number", "Identifier")
_IDENTIFIER_VRS = frozenset({"LO", "SH", "CS", "AE", "UI", "UT", "UC"})


def is_null_word(text: str) -> bool:
    """Return whether a whole value is a word for no value, in any case of its letters."""
    return text.casefold() in _NULL_WORDS_OF_PROGRAMS | _NULL_WORDS_OF_PEOPLE


def is_identifier_attribute(tag: int) -> bool:
    """Return whether an attribute identifies a patient, study, order or device, by its keyword and VR."""
    return keyword_of(tag).endswith(_IDENTIFIER_SUFFIXES) and bool(_IDENTIFIER_VRS & set(vrs_of(tag)))


def is_null_word_for(tag: int, cell: str) -> bool:
    """Return whether a cell is a word that cannot be meant as a value of an attribute.

    For identifiers and names of persons it is any word for no value, for others only what programs write.
    """
    folded = cell.casefold()
    return folded in _NULL_WORDS_OF_PROGRAMS or (
        folded in _NULL_WORDS_OF_PEOPLE and (is_identifier_attribute(tag) or vrs_of(tag) == ("PN",))
    )
