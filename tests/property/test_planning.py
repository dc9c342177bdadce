"""Whatever the layout: no quota is broken, no sibling swallowed, and every instance is in one job or told of."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dicommap.healthimaging.quotas import Quotas
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Severity
from dicommap.issues.bounded_list import BoundedList
from dicommap.planning.folders import PrefixRules
from dicommap.planning.planner import PrefixPlan, plan_prefixes
from dicommap.planning.planning_issues import planning_issues
from dicommap.planning.staging import StagingPolicy, StudyPart
from tests.support.file_layouts import Row, SimulatedFiles

BASE = S3Uri(bucket="bucket", prefix="in/")
STUDIES = [f"1.{number}" for number in range(5)]

names = st.sampled_from(["a", "b", "1.2", "1.23", "a-", "..", "", "é"])
keys = st.lists(names, min_size=1, max_size=4).map("/".join)


@st.composite
def layouts(draw: st.DrawFn) -> SimulatedFiles:
    rows: list[Row] = []
    for key in draw(st.lists(keys, unique=True, max_size=24)):
        study = draw(st.sampled_from([*STUDIES, None]))
        series = None if study is None else f"{study}.{draw(st.integers(1, 2))}"
        rows.append((key, draw(st.integers(0, 12)), study, series))
    known = sorted(
        {row[2:] for row in rows if row[2] is not None} | {(row[2], None) for row in rows if row[2]}, key=str
    )
    chosen = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    return SimulatedFiles(rows, {(study or "", series): 2 for study, series in chosen})


quotas = st.builds(
    Quotas,
    files=st.integers(1, 12),
    bytes=st.integers(8, 80),
    fileBytes=st.integers(6, 12),
    folders=st.integers(1, 5),
    mappings=st.integers(1, 5),
)


def pieces_of(layout: SimulatedFiles, piece: StudyPart, limits: Quotas) -> list[Row]:
    """Return the files of a piece, as a staged job takes them."""
    rows = [row for row in layout.rows if row[2] == piece.study_instance_uid and row[1] <= limits.fileBytes]
    if piece.series_instance_uid is not None:
        rows = [row for row in rows if row[3] == piece.series_instance_uid]
    return rows[piece.first :] if piece.files is None else rows[piece.first : piece.first + piece.files]


def jobs_of(layout: SimulatedFiles, plan: PrefixPlan, limits: Quotas) -> list[list[Row]]:
    staged = [[row for piece in job.pieces for row in pieces_of(layout, piece, limits)] for job in plan.staged.jobs]
    return [layout.objects_under(prefix) for prefix in plan.in_place.prefixes] + staged


@given(layouts(), quotas, st.sampled_from(StagingPolicy))
def test_every_job_obeys_every_quota(layout: SimulatedFiles, limits: Quotas, staging: StagingPolicy) -> None:
    plan = plan_prefixes(layout, layout.needs, PrefixRules(BASE), limits, staging)
    assert all(layout.fits(prefix, limits) for prefix in plan.in_place.prefixes)
    for job, rows in zip(plan.staged.jobs, jobs_of(layout, plan, limits)[len(plan.in_place.prefixes) :], strict=True):
        assert rows
        assert layout.obeys(rows, len({piece.study_instance_uid for piece in job.pieces}), limits)


@given(layouts(), quotas, st.sampled_from(StagingPolicy))
def test_no_prefix_takes_in_a_sibling_or_another_job(
    layout: SimulatedFiles, limits: Quotas, staging: StagingPolicy
) -> None:
    prefixes = plan_prefixes(layout, layout.needs, PrefixRules(BASE), limits, staging).in_place.prefixes
    assert all(not prefix or prefix.endswith("/") for prefix in prefixes)
    assert not any(one.startswith(other) for one in prefixes for other in prefixes if one is not other)
    assert all(S3Uri.parse(f"{BASE}{prefix}") is not None for prefix in prefixes)
    assert not {"..", ""} & {segment for prefix in prefixes for segment in prefix.split("/")[:-1]}


@given(layouts(), quotas, st.sampled_from(StagingPolicy))
def test_every_instance_is_in_exactly_one_job_or_told_of(
    layout: SimulatedFiles, limits: Quotas, staging: StagingPolicy
) -> None:
    plan = plan_prefixes(layout, layout.needs, PrefixRules(BASE), limits, staging)
    taken = Counter(row for rows in jobs_of(layout, plan, limits) for row in rows if row[2] is not None)
    assert set(taken.values()) <= {1}
    left = layout.instances()
    left.subtract(Counter(row[2] for row in taken if row[2] is not None))
    assert {study: count for study, count in left.items() if count} == dict(plan.unplanned_files)
    ids = [str(number) for number in range(len(plan.in_place.prefixes) + len(plan.staged.jobs))]
    found = list(planning_issues(plan, ids, limits, non_utf8_paths=BoundedList(), others=0, leave_out=False))
    assert ("job.unplanned" in {one.code for one in found}) == bool(plan.unplanned_files)
    assert (Severity.ERROR in {one.severity for one in found if one.code != "job.none"}) == bool(plan.unplanned_files)
    nothing = {one.code for one in found if one.code == "job.none" or one.severity is Severity.ERROR}
    assert bool(nothing & {"job.none", "job.quota-too-small"}) == (not ids)


@given(layouts(), quotas)
def test_a_quota_that_is_too_small_is_told_with_what_lets_something_in(layout: SimulatedFiles, limits: Quotas) -> None:
    for staging in (StagingPolicy.NEVER, StagingPolicy.ALL):
        plan = plan_prefixes(layout, layout.needs, PrefixRules(BASE), limits, staging)
        smallest = plan.staged.smallest if staging is StagingPolicy.ALL else plan.in_place.smallest
        if jobs_of(layout, plan, limits) or not smallest:
            continue
        enough = limits.model_copy(update={one.quota: one.count for one in smallest.values()})
        for _ in range(len(Quotas.model_fields)):  # what is over one quota may be over the next
            again = plan_prefixes(layout, layout.needs, PrefixRules(BASE), enough, staging)
            found = again.staged.smallest if staging is StagingPolicy.ALL else again.in_place.smallest
            if jobs_of(layout, again, enough):
                break
            enough = enough.model_copy(update={one.quota: one.count for one in found.values()})
        assert jobs_of(layout, again, enough)


@given(layouts(), quotas, st.sampled_from(StagingPolicy))
def test_no_study_is_cut_without_a_finding(layout: SimulatedFiles, limits: Quotas, staging: StagingPolicy) -> None:
    plan = plan_prefixes(layout, layout.needs, PrefixRules(BASE), limits, staging)
    jobs = jobs_of(layout, plan, limits)
    parts = Counter(study for rows in jobs for study in {row[2] for row in rows if row[2] is not None})
    cut = {study for study, count in parts.items() if count > 1 or study in plan.unplanned_files}
    ids = [str(number) for number in range(len(jobs))]
    found = list(planning_issues(plan, ids, limits, non_utf8_paths=BoundedList(), others=0, leave_out=True))
    told = {one.location.study for one in found if one.code in ("job.study-cut", "job.study-over-quota")}
    if staging is StagingPolicy.NEVER:
        assert told == cut
    else:
        # Of a study that lacks only files which are too large, these are told of and not the study.
        assert {study for study, count in parts.items() if count > 1} <= told <= cut


@given(layouts(), quotas)
def test_jobs_are_the_largest_folders(layout: SimulatedFiles, limits: Quotas) -> None:
    prefixes = plan_prefixes(layout, layout.needs, PrefixRules(BASE), limits, StagingPolicy.NEVER).in_place.prefixes
    wanted = {folder for folder in layout.folders() if may_be_prefix(folder) and layout.fits(folder, limits)}
    wanted = {folder for folder in wanted if any(row[2] for row in layout.objects_under(folder))}
    assert prefixes == sorted(outermost(wanted))


@given(layouts(), quotas)
def test_as_much_as_can_be_stays_in_place_where_studies_are_kept_whole(layout: SimulatedFiles, limits: Quotas) -> None:
    plan = plan_prefixes(layout, layout.needs, PrefixRules(BASE), limits, StagingPolicy.WHERE_NEEDED)
    totals = layout.instances()

    def keeps_whole(folder: str) -> bool:
        inside = Counter(row[2] for row in layout.objects_under(folder) if row[2] is not None)
        return bool(inside) and all(totals[study] == count for study, count in inside.items())

    wanted = {folder for folder in layout.folders() if may_be_prefix(folder) and layout.fits(folder, limits)}
    assert plan.in_place.prefixes == sorted(outermost(set(filter(keeps_whole, wanted))))
    assert not plan.in_place.cut_studies


def outermost(folders: set[str]) -> set[str]:
    return {one for one in folders if not any(one != other and one.startswith(other) for other in folders)}


def may_be_prefix(folder: str) -> bool:
    return not {"..", ""} & set(folder.split("/")[:-1])
