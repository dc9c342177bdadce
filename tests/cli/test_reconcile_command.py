"""`dicommap reconcile` and `dicommap validate --s3`, run as a user runs them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from dicommap.api.verify import VerificationSettings
from dicommap.errors import UsageError
from dicommap.package.package_directory import PackageDirectory
from dicommap.validation.schema_registry import get_schema_validator
from tests.cli.running import dicommap, dicommap_process
from tests.support.reconciliation_packages import (
    FOLDER,
    draft_package,
    failure,
    keys_of,
    manifests,
    put,
    success,
    write,
    write_submission_state,
)
from tests.support.s3_server import Bucket

SECRET = "CANARY"


@pytest.fixture
def package(tree: Path, tmp_path: Path) -> PackageDirectory:
    return draft_package(tree, tmp_path / "package")


@pytest.fixture
def mixed(package: PackageDirectory, tmp_path: Path) -> Path:
    """Return manifests of a job with every outcome, and words of the service that name a patient."""
    first, second, third, _, *rest = keys_of(package)
    files = manifests(package, [], [])
    files[f"{FOLDER}/SUCCESS/success.ndjson"] = "\n".join([success(third, primary=False), *map(success, rest), SECRET])
    files[f"{FOLDER}/FAILURE/failure.ndjson"] = failure(first, f"=PatientName {SECRET}^X is invalid")
    warned = {"inputFile": second, "importResponse": {"imageSetId": "a1", "warnings": [{"type": "InvalidOffsetTable"}]}}
    files[f"{FOLDER}/WARNING/warning.ndjson"] = json.dumps(warned)
    return write(tmp_path / "m", files)


def test_the_table_tells_of_jobs_studies_reasons_and_findings(package: PackageDirectory, mixed: Path) -> None:
    ran = dicommap("reconcile", package.path, "--manifests", mixed)
    assert ran.status == 1
    assert "1 instance: ValidationException: ***PatientName *** is invalid" in ran.out
    for code in ("reconcile.failed", "reconcile.not-reported", "reconcile.non-primary", "manifest.broken-line"):
        assert f"[{code}]" in ran.out
    assert ran.results.splitlines()[-1] == "6 of 8 instances imported"
    assert SECRET not in ran.everything
    assert SECRET in dicommap("reconcile", package.path, "--manifests", mixed, "--show-values").out
    assert dicommap("reconcile", package.path, "--manifests", mixed, "--fail-on", "never").status == 0


@pytest.mark.parametrize(("level", "rows"), [("job", 1), ("study", 2), ("instance", 8), ("issue", 8)])
def test_every_level_is_told_in_every_form(package: PackageDirectory, mixed: Path, level: str, rows: int) -> None:
    printed = {
        form: dicommap("reconcile", package.path, "--manifests", mixed, "--level", level, "--format", form)
        for form in ("json", "jsonl", "csv")
    }
    assert {ran.status for ran in printed.values()} == {1}
    assert not any(SECRET in ran.everything for ran in printed.values())
    records = json.loads(printed["json"].out)
    assert len(records) == rows
    for record in records:
        get_schema_validator("issue" if level == "issue" else "outcome").validate(record)
    assert [json.loads(line) for line in printed["jsonl"].out.splitlines()] == records
    cells = list(csv.DictReader(io.StringIO(printed["csv"].out)))
    assert len(cells) == rows
    assert set(cells[0]) >= {"severity", "message"} if level == "issue" else set(cells[0]) == set(records[0])


def test_a_spreadsheet_takes_no_message_for_a_formula(package: PackageDirectory, tmp_path: Path) -> None:
    first, *_ = keys_of(package)
    files = manifests(package, [], [])
    files[f"{FOLDER}/FAILURE/failure.ndjson"] = failure(first, "=1+1")
    place = write(tmp_path / "m", files)
    arguments = ("--level", "instance", "--format", "csv", "--show-values")
    ran = dicommap("reconcile", package.path, "--manifests", place, *arguments)
    assert "'=1+1" in ran.out


def test_results_can_be_written(package: PackageDirectory, mixed: Path, tmp_path: Path) -> None:
    output = tmp_path / "r.html"
    arguments = ("reconcile", package.path, "--manifests", mixed, "-o", output, "--format")
    ran = dicommap(*arguments, "html")
    assert ran.status == 1
    assert "6 of 8 instances imported" in ran.out
    page = output.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert SECRET not in page
    assert "<script" not in page
    again = dicommap(*arguments, "jsonl")
    assert again.status == 2
    assert "exists already" in again.err
    output.unlink()
    assert dicommap(*arguments, "jsonl").status == 1
    assert len(output.read_text(encoding="utf-8").splitlines()) == 2
    assert dicommap("reconcile", package.path, "--manifests", mixed, "-o", tmp_path / "x").status == 2
    assert dicommap("reconcile", package.path, "--manifests", mixed, "--format", "html").out == page


def test_a_new_package_holds_what_was_not_imported(package: PackageDirectory, mixed: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    arguments = ("reconcile", package.path, "--manifests", mixed, "--retry", again)
    ran = dicommap(*arguments)
    assert ran.status == 2
    assert "--stage-uri" in ran.err
    assert not again.exists()
    ran = dicommap(*arguments, "--stage-uri", "s3://bucket/again/", "--format", "jsonl")
    assert ran.status == 1
    assert len(ran.out.splitlines()) == 2
    assert "2 instances to import again: 0 jobs in place, 1 job to be staged" in ran.err
    assert SECRET not in ran.everything
    assert dicommap("validate", again).status == 0
    ran = dicommap(*arguments, "--stage-uri", "s3://bucket/again/")
    assert ran.status == 2
    assert "exists already" in ran.err
    ran = dicommap(*arguments[:-1], tmp_path / "other", "--stage-uri", "s3://bucket/again/")
    assert ran.status == 1
    assert "2 instances to import again: 0 jobs in place, 1 job to be staged" in ran.out
    assert f"Package: {tmp_path / 'other'}" in ran.out.replace("\n", "")


@pytest.mark.usefixtures("counted")
def test_a_command_in_a_process_of_its_own_finds_s3_by_the_environment(
    package: PackageDirectory, bucket: Bucket
) -> None:
    write_submission_state(package, f"{bucket.uri}out/")
    put(bucket, manifests(package, keys_of(package)))
    ran = dicommap_process("reconcile", package.path)
    assert (ran.status, ran.err) == (0, "")
    assert "8 of 8 instances imported" in ran.out


def test_wrong_calls_are_told(package: PackageDirectory, tmp_path: Path, bucket: Bucket) -> None:
    write_submission_state(package, "s3://no-such-bucket/out/")
    for arguments, words in (
        ((tmp_path,), "no plan.json"),
        ((package.path, "--manifests", tmp_path / "none"), "no directory of manifests"),
        ((package.path,), "NoSuchBucket"),
    ):
        ran = dicommap("reconcile", *arguments)
        assert ran.status == 2
        assert words in ran.err


def test_options_of_verify_are_given_on(
    package: PackageDirectory, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: dict[str, object] = {}

    def start_verification(path: Path, settings: VerificationSettings, **options: object) -> None:
        received.update(asdict(settings))
        raise UsageError("The arguments arrived.", fix="None.")

    monkeypatch.setattr("dicommap.cli.reconcile.VerificationRun", start_verification)
    words = ("--metadata-rate", "70", "--search-rate", "30.5", "--all-image-sets")
    assert "arrived" in dicommap("reconcile", package.path, "--manifests", mixed, "--verify", *words).err
    names = ("metadata_rate", "search_rate", "all_image_sets", "manifests")
    assert [received[name] for name in names] == [70, 30.5, True, mixed]
    for option in (words[:2], words[2:4], words[4:]):
        ran = dicommap("reconcile", package.path, "--manifests", mixed, *option)
        assert ran.status == 2
        assert f"{option[0]} has no effect without --verify." in ran.err
    assert dicommap("reconcile", package.path, "--verify", "--metadata-rate", "0").status == 2


def test_a_package_is_validated_against_s3(tree: Path, tmp_path: Path, bucket: Bucket) -> None:
    bucket.upload(tree, "in/")
    package = draft_package(tree, tmp_path / "there", f"{bucket.uri}in/")
    ran = dicommap("validate", "--s3", package.path)
    assert ran.status == 0
    assert ran.results.splitlines()[-2].startswith("0 errors")
    assert ran.results.splitlines()[-1] == "there: S3 holds the 8 objects that 1 job will read, and nothing else."
    bucket.put("in/late.dcm", b"x" * 128 + b"DICM")
    ran = dicommap("validate", package.path, "--s3", "--endpoint-url", bucket.endpoint_url, "--format", "jsonl")
    assert ran.status == 1
    assert "listing.stray-p10" in [json.loads(line)["code"] for line in ran.out.splitlines()]


def test_what_is_found_before_nobody_answers_is_listed(
    tree: Path, tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = draft_package(tree, tmp_path / "there", f"{bucket.uri}in/")
    broken = draft_package(tree, tmp_path / "broken", f"{bucket.uri}in/")
    (broken.path / "preview.csv").write_bytes(b"")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    ran = dicommap("validate", "--s3", package.path, broken.path)
    assert ran.status == 2
    assert "request.placeholder" in ran.out
    assert "package.changed-file" in ran.out
    assert "1 error, 0 warnings, 2 notes" in ran.out
    assert "S3 holds" not in ran.out
    assert "NoCredentialsError" in ran.err
    ran = dicommap("validate", "--s3", package.path, "--format", "jsonl")
    assert (ran.status, len(ran.out.splitlines())) == (2, 1)
