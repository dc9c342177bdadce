"""The sources that a plan names, which may be somebody else's plan: whether files may be sent from there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicommap.aws.source_roots import SourceRoots
from dicommap.dicom.printable_text_model_paths_part import make_printable
from dicommap.errors import UsageError
from dicommap.issues import Location, make_issue
from dicommap.model.package_layout import PLAN_FILE
from dicommap.planning.source_prefixes import is_s3_root
from dicommap.validation.plan_sources_check import check_plan_sources, describe_broad_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.issues import Issue


def plan_source_issues(sources: Sequence[str], named: Iterable[StrPath] | None) -> Iterator[Issue]:
    """Find what can be seen of a plan's sources without a look at their files.

    `named` are the source roots that the caller names; None if the caller names none.
    """
    for found in check_plan_sources(sources, os.path.expanduser("~")):
        yield found.at(path=PLAN_FILE)
    if named is not None:
        yield from unnamed_source_issues(dict(enumerate(sources)), SourceRoots.of(named))


def unnamed_source_issues(sources: Mapping[int, str], roots: SourceRoots) -> Iterator[Issue]:
    """Find the sources, by their numbers in the plan, that are outside of the roots."""
    for number, source in sources.items():
        if not roots.hold(source):
            place = Location(path=PLAN_FILE, pointer=f"/sources/{number}")
            yield make_issue("package.source-not-named", place, source=make_printable(source))


def require_narrow_sources(sources: Iterable[str]) -> None:
    """Raise UsageError if a source that nobody named holds all files of the machine or of a person."""
    home = os.path.expanduser("~")
    for source in sources:
        if is_s3_root(source):
            continue
        what = describe_broad_directory(source, home) or describe_broad_directory(os.path.realpath(source), home)
        if what is not None:
            raise UsageError(
                f"The plan's source {make_printable(source)} is {what}; such a root is not taken from a package.",
                fix=f"If it is what was scanned, name it: --source {make_printable(source)}",
            )
