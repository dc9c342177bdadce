"""Check that a plan's sources are plausible roots and not a whole home or machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.issues import Issue, Location, make_issue
from dicommap.planning.source_prefixes import is_s3_root, parse_s3_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HOME_PARENTS = ("home", "Users")
"""Directories of the top level that hold home directories."""
_SYSTEM_DIRECTORIES = frozenset({"dev", "etc", "proc", "root", "run", "sys", "usr", "var"})
"""Directories of the top level that belong to the system."""


def check_plan_sources(sources: Sequence[str], home: str = "") -> Iterator[Issue]:
    """Find sources that no scan writes, and sources that hold all files of a machine or of a person.

    Args:
        sources: The plan's sources.
        home: The home directory of whoever asks; empty if it is not known.

    """
    for index, source in enumerate(sources):
        place = Location(pointer=f"/sources/{index}")
        if is_s3_root(source):
            if parse_s3_root(source) is None:
                yield make_issue("package.source-path", place)
            continue
        if not source.startswith("/") or ".." in source.split("/") or "\0" in source:
            yield make_issue("package.source-path", place)
            continue
        what = describe_broad_directory(source, home)
        if what is not None:
            yield make_issue("package.broad-source", place, source=make_printable(source), what=what)


def describe_broad_directory(path: str, home: str = "") -> str | None:
    """Return what an absolute path is if it holds all files of a machine or of a person; None if it does not."""
    names = _path_parts(path)
    if not names:
        return "the root of the file system"
    at_home = _path_parts(home)
    if at_home and at_home[: len(names)] == names:
        return "your home directory, or holds it"
    if names[0] in _HOME_PARENTS and len(names) <= 2:  # such as /home/NAME
        return "a home directory, or holds all of them"
    if names[0] in _SYSTEM_DIRECTORIES and len(names) == 1:
        return "a directory of the system"
    return None


def _path_parts(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]
