"""A job's table of objects: whether it is one, and says the same as the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicommap.issues import Location, issue
from dicommap.model.hierarchy import Disposition
from dicommap.model.nested_folders import NestedFolders
from dicommap.model.planned_object import read_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.issues import Issue

_INSTANCES = frozenset({Disposition.INSTANCE, Disposition.DUPLICATE})


def objects_issues(lines: Iterable[bytes], job: dict[str, Any], path: str, place: Location) -> Iterator[Issue]:
    """Find where an objects.csv is none, or contradicts its job; `place` is where that stands in the plan.

    Lines are taken one at a time, and not all of them where one is wrong: a table may have millions.
    """
    counts = {"instances": 0, "sourceFiles": 0, "sourceBytes": 0}
    folders, added = NestedFolders(), {file["path"].rpartition("/")[0] for file in job["files"]} - {""}
    before = b""
    try:
        for one in read_objects(line.decode("utf-8") for line in lines):
            key = one.key.encode()
            if counts["sourceFiles"] and key <= before:
                yield issue("package.objects", Location(path=path), problem="its keys are not in order, each once")
                return
            before = key
            counts["instances"] += one.disposition in _INSTANCES
            counts["sourceFiles"] += 1
            counts["sourceBytes"] += one.size
            folders.add(one.key)
            added.discard(one.key.partition("/")[0] if "/" in one.key else "")
    except ValueError as error:  # UnicodeDecodeError among them, whose words hold bytes of the file
        problem = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        yield issue("package.objects", Location(path=path), problem=problem)
        return
    counts["folders"] = folders.count + len(added)
    for member, found in counts.items():
        if job[member] != found:
            where = replace(place, pointer=f"{place.pointer}/{member}")
            yield issue("package.counts", where, planned=job[member], found=found, what=member)
