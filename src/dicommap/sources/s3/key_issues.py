"""Issues of object keys that other tools would change, would refuse, or would confuse with another key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.issues import make_issue

if TYPE_CHECKING:
    from dicommap.issues import Issue

_UNUSUAL = re.compile(r"[\x00-\x1f\x7f-\x9f\\]|(?:^|/)\.{0,2}(?:/|$)")
"""Matches a key that `_describe_key_problem` must check. Most keys do not match."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class KeyChecker:
    """A checker of the keys of a listing. It must get the keys in the order of their UTF-8 bytes, as S3 lists them."""

    def __init__(self, prefix: str) -> None:
        """Start before the first key of a listing. Only the part of a key after `prefix` is checked.

        `prefix` is empty or ends with a slash.
        """
        self._prefix = len(prefix)
        self._open: list[str] = []
        """Paths of earlier objects that may be the beginning of later paths.

        Each path begins with the path before it.
        """

    def check_next_key(self, key: str, *, folder: bool = False) -> tuple[Issue, ...]:
        """Return the issues of the next key.

        Args:
            key: The key, including the prefix.
            folder: Whether the object is an empty object that represents a folder. Its key may end with a slash.

        """
        path = key[self._prefix :]
        before = self._open
        # In a sorted listing, all keys between `a` and `a/b` begin with `a`. So paths that this key does not begin with
        # are removed.
        while before and not path.startswith(before[-1]):
            before.pop()
        above = before.pop() if before and path[len(before[-1]) :].startswith("/") else None
        if path and not path.endswith("/"):
            before.append(path)
        if above is None and _UNUSUAL.search(path) is None:
            return ()
        issues = [] if above is None else [make_issue("s3.object-and-folder", other=make_printable(above))]
        problem = _describe_key_problem(path, folder=folder)
        if problem is not None:
            issues.append(make_issue("s3.key", problem=problem))
        return tuple(issues)


def is_portable_key(key: str) -> bool:
    """Return whether obstore requests this key unchanged. For all other keys, boto3 must be used."""
    return _UNUSUAL.search(key) is None


def _describe_key_problem(path: str, *, folder: bool) -> str | None:
    """Return the problem of a key as words for the issue `s3.key`. Return None if the key has no problem."""
    segments = path.removesuffix("/").split("/") if path else []
    if _CONTROL.search(path) is not None:
        return "a control character"
    if "\\" in path:
        return "a backslash"
    if path.startswith("/"):
        return "a slash where its folder ends"
    if "" in segments:
        return "an empty segment"
    if "." in segments or ".." in segments:
        return "a segment '.' or '..'"
    return "a slash at its end" if path.endswith("/") and not folder else None
