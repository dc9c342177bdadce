"""Jobs of layouts as they are met: which prefixes, what is staged, and what is told."""

from __future__ import annotations

import pytest

from dicommap.healthimaging.quotas import Quotas
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues.bounded_list import BoundedList
from dicommap.planning.folders import PrefixRules
from dicommap.planning.job_load import OverrideKey
from dicommap.planning.planner import PrefixPlan, plan_prefixes
from dicommap.planning.planning_issues import planning_issues
from dicommap.planning.staging import StagingPolicy, StudyPart
from tests.support.file_layouts import Row, SimulatedFiles

BASE = S3Uri(bucket="bucket", prefix="in/")
SMALL = Quotas(files=5)


def study(uid: str, *keys: str, size: int = 1, series: str = "1") -> list[Row]:
    return [(key, size, uid, f"{uid}.{series}") for key in keys]


def planned(
    layout: SimulatedFiles,
    quotas: Quotas = SMALL,
    staging: StagingPolicy = StagingPolicy.NEVER,
    rules: PrefixRules | None = None,
) -> PrefixPlan:
    return plan_prefixes(layout, layout.needs, rules or PrefixRules(BASE), quotas, staging)


def told(plan: PrefixPlan, quotas: Quotas = SMALL, others: int = 0) -> dict[str, list[str]]:
    ids = [f"{number:04}" for number in range(1, len(plan.in_place.prefixes) + len(plan.staged.jobs) + 1)]
    found: dict[str, list[str]] = {}
    for one in planning_issues(plan, ids, quotas, non_utf8_paths=BoundedList(), others=others, leave_out=False):
        found.setdefault(one.code, []).append(f"{one.location} {one.message}".strip())
    return found


def test_what_fits_is_one_job() -> None:
    plan = planned(SimulatedFiles(study("1", "a/1", "a/2") + study("2", "b/1", "c")))
    assert plan.in_place.prefixes == [""]
    assert told(plan) == {}


def test_a_folder_that_does_not_fit_is_divided_into_all_that_are_in_it() -> None:
    plan = planned(
        SimulatedFiles(study("1", "p/a/1", "p/a/2", "p/a/3") + study("2", "p/b/1", "p/b/2") + study("3", "q/1", "q/2"))
    )
    assert plan.in_place.prefixes == ["p/", "q/"]
    plan = planned(SimulatedFiles([*study("1", "p/a/1", "p/a/2", "p/a/3"), *study("2", "p/b/1", "p/b/2", "p/b/3")]))
    assert plan.in_place.prefixes == ["p/a/", "p/b/"]


def test_a_prefix_does_not_take_in_a_folder_whose_name_goes_on() -> None:
    layout = SimulatedFiles(
        [*study("1", *(f"1.2/{n}" for n in range(4))), *study("2", *(f"1.23/{n}" for n in range(4)))]
    )
    assert planned(layout).in_place.prefixes == ["1.2/", "1.23/"]


def test_override_files_count_as_files_of_each_job() -> None:
    rows = study("1", "a/1", "a/2", "a/3", "a/4")
    assert planned(SimulatedFiles(rows, {("1", None): 10})).in_place.prefixes == [""]
    assert planned(SimulatedFiles(rows, {("1", None): 10, ("1", "1.1"): 10})).in_place.prefixes == []
    assert planned(SimulatedFiles(rows, {("1", None): 10, ("9", None): 10})).in_place.prefixes == [""]


@pytest.mark.parametrize(
    ("quotas", "what"),
    [
        (Quotas(files=3), "4 files"),
        (Quotas(bytes=30), "40 bytes"),
        (Quotas(folders=1), "2 nested folders"),
        (Quotas(mappings=1), "2 mappings"),
    ],
)
def test_the_quota_that_a_folder_is_over_is_told(quotas: Quotas, what: str) -> None:
    rows = study("1", "f/1", "f/2", size=10) + study("2", "f/g/3", "f/g/h/4", size=10)
    overrides: dict[OverrideKey, int] = {("1", None): 0, ("2", None): 0} if quotas.mappings == 1 else {}
    found = told(planned(SimulatedFiles(rows, overrides), quotas), quotas)
    assert any(one.startswith("f ") and f"would have {what}," in one for one in found["job.folder-over-quota"])


def test_the_whole_of_a_large_folder_is_counted() -> None:
    layout = SimulatedFiles(study("1", *(f"{n}/{m}" for n in range(10) for m in range(5)), "x"))
    (one,) = told(planned(layout))["job.folder-over-quota"]
    assert "would have 51 files" in one


def test_a_study_in_several_folders_is_cut_only_where_its_folders_cannot_be_one_job() -> None:
    apart = study("1", "a/1", "a/2", "b/1")
    assert planned(SimulatedFiles(apart)).in_place.cut_studies == {}
    plan = planned(SimulatedFiles(apart + study("2", "c/1", "c/2", "c/3")))
    assert plan.in_place.prefixes == ["a/", "b/", "c/"]
    assert plan.in_place.cut_studies == {"1": ["a/", "b/"]}
    assert told(plan) == {
        "job.study-cut": [
            "study 1 Jobs 0001, 0002 take parts of the study; the smallest folder that holds all of it is over a quota."
        ]
    }


def test_a_study_of_which_one_job_takes_a_part_and_none_the_rest() -> None:
    rows = study("1", "a/1", "2") + study("2", *(f"b/{n}" for n in range(5)))
    (one,) = told(planned(SimulatedFiles(rows)))["job.study-cut"]
    assert one.startswith("study 1 Job 0001 takes a part of the study, and 1 of its files is in none; the smallest")


def test_a_study_that_is_too_much_alone_is_told_as_such() -> None:
    layout = SimulatedFiles(study("1", "a/1", "a/2", "a/3", "b/1", "b/2", "b/3"))
    (one,) = told(planned(layout))["job.study-over-quota"]
    assert "it alone has 6 files, and the quota is 5" in one


def test_only_studies_that_cannot_stay_are_staged() -> None:
    rows = study("1", "a/1", "b/1") + study("2", "a/2") + study("3", "c/1", "c/2", "c/3", "c/4")
    plan = planned(SimulatedFiles(rows), staging=StagingPolicy.WHERE_NEEDED)
    assert plan.in_place.prefixes == ["c/"]
    # Study 2 lies directly beside a part of study 1, and no job can take the one without the other.
    assert [piece.study_instance_uid for job in plan.staged.jobs for piece in job.pieces] == ["1", "2"]
    assert (plan.staged_studies, plan.staged_files) == (2, 3)


def test_a_folder_beside_a_study_that_is_staged_stays_in_place() -> None:
    # a/ would fit as a whole; so that study 2 need not be copied, its own folder is the job.
    rows = study("1", "a/x/1", "b/1") + study("2", "a/y/1", "a/y/2") + study("3", "c/1", "c/2", "c/3", "c/4")
    plan = planned(SimulatedFiles(rows), staging=StagingPolicy.WHERE_NEEDED)
    assert plan.in_place.prefixes == ["a/y/", "c/"]
    assert [piece.study_instance_uid for job in plan.staged.jobs for piece in job.pieces] == ["1"]


def test_staged_studies_are_packed_whole() -> None:
    rows = [row for number in range(6) for row in study(f"1.{number}", *(f"{number}/{n}" for n in range(2)))]
    plan = planned(SimulatedFiles(rows), staging=StagingPolicy.ALL)
    assert [[piece.study_instance_uid for piece in job.pieces] for job in plan.staged.jobs] == [
        ["1.0", "1.1"],
        ["1.2", "1.3"],
        ["1.4", "1.5"],
    ]
    assert all(piece.series_instance_uid is None for job in plan.staged.jobs for piece in job.pieces)


def test_a_study_too_large_for_a_job_is_cut_between_series_and_only_then_between_files() -> None:
    rows = study("1", *"abc", series="1") + study("1", *"defghij", series="2")
    plan = planned(SimulatedFiles(rows), staging=StagingPolicy.ALL)
    assert [job.pieces for job in plan.staged.jobs] == [
        [
            StudyPart(study_instance_uid="1", series_instance_uid="1.1"),
            StudyPart(study_instance_uid="1", series_instance_uid="1.2", first=5, files=2),
        ],
        [StudyPart(study_instance_uid="1", series_instance_uid="1.2", first=0, files=5)],
    ]
    assert "Jobs 0001, 0002 take parts" in told(plan)["job.study-over-quota"][0]


def test_series_of_one_study_bring_its_override_and_folder_to_a_job_once() -> None:
    rows = [row for number in range(8) for row in study("1", f"s{number}", series=str(number))]
    needs: dict[tuple[str, str | None], int] = {("1", f"1.{number}"): 10 for number in range(3)}
    needs["1", None] = 10
    quotas = Quotas(files=6, folders=2, mappings=4)
    plan = planned(SimulatedFiles(rows, needs), quotas, staging=StagingPolicy.ALL)
    assert [len(job.pieces) for job in plan.staged.jobs] == [3, 4, 1]
    assert [job.load.files + job.load.mappings for job in plan.staged.jobs] == [6, 6, 2]
    assert [job.load.folders for job in plan.staged.jobs] == [1, 1, 1]


def test_a_file_too_large_for_any_job_keeps_only_itself_from_being_staged() -> None:
    quotas = Quotas(files=5, fileBytes=10)
    rows = [*study("1", "a/1", "a/2"), *study("1", "a/3", size=11)]
    plan = planned(SimulatedFiles(rows), quotas, StagingPolicy.WHERE_NEEDED)
    assert (plan.staged_files, dict(plan.unplanned_files)) == (2, {"1": 1})
    found = told(plan, quotas)
    assert found["job.file-too-large"] == ["a/3 study 1 The file has 11 bytes; the quota for one P10 file is 10."]
    assert found["job.unplanned"] == ["No job imports 1 file of instances."]


def test_folders_without_instances_are_no_jobs() -> None:
    layout = SimulatedFiles(
        [*study("1", *(f"a/{n}" for n in range(5))), ("b/notes", 1, None, None), ("c", 1, None, None)]
    )
    plan = planned(layout)
    assert plan.in_place.prefixes == ["a/"]
    assert told(plan, others=2) == {"job.files-left": ["No job imports 2 files without an instance."]}


def test_files_without_instances_count_against_the_quotas() -> None:
    layout = SimulatedFiles([*study("1", "a/1"), *((f"a/{n}.txt", 1, None, None) for n in range(5))])
    assert planned(layout).in_place.prefixes == []


def test_a_folder_that_cannot_be_a_prefix_goes_with_the_one_around_it() -> None:
    rows = study("1", *(f"a//{n}" for n in range(3))) + study("2", *(f"b/{n}" for n in range(3)))
    plan = planned(SimulatedFiles(rows))
    assert plan.in_place.prefixes == ["a/", "b/"]
    rows += study("3", *(f"a/../{n}" for n in range(3)))
    assert planned(SimulatedFiles(rows)).in_place.prefixes == ["b/"]


def test_their_folders_count_as_well() -> None:
    rows = study("1", "a//b/c/1", "a//b/d/2")
    assert planned(SimulatedFiles(rows), Quotas(folders=5)).in_place.prefixes == [""]
    assert planned(SimulatedFiles(rows), Quotas(folders=4)).in_place.prefixes == ["a/"]
    assert planned(SimulatedFiles(rows), Quotas(folders=3)).in_place.prefixes == []


def test_no_job_takes_what_was_not_scanned() -> None:
    rows = study("1", "x/1") + study("2", "y/z/1")
    plan = planned(SimulatedFiles(rows), rules=PrefixRules(BASE, ("x/", "y/z/")))
    assert plan.in_place.prefixes == ["x/", "y/z/"]
    assert told(plan) == {}


def test_many_small_jobs_are_told_with_what_staging_would_save() -> None:
    rows = [row for number in range(120) for row in study(f"1.{number:03}", f"{number:03}/1")]
    quotas = Quotas(files=60)
    assert told(planned(SimulatedFiles(rows), quotas), quotas)["job.many"] == [
        "120 jobs import in place, with 1 file each on average; starting them takes at least 2 minutes. "
        "If all files were staged, 2 jobs would be enough."
    ]


def test_the_same_key_twice_is_told() -> None:
    plan = planned(SimulatedFiles(study("1", "a", "b") + study("2", "a")))
    assert told(plan)["draft.colliding-paths"][0].startswith("a 1 path exists")


def test_overrides_that_leave_no_room_for_a_file_leave_it_out() -> None:
    plan = planned(SimulatedFiles(study("1", "a"), {("1", None): 1}), Quotas(files=1), StagingPolicy.ALL)
    assert (plan.staged.jobs, dict(plan.unplanned_files)) == ([], {"1": 1})
    assert "job.unplanned" in told(plan)
