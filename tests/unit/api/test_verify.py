"""verify: faults of the service, an interrupted verification, and image sets that a search finds."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.api.verify import VerificationRun, VerificationSettings
from dicommap.aws import Clients
from dicommap.cli.verify import print_verification
from dicommap.errors import AwsError, DocumentError, PackageError, UsageError
from dicommap.model.masking import Masker
from dicommap.model.submission import AwsAccount
from dicommap.package.job_verifier import DENIALS_LIMIT
from dicommap.package.package_directory import PackageDirectory
from dicommap.testing import ImportJobService
from dicommap.testing.faults import METADATA_FAULTS
from dicommap.testing.service import DATASTORE_ID
from dicommap.validation.schema_registry import get_schema_validator
from dicommap.verification.effects import Effect
from tests.support.fake_clock import QuickClock
from tests.support.imported_instances import imported_instance
from tests.support.p10_files import data_set, p10, uid, uids_of_study
from tests.support.reconciliation_packages import write_submission_state

STUDIES = 12
EDITS = {"PatientID": "CORRECT-7", "StudyDescription": "corrected"}


@pytest.fixture
def ids(service: ImportJobService) -> list[str]:
    """Store a study with each number, with its overrides applied, and return the image sets' ids."""
    return [
        service.import_instance(imported_instance(**uids_of_study(number), **EDITS)).image_set_id
        for number in range(STUDIES)
    ]


@pytest.fixture
def package(tmp_path: Path, ids: list[str]) -> PackageDirectory:
    """Return a package whose job imported the studies, with the records of the job in tmp_path/manifests."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(STUDIES):
        (tree / f"{number:03}").write_bytes(p10(data_set(**uids_of_study(number))))
    with dicommap.scan(tree) as inventory:
        made = dicommap.draft(
            inventory, input_s3_uri="s3://bucket/in/", by_study=lambda _: EDITS, output=tmp_path / "package"
        )
    assert made.ok, made.issues
    package = PackageDirectory(tmp_path / "package")
    write_submission_state(package, datastoreId=DATASTORE_ID)
    folder = tmp_path / "manifests" / f"{DATASTORE_ID}-DicomImport-0a1b2c3d"
    (folder / "SUCCESS").mkdir(parents=True)
    summary = {"jobSummary": {"jobId": "0a1b2c3d", "inputS3Uri": "s3://bucket/in/"}}
    (folder / "job-output-manifest.json").write_text(json.dumps(summary), encoding="utf-8")
    lines = [
        json.dumps({"inputFile": f"in/{number:03}", "importResponse": {"imageSetId": one, "isPrimary": True}})
        for number, one in enumerate(ids)
    ]
    (folder / "SUCCESS/success.ndjson").write_text("\n".join(lines), encoding="utf-8")
    return package


def verify(package: PackageDirectory, service: ImportJobService, **options: Any) -> dicommap.Verification:
    options = {"manifests": package.path.parent / "manifests", "clock": QuickClock(), **options}
    return dicommap.verify(package.path, clients=Clients(region="us-east-1", endpoint_url=service.url), **options)


def counted(service: ImportJobService, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the id of each image set whose metadata is fetched."""
    from dicommap.aws.image_sets import ImageSets

    fetched: list[str] = []
    fetch = ImageSets.fetch_metadata

    def counting(self: ImageSets, datastore: str, image_set: str, version: str | None = None) -> bytes:
        fetched.append(image_set)
        return fetch(self, datastore, image_set, version)

    monkeypatch.setattr(ImageSets, "fetch_metadata", counting)
    return fetched


def test_all_is_applied_and_kept_without_values(package: PackageDirectory, service: ImportJobService) -> None:
    result = verify(package, service)
    assert dict(result.counts) == {Effect.APPLIED: 2 * STUDIES}
    assert (result.studies, result.image_sets, result.non_primary) == (STUDIES, STUDIES, 0)
    # The stand-in does not know the job of the package.
    assert [issue.code for issue in result.issues] == ["verify.configuration-not-checked"]
    kept = (package.path / "verification/verification.jsonl").read_text(encoding="utf-8")
    assert not any(value in kept for value in EDITS.values())
    for line in kept.splitlines():
        get_schema_validator("kept-verification").validate(json.loads(line))
    assert not (package.path / "verification/running.jsonl").exists()
    assert "24 of 24 attributes applied" in str(result)


def start(package: PackageDirectory, service: ImportJobService) -> VerificationRun:
    settings = VerificationSettings(manifests=package.path.parent / "manifests")
    return VerificationRun(package.path, settings, clients=Clients(region="us-east-1", endpoint_url=service.url))


def test_an_interrupted_verification_goes_on(
    package: PackageDirectory, service: ImportJobService, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = start(package, service)
    monkeypatch.setattr("dicommap.package.verification_record._FLUSH_SECONDS", 0)
    studies = iter(running)
    for _ in range(5):
        next(studies)
    studies.close()  # type: ignore[attr-defined]
    record = package.path / "verification/running.jsonl"
    whole = record.read_bytes()
    record.write_bytes(whole[:-7])  # a process that is killed may leave a part of a line
    fetched = counted(service, monkeypatch)
    result = verify(package, service)
    assert dict(result.counts) == {Effect.APPLIED: 2 * STUDIES}
    assert len(fetched) == STUDIES - 4
    assert set(fetched) < set(ids)
    lines = (package.path / "verification/verification.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == STUDIES + 2
    fetched.clear()
    verify(package, service)
    assert len(fetched) == STUDIES  # a complete verification is never reused


def test_a_restart_drops_what_was_kept(
    package: PackageDirectory, service: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = iter(start(package, service))
    next(running)
    running.close()  # type: ignore[attr-defined]
    fetched = counted(service, monkeypatch)
    assert verify(package, service, restart=True).image_sets == STUDIES
    assert len(fetched) == STUDIES


def test_two_verifications_at_once_are_refused(package: PackageDirectory, service: ImportJobService) -> None:
    running = iter(start(package, service))
    next(running)
    with pytest.raises(PackageError, match="Another verification"):
        verify(package, service)
    running.close()  # type: ignore[attr-defined]


def test_a_missing_permission_ends_the_verification(package: PackageDirectory, service: ImportJobService) -> None:
    service.fault("access-denied", operation="GetImageSetMetadata", times=None)
    with pytest.raises(AwsError, match=r"GetImageSetMetadata of image set .* was refused: AccessDeniedException"):
        verify(package, service)
    service.clear_faults()
    assert verify(package, service).wrong == 0
    assert verify(package, service).unknown == 0


def test_a_few_denied_image_sets_are_outcomes(package: PackageDirectory, service: ImportJobService) -> None:
    service.fault("access-denied", operation="GetImageSetMetadata", times=DENIALS_LIMIT - 8)
    result = verify(package, service)
    assert result.counts[Effect.NOT_READABLE] == 2 * (DENIALS_LIMIT - 8)
    assert "verify.not-readable" in {issue.code for issue in result.issues}
    assert not result.ok


@pytest.mark.parametrize(
    ("kind", "words"),
    [("conflict", "is LOCKED"), ("not-found", "was deleted"), ("validation", "was refused: ValidationException")],
)
def test_a_fault_of_one_image_set_is_an_outcome(
    package: PackageDirectory, service: ImportJobService, kind: str, words: str
) -> None:
    service.fault(kind, operation="GetImageSetMetadata", times=1)
    result = verify(package, service)
    assert dict(result.counts) == {Effect.APPLIED: 2 * (STUDIES - 1), Effect.NOT_READABLE: 2}
    assert any(words in issue.message for issue in result.issues)


@pytest.mark.parametrize(
    ("kind", "is_readable"), [(kind, kind in ("unknown-members", "large-metadata")) for kind in METADATA_FAULTS]
)
def test_faulty_metadata_of_one_image_set_is_an_outcome(
    package: PackageDirectory, service: ImportJobService, kind: str, is_readable: bool
) -> None:
    service.fault(kind, operation="GetImageSetMetadata", times=1)
    result = verify(package, service)
    unknown = 0 if is_readable else 2
    assert result.counts[Effect.APPLIED] == 2 * STUDIES - unknown
    assert (result.wrong, result.unknown) == (0, unknown)
    assert result.ok == is_readable


def test_throttling_of_every_call_ends_with_an_error(package: PackageDirectory, service: ImportJobService) -> None:
    clients = Clients(region="us-east-1", endpoint_url=service.url)
    client = clients.make_client("medical-imaging", max_attempts=1)
    clients.__dict__["medical_imaging"] = client
    service.fault("throttle", operation="GetImageSetMetadata", times=None)
    with pytest.raises(AwsError, match="ThrottlingException") as raised:
        dicommap.verify(package.path, manifests=package.path.parent / "manifests", clients=clients)
    assert raised.value.transient


def test_a_wrong_value_in_a_locked_image_set_is_not_readable(
    package: PackageDirectory, service: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.import_instance(imported_instance("later", **uids_of_study(0), **{**EDITS, "StudyDescription": "else"}))
    assert verify(package, service).counts[Effect.DIFFERENT] == 1
    monkeypatch.setattr("dicommap.package.metadata_sources.DatastoreMetadata.is_locked", lambda *_: True)
    result = verify(package, service)
    assert result.counts[Effect.NOT_READABLE] == 2
    assert Effect.DIFFERENT not in result.counts


def test_without_records_the_image_sets_are_searched(package: PackageDirectory, service: ImportJobService) -> None:
    success = next(package.path.parent.rglob("success.ndjson"))
    lines = [json.loads(line) for line in success.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        del line["importResponse"]["imageSetId"]
    success.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    service.import_instance(imported_instance("other", **uids_of_study(0), PatientID="OLD"))
    result = verify(package, service)
    assert result.image_sets == STUDIES + 1
    assert result.non_primary == 1
    assert dict(result.counts) == {
        Effect.APPLIED: 2 * STUDIES - 2,
        Effect.DIFFERENT: 1,
        Effect.NOT_APPLIED: 1,
    }
    assert "verify.searched" in {issue.code for issue in result.issues}


def test_a_data_store_without_any_of_it(package: PackageDirectory, service: ImportJobService) -> None:
    service.add_datastore("f" * 32)
    write_submission_state(package, datastoreId="f" * 32)
    for path in package.path.parent.rglob("success.ndjson"):
        path.unlink()
    result = verify(package, service)
    assert dict(result.counts) == {Effect.NOT_CHECKED: 2 * STUDIES}


def test_downloaded_metadata_is_verified_without_a_service(
    package: PackageDirectory, ids: list[str], service: ImportJobService
) -> None:
    client = Clients(region="us-east-1", endpoint_url=service.url).medical_imaging
    folder = package.path.parent / "metadata"
    folder.mkdir()
    for number, one in enumerate(ids):
        body = client.get_image_set_metadata(datastoreId=DATASTORE_ID, imageSetId=one)["imageSetMetadataBlob"].read()
        if number % 2:
            (folder / f"{one}.json.gz").write_bytes(body)
        else:
            (folder / f"{one}.json").write_bytes(gzip.decompress(body))
    result = dicommap.verify(package.path, manifests=package.path.parent / "manifests", metadata=folder)
    assert result.ok, result.issues


@pytest.mark.parametrize("value", ["x" * 50_000, [{"CodeValue": "x" * 30_000}, {"CodeValue": "y" * 30_000}]])
def test_the_beginning_of_a_long_stored_value_is_kept(
    package: PackageDirectory, ids: list[str], service: ImportJobService, value: Any
) -> None:
    client = Clients(region="us-east-1", endpoint_url=service.url).medical_imaging
    body = client.get_image_set_metadata(datastoreId=DATASTORE_ID, imageSetId=ids[0])["imageSetMetadataBlob"].read()
    document = json.loads(gzip.decompress(body))
    document["Study"]["DICOM"]["StudyDescription"] = value
    folder = package.path.parent / "metadata"
    folder.mkdir()
    (folder / f"{ids[0]}.json").write_text(json.dumps(document), encoding="utf-8")
    result = dicommap.verify(package.path, manifests=package.path.parent / "manifests", metadata=folder)
    (check,) = (
        attribute.check
        for study in result.first
        for attribute in study.attributes
        if attribute.check.image_set_id == ids[0] and attribute.effect is not Effect.APPLIED
    )
    assert check.effect is (Effect.DIFFERENT if isinstance(value, str) else Effect.NOT_COMPARABLE)
    whole = value if isinstance(value, str) else json.dumps(value)
    assert check.stored == whole[:9_999] + "…"


def test_a_package_that_was_changed_is_refused(package: PackageDirectory, service: ImportJobService) -> None:
    preview = package.path / "preview.csv"
    preview.write_bytes(preview.read_bytes() + b"\r\n")
    with pytest.raises(DocumentError, match=r"preview\.csv"):
        verify(package, service)


@pytest.mark.parametrize("description", ["corrected", "old"])
def test_a_study_that_is_divided_among_jobs_counts_once(
    tmp_path: Path, service: ImportJobService, description: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = {"PatientID": "CORRECT-7", "StudyDescription": description}
    instances = [{**uids_of_study(0), "SOPInstanceUID": uid(0, 1, number)} for number in (1, 2)]
    (image_set,) = {service.import_instance(imported_instance(**one, **stored)).image_set_id for one in instances}
    for name, one in zip("ab", instances, strict=True):
        (tmp_path / "tree" / name).mkdir(parents=True)
        (tmp_path / "tree" / name / "0").write_bytes(p10(data_set(**one, StudyDescription="old")))
    with dicommap.scan(tmp_path / "tree") as inventory:
        made = dicommap.draft(
            inventory,
            input_s3_uri="s3://bucket/in/",
            by_study=lambda _: EDITS,
            quotas=dicommap.Quotas.from_settings(["files=2"]),
            output=tmp_path / "package",
        )
    assert made.ok, made.issues
    package = PackageDirectory(tmp_path / "package")
    assert [job.inputS3Uri for job in package.plan.jobs] == ["s3://bucket/in/a/", "s3://bucket/in/b/"]
    (package.path / "submission").mkdir()
    account = AwsAccount(datastoreId=DATASTORE_ID, dataAccessRoleArn="arn", outputS3Uri="s3://bucket/out/")
    (package.path / "submission/account.json").write_text(account.model_dump_json(exclude_none=True), encoding="utf-8")
    for job in package.plan.jobs:
        folder = tmp_path / "manifests" / f"{DATASTORE_ID}-DicomImport-{job.id}"
        (folder / "SUCCESS").mkdir(parents=True)
        summary = {"jobSummary": {"jobId": job.id, "inputS3Uri": job.inputS3Uri}}
        (folder / "job-output-manifest.json").write_text(json.dumps(summary), encoding="utf-8")
        key = job.inputS3Uri.removeprefix("s3://bucket/") + "0"
        record = {"inputFile": key, "importResponse": {"imageSetId": image_set, "isPrimary": True}}
        (folder / "SUCCESS/success.ndjson").write_text(json.dumps(record), encoding="utf-8")
    results: list[str] = []
    result = verify(package, service, on_study=lambda study: results.append(study.job))
    assert results == [job.id for job in package.plan.jobs]
    assert (result.studies, result.image_sets, result.non_primary) == (1, 1, 0)
    wrong = {Effect.NOT_APPLIED: 1} if description == "old" else {}
    assert dict(result.counts) == {Effect.APPLIED: 2 - len(wrong), **wrong}
    assert result.ok is not bool(wrong)
    print_verification(result, Masker())
    out = capsys.readouterr().out
    assert out.count("StudyDescription  not-applied") == len(wrong)
    assert " more attribute" not in out
    kept = (package.path / "verification/verification.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(kept[-1])["attributes"] == {effect.value: count for effect, count in result.counts.items()}


def test_a_package_that_was_not_submitted_is_refused(tmp_path: Path, package: PackageDirectory) -> None:
    for path in (package.path / "submission").iterdir():
        path.unlink()
    with pytest.raises(UsageError, match="was not submitted"):
        dicommap.verify(package.path)


def test_the_report_masks_values(package: PackageDirectory, service: ImportJobService) -> None:
    service.import_instance(imported_instance("later", **uids_of_study(0), **{**EDITS, "StudyDescription": "SECRET"}))
    result = verify(package, service)
    assert "SECRET" not in result.html() + str(result) + repr(result)
    assert "SECRET" in result.html(show_values=True)
    seen: list[str] = []
    verify(package, service, on_study=lambda study: seen.append(study.study_instance_uid))
    assert len(seen) == STUDIES


def test_if_an_image_set_is_not_primary_the_others_of_its_study_are_compared(
    tmp_path: Path, package: PackageDirectory, service: ImportJobService
) -> None:
    # The primary image set of study 0 is of an earlier import, without the overrides.
    records = tmp_path / "manifests" / f"{DATASTORE_ID}-DicomImport-0a1b2c3d" / "SUCCESS" / "success.ndjson"
    lines = records.read_text("utf-8").splitlines()
    records.write_text("\n".join([lines[0].replace("true", "false"), *lines[1:]]) + "\n", encoding="utf-8")
    service.import_instance(imported_instance(**uids_of_study(0), PatientID="OLD", StudyDescription="old"))
    result = verify(package, service)
    assert (result.image_sets, result.non_primary) == (STUDIES + 1, 2)
    assert result.wrong == 2
    assert not result.ok
    assert "verify.non-primary" in {issue.code for issue in result.issues}


def test_all_image_sets_of_the_studies_are_compared_if_that_is_asked_for(
    package: PackageDirectory, service: ImportJobService
) -> None:
    service.import_instance(imported_instance(**uids_of_study(0), PatientID="OLD", StudyDescription="old"))
    assert verify(package, service).ok
    result = verify(package, service, all_image_sets=True)
    assert (result.image_sets, result.wrong) == (STUDIES + 1, 2)
