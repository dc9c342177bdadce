"""Mask patient values for display, and escape characters that cannot be printed.

Escapes are for people only and are never converted back: an undecodable byte, the control character of the same number
and a backslash with letters in the value have the same escape.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.dicom.person_names import merge_equal_names
from dicommap.dicom.printable_text import MASK, make_printable
from dicommap.dicom.vr import MULTILINE_VRS
from dicommap.errors import UsageError
from dicommap.model.captured_attributes import UNMASKED_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAYOUT = re.compile("([\t\n\f\r]+)")
"""The control characters that long texts may have (PS3.5 section 6.1.3)."""
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNDECODABLE = re.compile("[\udc00-\udcff\ufffd]+")
_ESCAPES = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}")


def escape_text(text: str) -> str:
    r"""Return a text with an escape for each undecodable byte, U+FFFD, control character and mark of text direction."""
    return make_printable(text).replace(_REPLACEMENT, r"\ufffd")


def escape_value(keyword: str, text: str) -> str:
    """Return a value with escapes as in `escape_text`; tabs and line breaks stay if the attribute's VR allows them."""
    if text.isascii() and text.isprintable():
        return text
    return escape_keeping_lines(text) if allows_line_breaks(keyword) else escape_text(text)


def escape_keeping_lines(text: str) -> str:
    """Return a text with escapes as in `escape_text`, but with its tabs and line breaks."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(part if number % 2 else escape_text(part) for number, part in enumerate(_LAYOUT.split(text)))


@lru_cache(maxsize=1024)
def allows_line_breaks(keyword: str) -> bool:
    """Return whether values of an attribute may have tabs and line breaks: those of LT, ST and UT."""
    tag = tag_of(keyword)
    return tag is not None and bool(vrs_of(tag)) and set(vrs_of(tag)) <= MULTILINE_VRS


def escape_undecodable(text: str) -> str:
    """Return a text with escapes for undecodable bytes and U+FFFD, for files: control characters stay."""
    return text if text.isascii() else _UNDECODABLE.sub(lambda match: escape_text(match[0]), text)


def find_escapes(text: str) -> frozenset[str]:
    """Return the escapes in a text that look like those of `escape_text`."""
    return frozenset(_ESCAPES.findall(text)) if "\\" in text else frozenset()


_TRANSFER_SYNTAX = re.compile(r"[0-2](?:\.[0-9]{1,20}){3,20}")
"""UIDs of transfer syntaxes: DICOM's (PS3.6 table A-1) and vendors'."""

_is_unmasked_in_all_reprs = False


def show_values(shown: bool) -> None:
    """Show or mask patient values in the reprs of all objects in this process. By default they are masked.

    Only reprs change. Tables that commands print, logs, files and error messages do not depend on it.

    Args:
        shown: True to show values, False to mask them.

    Raises:
        UsageError: `shown` is not a bool.
    """
    global _is_unmasked_in_all_reprs  # the setting is one for the whole process
    if not isinstance(shown, bool):
        raise UsageError("show_values takes True or False.", fix="Call show_values(True) or show_values(False).")
    _is_unmasked_in_all_reprs = shown


def is_unmasked_in_repr(*, unmasked: bool = False) -> bool:
    """Return whether a repr shows patient values: its object is unmasked, or `show_values(True)` was called."""
    return unmasked or _is_unmasked_in_all_reprs


def mask_value(keyword: str, value: str, *, show_values: bool) -> str:
    """Return a value for display: escaped if it may be shown, else the mask. An empty value is never masked."""
    is_shown = show_values or not value or (keyword in UNMASKED_KEYWORDS and is_defined_term(keyword, value))
    return escape_value(keyword, value) if is_shown else MASK


def is_defined_term(keyword: str, value: str) -> bool:
    """Return whether a value is one of the terms that DICOM defines for its attribute; True if it defines no terms."""
    if keyword == "SpecificCharacterSet":
        from dicommap.dicom.character_sets import parse_specific_character_set

        return value.isprintable() and parse_specific_character_set(value).is_known
    return keyword != "TransferSyntaxUID" or _TRANSFER_SYNTAX.fullmatch(value) is not None


def different_values_marker(count: int) -> str:
    """Return the marker for a study or series whose files have different values: `<3 different values>`."""
    return f"<{count} different values>"


def mask_only_value(keyword: str, distinct: int, value: str, *, show_values: bool) -> str:
    """Return the value, masked as by `mask_value`, if it is the only one, else the marker `<3 different values>`."""
    return different_values_marker(distinct) if distinct > 1 else mask_value(keyword, value, show_values=show_values)


def mask_value_counts(keyword: str, counts: Mapping[str, int], *, show_values: bool) -> str:
    """Return the value that all files share, masked as by `mask_value`, or the marker if the files differ."""
    counts = merge_equal_names(keyword, counts)
    return mask_only_value(keyword, len(counts), next(iter(counts), ""), show_values=show_values)
