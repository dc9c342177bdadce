"""The image sets to verify for a job: those of its records, those of a search, and the reason if there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from dicommap.errors import AwsError
from dicommap.healthimaging.image_sets import ImageSetSummary
from dicommap.package.job_image_sets import JobImageSets, WorkItem
from dicommap.package.metadata_sources import MetadataSource
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.preview_values import PreviousValues
from dicommap.package.verification_record import open_record
from dicommap.reconciliation.job_reconciliation import JobReconciliation
from dicommap.reconciliation.outcomes import JobState
from tests.support.p10_files import STUDY, small_tree, uid
from tests.support.reconciliation_packages import draft_package

FIRST, SECOND = uid(STUDY, 1), uid(STUDY, 2)
A, B, C = ("0" * 31 + letter for letter in "abc")


class Outcome:
    """The outcome of one planned instance: imported into an image set, or not at all."""

    def __init__(self, planned: Any, image_set: str, *, is_primary: bool = True) -> None:
        self.planned = planned
        self.image_set_id = image_set
        self.reported_imported = bool(image_set)
        self.is_primary = is_primary


class Reconciled:
    """Stands in for the reconciliation of a job."""

    def __init__(self, outcomes: list[Outcome], state: JobState = JobState.COMPLETED) -> None:
        self._outcomes = outcomes
        self.outcomes = self
        self.state = state

    def instances(self) -> list[Outcome]:
        return self._outcomes


class Source:
    """A source that finds one image set, C, for each study, or raises an error."""

    def __init__(self, error: AwsError | None = None) -> None:
        self.searches: list[str] = []
        self._error = error

    def search(self, study: str) -> list[ImageSetSummary]:
        self.searches.append(study)
        if self._error is not None:
            raise self._error
        return [ImageSetSummary.model_validate({"imageSetId": C, "version": 1, "isPrimary": True})]


@pytest.fixture
def package(tmp_path: Path) -> PackageDirectory:
    return draft_package(small_tree(tmp_path / "tree"), tmp_path / "package")


def list_items(
    package: PackageDirectory, reconciled: Reconciled | None, source: Source, *, all_image_sets: bool = False
) -> list[WorkItem]:
    (job,) = package.plan.jobs
    previous = PreviousValues(package.path, package.plan.preview)
    with (
        open_record(package.path, "store", "2026-11-22T10:00:00Z", restart=True) as record,
        package.open_override_files(job) as read,
    ):
        image_sets = JobImageSets(
            cast("MetadataSource", source), previous, record, package.plan.assumptions, all_image_sets=all_image_sets
        )
        items = list(image_sets.list_items(job, cast("JobReconciliation | None", reconciled), read))
        assert image_sets.searched_studies == (
            0 if reconciled is not None and reconciled.instances() else len(source.searches)
        )
        assert all(item.study.overrides().data_sets for item in items)
    return items


def outcomes(package: PackageDirectory, image_sets: dict[str, str], *, is_primary: bool = True) -> list[Outcome]:
    (job,) = package.plan.jobs
    return [
        Outcome(planned, image_sets.get(planned.study_instance_uid, ""), is_primary=is_primary)
        for planned in package.objects(job)
    ]


def describe(items: list[WorkItem]) -> list[tuple[str, str, bool]]:
    return [(item.study.study, item.target.image_set_id if item.target else "", item.is_last) for item in items]


def test_a_study_has_the_image_sets_of_its_records_and_the_instances_in_them(package: PackageDirectory) -> None:
    source = Source()
    items = list_items(package, Reconciled(outcomes(package, {FIRST: A, SECOND: B})), source)
    assert describe(items) == [(FIRST, A, True), (SECOND, B, True)]
    assert not source.searches
    target = items[0].target
    assert target is not None
    assert target.instances == frozenset(
        planned.sop_instance_uid
        for planned in package.objects(package.plan.jobs[0])
        if planned.study_instance_uid == FIRST
    )


def test_a_study_of_which_nothing_was_imported_is_not_searched_if_others_have_records(
    package: PackageDirectory,
) -> None:
    source = Source()
    items = list_items(package, Reconciled(outcomes(package, {SECOND: B})), source)
    assert describe(items) == [(FIRST, "", True), (SECOND, B, True)]
    assert items[0].reason == "no instance was imported"
    assert not source.searches


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (JobState.NOT_STARTED, "the job was not started"),
        (JobState.UNANSWERED, "it is not known whether the job was started"),
        (JobState.NOT_ENDED, "the job has not ended"),
    ],
)
def test_an_unfinished_job_has_no_image_sets_and_is_not_searched(
    package: PackageDirectory, state: JobState, reason: str
) -> None:
    source = Source()
    items = list_items(package, Reconciled([], state), source)
    assert describe(items) == [(FIRST, "", True), (SECOND, "", True)]
    assert {item.reason for item in items} == {reason}
    assert not source.searches


def test_without_readable_records_each_study_is_searched(package: PackageDirectory) -> None:
    source = Source()
    items = list_items(package, None, source)
    assert describe(items) == [(FIRST, C, True), (SECOND, C, True)]
    assert all(item.target is not None and item.target.instances is None for item in items)
    assert source.searches == [FIRST, SECOND]


@pytest.mark.parametrize(("is_primary", "all_image_sets"), [(False, False), (True, True)])
def test_other_image_sets_of_the_study_follow_those_of_the_records(
    package: PackageDirectory, is_primary: bool, all_image_sets: bool
) -> None:
    records = Reconciled(outcomes(package, {FIRST: A, SECOND: C}, is_primary=is_primary))
    items = list_items(package, records, Source(), all_image_sets=all_image_sets)
    assert describe(items) == [(FIRST, A, False), (FIRST, C, True), (SECOND, C, True)]  # C is in the second's records


def test_a_search_that_is_not_permitted_leaves_the_image_sets_of_the_records(package: PackageDirectory) -> None:
    denied = AwsError("SearchImageSets was refused.", fix="", code="AccessDeniedException", local=True)
    records = Reconciled(outcomes(package, {FIRST: A, SECOND: B}))
    assert len(list_items(package, records, Source(denied), all_image_sets=True)) == 2
    with pytest.raises(AwsError, match="Throttling"):
        list_items(package, records, Source(AwsError("Throttling.", fix="", local=False)), all_image_sets=True)
