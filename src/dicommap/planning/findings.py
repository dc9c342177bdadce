"""Findings of a plan: what is in no job or in several, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.issues import Location, Severity, issue
from dicommap.model.healthimaging import MAX_KEY_BYTES, START_RATE
from dicommap.model.paths import printable
from dicommap.planning.told import TOLD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.issues import Issue
    from dicommap.model.quotas import Quotas
    from dicommap.planning.in_place import InPlace
    from dicommap.planning.planner import Prefixes
    from dicommap.planning.told import Told

JOBS_NAMED = 5
"""Jobs of one study that are named; the others are counted."""

_STARTS_PER_MINUTE = round(60 * START_RATE.per_second)
"""Jobs that can be started in a minute, whatever the burst brings."""


def plan_issues(
    plan: Prefixes, ids: Sequence[str], quotas: Quotas, *, not_utf_8: Told[str], others: int, leave_out: bool
) -> Iterator[Issue]:
    """Find what a plan leaves out or cuts, and what is worth knowing of it.

    `ids` are those of the jobs, first of those in place; `not_utf_8` are files of instances whose names no key can
    have, and `others` counts the files that hold no instance. That instances are in no job is an error unless
    `leave_out` says that it is meant.
    """
    if plan.in_place.colliding.count:
        first = Location(path=printable(plan.in_place.colliding.first[0]))
        yield issue("draft.colliding-paths", first, count=plan.in_place.colliding.count)
    too_small = list(_quota_issues(plan, is_any=bool(ids)))
    if not ids and not too_small:
        yield issue("job.none")
    yield from too_small
    count = sum(plan.left_out.values()) + not_utf_8.count
    if count:
        yield issue(
            "job.unplanned", severity=Severity.WARNING if leave_out else None, files=_count(count, "file", "files")
        )
    if not plan.staged_studies:
        yield from _folder_issues(plan.in_place)
    yield from _file_issues(plan.in_place, quotas)
    for path in not_utf_8.first:
        yield issue("job.key-not-utf-8", Location(path=printable(path)))
    yield from _more(not_utf_8, "these names")
    yield from _cut_issues(plan, ids)
    yield from _notes(plan, others)


def _quota_issues(plan: Prefixes, *, is_any: bool) -> Iterator[Issue]:
    """Find the quotas that let nothing into any job, or some files into none."""
    found = [(plan.staged.smallest, "file with its override files")]
    if not is_any and not plan.staged.smallest:
        found.append((plan.in_place.smallest, "folder with instances in it"))
    for smallest, what in found:
        for excess in smallest.values():
            facts: dict[str, Any] = {"quota": excess.quota, "limit": excess.limit, "count": excess.count}
            severity = Severity.WARNING if is_any else None
            yield issue("job.quota-too-small", severity=severity, smallest=what, **facts)


def _folder_issues(found: InPlace) -> Iterator[Issue]:
    for one in found.leftovers.first:
        if one.excess is not None:
            place, excess = Location(path=printable(one.folder.removesuffix("/")) or "."), one.excess
            yield issue(
                "job.folder-over-quota",
                place,
                instances=one.instances,
                count=excess.count,
                what=excess.what,
                limit=excess.limit,
            )
    yield from _more(found.leftovers, "these folders")


def _file_issues(found: InPlace, quotas: Quotas) -> Iterator[Issue]:
    for one in found.too_large.first:
        place = Location(path=printable(one.key), study=one.study)
        yield issue("job.file-too-large", place, size=one.size, limit=quotas.fileBytes)
    yield from _more(found.too_large, "the files that are too large")
    for one in found.too_long.first:
        yield issue("job.key-too-long", Location(path=printable(one.key), study=one.study), limit=MAX_KEY_BYTES)
    yield from _more(found.too_long, "the keys that are too long")
    for key in found.unprintable.first:
        yield issue("job.unprintable-key", Location(path=printable(key)))
    yield from _more(found.unprintable, "these keys")


def _more(told: Told[Any], of: str) -> Iterator[Issue]:
    if told.count > TOLD:
        yield issue("job.more-findings", count=told.count - TOLD, of=of)


def _cut_issues(plan: Prefixes, ids: Sequence[str]) -> Iterator[Issue]:
    """Find the studies that are cut: in place since they lie so, under the staging prefix since they are too large."""
    numbers = {prefix: number for number, prefix in enumerate(plan.in_place.prefixes)}
    in_place = {study: [ids[numbers[prefix]] for prefix in cut] for study, cut in plan.in_place.cut.items()}
    staged = {study: [ids[len(numbers) + job] for job in jobs] for study, (_, jobs) in plan.staged.cut.items()}
    excesses = {**plan.over_quota, **{study: excess for study, (excess, _) in plan.staged.cut.items()}}
    cut = {**in_place, **staged}
    for study in sorted(cut)[:TOLD]:
        place, left_out = Location(study=study), plan.left_out.get(study)
        rest = f", and {_are(left_out)} in none" if left_out else ""
        excess = excesses.get(study)
        if excess is None:
            yield issue("job.study-cut", place, jobs=_named(cut[study]), rest=rest)
        else:
            facts: dict[str, Any] = {"count": excess.count, "what": excess.what, "limit": excess.limit}
            yield issue("job.study-over-quota", place, jobs=_named(cut[study]), rest=rest, **facts)
    if len(cut) > TOLD:
        yield issue("job.more-findings", count=len(cut) - TOLD, of="the studies that are cut")


def _are(files: int) -> str:
    return "1 of its files is" if files == 1 else f"{files:,} of its files are"


def _named(jobs: Iterable[str]) -> str:
    """Return which jobs take parts of a study, as the beginning of a sentence."""
    names = sorted(set(jobs), key=int)
    more = len(names) - JOBS_NAMED
    listed = ", ".join(names[:JOBS_NAMED])
    if len(names) == 1:
        return f"Job {listed} takes a part"
    return f"Jobs {listed}{f' and {more} more' if more > 0 else ''} take parts"


def _notes(plan: Prefixes, others: int) -> Iterator[Issue]:
    left = others - plan.in_place.others
    if left:
        yield issue("job.files-left", files=_count(left, "file", "files"))
    if plan.staged.jobs:
        yield issue(
            "job.staged",
            studies=_count(plan.staged_studies, "study", "studies"),
            files=_count(plan.staged_files, "file", "files"),
            jobs=_count(len(plan.staged.jobs), "job", "jobs"),
        )
    jobs = len(plan.in_place.prefixes)
    if plan.if_staged is not None and plan.if_staged * 2 <= jobs:
        minutes = -(-jobs // _STARTS_PER_MINUTE)
        files = plan.in_place.taken // jobs
        yield issue(
            "job.many",
            jobs=f"{jobs:,} jobs",
            files=files,
            minutes=minutes,
            staged=_count(plan.if_staged, "job", "jobs"),
        )


def _count(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
