"""Reconciling what the stand-in writes, with each of its faults; and a retry that brings every instance in once."""

from __future__ import annotations

from pathlib import Path

import pytest

import dicommap
from dicommap.aws import Clients
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.s3_validation import validate_s3
from dicommap.reconciliation.outcomes import ImportOutcome
from dicommap.testing import ImportJobService
from tests.support.fake_clock import QuickClock
from tests.support.long_cases import one_of
from tests.support.reconciliation_packages import draft_package
from tests.support.s3_server import REGION, Bucket

ROLE = "arn:aws:iam::012345678901:role/importer"


@pytest.fixture
def clients(import_jobs: ImportJobService) -> Clients:
    return Clients(region=REGION)


@pytest.fixture
def package(tree: Path, tmp_path: Path, bucket: Bucket) -> PackageDirectory:
    bucket.upload(tree, "in/")
    return draft_package(tree, tmp_path / "package", f"{bucket.uri}in/")


def imported(package: PackageDirectory, service: ImportJobService, bucket: Bucket, clients: Clients) -> None:
    """Submit a package, and watch it to its end."""
    clock = QuickClock()
    sent = dicommap.submit(
        package.path,
        datastore_id=service.datastore_id,
        data_access_role_arn=ROLE,
        output_s3_uri=f"{bucket.uri}out/",
        clients=clients,
        clock=clock,
    )
    assert sent.ok, sent.issues
    dicommap.watch(package.path, clients=clients, clock=clock)


@pytest.mark.parametrize(
    ("faults", "counts", "codes"),
    one_of(
        2,
        [
            ((), {ImportOutcome.PRIMARY: 8}, set()),
            (("python-booleans", "relative-keys"), {ImportOutcome.PRIMARY: 8}, set()),
            (("warned", "upper-case-warnings"), {ImportOutcome.WARNINGS: 8}, {"reconcile.warnings"}),
            (("warned", "no-success"), {ImportOutcome.WARNINGS: 8}, {"reconcile.warnings"}),
            (("rejected",), {ImportOutcome.FAILED: 8}, {"reconcile.failed"}),
            (("server-error",), {ImportOutcome.FAILED: 8}, {"reconcile.failed"}),
            (("unreported",), {ImportOutcome.NOT_REPORTED: 8}, {"reconcile.not-reported"}),
            (("job-failed",), {ImportOutcome.NOT_REPORTED: 8}, {"reconcile.job-failed"}),
            (("no-manifest",), {ImportOutcome.PRIMARY: 8}, {"manifest.missing"}),
            (("no-success",), {ImportOutcome.NOT_REPORTED: 8}, {"reconcile.not-reported", "manifest.numbers"}),
            (
                ("rejected", "no-failure"),
                {ImportOutcome.NOT_REPORTED: 8},
                {"reconcile.not-reported", "manifest.numbers"},
            ),
            (
                ("broken-lines",),
                {ImportOutcome.PRIMARY: 7, ImportOutcome.NOT_REPORTED: 1},
                {"manifest.broken-line", "manifest.numbers", "reconcile.not-reported"},
            ),
        ],
    ),
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_every_fault_is_accounted_for(
    faults: tuple[str, ...],
    counts: dict[ImportOutcome, int],
    codes: set[str],
    package: PackageDirectory,
    import_jobs: ImportJobService,
    bucket: Bucket,
    clients: Clients,
) -> None:
    for fault in faults:
        import_jobs.fault(fault)
    imported(package, import_jobs, bucket, clients)
    found = dicommap.reconcile(package.path, clients=clients)
    assert found.counts == counts
    assert {one.code for one in found.issues} >= codes
    assert found.ok is (codes <= {"reconcile.warnings"})


def test_a_retry_imports_what_was_refused_and_nothing_twice(
    package: PackageDirectory, import_jobs: ImportJobService, bucket: Bucket, clients: Clients, tmp_path: Path
) -> None:
    import_jobs.fault("rejected", match="study1/series2")
    imported(package, import_jobs, bucket, clients)
    found = dicommap.reconcile(package.path, clients=clients)
    assert found.counts == {ImportOutcome.PRIMARY: 6, ImportOutcome.FAILED: 2}
    again = found.retry(tmp_path / "again", stage_uri=f"{bucket.uri}staged/")
    assert (again.ok, again.instances, again.staged) == (True, 2, 1)
    new = PackageDirectory(tmp_path / "again")
    assert [one.code for one in validate_s3(new.path, clients=clients)] == ["object.not-staged"]
    _copy(new, bucket)
    assert validate_s3(new.path, clients=clients) == ()
    imported(new, import_jobs, bucket, clients)
    after = dicommap.reconcile(new.path, clients=clients)
    assert after.ok
    assert sum(after.counts.values()) == 2
    instances = [one.sop_instance_uid for one in import_jobs.instances]
    assert len(instances) == len(set(instances)) == 8
    assert {one.after["00100020"]["Value"][0] for one in import_jobs.instances} == {"NEW-1"}
    assert after.retry(tmp_path / "third").package is None


def _copy(package: PackageDirectory, bucket: Bucket) -> None:
    """Copy what staged jobs need, within the bucket."""
    for job in package.plan.jobs:
        for one in package.objects(job):
            source = (package.plan.sources[one.root] + one.source).removeprefix(bucket.uri)
            bucket.put(job.inputS3Uri.removeprefix(bucket.uri) + one.key, bucket.get(source))
