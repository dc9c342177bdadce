"""stage(): copies from S3 and from disk, resumed, verified, and never over anything else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.api.stage import stage_with_store
from dicommap.aws import object_copies
from dicommap.aws.object_copies import ObjectCopier
from dicommap.aws.source_roots import SourceRoots
from dicommap.errors import AwsError, DocumentError, UsageError
from dicommap.healthimaging.quotas import Quotas
from dicommap.package.staging_copies import list_staging_copies
from dicommap.planning.staging import CopyResult, InstanceUids, StagingCopy
from tests.support.p10_files import STUDY, p10, small_tree, uid, write_tree
from tests.support.s3_fault_proxy import Fault, run_fault_proxy
from tests.support.s3_server import Bucket

UIDS = InstanceUids(STUDY, uid(STUDY, 1), uid(STUDY, 1, 1))
"""Of what `p10()` returns."""

RULES = '[[rule]]\nname = "a rule"\nlevel = "study"\nset = { PatientSex = "O" }\n'


def drafted(source: str | Path, bucket: Bucket, place: Path, uri: str | None = None, **options: Any) -> Path:
    """Draft a package of which everything is staged."""
    (place / "rules.toml").write_text(RULES)
    with dicommap.scan(source) as inventory:
        draft = dicommap.draft(
            inventory,
            input_s3_uri=uri,
            rules=place / "rules.toml",
            staging="all",
            stage_uri=f"{bucket.uri}staged/",
            output=place / "package",
            **options,
        )
    assert draft.package is not None, draft.issues
    return draft.package


@pytest.fixture
def local(bucket: Bucket, tmp_path: Path) -> Path:
    """Return a package of a local tree of two studies."""
    return drafted(small_tree(tmp_path / "tree"), bucket, tmp_path, "s3://elsewhere/in/")


@pytest.fixture
def remote(bucket: Bucket, tmp_path: Path) -> Path:
    """Return a package of a tree of two studies that lies in the bucket."""
    bucket.upload(small_tree(tmp_path / "tree"), "in/")
    return drafted(f"{bucket.uri}in/", bucket, tmp_path)


def stage(package: Path, **options: Any) -> dicommap.StageResult:
    """Stage with the source roots of the plan, as their owner names them."""
    return dicommap.stage(package, sources=named(package), **options)


def named(package: Path) -> list[str]:
    sources: list[str] = json.loads((package / "plan.json").read_bytes())["sources"]
    return sources


def copier(package: Path, bucket: Bucket, kind: type[ObjectCopier] = ObjectCopier) -> ObjectCopier:
    return kind(bucket.clients, SourceRoots.resolve(named(package)))


def codes(found: dicommap.StageResult) -> list[str]:
    return [one.code for one in found.issues]


def bytes_of(bucket: Bucket, prefix: str) -> list[bytes]:
    return sorted(map(bucket.get, bucket.keys(prefix)))


def test_a_local_tree_is_uploaded_under_the_prefixes_of_its_jobs(local: Path, bucket: Bucket, tmp_path: Path) -> None:
    before = {path: path.stat() for path in (tmp_path / "tree").rglob("*")}
    found = stage(local, clients=bucket.clients)
    assert found.ok, found.issues
    files = [path.read_bytes() for path in (tmp_path / "tree").rglob("*") if path.is_file()]
    assert bytes_of(bucket, "staged/0001/") == sorted(files)
    assert {path: path.stat().st_mtime_ns for path in before} == {path: one.st_mtime_ns for path, one in before.items()}
    (job,) = found.jobs
    assert (job.copied, job.existing, job.missing, job.bytes) == (8, 0, 0, sum(map(len, files)))
    assert str(found).startswith("Staged: 1 staged job, 8 files copied, 0 missing")
    assert dicommap.validate(local).errors == []


def test_what_lies_in_s3_is_copied_by_s3(remote: Path, bucket: Bucket) -> None:
    sent: list[str] = []
    clients = bucket.clients
    clients.s3.meta.events.register("before-send.s3", lambda request, **_: sent.append(request.method))
    found = stage(remote, clients=clients)
    assert found.ok, found.issues
    assert bytes_of(bucket, "staged/0001/") == bytes_of(bucket, "in/")
    assert sent.count("PUT") == 8
    keys = bucket.keys("staged/0001/")
    assert keys[0].endswith("/0000001.dcm")


def test_a_second_staging_copies_nothing(remote: Path, bucket: Bucket) -> None:
    stage(remote, clients=bucket.clients)
    again = stage(remote, clients=bucket.clients)
    assert [(job.copied, job.existing) for job in again.jobs] == [(0, 8)]
    assert again.ok


@pytest.mark.parametrize("source", ["local", "remote"])
def test_a_staging_that_was_stopped_goes_on(source: str, bucket: Bucket, request: pytest.FixtureRequest) -> None:
    package: Path = request.getfixturevalue(source)

    class Stopping(ObjectCopier):
        made = 0

        def copy(self, copy: StagingCopy) -> CopyResult:
            Stopping.made += 1
            if Stopping.made > 3:
                raise AwsError("The token has expired.", fix="Renew it.")
            return super().copy(copy)

    with pytest.raises(AwsError, match="expired"):
        stage_with_store(package, copier(package, bucket, Stopping))
    assert len(bucket.keys("staged/")) == 3
    found = stage(package, clients=bucket.clients)
    assert [(job.copied, job.existing) for job in found.jobs] == [(5, 3)]
    assert found.ok


@pytest.mark.parametrize("source", ["local", "remote"])
def test_another_object_in_the_place_of_a_copy_is_left_and_told(
    source: str, bucket: Bucket, request: pytest.FixtureRequest
) -> None:
    package: Path = request.getfixturevalue(source)
    (first, *_) = list_staging_copies(package)
    key = str(first["to"]).removeprefix(bucket.uri)
    bucket.put(key, b"x" * int(first["size"]))
    found = stage(package, clients=bucket.clients)
    assert codes(found) == ["stage.taken"]
    assert found.issues[0].location.path == first["to"]
    assert bucket.get(key) == b"x" * int(first["size"])
    assert bucket.keys("staged/") == [key]
    assert not found.ok


def test_a_stray_object_keeps_a_job_from_being_staged(remote: Path, bucket: Bucket) -> None:
    bucket.put("staged/0001/notes.txt", b"x")
    found = stage(remote, clients=bucket.clients)
    assert [(one.code, one.location.path) for one in found.issues] == [
        ("stage.stray", f"{bucket.uri}staged/0001/notes.txt")
    ]
    assert [(job.copied, job.missing) for job in found.jobs] == [(0, 8)]


def test_override_files_that_were_uploaded_are_no_strays(remote: Path, bucket: Bucket) -> None:
    plan = json.loads((remote / "plan.json").read_bytes())
    for file in plan["jobs"][0]["files"]:
        bucket.put(f"staged/0001/{file['path']}", b"{}")
    assert stage(remote, clients=bucket.clients).ok


def test_an_object_that_changed_since_the_scan_is_not_copied(remote: Path, bucket: Bucket) -> None:
    key = bucket.keys("in/")[0]
    bucket.put(key, b"x" * len(bucket.get(key)))
    found = stage(remote, clients=bucket.clients)
    assert [(one.code, one.location.path) for one in found.issues] == [("stage.source-changed", f"{bucket.uri}{key}")]
    assert [(job.copied, job.missing) for job in found.jobs] == [(7, 1)]
    assert len(bucket.keys("staged/")) == 7


def test_an_answer_that_was_lost_is_no_other_object(remote: Path, bucket: Bucket) -> None:
    # The copy was made, but the request is repeated since its answer never came.
    package_copies = list(list_staging_copies(remote))
    stage(remote, clients=bucket.clients)
    there = {str(copy["to"]) for copy in package_copies}

    class Blind(ObjectCopier):
        def list_objects(self, uri: Any) -> Iterator[Any]:
            return iter(()) if there else super().list_objects(uri)

        def copy(self, copy: StagingCopy) -> CopyResult:
            there.discard(copy.uri)
            return self._make_failed_condition_result(copy)

    found = stage_with_store(remote, copier(remote, bucket, Blind))
    assert found.ok, found.issues
    assert [(job.copied, job.missing) for job in found.jobs] == [(8, 0)]


def test_a_local_file_of_another_size_is_not_copied(local: Path, bucket: Bucket, tmp_path: Path) -> None:
    write_tree(tmp_path / "tree", {"study1/series1/IM0001": b"x"})
    found = stage(local, clients=bucket.clients)
    assert codes(found) == ["stage.source-changed"]
    assert len(bucket.keys("staged/")) == 7


def test_a_local_file_that_was_replaced_by_one_of_its_size_is_not_copied(
    local: Path, bucket: Bucket, tmp_path: Path
) -> None:
    path = tmp_path / "tree/study1/series1/IM0001"
    before = path.stat()
    (tmp_path / "other").write_bytes(bytes(before.st_size))
    (tmp_path / "other").replace(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    found = stage(local, clients=bucket.clients)
    assert codes(found) == ["stage.source-changed"]
    assert "time of last change" in found.issues[0].message
    assert len(bucket.keys("staged/")) == 7


def test_a_local_file_that_is_written_while_it_is_read_is_not_copied(
    local: Path, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tree/study1/series1/IM0001"
    really = object_copies._compute_md5

    def meanwhile(read: Any, size: int) -> str:
        if size == path.stat().st_size:
            path.write_bytes(bytes(size))
            os.utime(path, ns=(1, 1))
        return really(read, size)

    monkeypatch.setattr(object_copies, "_compute_md5", meanwhile)
    found = stage(local, clients=bucket.clients)
    assert "stage.source-changed" in codes(found)
    assert not any(body == bytes(len(body)) for body in bytes_of(bucket, "staged/"))


@pytest.mark.parametrize("source", ["local", "remote"])
def test_a_source_that_is_gone_is_told_and_the_others_are_copied(
    source: str, bucket: Bucket, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    package: Path = request.getfixturevalue(source)
    (tmp_path / "tree/study1/series1/IM0001").unlink()
    if source == "remote":
        bucket.client.delete_object(Bucket=bucket.name, Key="in/study1/series1/IM0001")
    found = stage(package, clients=bucket.clients)
    assert codes(found) == ["stage.source-missing"]
    assert [(job.copied, job.missing) for job in found.jobs] == [(7, 1)]


def test_large_files_are_copied_and_put_in_parts(
    local: Path, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_copies, "MAX_SINGLE_COPY_BYTES", 6 * 2**20)
    monkeypatch.setattr(object_copies, "PART_BYTES", 5 * 2**20)
    large = p10() + bytes(range(256)) * (48 * 2**10)
    (tmp_path / "large").write_bytes(large)
    copier = ObjectCopier(bucket.clients, SourceRoots.resolve([tmp_path, bucket.uri]))
    put = StagingCopy(
        uids=UIDS,
        source_bucket=None,
        source=str(tmp_path / "large"),
        etag="",
        size=len(large),
        bucket=bucket.name,
        key="staged/one",
    )
    made = copier.copy(put)
    assert made.etag.strip('"').endswith("-3")
    assert bucket.get("staged/one") == large
    (listed,) = copier.list_objects(uri_of(bucket, "staged/"))
    assert copier.is_copy(put, listed)
    again = StagingCopy(
        uids=UIDS,
        source_bucket=bucket.name,
        source="staged/one",
        etag=made.etag,
        size=len(large),
        bucket=bucket.name,
        key="copied/one",
    )
    assert copier.copy(again).code is None
    assert bucket.get("copied/one") == large
    (listed,) = copier.list_objects(uri_of(bucket, "copied/"))
    assert copier.is_copy(again, listed)


def test_parts_of_a_copy_that_fails_are_given_up(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_copies, "MAX_SINGLE_COPY_BYTES", 6 * 2**20)
    monkeypatch.setattr(object_copies, "PART_BYTES", 5 * 2**20)
    large = p10() + bytes(12 * 2**20)
    bucket.put("in/large", large)
    with run_fault_proxy(
        bucket.endpoint_url, Fault("status", method="PUT", query="partNumber=2", status=403, code="AccessDenied")
    ) as proxy:
        clients = dicommap.Clients(region="us-east-1", endpoint_url=proxy.url)
        copier = ObjectCopier(clients, SourceRoots.resolve([bucket.uri]))
        copy = StagingCopy(
            uids=UIDS,
            source_bucket=bucket.name,
            source="in/large",
            etag="",
            size=len(large),
            bucket=bucket.name,
            key="staged/x",
        )
        with pytest.raises(AwsError, match="AccessDenied"):
            copier.copy(copy)
    assert bucket.keys("staged/") == []
    assert "Uploads" not in bucket.client.list_multipart_uploads(Bucket=bucket.name)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("status", method="PUT", status=403, code="AccessDenied"), "AccessDenied"),
        (Fault("status", method="PUT", status=400, code="ExpiredToken", skipped=3), "expired"),
        (Fault("status", query="list-type", status=403, code="AccessDenied"), "AccessDenied"),
    ],
    ids=["denied", "expired-half-way", "listing-denied"],
)
def test_what_s3_refuses_stops_the_staging_and_a_repetition_goes_on(
    local: Path, bucket: Bucket, fault: Fault, said: str
) -> None:
    with run_fault_proxy(bucket.endpoint_url, fault) as proxy, pytest.raises(AwsError, match=said):
        stage(local, clients=dicommap.Clients(region="us-east-1", endpoint_url=proxy.url))
    assert stage(local, clients=bucket.clients).ok
    assert len(bucket.keys("staged/")) == 8


def test_a_fault_that_passes_is_not_seen(remote: Path, bucket: Bucket) -> None:
    fault = Fault("status", method="PUT", status=503, code="SlowDown", times=2)
    with run_fault_proxy(bucket.endpoint_url, fault) as proxy:
        assert stage(remote, clients=dicommap.Clients(region="us-east-1", endpoint_url=proxy.url)).ok


class Forgetting:
    """A store that lists other objects than were put there."""

    def __init__(self, store: ObjectCopier, change: str) -> None:
        self._store, self._change, self._listings = store, change, 0

    def list_objects(self, uri: Any) -> Iterator[Any]:
        self._listings += 1
        found = list(self._store.list_objects(uri))
        if self._listings == 1:
            return iter(found)
        first = type(found[0])
        one = {
            "gone": [],
            "size": [first(key=found[0].key, size=1, etag=found[0].etag)],
            "etag": [first(key=found[0].key, size=found[0].size, etag="x")],
        }[self._change]
        return iter([*one, *found[1:]])

    def is_copy(self, copy: StagingCopy, found: Any) -> bool:
        return self._store.is_copy(copy, found)

    def copy(self, copy: StagingCopy) -> CopyResult:
        return self._store.copy(copy)


@pytest.mark.parametrize(("change", "said"), [("gone", "nothing"), ("size", "another size"), ("etag", "another ETag")])
def test_a_copy_that_is_not_as_it_was_made_is_told(local: Path, bucket: Bucket, change: str, said: str) -> None:
    found = stage_with_store(local, Forgetting(copier(local, bucket), change))
    assert codes(found) == ["stage.not-verified"]
    assert said in found.issues[0].message


def test_what_would_be_copied_can_be_seen_before(local: Path, bucket: Bucket, tmp_path: Path) -> None:
    copies = list(list_staging_copies(local))
    assert len(copies) == 8
    assert copies[0]["job"] == "0001"
    assert copies[0]["from"] == str(tmp_path / "tree/study1/series1/IM0001")
    assert str(copies[0]["to"]).startswith(f"{bucket.uri}staged/0001/")
    assert bucket.keys() == []


def test_only_the_jobs_that_are_named_are_staged(bucket: Bucket, tmp_path: Path) -> None:
    tree = small_tree(tmp_path / "tree")
    package = drafted(tree, bucket, tmp_path, "s3://elsewhere/in/", quotas=Quotas(files=5))
    found = stage(package, jobs=["0002"], clients=bucket.clients)
    assert [job.id for job in found.jobs] == ["0002"]
    assert all(key.startswith("staged/0002/") for key in list(bucket.keys()))
    with pytest.raises(UsageError):
        stage(package, jobs=["0009"], clients=bucket.clients)


def test_a_package_whose_objects_were_edited_is_not_staged(local: Path, bucket: Bucket) -> None:
    path = local / "jobs/0001/objects.csv"
    path.write_bytes(path.read_bytes().replace(b"study1/series1", b"../../etc"))
    found = stage(local, clients=bucket.clients)
    assert codes(found) == ["package.changed-file"]
    assert found.jobs == ()
    assert bucket.keys() == []
    with pytest.raises(DocumentError):
        list(list_staging_copies(local))


def test_a_plan_whose_prefix_was_edited_is_not_staged(local: Path, bucket: Bucket) -> None:
    path = local / "plan.json"
    path.write_text(path.read_text().replace(f"{bucket.uri}staged/0001/", f"{bucket.uri}in/"))
    found = stage(local, clients=bucket.clients)
    assert codes(found) == ["audit.other-plan", "s3-uri.mismatch"]
    assert not found.ok
    assert bucket.keys() == []


def uri_of(bucket: Bucket, prefix: str) -> Any:
    from dicommap.healthimaging.s3_uri import S3Uri

    return S3Uri(bucket=bucket.name, prefix=prefix)
