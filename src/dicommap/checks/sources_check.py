"""The sources of a plan: whether they are roots that a draft writes, and none that holds more than a person scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location, issue
from dicommap.model.paths import printable
from dicommap.model.source_places import is_s3_root, s3_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OF_PEOPLE = ("home", "Users")
"""Directories of the top level that hold home directories."""
_OF_THE_SYSTEM = frozenset({"dev", "etc", "proc", "root", "run", "sys", "usr", "var"})
"""Directories of the top level that belong to the system."""


def source_issues(sources: Sequence[str], home: str = "") -> Iterator[Issue]:
    """Find sources that no scan writes, and sources that hold all files of a machine or of a person.

    Args:
        sources: The plan's sources.
        home: The home directory of whoever asks; empty if it is not known.

    """
    for index, source in enumerate(sources):
        place = Location(pointer=f"/sources/{index}")
        if is_s3_root(source):
            if s3_root(source) is None:
                yield issue("package.source-path", place)
            continue
        if not source.startswith("/") or ".." in source.split("/") or "\0" in source:
            yield issue("package.source-path", place)
            continue
        what = broad(source, home)
        if what is not None:
            yield issue("package.broad-source", place, source=printable(source), what=what)


def broad(path: str, home: str = "") -> str | None:
    """Return what an absolute path is if it holds all files of a machine or of a person; None if it does not."""
    names = _names(path)
    if not names:
        return "the root of the file system"
    at_home = _names(home)
    if at_home and at_home[: len(names)] == names:
        return "your home directory, or holds it"
    if names[0] in _OF_PEOPLE and len(names) <= 2:  # such as /home/NAME
        return "a home directory, or holds all of them"
    if names[0] in _OF_THE_SYSTEM and len(names) == 1:
        return "a directory of the system"
    return None


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]
