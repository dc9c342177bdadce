"""Paths as an inventory stores them: text, or bytes where a name is not UTF-8."""

from __future__ import annotations

import os


def stored_path(path: str) -> str | bytes:
    """Return what is stored for a path: the text itself, or its bytes where it holds surrogates."""
    if path.isascii():
        return path
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def real_path(stored: str | bytes) -> str:
    """Return the path that the operating system knows."""
    return stored if isinstance(stored, str) else os.fsdecode(stored)


def members_between(archive: str) -> tuple[str | bytes, ...]:
    """Return two ranges, each its first and its end, that the stored paths of an archive's members are in."""
    first, end = archive + "!/", archive + "!0"
    return stored_path(first), stored_path(end), os.fsencode(first), os.fsencode(end)
