"""submit, watch and policy as a user runs them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from dicommap.testing import ImportJobService
from tests.cli.running import dicommap, dicommap_process
from tests.cli.test_wrong_calls import assert_refused
from tests.support.s3_server import Bucket
from tests.support.submission_packages import ROLE, PreparedPackage, options, ready, states

__all__ = ["ready"]

LINE = re.compile(r"[0-9-]{10}T[0-9:]{8}Z (job [0-9]{4}|[a-z]+:\S+): .+")


def split_at_steps(err: str) -> tuple[list[str], list[str]]:
    """Return the lines that show what is about to be sent, and those that follow."""
    lines = err.splitlines()
    shown = 1 + sum(line.startswith("  ") for line in lines)
    return lines[:shown], lines[shown:]


@pytest.fixture
def package(ready: PreparedPackage) -> Path:
    return ready.package


@pytest.fixture
def bucket(ready: PreparedPackage) -> Bucket:
    return ready.bucket


def test_a_watch_says_what_comes_next(package: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    dicommap("submit", package, "--yes", *options(bucket), "--job", "0001")
    assert f"Next: dicommap watch {package}\n" in dicommap("watch", package, "--once").out
    assert dicommap("watch", package).out.endswith(f"1 job not submitted yet\nNext: dicommap submit {package}\n")
    dicommap("submit", package, "--yes", *options(bucket))
    assert dicommap("watch", package).out.endswith(f"Next: dicommap reconcile {package}\n")


@pytest.mark.parametrize("command", ["watch", "policy", "reconcile", "stage"])
def test_a_plan_that_is_none_is_told(package: Path, bucket: Bucket, command: str) -> None:
    (package / "plan.json").write_text("{}")
    assert_refused(dicommap(command, package), "dicommap validate")


def test_submit_and_watch_in_processes_of_their_own(
    package: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    submitted = dicommap_process("submit", package, "--yes", *options(bucket))
    assert submitted.status == 0, submitted.err
    for job in import_jobs.jobs:
        assert job.job_id in submitted.out
    assert submitted.out.endswith(f"Next: dicommap watch {package}\n")
    shown, steps = split_at_steps(submitted.err)
    assert shown[0].startswith("To be sent: 2 jobs, 4 override files (")
    assert f"  dataAccessRoleArn: {ROLE}" in shown
    assert f"  bucket: {bucket.name}" in shown
    assert "  AWS account: 123456789012" in shown
    assert len(steps) == 4
    assert all(LINE.fullmatch(line) for line in steps)
    watched = dicommap_process("watch", package, "--once")
    assert (watched.status, watched.err.count("SUBMITTED -> IN_PROGRESS")) == (0, 2)
    watched = dicommap_process("watch", package)
    assert watched.status == 0
    assert watched.out.count("COMPLETED") == 3  # two jobs, and what it means
    assert "outcome of each file" in watched.out
    assert watched.out.endswith(f"Next: dicommap reconcile {package}\n")
    assert "\x1b" not in submitted.everything + watched.everything


def test_a_dry_run_prints_every_request_as_json_lines(package: Path, bucket: Bucket) -> None:
    ran = dicommap("submit", package, "-n", *options(bucket))
    assert ran.status == 0
    requests = [json.loads(line) for line in ran.out.splitlines()]
    assert [one["operation"] for one in requests] == ["PutObject", "PutObject", "StartDICOMImportJob"] * 2
    assert requests[2]["dataAccessRoleArn"] == ROLE
    assert "6 requests. Nothing was sent." in ran.err
    assert states(package) == {}


def test_a_package_with_errors_is_told_and_not_sent(
    package: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    next((package / "jobs/0001/files").rglob("*.json")).write_text("{}")
    ran = dicommap("submit", package, "--yes", *options(bucket))
    assert ran.status == 1
    assert "package.changed-file" in ran.out
    assert ran.results.endswith("Nothing was sent.\n")
    assert import_jobs.jobs == ()


def test_a_job_that_failed_makes_the_status_1(package: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    import_jobs.fault("job-failed", message="FILE_COUNTS_LIMIT_EXCEEDED")
    assert dicommap("submit", package, "--yes", *options(bucket)).status == 0
    dicommap("watch", package, "--once")
    ran = dicommap("watch", package, "--once")
    assert ran.status == 1
    assert "watch.failed" in ran.out
    assert "FILE_COUNTS_LIMIT_EXCEEDED" in ran.out
    assert dicommap("watch", package, "--fail-on", "never").status == 0


def test_what_a_failed_jobs_message_repeats_of_a_file_is_masked(
    package: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    import dicommap as dm

    import_jobs.fault("job-failed", message="FILE_COUNTS_LIMIT_EXCEEDED for Zyzzyva^Anna", times=None)
    dicommap("submit", package, "--yes", *options(bucket))
    ran = dicommap("watch", package)
    watched = dm.watch(package)
    for shown in (ran.out, ran.err, watched._repr_html_()):
        assert "FILE_COUNTS_LIMIT_EXCEEDED for ***" in shown
        assert "Zyzzyva" not in shown
        assert "Anna" not in shown
    assert "Zyzzyva" in states(package)["0001"]["message"]


def test_what_aws_refuses_is_two_lines_and_no_traceback(
    package: Path, bucket: Bucket, import_jobs: ImportJobService
) -> None:
    import_jobs.fault("access-denied", operation="StartDICOMImportJob", times=None)
    ran = dicommap("submit", package, "--yes", *options(bucket))
    assert_refused(ran, "StartDICOMImportJob", "AccessDeniedException", "dicommap policy PACKAGE")


def test_a_missing_member_is_named_by_its_option(package: Path) -> None:
    names = ("--datastore-id", "--data-access-role-arn", "--output-s3-uri")
    examples = ("0123456789abcdef0123456789abcdef", "arn:aws:iam::123456789012:role/import", "s3://bucket/output/")
    assert_refused(dicommap("submit", package), "3 options are missing", *names, *examples)
    given = ("--datastore-id", examples[0], "--output-s3-uri", examples[2])
    assert_refused(dicommap("submit", package, *given), "1 option is missing: --data-access-role-arn.", examples[1])


def test_wrong_members_are_repeated_with_what_they_look_like(package: Path) -> None:
    ran = dicommap("submit", package, "--datastore-id", "Store", "--data-access-role-arn", "role/x")
    assert_refused(ran, "--datastore-id 'Store'", "--data-access-role-arn 'role/x'", "role/import")
    assert "[0-9a-z]" not in ran.err


def test_a_dry_run_needs_no_member(package: Path) -> None:
    ran = dicommap("submit", package, "-n")
    assert ran.status == 0, ran.err
    requests = [json.loads(line) for line in ran.out.splitlines()]
    (started, *_) = [request for request in requests if request["operation"] == "StartDICOMImportJob"]
    assert started["datastoreId"] == "<datastoreId>"
    assert "with your own DATASTORE_ID, ROLE_ARN and s3://BUCKET/OUTPUT/:" in ran.err


def test_options_of_the_account_are_given_once(package: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    assert dicommap("submit", package, "--yes", *options(bucket), "--job", "0001").status == 0
    refused = dicommap("submit", package, "--datastore-id", "0" * 32)
    assert_refused(refused, "before with another datastoreId", "Leave --datastore-id out")
    assert dicommap("submit", package, "--yes").status == 0
    assert len(import_jobs.jobs) == 2
    assert dicommap("watch", package).status == 0
    assert dicommap("validate", "--s3", package).status == 0
    assert_refused(dicommap("watch", package, "--region", "eu-west-1"), "another region")


def test_options_of_the_connection_are_taken(package: Path, bucket: Bucket) -> None:
    ran = dicommap("submit", package, "--yes", *options(bucket), "--profile", "nobody")
    assert_refused(ran, "--profile")
    ran = dicommap("submit", package, "--yes", *options(bucket), "--endpoint-url", "nowhere")
    assert_refused(ran, "--endpoint-url")


def test_without_boto3_the_extra_is_named(package: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    assert_refused(dicommap("submit", package, "--yes", *options(bucket)), "pip install 'dicommap[aws]'")


@pytest.mark.usefixtures("counted")
def test_a_dry_run_and_policies_need_no_boto3(
    package: Path, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("boto3", "botocore"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    assert dicommap_process("submit", package, "-n", *options(bucket)).status == 0
    assert dicommap_process("policy", package).status == 0
    assert "pip install 'dicommap[aws]'" in dicommap_process("submit", package, "--yes", *options(bucket)).err


# Policies.

PARTS = {
    "role-permissions": "rolePermissions",
    "role-trust": "roleTrust",
    "caller": "caller",
    "validate-store": "validateStore",
    "verify": "verify",
    "promote": "promote",
    "probe": "probe",
    "bucket-policy": "bucketPolicy",
    "role-kms": "roleKms",
    "caller-kms": "callerKms",
}
"""Value of --part -> member of the JSON."""


def test_policies_are_json_for_the_packages_own_prefixes(package: Path, bucket: Bucket) -> None:
    members = [*options(bucket), "--region", "us-east-1"]
    ran = dicommap("policy", package, *members)
    assert (ran.status, ran.err) == (0, f"Next: dicommap submit {package} -n\n")
    policies = json.loads(ran.out)
    assert list(policies) == [*PARTS.values(), "notes"]
    assert f"arn:aws:s3:::{bucket.name}/in/1/*" in ran.out
    assert f"arn:aws:s3:::{bucket.name}/in/2/dicommap-overrides/*" in ran.out
    for part, name in PARTS.items():
        ran = dicommap("policy", package, *members, "--part", part)
        assert json.loads(ran.out) == policies[name]
        assert (f"Note: {policies['notes'].get(name)}" in ran.err) == (name in policies["notes"])


def test_policies_name_what_is_not_known(package: Path) -> None:
    ran = dicommap("policy", package)
    assert ran.status == 0
    for name in ("<region>", "<account>", "<datastoreId>", "<dataAccessRoleArn>", "<output bucket>"):
        assert name in ran.out
    assert "angle brackets" in ran.err


def test_policies_of_no_package_are_refused(tmp_path: Path, package: Path) -> None:
    assert_refused(dicommap("policy", tmp_path / "nowhere"), "is no package")
    assert_refused(dicommap("policy", package, "--output-s3-uri", "x"), "S3")
    (package / "plan.json").write_text("{}")
    assert_refused(dicommap("policy", package), "dicommap validate")


# Reprs.


def test_what_a_service_says_is_no_markup(package: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    import dicommap as dm

    import_jobs.fault("job-failed", message="<script>alert(1)</script>\x1b[31m")
    dicommap("submit", package, "--yes", *options(bucket))
    dicommap("watch", package, "--once")
    watched = dm.watch(package, once=True)
    dm.show_values(True)
    try:
        html, text = watched._repr_html_(), str(watched)
    finally:
        dm.show_values(False)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "\x1b" not in html + text + dicommap("watch", package).everything
