"""Check the sources of a plan. A source must be a valid root, but not a home directory or a whole file system.

The source of a plan with updates only may be a data store. No file is sent from a data store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.healthimaging.data_stores import is_data_store_root, parse_data_store_id
from dicommap.issues import Issue, Location, make_issue
from dicommap.planning.source_prefixes import is_s3_root, parse_s3_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HOME_PARENTS = ("home", "Users")
"""Names of top-level directories that contain home directories."""
_SYSTEM_DIRECTORIES = frozenset({"dev", "etc", "proc", "root", "run", "sys", "usr", "var"})
"""Names of top-level directories that belong to the operating system."""


def check_plan_sources(sources: Sequence[str], home: str = "") -> Iterator[Issue]:
    """Yield an issue for each source that is not a valid root, or that contains all files of a machine or a user.

    Args:
        sources: The sources of the plan.
        home: The home directory of the user. Empty if it is not known.
    """
    for index, source in enumerate(sources):
        place = Location(pointer=f"/sources/{index}")
        if is_s3_root(source):
            if parse_s3_root(source) is None:
                yield make_issue("package.source-path", place)
            continue
        if is_data_store_root(source):
            if parse_data_store_id(source) is None:
                yield make_issue("package.source-path", place)
            continue
        if not source.startswith("/") or ".." in source.split("/") or "\0" in source:
            yield make_issue("package.source-path", place)
            continue
        what = describe_broad_directory(source, home)
        if what is not None:
            yield make_issue("package.broad-source", place, source=make_printable(source), what=what)


def describe_broad_directory(path: str, home: str = "") -> str | None:
    """Return a description of a directory that has all files of a machine or a user. Return None for other directories.

    Args:
        path: The absolute path of the directory.
        home: The home directory of the user. Empty if it is not known.
    """
    names = _split_path(path)
    if not names:
        return "the root of the file system"
    at_home = _split_path(home)
    if at_home and at_home[: len(names)] == names:
        return "your home directory, or holds it"
    if names[0] in _HOME_PARENTS and len(names) <= 2:  # such as /home/NAME
        return "a home directory, or holds all of them"
    if names[0] in _SYSTEM_DIRECTORIES and len(names) == 1:
        return "a directory of the system"
    return None


def _split_path(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]
