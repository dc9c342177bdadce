"""Words that programs and people write for a missing value, such as NULL, NaN and n/a."""

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
"""Words that programs write for a missing value. They are never a value of an attribute.

The programs are SQL databases, pandas, NumPy, R, spreadsheets and JavaScript.
"""
_NULL_WORDS_OF_PEOPLE = frozenset(
    {"none", "na", "n/a", "n.a.", "n.a", "n/d", "nil", "-", "--", "---", "\u2013", "\u2014", "."}
)
"""Words that people and programs write for a missing value, but that are values of some attributes, such as NONE."""
_IDENTIFIER_SUFFIXES = ("ID", "IDs", "UID", "Number", "Identifier")
_IDENTIFIER_VRS = frozenset({"LO", "SH", "CS", "AE", "UI", "UT", "UC"})


def is_null_word(text: str) -> bool:
    """Return whether a text is a word for a missing value, such as NULL or n/a. Letter case is ignored."""
    return text.casefold() in _NULL_WORDS_OF_PROGRAMS | _NULL_WORDS_OF_PEOPLE


def is_identifier_attribute(tag: int) -> bool:
    """Return whether an attribute is an identifier, for example of a patient or study.

    It depends on the value representation of the attribute, and on the last letters of its keyword.
    """
    return keyword_of(tag).endswith(_IDENTIFIER_SUFFIXES) and bool(_IDENTIFIER_VRS & set(vrs_of(tag)))


def is_null_word_for_attribute(tag: int, cell: str) -> bool:
    """Return whether a cell is a word for a missing value of the attribute with this tag.

    In identifiers and person names, all words that people or programs write count. In other attributes, only the words
    that programs write count.
    """
    folded = cell.casefold()
    return folded in _NULL_WORDS_OF_PROGRAMS or (
        folded in _NULL_WORDS_OF_PEOPLE and (is_identifier_attribute(tag) or vrs_of(tag) == ("PN",))
    )
