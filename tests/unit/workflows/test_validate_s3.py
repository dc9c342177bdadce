"""validate_s3(): a package beside a real listing; tests/cases/object and /listing have all that can be found."""

from __future__ import annotations

from pathlib import Path

import pytest

import dicommap
from dicommap.aws import Clients
from dicommap.errors import AwsError, DocumentError, UsageError
from dicommap.package.planned import PlannedPackage
from dicommap.workflows.validate_s3 import validate_s3
from tests.making import write_tree
from tests.reconciling import drafted, submitted
from tests.s3 import Bucket


@pytest.fixture
def package(tree: Path, tmp_path: Path, bucket: Bucket) -> PlannedPackage:
    bucket.upload(tree, "in/")
    return drafted(tree, tmp_path / "package", f"{bucket.uri}in/")


def codes(found: dicommap.Issues) -> list[str]:
    return sorted(one.code for one in found)


def test_a_prefix_with_what_is_planned_has_no_findings(package: PlannedPackage, bucket: Bucket) -> None:
    clients = bucket.clients
    assert codes(validate_s3(package.path, clients=clients)) == []
    bucket.upload(package.path / "jobs/0001/files", "in/")
    assert codes(validate_s3(package.path, clients=clients)) == []
    submitted(package, f"{bucket.uri}out/")
    assert codes(validate_s3(package.path, clients=clients)) == []
    assert {one.code for one in dicommap.validate(package.path, s3=clients)} <= {"request.placeholder"}


def test_everything_that_differs_is_found(package: PlannedPackage, bucket: Bucket, tree: Path) -> None:
    submitted(package, f"{bucket.uri}in/out/")
    first, second, third, *_ = sorted(path for path in tree.rglob("*") if path.is_file())
    bucket.client.delete_object(Bucket=bucket.name, Key=f"in/{first.relative_to(tree)}")
    bucket.put(f"in/{second.relative_to(tree)}", b"cut")
    bucket.put("in/zzz", third.read_bytes())
    bucket.put("in/notes.txt", b"x" * 500)
    bucket.put("in/study1/")
    override = next((package.path / "jobs/0001/files").rglob("*.json")).name
    bucket.put(f"in/dicommap-overrides/{override}", b"{}")
    found = validate_s3(package.path, clients=bucket.clients)
    assert codes(found) == [
        "listing.folder-object",
        "listing.output-overlaps",
        "listing.stray-object",
        "listing.stray-p10",
        "object.missing",
        "object.override-differs",
        "object.override-missing",
        "object.size",
    ]


def test_another_region_is_found(package: PlannedPackage, bucket: Bucket) -> None:
    clients = Clients(region="eu-west-1", endpoint_url=bucket.endpoint_url)
    assert codes(validate_s3(package.path, clients=clients)) == ["listing.region"]


def test_a_bucket_that_is_not_there_is_an_error(tree: Path, tmp_path: Path, bucket: Bucket) -> None:
    package = drafted(tree, tmp_path / "package", "s3://no-such-bucket/in/")
    with pytest.raises(AwsError, match="HeadBucket of s3://no-such-bucket/"):
        validate_s3(package.path, clients=bucket.clients)


def test_a_package_that_was_changed_is_not_compared(package: PlannedPackage, bucket: Bucket) -> None:
    (package.path / "jobs/0001/objects.csv").write_text("Key\n")
    found = dicommap.validate(package.path, s3=bucket.clients)
    assert "package.changed-file" in codes(found)
    assert not any(code.startswith(("object.", "listing.")) for code in codes(found))
    with pytest.raises(DocumentError, match="no list of objects"):
        validate_s3(package.path, clients=bucket.clients)


def test_only_packages_are_compared(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a.json": b"{}"})
    with pytest.raises(UsageError, match="no package"):
        dicommap.validate(tmp_path / "a.json", s3=Clients())
