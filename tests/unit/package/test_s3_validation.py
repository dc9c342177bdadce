"""validate_s3(): a package beside a real listing; tests/cases/object and /listing have all that can be found."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

import dicommap
from dicommap.aws import Clients
from dicommap.errors import AwsError, DocumentError, UsageError
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.s3_validation import validate_s3
from tests.support.p10_files import write_tree
from tests.support.reconciliation_packages import draft_package, write_submission_state
from tests.support.s3_fault_proxy import Fault, run_fault_proxy
from tests.support.s3_server import REGION, Bucket
from tests.support.submission_packages import package as two_jobs


@pytest.fixture
def package(tree: Path, tmp_path: Path, bucket: Bucket) -> PackageDirectory:
    bucket.upload(tree, "in/")
    return draft_package(tree, tmp_path / "package", f"{bucket.uri}in/")


def codes(found: dicommap.Issues) -> list[str]:
    return sorted(one.code for one in found)


def test_a_prefix_with_what_is_planned_has_no_findings(package: PackageDirectory, bucket: Bucket) -> None:
    clients = bucket.clients
    assert codes(validate_s3(package.path, clients=clients)) == []
    bucket.upload(package.path / "jobs/0001/files", "in/")
    assert codes(validate_s3(package.path, clients=clients)) == []
    write_submission_state(package, f"{bucket.uri}out/")
    assert codes(validate_s3(package.path, clients=clients)) == []
    assert {one.code for one in dicommap.validate(package.path, s3=clients)} <= {"request.placeholder"}


def test_everything_that_differs_is_found(package: PackageDirectory, bucket: Bucket, tree: Path) -> None:
    write_submission_state(package, f"{bucket.uri}in/out/")
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
        "listing.stray-object",
        "listing.stray-p10",
        "object.missing",
        "object.override-differs",
        "object.override-missing",
        "object.size",
        "request.output-overlaps",
    ]


def test_another_region_is_found(package: PackageDirectory, bucket: Bucket) -> None:
    clients = Clients(region="eu-west-1", endpoint_url=bucket.endpoint_url)
    assert codes(validate_s3(package.path, clients=clients)) == ["listing.region"]


def test_a_bucket_that_is_not_there_is_a_finding_and_the_rest_is_compared(
    package: PackageDirectory, bucket: Bucket, tree: Path
) -> None:
    write_submission_state(package, "s3://no-such-bucket/out/")
    bucket.put("in/zzz", b"x")
    found = validate_s3(package.path, clients=bucket.clients)
    assert codes(found) == ["listing.stray-object", *["object.override-missing"] * 2, "submit.no-bucket"]
    (absent,) = (one for one in found if one.code == "submit.no-bucket")
    assert absent.location.path == "s3://no-such-bucket/"


def test_of_jobs_whose_bucket_is_not_there_only_the_bucket_is_told(tree: Path, tmp_path: Path, bucket: Bucket) -> None:
    package = draft_package(tree, tmp_path / "package", "s3://no-such-bucket/in/")
    assert codes(validate_s3(package.path, clients=bucket.clients)) == ["submit.no-bucket"]


def test_one_prefix_that_may_not_be_listed_hides_nothing_of_another(tmp_path: Path, bucket: Bucket) -> None:
    two = two_jobs(tmp_path, bucket)
    bucket.put("in/2/zzz", b"x")
    with run_fault_proxy(
        bucket.endpoint_url, Fault("status", query="prefix=in%2F1", status=403, code="AccessDenied")
    ) as proxy:
        found = validate_s3(two, clients=Clients(region=REGION, endpoint_url=proxy.url))
    assert [(one.code, one.location.path) for one in found] == [
        ("listing.denied", f"{bucket.uri}in/1/"),
        ("listing.stray-object", f"{bucket.uri}in/2/zzz"),
    ]
    assert "AccessDenied" in found[0].message


def test_a_package_that_was_changed_is_not_compared(package: PackageDirectory, bucket: Bucket) -> None:
    (package.path / "jobs/0001/objects.csv").write_text("Key\n")
    found = dicommap.validate(package.path, s3=bucket.clients)
    assert "package.changed-file" in codes(found)
    assert not any(code.startswith(("object.", "listing.")) for code in codes(found))
    with pytest.raises(DocumentError, match="no list of objects"):
        validate_s3(package.path, clients=bucket.clients)


def test_only_packages_are_compared(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a.json": b"{}"})
    with pytest.raises(UsageError, match="not a package"):
        dicommap.validate(tmp_path / "a.json", s3=Clients())


REFUSALS = {403: "AccessDenied", 400: "ExpiredToken"}


def refusing(clients: Clients, operation: str, status: int, after: int = 0) -> Clients:
    """Let an operation be refused, from some call on."""
    left = [after]

    def answer(request: Any, **_: object) -> AWSResponse | None:
        left[0] -= 1
        if left[0] >= 0:
            return None
        code = REFUSALS[status]
        body = b"" if request.method == "HEAD" else f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode()
        return AWSResponse(request.url, status, {}, RawBody(body))

    clients.s3.meta.events.register(f"before-send.s3.{operation}", answer)
    return clients


class RawBody(io.BytesIO):
    """A body as botocore reads it of a response."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        ("HeadBucket", 403, "submit.not-checked"),
        ("ListObjectsV2", 403, "listing.denied"),
    ],
)
def test_what_s3_refuses_of_one_place_is_a_finding(
    operation: str, status: int, code: str, package: PackageDirectory, bucket: Bucket
) -> None:
    assert codes(validate_s3(package.path, clients=refusing(bucket.clients, operation, status))) == [code]


def test_where_nobody_answers_what_was_found_comes_with_the_error(package: PackageDirectory, bucket: Bucket) -> None:
    write_submission_state(package, f"{bucket.uri}in/out/")
    clients = refusing(bucket.clients, "ListObjectsV2", 400)
    with pytest.raises(AwsError, match=r"ListObjectsV2 of s3://.*/in/ was refused: ExpiredToken") as error:
        validate_s3(package.path, clients=clients)
    assert [one.code for one in error.value.issues] == ["request.output-overlaps"]
    with pytest.raises(AwsError) as error:
        dicommap.validate(package.path, s3=clients)
    assert {one.code for one in error.value.issues} == {"request.output-overlaps"}


def test_a_profile_that_is_not_there_is_told(package: PackageDirectory) -> None:
    with pytest.raises(AwsError, match="ProfileNotFound"):
        validate_s3(package.path, clients=Clients(profile="nobody"))


def test_an_override_file_that_may_not_be_read_is_a_finding(package: PackageDirectory, bucket: Bucket) -> None:
    bucket.upload(package.path / "jobs/0001/files", "in/")
    found = validate_s3(package.path, clients=refusing(bucket.clients, "GetObject", 403))
    assert codes(found) == ["object.override-unread"] * 2


def test_a_stray_object_that_may_not_be_read_is_told(package: PackageDirectory, bucket: Bucket) -> None:
    bucket.put("in/zzz", bytes(200))
    assert codes(validate_s3(package.path, clients=refusing(bucket.clients, "GetObject", 403))) == [
        "listing.stray-unread"
    ]
