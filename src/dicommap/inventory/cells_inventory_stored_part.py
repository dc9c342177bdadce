"""Paths and values as an inventory stores them: text, or bytes if there are some in it that are not text."""

from __future__ import annotations

import os
import re

from dicommap.dicom.printable_text import is_undecodable

_SURROGATES_WITHOUT_BYTE = re.compile("[\ud800-\udbff\udd00-\udfff]")
"""Lone surrogates that stand for no undecodable byte."""


def encode_path(path: str) -> str | bytes:
    """Return what is stored for a path: the text itself, or its bytes where it holds surrogates."""
    if path.isascii():
        return path
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def decode_path(stored: str | bytes) -> str:
    """Return the path that the operating system knows."""
    return stored if isinstance(stored, str) else os.fsdecode(stored)


def encode_value(text: str | None) -> str | bytes | None:
    """Return what is stored for a value: the text itself, or bytes if it holds some that could not be decoded.

    These bytes are the text in UTF-8, in which each undecodable byte is a lone surrogate of three bytes: so they are
    no UTF-8, and no text in SQLite is ever equal to them.
    """
    if text is None or text.isascii() or not is_undecodable(text):
        return text
    return text.encode("utf-8", "surrogatepass")


def decode_value(stored: bytes) -> str:
    """Return the text of a value that is stored as bytes. Raises ValueError if no value is stored so."""
    text = stored.decode("utf-8", "surrogatepass")
    if not is_undecodable(text) or _SURROGATES_WITHOUT_BYTE.search(text):
        raise ValueError("a text that could be decoded is stored as text")
    return text


def member_path_ranges(archive: str) -> tuple[str | bytes, ...]:
    """Return two ranges, each its first and its end, that the stored paths of an archive's members are in."""
    first, end = archive + "!/", archive + "!0"
    return encode_path(first), encode_path(end), os.fsencode(first), os.fsencode(end)
