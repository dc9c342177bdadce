"""promote: from the conflict to the proof, with interruptions and faults at each step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.aws import Clients
from dicommap.errors import AwsError, DicommapError, PackageError, UsageError
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.promotion_states import PromotionStates
from dicommap.testing import Behaviour, ImageSet, ImportJobService
from dicommap.testing.service import DATASTORE_ID
from dicommap.updates.promotion_result import PromotionOutcome
from dicommap.updates.update import Update, UpdateRequest
from dicommap.validation.schema_registry import get_schema_validator
from tests.support.fake_clock import QuickClock
from tests.support.imported_instances import imported_instance
from tests.support.long_cases import one_of
from tests.support.p10_files import data_set, p10
from tests.support.reconciliation_packages import write_submission_state
from tests.support.update_packages import write_updates


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportJobService]:
    """Return a stand-in with a primary image set, and one of the same series with another AccessionNumber."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with ImportJobService(behaviour=Behaviour(throttling=False)) as started:
        started.import_instance(imported_instance("a", "in/1", SOPInstanceUID="1.1", AccessionNumber="A1"))
        started.import_instance(imported_instance("b", "in/2", SOPInstanceUID="1.2", AccessionNumber="A2"))
        yield started


@pytest.fixture
def package(tmp_path: Path, service: ImportJobService) -> Path:
    """Return a package whose job imported both instances, with the records of the job in tmp_path/manifests."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in (1, 2):
        (tree / f"{number}").write_bytes(p10(data_set(SOPInstanceUID=f"1.{number}", AccessionNumber=f"A{number}")))
    with dicommap.scan(tree) as inventory:
        drafted = dicommap.draft(
            inventory,
            input_s3_uri="s3://bucket/in/",
            by_study=lambda _: {"StudyDescription": "x"},
            output=tmp_path / "package",
        )
    assert drafted.ok, drafted.issues
    write_submission_state(PackageDirectory(tmp_path / "package"), datastoreId=DATASTORE_ID)
    folder = tmp_path / "manifests" / f"{DATASTORE_ID}-DicomImport-0a1b2c3d"
    (folder / "SUCCESS").mkdir(parents=True)
    summary = {"jobSummary": {"jobId": "0a1b2c3d", "inputS3Uri": "s3://bucket/in/"}}
    (folder / "job-output-manifest.json").write_text(json.dumps(summary), encoding="utf-8")
    lines = [
        json.dumps(
            {
                "inputFile": f"in/{number}",
                "importResponse": {"imageSetId": one.image_set_id, "isPrimary": one.is_primary},
            }
        )
        for number, one in enumerate(service.image_sets, 1)
    ]
    (folder / "SUCCESS/success.ndjson").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "package"


@pytest.fixture
def promote(service: ImportJobService, package: Path) -> Callable[..., dicommap.PromoteResult]:
    def promote(**options: Any) -> dicommap.PromoteResult:
        options = {"image_sets": [service.image_sets[1].image_set_id], "clock": QuickClock(), **options}
        clients = Clients(region="us-east-1", endpoint_url=service.url)
        return dicommap.promote(package, clients=clients, **options)

    return promote


Promote = Callable[..., dicommap.PromoteResult]


def only(result: dicommap.PromoteResult) -> tuple[str, str]:
    (promoted,) = result.results
    return promoted.outcome.value, promoted.reason


def codes(result: dicommap.PromoteResult) -> list[str]:
    return [issue.code for issue in result.issues]


def sets(service: ImportJobService) -> tuple[ImageSet, ImageSet]:
    primary, other = service.image_sets[:2]
    return primary, other


def is_merged(service: ImportJobService) -> bool:
    primary, other = sets(service)
    values = {instance.after["00080050"]["Value"][0] for instance in primary.instances}
    return (
        set(primary.latest.by_uid) == {"1.1", "1.2"} and values == {"A1"} and (primary.version, other.version) == (2, 2)
    )


def test_the_image_sets_of_the_manifests_are_promoted(
    service: ImportJobService, package: Path, promote: Promote
) -> None:
    planned = promote(image_sets=(), manifests=package.parent / "manifests", dry_run=True)
    assert only(planned) == ("planned", "")
    assert [change.keyword for change in planned.results[0].promotion.changes] == ["AccessionNumber"]  # type: ignore[union-attr]
    assert (sets(service)[1].version, (package / "promotions").exists()) == (1, False)
    assert "A1" not in str(planned)
    assert "A1" not in repr(planned)
    asked = []
    refused = promote(confirm=lambda plans: asked.append(plans))
    assert (len(asked), refused.is_dry, sets(service)[1].version) == (1, True, 1)
    promoted = promote(image_sets=(), manifests=package.parent / "manifests")
    assert only(promoted) == ("promoted", "")
    assert promoted.ok
    assert promoted.results[0].primary_id == sets(service)[0].image_set_id
    assert is_merged(service)
    assert only(promote()) == ("promoted", "")
    assert (sets(service)[0].version, len(service.image_sets)) == (2, 2)
    state = (package / "promotions" / f"{sets(service)[1].image_set_id}.json").read_text(encoding="utf-8")
    assert "A1" not in state
    events = [json.loads(line) for line in (package / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [event["newImageSetId"] for event in events if event.get("action") == "promoted"] == [
        sets(service)[0].image_set_id
    ]
    assert not dicommap.validate(package).errors


def test_the_image_sets_of_a_study(service: ImportJobService, promote: Promote) -> None:
    study = sets(service)[0].latest.study_instance_uid
    assert only(promote(image_sets=(), studies=[study])) == ("promoted", "")
    assert is_merged(service)


def test_another_patient_is_refused_unless_the_user_allows_it(service: ImportJobService, promote: Promote) -> None:
    instance = imported_instance("c", SOPInstanceUID="1.3", AccessionNumber="A1", PatientID="P9", PatientName="Nine")
    stranger = service.import_instance(instance)
    refused = promote(image_sets=[stranger.image_set_id])
    assert (only(refused)[0], codes(refused)) == ("refused", ["promote.refused"])
    assert "PatientName and PatientID" in str(refused.issues[0]) or "PatientID and PatientName" in str(
        refused.issues[0]
    )
    assert "P9" not in str(refused.issues[0])
    assert stranger.version == 1
    allowed = promote(image_sets=[stranger.image_set_id], allow_other_patient=True)
    assert only(allowed) == ("promoted", "")
    primary = sets(service)[0]
    names = {json.dumps([one.after["00100010"], one.after["00100020"]]) for one in primary.instances}
    assert (len(names), set(primary.latest.by_uid)) == (1, {"1.1", "1.3"})


def test_an_override_that_is_undone_is_told(tmp_path: Path, service: ImportJobService, package: Path) -> None:
    with dicommap.scan(package.parent / "tree") as inventory:
        drafted = dicommap.draft(
            inventory,
            input_s3_uri="s3://bucket/in/",
            by_study=lambda _: {"AccessionNumber": "A2"},
            output=tmp_path / "other",
        )
    assert drafted.ok
    clients = Clients(region="us-east-1", endpoint_url=service.url)
    ids = [sets(service)[1].image_set_id]
    planned = dicommap.promote(
        tmp_path / "other", image_sets=ids, datastore_id=DATASTORE_ID, clients=clients, dry_run=True
    )
    assert (planned.results[0].undone_keywords, codes(planned)) == (("AccessionNumber",), ["promote.undoes-override"])
    assert "A2" not in str(planned.issues[0])


def test_an_update_that_is_undone_is_told(tmp_path: Path, service: ImportJobService) -> None:
    study, series = sets(service)[0].latest.study_instance_uid, sets(service)[0].latest.series_instance_uid
    of_study = {"SchemaVersion": 1.1, "Study": {"DICOM": {"AccessionNumber": "A2"}}}
    other = {"SchemaVersion": 1.1, "Study": {"Series": {series: {"DICOM": {"SeriesDescription": "x"}}}}}
    write_updates(
        tmp_path / "other",
        Update(study_instance_uid=study, series_instance_uid=None, requests=(UpdateRequest(updatable=of_study),)),
        Update(study_instance_uid=study, series_instance_uid=series, requests=(UpdateRequest(updatable=other),)),
    )
    planned = dicommap.promote(
        tmp_path / "other",
        image_sets=[sets(service)[1].image_set_id],
        datastore_id=DATASTORE_ID,
        clients=Clients(region="us-east-1", endpoint_url=service.url),
        dry_run=True,
    )
    assert (planned.results[0].undone_keywords, codes(planned)) == (("AccessionNumber",), ["promote.undoes-override"])


@pytest.mark.parametrize(
    ("setting", "outcome"),
    [
        ("force_on_primary=refused", "promoted"),
        ("fixed_primary_levels=patient,series", "promoted"),
        ("fixed_primary_levels=patient,study,series,instance", "promoted"),
        ("promoted_series=merged", "promoted"),
        ("promoted_series=separate", "promoted"),
    ],
)
def test_every_setting_of_the_stand_in_that_belongs_to_promotions(
    service: ImportJobService, package: Path, promote: Promote, setting: str, outcome: str
) -> None:
    service.change_behaviour(setting)
    result = promote()
    assert only(result) == (outcome, "")
    primary = next(one for one in service.image_sets if one.image_set_id == result.results[0].primary_id)
    assert (primary.is_primary, "1.2" in primary.latest.by_uid) == (True, True)
    values = {instance.after["00080050"]["Value"][0] for instance in primary.instances}
    assert values == {"A1"}
    for path in (package / "promotions").glob("*.json"):
        get_schema_validator("promotion-state").validate(json.loads(path.read_bytes()))
    assert only(promote()) == (outcome, "")


def test_instances_that_are_stored_already_are_refused(service: ImportJobService, promote: Promote) -> None:
    again = service.import_instance(imported_instance("c", SOPInstanceUID="1.1", AccessionNumber="A3"))
    refused = promote(image_sets=[again.image_set_id])
    assert (only(refused)[0], codes(refused)) == ("refused", ["promote.refused"])
    assert "has 1 instance of it already" in str(refused.issues[0])


def test_an_image_set_of_its_own_series(service: ImportJobService, promote: Promote) -> None:
    attributes = {"SOPInstanceUID": "1.4", "SeriesInstanceUID": "1.9", "SeriesNumber": "9", "AccessionNumber": "A4"}
    own = service.import_instance(imported_instance("c", **attributes))
    assert not own.is_primary
    result = promote(image_sets=[own.image_set_id])
    assert only(result) == ("promoted", "")
    made = service.image_sets[-1]
    assert (made.image_set_id, made.is_primary) == (result.results[0].primary_id, True)


def test_a_primary_image_set_is_left_alone(service: ImportJobService, promote: Promote) -> None:
    primary = sets(service)[0]
    assert only(promote(image_sets=[primary.image_set_id]))[0] == "primary"
    missing = promote(image_sets=["0" * 32])
    assert (only(missing)[0], codes(missing)) == ("not-readable", ["promote.not-readable"])
    with pytest.raises(UsageError, match="'x' is not the id of an image set"):
        promote(image_sets=["x"])


class Killed(BaseException):
    """The end of the process at one step."""


@pytest.mark.parametrize("step", one_of(2, range(6)))
@pytest.mark.parametrize("is_written", [False, True])
def test_a_killed_promotion_goes_on_and_sends_nothing_twice(
    service: ImportJobService,
    promote: Promote,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    is_written: bool,
) -> None:
    """The process ends before or after each state that it writes: updating, updated, copying, copied, promoted."""
    write = PromotionStates.write
    written = []

    def kill(self: PromotionStates, state: Any) -> None:
        written.append(state)
        if len(written) == step and not is_written:
            raise Killed
        write(self, state)
        if len(written) == step:
            raise Killed

    monkeypatch.setattr(PromotionStates, "write", kill)
    try:
        promote()
    except Killed:
        monkeypatch.setattr(PromotionStates, "write", write)
        assert only(promote()) == ("promoted", "")
    assert is_merged(service)


@pytest.mark.parametrize("operation", ["UpdateImageSetMetadata", "CopyImageSet"])
def test_a_lost_answer_is_found(service: ImportJobService, promote: Promote, operation: str) -> None:
    service.fault("answer-lost", operation=operation)
    assert only(promote()) == ("promoted", "")
    assert is_merged(service)


@pytest.mark.parametrize("operation", ["UpdateImageSetMetadata", "CopyImageSet"])
def test_a_request_that_did_not_arrive_is_sent_by_the_next_run(
    service: ImportJobService, promote: Promote, operation: str
) -> None:
    service.fault("reset", operation=operation)
    with suppress(AwsError):
        assert only(promote())[0] == "failed"
    assert only(promote()) == ("promoted", "")
    assert is_merged(service)


def test_throttled_requests_are_sent_again(service: ImportJobService, promote: Promote) -> None:
    service.fault("throttle", operation="CopyImageSet", times=2)
    assert only(promote()) == ("promoted", "")


@pytest.mark.parametrize("operation", ["UpdateImageSetMetadata", "CopyImageSet"])
def test_a_change_of_somebody_else_ends_the_promotion(
    service: ImportJobService, promote: Promote, operation: str
) -> None:
    service.fault("changed-meanwhile", operation=operation)
    changed = promote()
    assert (only(changed)[0], codes(changed)) == ("changed", ["promote.changed"])
    assert set(sets(service)[0].latest.by_uid) == {"1.1"}
    assert only(promote()) == ("promoted", "")


@pytest.mark.parametrize("operation", ["UpdateImageSetMetadata", "CopyImageSet"])
@pytest.mark.parametrize("failed", ["no-version", "version"])
def test_a_change_that_fails_is_told_and_tried_again(
    service: ImportJobService, promote: Promote, operation: str, failed: str
) -> None:
    service.change_behaviour(f"failed_changes={failed}")
    service.fault("change-failed", operation=operation, message="Patient Smith is not valid")
    result = promote()
    assert (only(result)[0], codes(result)) == ("failed", ["promote.failed"])
    assert "FAILED" in only(result)[1]
    assert "Smith" not in only(result)[1]
    assert only(promote()) == ("promoted", "")
    assert set(sets(service)[0].latest.by_uid) == {"1.1", "1.2"}


def test_a_refused_request_is_told(service: ImportJobService, promote: Promote) -> None:
    service.fault("validation", operation="CopyImageSet")
    assert only(promote()) == ("failed", "ValidationException")
    assert only(promote()) == ("promoted", "")


def test_a_lasting_lock_is_told(service: ImportJobService, promote: Promote) -> None:
    service.fault("locked", operation="GetImageSet", times=None)
    locked = promote()
    assert (only(locked)[0], codes(locked)) == ("locked", ["promote.locked"])


def test_a_primary_image_set_that_is_not_as_planned(
    service: ImportJobService, promote: Promote, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.change_behaviour("locked_reads=0")
    service.fault("other-study", operation="GetImageSetMetadata", after=6)
    result = promote()
    assert only(result)[0] == "not-proved"
    assert codes(result) == ["promote.not-proved"]
    assert only(promote()) == ("promoted", "")


def test_two_people_at_once(service: ImportJobService, package: Path, promote: Promote) -> None:
    with PromotionStates(package).lock(), pytest.raises(PackageError, match="Another 'dicommap promote'"):
        promote()
    assert sets(service)[1].version == 1


def test_a_damaged_state_is_refused(service: ImportJobService, package: Path, promote: Promote) -> None:
    assert only(promote())[0] == PromotionOutcome.PROMOTED
    path = package / "promotions" / f"{sets(service)[1].image_set_id}.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(DicommapError, match="is not the state of a promotion"):
        promote()
