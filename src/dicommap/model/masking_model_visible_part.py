r"""Values as people see them: what cannot be decoded or printed becomes an escape, such as `M\xfcller`.

An escape is for the eye. It does not tell an undecodable byte from the control character of the same number, nor from
a backslash and letters that stand in the value, so no value is ever made of it again.
"""

from __future__ import annotations

import re
from functools import lru_cache

from dicommap.dicom.dictionary_model_tags_part import tag_of, vrs_of
from dicommap.dicom.printable_text_model_paths_part import make_printable
from dicommap.dicom.vr import MULTILINE_VRS

_LAYOUT = re.compile("([\t\n\f\r]+)")
"""The control characters that long texts may have (PS3.5 section 6.1.3)."""
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNDECODABLE = re.compile("[\udc00-\udcff\ufffd]+")
_ESCAPES = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}")


def escape_text(text: str) -> str:
    r"""Return a text with an escape for each undecodable byte, U+FFFD, control character and mark of direction."""
    return make_printable(text).replace(_REPLACEMENT, r"\ufffd")


def escape_value(keyword: str, text: str) -> str:
    """Return a value of an attribute as `visible` does; tabs and ends of lines stay if its VR allows them."""
    if text.isascii() and text.isprintable():
        return text
    return escape_keeping_lines(text) if allows_line_breaks(keyword) else escape_text(text)


def escape_keeping_lines(text: str) -> str:
    """Return a text as `visible` does, but with its tabs and ends of lines."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(part if number % 2 else escape_text(part) for number, part in enumerate(_LAYOUT.split(text)))


@lru_cache(maxsize=1024)
def allows_line_breaks(keyword: str) -> bool:
    """Return whether values of an attribute may have tabs and ends of lines: those of LT, ST and UT."""
    tag = tag_of(keyword)
    return tag is not None and bool(vrs_of(tag)) and set(vrs_of(tag)) <= MULTILINE_VRS


def escape_undecodable(text: str) -> str:
    """Return a text with escapes for undecodable bytes and U+FFFD; control characters stay, for what is no display."""
    return text if text.isascii() else _UNDECODABLE.sub(lambda match: escape_text(match[0]), text)


def find_escapes(text: str) -> frozenset[str]:
    """Return the escapes in a text that look like those of `visible`."""
    return frozenset(_ESCAPES.findall(text)) if "\\" in text else frozenset()
