"""A retry holds what was not imported, and nothing that was, within the quotas and with its overrides."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import dicommap
from dicommap.api.retry import Retry
from dicommap.errors import PackageError, UsageError
from dicommap.healthimaging.quotas import Quotas
from dicommap.package.package_directory import PackageDirectory
from tests.support.p10_files import STUDY, small_tree, uid
from tests.support.reconciliation_packages import draft_package, keys_of, manifests, write, write_submission_state

STAGE = "s3://bucket/again/"
Written = Callable[[list[str], list[str]], dicommap.Reconciliation]


@pytest.fixture
def package(tree: Path, tmp_path: Path) -> PackageDirectory:
    return draft_package(tree, tmp_path / "package")


@pytest.fixture
def after(package: PackageDirectory, tmp_path: Path) -> Written:
    """Return the reconciliation of a job that imported and refused these keys."""

    def reconciled(imported: list[str], failed: list[str]) -> dicommap.Reconciliation:
        write_submission_state(package)
        place = write(tmp_path / "m", manifests(package, imported, failed))
        return dicommap.reconcile(package.path, manifests=place)

    return reconciled


def codes(found: Retry) -> set[str]:
    return {one.code for one in found.issues}


def token_of(package: PackageDirectory) -> str:
    return str(package.read_request(package.plan.jobs[0])["clientToken"])


def test_a_job_of_which_nothing_was_imported_is_planned_as_it_was(
    package: PackageDirectory, after: Written, tmp_path: Path
) -> None:
    found = after([], keys_of(package)).retry(tmp_path / "again")
    assert found.ok
    assert (found.in_place, found.staged, found.instances, codes(found)) == (1, 0, 8, set())
    again = PackageDirectory(tmp_path / "again")
    assert again.plan.attempt == 2
    assert again.plan.jobs == package.plan.jobs
    assert list(again.objects(again.plan.jobs[0])) == list(package.objects(package.plan.jobs[0]))
    assert token_of(again) != token_of(package)
    assert dicommap.validate(again.path) == ()  # the account's members are those of the submission
    for name in ("preview.csv", "edits.csv", "forecast.csv", "grouping.csv"):
        assert (again.path / name).read_bytes() == (package.path / name).read_bytes()


def test_what_is_missing_of_a_job_is_staged_with_its_overrides(
    package: PackageDirectory, after: Written, tmp_path: Path
) -> None:
    first, *rest = keys_of(package)
    found = after(rest, [first]).retry(tmp_path / "again", stage_uri=STAGE)
    assert (found.in_place, found.staged, found.instances, codes(found)) == (0, 1, 1, set())
    again = PackageDirectory(tmp_path / "again")
    (job,) = again.plan.jobs
    (one,) = again.objects(job)
    assert job.inputS3Uri == f"{STAGE}attempt-0002/0001/"
    assert job.staged
    assert one.key == f"{uid(STUDY, 1)}/0000001.dcm"
    assert again.plan.sources[one.root] + one.source == f"s3://bucket/{first}"
    assert [(row.study_instance_uid, row.files) for row in again.grouping_rows()] == [(uid(STUDY, 1), 1)]
    assert [mapping.studyInstanceUID for mapping in job.mappings] == [uid(STUDY, 1)]
    assert again.read_override_file(job, job.mappings[0].metadataFilePath) == package.read_override_file(
        package.plan.jobs[0], job.mappings[0].metadataFilePath
    )
    with (again.path / "preview.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["StudyInstanceUID"] for row in csv.DictReader(file)} == {uid(STUDY, 1)}
    assert dicommap.validate(again.path) == ()


def test_what_has_to_be_copied_needs_a_prefix_apart(package: PackageDirectory, after: Written, tmp_path: Path) -> None:
    first, *rest = keys_of(package)
    found = after(rest, [first])
    with pytest.raises(UsageError, match="1 instance cannot be imported again in place"):
        found.retry(tmp_path / "again")
    for stage, code in (
        ("s3://bucket/in/again/", "job.stage-overlap"),
        ("s3://bucket/out/", "job.stage-overlap"),
        ("no uri", "s3-uri.invalid"),
    ):
        refused = found.retry(tmp_path / "again", stage_uri=stage)
        assert refused.package is None
        assert code in codes(refused)
    assert not (tmp_path / "again").exists()
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "x").touch()
    with pytest.raises(PackageError, match="exists already"):
        found.retry(tmp_path / "again", stage_uri=STAGE)


def test_what_nobody_knows_is_imported_again_and_told(
    package: PackageDirectory, after: Written, tmp_path: Path
) -> None:
    first, second, *rest = keys_of(package)
    found = after([first, *rest], [first])  # the first is reported as both, the second not at all
    again = found.retry(tmp_path / "again", stage_uri=STAGE)
    assert again.instances == 2
    assert "reconcile.import-again" in codes(again)
    assert "2 instances of the new package" in str(list(again.issues))
    retried = PackageDirectory(tmp_path / "again")
    sources = {one.source for one in retried.objects(retried.plan.jobs[0])}
    assert sources == {first.removeprefix("in/"), second.removeprefix("in/")}


def test_with_everything_imported_there_is_nothing_to_do(
    package: PackageDirectory, after: Written, tmp_path: Path
) -> None:
    found = after(keys_of(package), []).retry(tmp_path / "again")
    assert (found.package, codes(found)) == (None, {"reconcile.nothing-to-retry"})
    assert found.ok
    assert "none was written" in str(found)


def test_jobs_that_may_still_import_are_left_out(package: PackageDirectory, tmp_path: Path) -> None:
    found = dicommap.reconcile(package.path, manifests=tmp_path).retry(tmp_path / "again")
    assert (found.package, codes(found)) == (None, {"reconcile.left-out"})
    write_submission_state(package, state="started", jobStatus="IN_PROGRESS", endedAt=None, ending=None)
    found = dicommap.reconcile(package.path, manifests=tmp_path).retry(tmp_path / "again")
    assert (found.package, codes(found)) == (None, {"reconcile.left-out"})


def test_a_retry_can_be_retried(package: PackageDirectory, after: Written, tmp_path: Path) -> None:
    first, second, *rest = keys_of(package)
    after(rest, [first, second]).retry(tmp_path / "again", stage_uri=STAGE)
    again = PackageDirectory(tmp_path / "again")
    assert len(keys_of(again)) == 2
    imported, missing = keys_of(again)
    write_submission_state(again)
    place = write(tmp_path / "m2", manifests(again, [imported], [missing]))
    found = dicommap.reconcile(again.path, manifests=place).retry(tmp_path / "third", stage_uri=STAGE)
    assert found.ok
    third = PackageDirectory(tmp_path / "third")
    (one,) = third.objects(third.plan.jobs[0])
    assert third.plan.attempt == 3
    assert third.plan.jobs[0].inputS3Uri == f"{STAGE}attempt-0003/0001/"
    # What was copied for the second attempt lies where its first source said; that source is still named.
    assert third.plan.sources[one.root] + one.source == f"s3://bucket/{second}"
    assert len({token_of(each) for each in (package, again, third)}) == 3
    assert dicommap.validate(third.path) == ()


def test_what_fits_into_no_job_is_an_error(package: PackageDirectory, after: Written, tmp_path: Path) -> None:
    first, second, *rest = keys_of(package)
    plan = json.loads((package.path / "plan.json").read_bytes())
    plan["quotas"]["files"] = 1  # an override file and an instance are two
    (package.path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    found = after(rest, [first, second]).retry(tmp_path / "again", stage_uri=STAGE)
    assert found.package is None
    assert "job.unplanned" in codes(found)
    assert not (tmp_path / "again").exists()


def test_quotas_hold_and_a_study_that_is_cut_is_told(tmp_path: Path) -> None:
    tree = small_tree(tmp_path / "tree", studies=3, series=2, instances=4)
    with dicommap.scan(tree) as inventory:
        drafted_ = dicommap.draft(
            inventory,
            input_s3_uri="s3://bucket/in/",
            by_study=lambda _: {"PatientID": "NEW-1"},
            quotas=Quotas(files=6),
            staging="all",
            stage_uri="s3://bucket/first/",
            output=tmp_path / "package",
        )
    assert drafted_.package is not None
    package = PackageDirectory(tmp_path / "package")
    files: dict[str, str] = {}
    for number, job in enumerate(package.plan.jobs):
        keys = [job.inputS3Uri.removeprefix("s3://bucket/") + one.key for one in package.objects(job)]
        lines = [json.dumps({"inputFile": key, "exception": {"exceptionType": "X"}}) for key in keys]
        ok = json.dumps({"inputFile": keys[0], "importResponse": {"isPrimary": True}})
        files[f"{number}/job-output-manifest.json"] = json.dumps({"jobSummary": {"inputS3Uri": job.inputS3Uri}})
        files[f"{number}/SUCCESS/s.ndjson"] = ok
        files[f"{number}/FAILURE/f.ndjson"] = "\n".join(lines[1:])
    reconciled = dicommap.reconcile(package.path, manifests=write(tmp_path / "m", files))
    found = reconciled.retry(tmp_path / "again", stage_uri=STAGE)
    assert found.package is not None
    again = PackageDirectory(tmp_path / "again")
    assert found.instances == 24 - len(package.plan.jobs) == sum(job.instances for job in again.plan.jobs)
    assert all(job.sourceFiles + len(job.files) <= 6 for job in again.plan.jobs)
    assert all(job.files for job in again.plan.jobs)
    instances = [one.sop_instance_uid for job in again.plan.jobs for one in again.objects(job)]
    assert len(set(instances)) == len(instances)
    assert {"request.placeholder"} >= {one.code for one in dicommap.validate(again.path)}
