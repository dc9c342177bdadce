"""Check the objects.csv of a job: each row, the order of the keys, and the totals in the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicommap.healthimaging.s3_uri import FolderCounter
from dicommap.issues import Location, make_issue
from dicommap.planning.planned_objects import INSTANCE_DISPOSITIONS, parse_objects_csv
from dicommap.planning.source_prefixes import is_s3_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.issues import Issue
    from dicommap.planning.planned_objects import PlannedObject


def check_objects_csv(
    lines: Iterable[bytes], job: dict[str, Any], sources: Sequence[str], path: str, place: Location
) -> Iterator[Issue]:
    """Yield the issues of a job's objects.csv: the first wrong row, or totals that differ from the plan.

    The lines are read one by one, because a table may have millions of rows. Reading stops at the first wrong row.

    Args:
        lines: The lines of the table.
        job: The entry of the job in the plan.
        sources: The sources of the plan. A row has the index of its source.
        path: The path of the table in the package.
        place: The location of the job in the plan.
    """
    sources_in_s3 = [is_s3_root(source) for source in sources]
    counts = {"instances": 0, "sourceFiles": 0, "sourceBytes": 0}
    folders, added = FolderCounter(), {file["path"].rpartition("/")[0] for file in job["files"]} - {""}
    before = b""
    try:
        for planned in parse_objects_csv(line.decode("utf-8") for line in lines):
            key = planned.key.encode()
            if counts["sourceFiles"] and key <= before:
                yield make_issue("package.objects", Location(path=path), problem="its keys are not in order, each once")
                return
            before = key
            code, problem = _describe_row_problem(planned, sources_in_s3, staged=job["staged"])
            if problem is not None:
                yield make_issue(code, Location(path=path), row=counts["sourceFiles"] + 2, problem=problem)
                return
            counts["instances"] += planned.disposition in INSTANCE_DISPOSITIONS
            counts["sourceFiles"] += 1
            counts["sourceBytes"] += planned.size
            folders.add_key(planned.key)
            added.discard(planned.key.partition("/")[0] if "/" in planned.key else "")
    except ValueError as error:  # also a UnicodeDecodeError, whose message contains bytes of the file
        problem = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        yield make_issue("package.objects", Location(path=path), problem=problem)
        return
    counts["folders"] = folders.count + len(added)
    for member, count in counts.items():
        if job[member] != count:
            where = replace(place, pointer=f"{place.pointer}/{member}")
            yield make_issue("package.counts", where, planned=job[member], found=count, what=member)


def _describe_row_problem(
    planned: PlannedObject, sources_in_s3: Sequence[bool], *, staged: bool
) -> tuple[str, str | None]:
    """Return the code of a row's issue, and a description of its problem. The description is None for a valid row."""
    problem = _describe_source_problem(planned, sources_in_s3)
    if problem is not None or not staged:
        return "package.object-source", problem
    return "package.staged-object", _describe_staged_problem(planned)


def _describe_source_problem(planned: PlannedObject, sources_in_s3: Sequence[bool]) -> str | None:
    """Return the reason why a row's source file is not below a source of the plan; None if it is below one."""
    if not 0 <= planned.root < len(sources_in_s3):
        return "the plan has no source of this number"
    if not planned.source:
        return "its source is empty"
    if sources_in_s3[planned.root]:
        return None  # every text is a valid key
    if planned.source.startswith("/"):
        return "its source is an absolute path"
    if "\0" in planned.source:
        return "its source has a character that no path has"
    return "its source has a segment '..'" if ".." in planned.source.split("/") else None


def _describe_staged_problem(planned: PlannedObject) -> str | None:
    """Return the reason why a staging job cannot copy an object; None if it can."""
    if planned.disposition not in INSTANCE_DISPOSITIONS:
        return f"an object that is '{planned.disposition.value}' is no instance to be copied"
    if not (planned.study_instance_uid and planned.series_instance_uid and planned.sop_instance_uid):
        return "an instance to be copied has no Study, Series or SOP Instance UID"
    if {"", ".", ".."} & set(planned.key.split("/")) or "\\" in planned.key:
        return "its key is not one below the job's prefix"
    return None
