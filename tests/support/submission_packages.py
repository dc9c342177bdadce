"""Packages to submit, with several jobs. Each job has its own prefix, overrides, and sources in S3."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.dicom.strict_json import dump_json
from dicommap.planning.plan import PlanJob
from dicommap.testing.service import DATASTORE_ID
from tests.support.changed_plans import record_changed_plan
from tests.support.p10_files import small_tree
from tests.support.s3_server import Bucket, s3_client

ROLE = "arn:aws:iam::123456789012:role/import"


def account(bucket: Bucket) -> dict[str, Any]:
    """Return the arguments of `submit` that name the AWS account's resources."""
    return {
        "datastore_id": DATASTORE_ID,
        "data_access_role_arn": ROLE,
        "output_s3_uri": f"s3://{bucket.name}/out/",
    }


def options(bucket: Bucket) -> list[str]:
    """Return the same arguments as command-line options."""
    return [part for name, value in account(bucket).items() for part in (f"--{name.replace('_', '-')}", value)]


@dataclass(frozen=True)
class PreparedPackage:
    """A package of two jobs, and its bucket with the sources of each job."""

    package: Path
    bucket: Bucket


_prepared_packages: dict[str, tuple[Path, frozenset[str]]] = {}
"""URL of an S3 server -> package that was drafted for it, and the keys of its sources; tests use copies."""


@pytest.fixture
def ready(s3_environment: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreparedPackage]:
    """Return a package that is not submitted and whose override files are not uploaded, in its own directory."""
    client = s3_client(s3_environment)
    bucket = Bucket("dicommap-ready", s3_environment, client)
    if s3_environment not in _prepared_packages:
        client.create_bucket(Bucket=bucket.name)
        drafted = package(tmp_path_factory.mktemp("ready"), bucket)
        _prepared_packages[s3_environment] = drafted, frozenset(bucket.keys())
    prepared, sources = _prepared_packages[s3_environment]
    shutil.copytree(prepared, tmp_path / "package")
    yield PreparedPackage(tmp_path / "package", bucket)
    for key in set(bucket.keys()) - sources:
        client.delete_object(Bucket=bucket.name, Key=key)


def package(root: Path, bucket: Bucket, jobs: int = 2, *, uploaded: bool = True) -> Path:
    """Draft a package with jobs for `s3://BUCKET/in/1/`, `.../in/2/` and so on; the same tree is put below each."""
    tree = small_tree(root / "tree")
    drafts = [_draft(tree, root / f"draft{number}", f"{bucket.uri}in/{number}/") for number in range(1, jobs + 1)]
    together = root / "package"
    shutil.copytree(drafts[0], together)
    plan = _read(together / "plan.json")
    plan["inputS3Uri"] = f"{bucket.uri}in/"
    for number, drafted in enumerate(drafts[1:], 2):
        (job,) = _read(drafted / "plan.json")["jobs"]
        job["id"] = f"{number:04}"
        plan["jobs"].append(job)
        shutil.copytree(drafted / "jobs/0001", together / f"jobs/{number:04}")
        place = together / f"jobs/{number:04}/start-dicom-import-job.json"
        place.write_text(dump_json(_read(place) | {"clientToken": PlanJob.model_validate(job).client_token(1)}))
    plan["series"] *= jobs
    (together / "plan.json").write_text(dump_json(plan))
    record_changed_plan(together)
    if uploaded:
        for number in range(1, jobs + 1):
            bucket.upload(tree, f"in/{number}/")
    assert not dicommap.validate(together).errors
    return together


def states(place: Path) -> dict[str, dict[str, Any]]:
    """Return the states of a package's submissions, by job."""
    return {path.stem: _read(path) for path in sorted(place.glob("submission/[0-9]*.json"))}


def _draft(tree: Path, place: Path, uri: str) -> Path:
    with dicommap.scan(tree) as inventory:
        drafted = dicommap.draft(
            inventory, input_s3_uri=uri, by_study=lambda _: {"PatientID": "HOSP-000417"}, output=place
        )
    assert drafted.package == place, drafted.issues
    return place


def _read(path: Path) -> Any:
    return json.loads(path.read_bytes())
