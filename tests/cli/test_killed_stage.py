"""A staging that is killed at any step, and run again: every object is copied once, and nothing else is there."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import dicommap
from dicommap.model.quotas import Quotas
from dicommap.workflows.stage import planned_copies
from tests.cli.killing import Killer, killing
from tests.making import small_tree
from tests.s3 import Bucket, environment

FILES = 4


@dataclass
class Stagings:
    """Packages of one tree, each to be staged below a prefix of its own; the bucket keeps every version."""

    bucket: Bucket
    tree: Path
    inventory: dicommap.Inventory
    input_s3_uri: str | None
    root: Path
    made: int = 0

    def package(self) -> Path:
        """Return a package of which nothing is staged."""
        self.made += 1
        drafted = dicommap.draft(
            self.inventory,
            input_s3_uri=self.input_s3_uri,
            by_study=lambda _: {"PatientID": "NEW-1"},
            quotas=Quotas(files=3),
            staging="all",
            stage_uri=self.prefix,
            output=self.root / f"package{self.made}",
        )
        assert drafted.package is not None, drafted.issues
        return drafted.package

    @property
    def prefix(self) -> str:
        """Return what the last package is staged below."""
        return f"{self.bucket.uri}staged{self.made}/"

    def versions(self, prefix: str) -> dict[str, list[str]]:
        """Return the ETags of all versions of the objects under a prefix, and a text for each removal."""
        found: dict[str, list[str]] = {}
        listed = self.bucket.client.list_object_versions(Bucket=self.bucket.name, Prefix=prefix)
        assert not listed["IsTruncated"]
        for one in listed.get("Versions", ()):
            found.setdefault(one["Key"], []).append(one["ETag"].strip('"'))
        for one in listed.get("DeleteMarkers", ()):
            found.setdefault(one["Key"], []).append("removed")
        return found

    def sources(self) -> dict[str, object]:
        files = (path for path in self.tree.rglob("*") if path.is_file())
        return {**self.versions("in/"), **{str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}}

    def require_staged_once(self, package: Path) -> None:
        """Each planned copy has one version, with the bytes and the ETag of its source; nothing else was ever there."""
        expected = {}
        for copy in planned_copies(package):
            source = str(copy["from"])
            path = self.tree / source.removeprefix(f"{self.bucket.uri}in/").removeprefix(f"{self.tree}/")
            expected[str(copy["to"]).removeprefix(self.bucket.uri)] = path.read_bytes()
        assert len(expected) == FILES
        prefix = self.prefix.removeprefix(self.bucket.uri)
        hashes = {key: [hashlib.md5(body).hexdigest()] for key, body in expected.items()}
        assert self.versions(prefix) == hashes
        assert {key: self.bucket.get(key) for key in self.bucket.keys(prefix)} == expected
        assert "Uploads" not in self.bucket.client.list_multipart_uploads(Bucket=self.bucket.name)


@pytest.fixture(params=["local", "s3"])
def stagings(request: pytest.FixtureRequest, bucket: Bucket, tmp_path: Path) -> Iterator[Stagings]:
    tree = small_tree(tmp_path / "tree", series=1)
    versioning = {"Status": "Enabled"}
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration=versioning)
    source: str = str(tree)
    uri: str | None = "s3://elsewhere/in/"
    if request.param == "s3":
        bucket.upload(tree, "in/")
        source, uri = f"{bucket.uri}in/", None
    with dicommap.scan(source) as inventory:
        yield Stagings(bucket, tree, inventory, uri, tmp_path)


@pytest.fixture
def killer(bucket: Bucket) -> Iterator[Killer]:
    with killing(environment(bucket.endpoint_url)) as found:
        yield found


def test_killed_at_every_step_and_run_again_each_object_is_copied_once(stagings: Stagings, killer: Killer) -> None:
    sources = stagings.sources()
    package = stagings.package()
    whole = killer.run("stage", package)
    assert whole.status == 0, whole.printed
    # Two jobs, each listed before and after its two copies.
    assert Counter(whole.steps) == {f"{when} {what}": 4 for when in ("before", "after") for what in ("GET", "PUT")}
    stagings.require_staged_once(package)
    for last in range(1, len(whole.steps) + 1):
        package = stagings.package()
        killer.killed(last, "stage", package)
        again = killer.run("stage", package)
        assert again.status == 0, (last, again.printed)
        stagings.require_staged_once(package)
        assert stagings.sources() == sources
