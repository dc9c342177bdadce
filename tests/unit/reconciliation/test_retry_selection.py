"""Which jobs and instances a retry selects, from the outcomes of reconciled jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dicommap.errors import UsageError
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.quotas import Quotas
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.model.study import Disposition
from dicommap.planning.plan import FileDigest, Plan, PlanJob, UnplannedCounts
from dicommap.planning.planned_objects import PlannedObject
from dicommap.reconciliation.job_ledger import JobLedger
from dicommap.reconciliation.job_reconciliation import JobReconciliation
from dicommap.reconciliation.manifest_records import ObjectRecord, RecordKind
from dicommap.reconciliation.outcomes import ImportOutcome, JobOutcomes, JobState
from dicommap.reconciliation.retry_selection import RetrySelection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.healthimaging.request_agreement import RequestAgreement

JOB_URI = "s3://bucket/in/a/"
EMPTY = FileDigest.from_text("")


def plan(source: str = "/data") -> Plan:
    job = PlanJob(
        id="0001",
        inputS3Uri=JOB_URI,
        staged=False,
        mappings=(),
        instances=2,
        sourceFiles=3,
        sourceBytes=30,
        folders=1,
        objects=EMPTY,
        files=(),
    )
    return Plan(
        attempt=1,
        sources=(source,),
        inputS3Uri="s3://bucket/in/",
        quotas=Quotas(),
        unplanned=UnplannedCounts(instances=0, files=0),
        studies=0,
        series=0,
        assumptions=Assumptions(),
        preview=EMPTY,
        edits=EMPTY,
        forecast=EMPTY,
        jobs=(job,),
    )


def reconciled(
    imported: Sequence[str] = (), failed: Sequence[str] = (), state: JobState = JobState.COMPLETED
) -> JobReconciliation:
    planned = [
        PlannedObject(
            key=key,
            root=0,
            source=f"a/{key}",
            size=10,
            disposition=Disposition.INSTANCE,
            study_instance_uid="1.2",
            series_instance_uid="1.2.3",
            sop_instance_uid=f"1.2.3.{number}",
            etag="",
            modified_ns=7,
        )
        for number, key in enumerate(("x", "y"))
    ]
    ledger = JobLedger(planned, S3Uri(bucket="bucket", prefix="in/a/"), set(), "jobs/0001")
    for keys, kind in ((imported, RecordKind.SUCCESS), (failed, RecordKind.FAILURE)):
        for key in keys:
            ledger.add_record(ObjectRecord(kind=kind, input_file=f"in/a/{key}"))
    ledger.finish({})
    missing = 2 - len(imported)
    counts = {ImportOutcome.IMPORTED: len(imported), ImportOutcome.FAILED: missing}
    outcomes = JobOutcomes(job="0001", input_s3_uri=JOB_URI, state=state, counts=counts)
    return JobReconciliation(outcomes=outcomes, studies=(), ledger=ledger)


def select(*jobs: JobReconciliation, source: str = "/data") -> RetrySelection:
    selection = RetrySelection(plan(source))
    for job in jobs:
        selection.add_job(job)
    return selection


def test_a_job_that_imported_nothing_is_selected_as_a_whole() -> None:
    selection = select(reconciled(failed=["x", "y"]))
    assert [job.id for job in selection.whole] == ["0001"]
    assert (selection.partial, selection.missing, selection.instances) == ([], [], 2)
    assert selection.unclear_count == 0


def test_only_the_missing_instances_of_a_partial_job_are_selected_with_their_s3_keys() -> None:
    selection = select(reconciled(imported=["x"], failed=["y"]))
    (instance,) = selection.missing
    assert (selection.whole, [job.id for job in selection.partial], selection.instances) == ([], ["0001"], 1)
    assert (instance.source, instance.root, instance.modified_ns) == ("a/y", 1, None)
    assert selection.make_plan_header().roots == ("/data", "s3://bucket/in/")


def test_a_source_in_s3_stays_the_source() -> None:
    selection = select(reconciled(imported=["x"], failed=["y"]), source="s3://bucket/in/")
    assert [(instance.root, instance.modified_ns) for instance in selection.missing] == [(0, 7)]


@pytest.mark.parametrize("failed", [["y"], ["x", "y"]])
def test_an_instance_without_a_clear_outcome_is_counted(failed: list[str]) -> None:
    records = reconciled(imported=["x"], failed=failed)  # x has contradicting records in the second case
    assert select(records).unclear_count == len(failed) - 1
    assert select(reconciled(imported=["x"])).unclear_count == 1


@pytest.mark.parametrize("state", [JobState.NOT_STARTED, JobState.UNANSWERED, JobState.NOT_ENDED])
def test_a_job_that_has_not_ended_is_left_out(state: JobState) -> None:
    selection = select(reconciled(state=state))
    assert selection.is_empty
    assert [issue.code for issue in selection.issues] == ["reconcile.left-out"]


def test_an_imported_job_is_not_selected() -> None:
    selection = select(reconciled(imported=["x", "y"]))
    assert selection.is_empty
    assert not selection.issues


@pytest.mark.parametrize("agreement", ["missing", "differs"])
def test_a_job_that_had_another_import_configuration_is_selected_as_a_whole(agreement: RequestAgreement) -> None:
    job = reconciled(imported=["x", "y"])
    selection = select(replace(job, outcomes=replace(job.outcomes, agreement=agreement)))
    assert [job.id for job in selection.whole] == ["0001"]
    assert (selection.partial, selection.missing, selection.instances) == ([], [], 2)
    assert selection.unclear_count == 2


def test_copies_need_a_stage_uri_and_whole_jobs_do_not() -> None:
    with pytest.raises(UsageError, match="1 instance cannot be imported again in place"):
        list(select(reconciled(imported=["x"], failed=["y"])).stage_issues(None, None))
    assert not list(select(reconciled(failed=["x", "y"])).stage_issues(None, None))


@pytest.mark.parametrize(
    ("stage_uri", "output", "codes"),
    [
        ("s3://bucket/again/", "s3://bucket/out/", []),
        ("s3://bucket/in/b/", None, ["job.stage-overlap"]),
        ("s3://bucket/", "s3://bucket/attempt-0002/", ["job.stage-overlap"]),
        ("bucket/again", None, ["s3-uri.invalid"]),
    ],
)
def test_the_stage_uri_must_not_overlap_the_prefixes_of_earlier_jobs(
    stage_uri: str, output: str | None, codes: list[str]
) -> None:
    selection = select(reconciled(imported=["x"], failed=["y"]))
    assert [issue.code for issue in selection.stage_issues(stage_uri, output)] == codes


def test_each_attempt_has_its_own_prefix_for_copies() -> None:
    assert str(select().make_stage_prefix("s3://bucket/again/")) == "s3://bucket/again/attempt-0002/"
