"""The command verify, from end to end: overrides that were applied, dropped, or applied in part."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.errors import DocumentError
from dicommap.testing import ImportJobService
from tests.cli.running import dicommap as run_command
from tests.cli.test_whole_import import Person
from tests.support.p10_files import small_tree
from tests.support.s3_server import Bucket

ROLE = "arn:aws:iam::123456789012:role/import"
EDITS = {"PatientID": "CORRECT-7", "PatientName": "Correct^Name", "StudyDescription": "corrected"}


def runs(directory: Path, *arguments: str, status: int = 0, installed: bool = False) -> str:
    """Run a command, in this process or as the installed command, and return what it printed."""
    return Person(directory, installed=installed).runs(*arguments, status=status)


@pytest.fixture
def package(bucket: Bucket, import_jobs: ImportJobService, tmp_path: Path) -> Path:
    """Return the directory with a package that is not submitted; its files are in the bucket."""
    tree = small_tree(tmp_path / "tree")
    bucket.upload(tree, "in/")
    with dicommap.scan(tree) as inventory:
        made = dicommap.draft(
            inventory, input_s3_uri=f"{bucket.uri}in/", by_study=lambda _: EDITS, output=tmp_path / "package"
        )
    assert made.ok, made.issues
    return tmp_path


def submit(directory: Path, service: ImportJobService, bucket: Bucket, *, watch_status: int = 0) -> None:
    account = ("--datastore-id", service.datastore_id, "--data-access-role-arn", ROLE)
    runs(directory, "submit", "package", "--yes", *account, "--output-s3-uri", f"{bucket.uri}out/")
    runs(directory, "watch", "package", status=watch_status)


def attributes(directory: Path, *options: str, status: int = 0) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        runs(directory, "verify", "package", "--format", "json", *options, status=status)
    )
    return rows


def test_applied_overrides_verify(package: Path, import_jobs: ImportJobService, bucket: Bucket) -> None:
    submit(package, import_jobs, bucket)
    printed = runs(package, "verify", "package", installed=True)
    assert "Done: the image sets of these jobs have the values of all overrides." in printed
    records = attributes(package)
    assert {(record["keyword"], record["effect"]) for record in records} == {(word, "applied") for word in EDITS}
    assert "CORRECT-7" not in json.dumps(records)
    events = json.loads(runs(package, "audit", "package", "--kind", "event", "--format", "json"))
    assert [event["action"] for event in events] == ["drafted", "submitted", "verified", "verified"]
    assert events[-1]["counts"] == {"applied": len(records)}
    assert dicommap.validate(package / "package").errors == ()
    shown = attributes(package, "--show-values")
    assert {record["stored"] for record in shown} == set(EDITS.values())
    assert {record["wanted"] for record in shown} == set(EDITS.values())
    kept = (package / "package/verification/verification.jsonl").read_text(encoding="utf-8")
    assert json.loads(kept.splitlines()[-1])["attributes"] == {"applied": len(records)}
    assert not any(value in kept for value in EDITS.values())
    runs(package, "validate", "package")


def test_overrides_of_an_old_sdk_are_all_named(package: Path, import_jobs: ImportJobService, bucket: Bucket) -> None:
    object.__setattr__(import_jobs.behaviour, "import_configuration", "dropped")
    submit(package, import_jobs, bucket, watch_status=1)
    records = attributes(package, status=1)
    assert records
    assert {record["effect"] for record in records} == {"not-applied"}
    printed = runs(package, "verify", "package", status=1)
    assert "watch.configuration-missing" in printed
    assert "AWS SDK from before May 2026" in printed
    assert "verify.not-applied" in printed
    assert f"0 of {len(records)} attributes applied" in printed


def test_one_ignored_attribute_is_exactly_named(package: Path, import_jobs: ImportJobService, bucket: Bucket) -> None:
    object.__setattr__(import_jobs.behaviour, "ignored_attributes", frozenset({"PatientName"}))
    submit(package, import_jobs, bucket)
    records = attributes(package, status=1)
    effects = {(record["keyword"], record["effect"]) for record in records}
    assert effects == {
        ("PatientName", "not-applied"),
        ("PatientID", "applied"),
        ("StudyDescription", "applied"),
    }
    runs(package, "verify", "package", "--format", "csv", "--level", "study", "-o", "studies.csv", status=1)
    with (package / "studies.csv").open(newline="", encoding="utf-8") as file:
        assert {row["effect"] for row in csv.DictReader(file)} == {"not-applied"}
    runs(package, "verify", "package", "--format", "html", "-o", "effects.html", status=1)
    page = (package / "effects.html").read_text(encoding="utf-8")
    assert "not-applied" in page
    assert "Correct^Name" not in page


def test_reconcile_alone_says_that_effects_were_not_checked(
    package: Path, import_jobs: ImportJobService, bucket: Bucket
) -> None:
    submit(package, import_jobs, bucket)
    printed = runs(package, "reconcile", "package")
    assert "effects of the overrides were not checked" in printed
    assert "Next: dicommap verify package" in printed
    both = runs(package, "reconcile", "package", "--verify")
    assert "were not checked" not in both
    assert "attributes applied" in both
    assert "Done: the image sets of these jobs have the values of all overrides." in both


def test_unknown_effects_have_a_status_of_their_own(
    package: Path, import_jobs: ImportJobService, bucket: Bucket
) -> None:
    submit(package, import_jobs, bucket)
    import_jobs.fault("conflict", operation="GetImageSetMetadata", times=None)
    printed = runs(package, "verify", "package", status=4)
    assert "the image set is LOCKED" in printed
    runs(package, "verify", "package", "--fail-on", "never")
    runs(package, "verify", "package", "--fail-on", "warning", status=1)


def test_what_is_not_applied_is_imported_again_by_a_new_draft_and_not_by_a_retry(
    package: Path, import_jobs: ImportJobService, bucket: Bucket
) -> None:
    not_started = runs(package, "reconcile", "package", "--retry", "left", status=1)
    assert "Next: dicommap submit package" in not_started
    assert "Done" not in not_started
    object.__setattr__(import_jobs.behaviour, "ignored_attributes", frozenset({"PatientName"}))
    submit(package, import_jobs, bucket)
    retried = runs(package, "reconcile", "package", "--verify", "--retry", "left", status=1)
    assert "--retry selects instances that were not imported" in retried
    assert "Done" not in retried
    assert "Next: dicommap explain verify.not-applied" in retried
    assert not (package / "left").exists()
    object.__setattr__(import_jobs.behaviour, "ignored_attributes", frozenset())
    bucket.upload(package / "tree", "again/")
    with dicommap.scan(package / "tree") as inventory:
        dicommap.draft(
            inventory, input_s3_uri=f"{bucket.uri}again/", by_study=lambda _: EDITS, output=package / "again"
        )
    account = ("--datastore-id", import_jobs.datastore_id, "--data-access-role-arn", ROLE)
    runs(package, "submit", "again", "--yes", *account, "--output-s3-uri", f"{bucket.uri}out/")
    runs(package, "watch", "again")
    assert len(import_jobs.jobs) == 2 * len(list((package / "package/jobs").iterdir()))
    assert "Done: the image sets of these jobs have the values of all overrides." in runs(package, "verify", "again")


def test_a_retry_beside_attributes_that_are_not_applied(
    package: Path, import_jobs: ImportJobService, bucket: Bucket
) -> None:
    """The new package imports what is missing. What was imported without an attribute is told separately."""
    object.__setattr__(import_jobs.behaviour, "ignored_attributes", frozenset({"PatientName"}))
    import_jobs.fault("rejected", match="study1/series1/IM0002")
    submit(package, import_jobs, bucket)
    both = ("reconcile", "package", "--verify", "--retry", "left")
    runs(package, *both, status=2)
    assert not (package / "left").exists()
    printed = runs(package, *both, "--stage-uri", f"{bucket.uri}left/", status=1)
    lines = printed.splitlines()
    assert "7 of 8 instances imported" in lines
    assert "1 instance to import again: 0 jobs in place, 1 job to be staged" in lines
    assert "Package: left" in lines
    assert "4 of 6 attributes applied (2 not-applied); 2 studies, 4 image sets" in lines
    assert lines[-2].startswith("--retry selects instances that were not imported")
    assert "'dicommap explain verify.not-applied' says how to correct other instances" in lines[-2]
    assert lines[-1] == "Next: dicommap stage left"

    object.__setattr__(import_jobs.behaviour, "ignored_attributes", frozenset())
    runs(package, "stage", "left", "--yes", "--source", bucket.uri)
    runs(package, "submit", "left", "--yes")
    runs(package, "watch", "left")
    assert "Done" in runs(package, "reconcile", "left", "--verify")
    named = {one.sop_instance_uid for one in import_jobs.instances if "PatientName" in one.changed_keywords}
    assert named == {"1.2.826.0.1.3680043.10.1.1.1.2"}


def test_verify_needs_a_data_store_before_anything_is_read(package: Path) -> None:
    for words in (("verify",), ("reconcile", "--verify")):
        ran = run_command(*words, package / "package")
        assert ran.status == 2
        assert ran.out == ""
        assert "The package was not submitted, so its data store is not known." in ran.err


def test_a_missing_directory_is_told_before_any_progress(package: Path) -> None:
    reported: list[object] = []
    with pytest.raises(DocumentError, match="is no directory of metadata"):
        dicommap.verify(
            package / "package", metadata=package / "none", progress=lambda *numbers: reported.append(numbers)
        )
    assert not reported


def test_the_errors_of_a_study_in_several_jobs_name_the_job(
    tmp_path: Path, import_jobs: ImportJobService, bucket: Bucket
) -> None:
    tree = small_tree(tmp_path / "tree", studies=1)
    bucket.upload(tree, "in/")
    with dicommap.scan(tree) as inventory:
        dicommap.draft(
            inventory,
            input_s3_uri=f"{bucket.uri}in/",
            by_study=lambda _: EDITS,
            quotas=dicommap.Quotas(files=3),
            output=tmp_path / "package",
        )
    object.__setattr__(import_jobs.behaviour, "ignored_attributes", frozenset({"PatientName"}))
    submit(tmp_path, import_jobs, bucket)
    records = json.loads(
        runs(tmp_path, "verify", "package", "--level", "issue", "--format", "json", "--fail-on", "never")
    )
    errors = [record["location"] for record in records if record["code"] == "verify.not-applied"]
    assert errors == [{"path": f"jobs/{job}", "study": "1.2.826.0.1.3680043.10.1.1"} for job in ("0001", "0002")]


@pytest.mark.long
def test_a_grouping_attribute_that_was_not_applied_conflicts_if_the_files_are_imported_again(
    package: Path, import_jobs: ImportJobService, bucket: Bucket
) -> None:
    object.__setattr__(import_jobs.behaviour, "ignored_attributes", frozenset({"PatientID"}))
    submit(package, import_jobs, bucket)
    runs(package, "verify", "package", status=1)
    object.__setattr__(import_jobs.behaviour, "ignored_attributes", frozenset())
    bucket.upload(package / "tree", "again/")
    with dicommap.scan(package / "tree") as inventory:
        dicommap.draft(
            inventory, input_s3_uri=f"{bucket.uri}again/", by_study=lambda _: EDITS, output=package / "again"
        )
    forecast = runs(package, "validate", "--store", "--datastore-id", import_jobs.datastore_id, "again")
    assert "0 new, 0 as new versions, 4 non-primary" in forecast
    account = ("--datastore-id", import_jobs.datastore_id, "--data-access-role-arn", ROLE)
    runs(package, "submit", "again", "--yes", *account, "--output-s3-uri", f"{bucket.uri}out/")
    runs(package, "watch", "again")
    verified = runs(package, "verify", "again", status=1)
    assert "Next: dicommap explain verify.not-applied verify.non-primary" in verified
    explained = runs(package, "explain", "verify.not-applied")
    assert "become non-primary [INF]: correct the stored image sets instead" in " ".join(explained.split())
