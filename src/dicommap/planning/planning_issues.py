"""Issues of planned jobs: files in no job, studies in several jobs, and quotas that are too small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.dicom.printable_text import make_printable
from dicommap.healthimaging.limits import MAX_KEY_BYTES, START_RATE
from dicommap.issues import Location, Severity, make_issue
from dicommap.issues.bounded_list import BoundedList
from dicommap.issues.wording import choose_verb, format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.healthimaging.quotas import Quotas
    from dicommap.issues import Issue
    from dicommap.planning.jobs_in_place import JobsInPlace
    from dicommap.planning.planner import PrefixPlan

MAX_NAMED_JOBS = 5
"""Maximum number of job IDs that a message names. Further jobs are only counted."""

_JOB_STARTS_PER_MINUTE = round(60 * START_RATE.per_second)
"""Number of jobs that AWS lets an account start per minute, after a first burst of starts."""


def planning_issues(
    plan: PrefixPlan,
    ids: Sequence[str],
    quotas: Quotas,
    *,
    non_utf8_paths: BoundedList[str],
    others: int,
    leave_out: bool,
) -> Iterator[Issue]:
    """Yield an issue for each problem of a plan: files in no job, studies in several jobs, quotas that are too small.

    Args:
        plan: The planned jobs.
        ids: The job IDs: first those of the jobs in place, then those of the staged jobs.
        quotas: The limits of one job.
        non_utf8_paths: The paths of instances that are not UTF-8, and so cannot be S3 keys.
        others: The number of files that are neither instances nor duplicates.
        leave_out: Whether instances may be in no job. If False, an instance in no job is an error, else a warning.
    """
    if plan.in_place.colliding_keys.count:
        first = Location(path=make_printable(next(iter(plan.in_place.colliding_keys))))
        yield make_issue("draft.colliding-paths", first, count=plan.in_place.colliding_keys.count)
    too_small = list(_quota_issues(plan, is_any=bool(ids)))
    if not ids and not too_small:
        yield make_issue("job.none")
    yield from too_small
    count = sum(plan.unplanned_files.values()) + non_utf8_paths.count
    if count:
        yield make_issue(
            "job.unplanned", severity=Severity.WARNING if leave_out else None, files=format_count(count, "file")
        )
    if not plan.staged_studies:
        yield from _folder_issues(plan.in_place)
    yield from _file_issues(plan.in_place, quotas)
    for path in non_utf8_paths:
        yield make_issue("job.key-not-utf-8", Location(path=make_printable(path)))
    yield from _omitted_issues(non_utf8_paths, "these names")
    yield from _divided_study_issues(plan, ids)
    yield from _note_issues(plan, others)


def _quota_issues(plan: PrefixPlan, *, is_any: bool) -> Iterator[Issue]:
    """Yield an issue for each quota that is too small for some files. `is_any` says whether the plan has any job."""
    quotas_too_small = [(plan.staged.smallest, "file with its override files")]
    if not is_any and not plan.staged.smallest:
        quotas_too_small.append((plan.in_place.smallest, "folder with instances in it"))
    for smallest, subject in quotas_too_small:
        for excess in smallest.values():
            facts: dict[str, Any] = {"quota": excess.quota, "limit": excess.limit, "count": excess.count}
            severity = Severity.WARNING if is_any else None
            yield make_issue("job.quota-too-small", severity=severity, smallest=subject, **facts)


def _folder_issues(in_place: JobsInPlace) -> Iterator[Issue]:
    """Yield an issue for each folder whose own files (without inner folders) are too many for one job."""
    for folder in in_place.unplanned_folders:
        if folder.excess is not None:
            place, excess = Location(path=make_printable(folder.folder.removesuffix("/")) or "."), folder.excess
            yield make_issue(
                "job.folder-over-quota",
                place,
                instances=folder.instances,
                count=excess.count,
                what=excess.what,
                limit=excess.limit,
            )
    yield from _omitted_issues(in_place.unplanned_folders, "these folders")


def _file_issues(in_place: JobsInPlace, quotas: Quotas) -> Iterator[Issue]:
    """Yield an issue for each file that no job can import: it is too large, or its key cannot be used."""
    for file in in_place.too_large:
        place = Location(path=make_printable(file.key), study=file.study)
        yield make_issue("job.file-too-large", place, size=file.size, limit=quotas.fileBytes)
    yield from _omitted_issues(in_place.too_large, "the files that are too large")
    for file in in_place.too_long:
        yield make_issue(
            "job.key-too-long", Location(path=make_printable(file.key), study=file.study), limit=MAX_KEY_BYTES
        )
    yield from _omitted_issues(in_place.too_long, "the keys that are too long")
    for key in in_place.unprintable_keys:
        yield make_issue("job.unprintable-key", Location(path=make_printable(key)))
    yield from _omitted_issues(in_place.unprintable_keys, "these keys")


def _omitted_issues(items: BoundedList[Any], of: str) -> Iterator[Issue]:
    """Yield an issue with the number of omitted items if a list of items is cut. `of` names the items."""
    if items.omitted_count:
        yield make_issue("job.more-issues", count=items.omitted_count, of=of)


def _divided_study_issues(plan: PrefixPlan, ids: Sequence[str]) -> Iterator[Issue]:
    """Yield an issue for each study whose files are in several jobs, or only partly in a job.

    A study in place is in several jobs if its files are in several folders. A staged study is in several jobs if it
    exceeds a quota of one job.
    """
    numbers = {prefix: number for number, prefix in enumerate(plan.in_place.prefixes)}
    in_place = {study: [ids[numbers[prefix]] for prefix in cut] for study, cut in plan.in_place.cut_studies.items()}
    staged = {study: [ids[len(numbers) + job] for job in jobs] for study, (_, jobs) in plan.staged.divided.items()}
    excesses = {**plan.over_quota, **{study: excess for study, (excess, _) in plan.staged.divided.items()}}
    cut = {**in_place, **staged}
    studies = BoundedList(sorted(cut))
    for study in studies:
        place, unplanned_files = Location(study=study), plan.unplanned_files.get(study)
        rest = f", and {_format_count_in_no_job(unplanned_files)} in none" if unplanned_files else ""
        excess = excesses.get(study)
        if excess is None:
            yield make_issue("job.study-cut", place, jobs=_format_job_names(cut[study]), rest=rest)
        else:
            facts: dict[str, Any] = {"count": excess.count, "what": excess.what, "limit": excess.limit}
            yield make_issue("job.study-over-quota", place, jobs=_format_job_names(cut[study]), rest=rest, **facts)
    yield from _omitted_issues(studies, "the studies that are cut")


def _format_count_in_no_job(files: int) -> str:
    return f"{files:,} of its files {choose_verb(files, 'is', 'are')}"


def _format_job_names(jobs: Iterable[str]) -> str:
    """Return the beginning of a sentence about a divided study, such as `Jobs 0001, 0002 take parts`."""
    names = sorted(set(jobs), key=int)
    more = len(names) - MAX_NAMED_JOBS
    listed = ", ".join(names[:MAX_NAMED_JOBS])
    if len(names) == 1:
        return f"Job {listed} takes a part"
    return f"Jobs {listed}{f' and {more} more' if more > 0 else ''} take parts"


def _note_issues(plan: PrefixPlan, others: int) -> Iterator[Issue]:
    """Yield notes for the user: files that are not imported, staged studies, a very large number of jobs."""
    left = others - plan.in_place.others
    if left:
        yield make_issue("job.files-left", files=format_count(left, "file"))
    if plan.staged.jobs:
        yield make_issue(
            "job.staged",
            studies=format_count(plan.staged_studies, "study"),
            files=format_count(plan.staged_files, "file"),
            jobs=format_count(len(plan.staged.jobs), "job"),
        )
    jobs = len(plan.in_place.prefixes)
    if plan.jobs_if_staged is not None and plan.jobs_if_staged * 2 <= jobs:
        minutes = -(-jobs // _JOB_STARTS_PER_MINUTE)
        files = plan.in_place.file_count // jobs
        yield make_issue(
            "job.many",
            jobs=format_count(jobs, "job"),
            files=files,
            minutes=minutes,
            staged=format_count(plan.jobs_if_staged, "job"),
        )
