"""A staging that is killed at any step, and run again: every object is copied once, and nothing else is there."""

from __future__ import annotations

import hashlib
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import dicommap
from dicommap.healthimaging.quotas import Quotas
from dicommap.package.staging_copies import list_staging_copies
from tests.cli.killing import Killer, killing
from tests.support.long_cases import one_of
from tests.support.p10_files import small_tree
from tests.support.s3_server import Bucket, environment

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

    @property
    def allowed(self) -> tuple[str, ...]:
        """Return the options that let files be sent without a question."""
        return "--yes", "--source", str(self.tree) if self.input_s3_uri else f"{self.bucket.uri}in/"

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
        for copy in list_staging_copies(package):
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


@pytest.fixture(scope="module")
def killer(s3_endpoint: str) -> Iterator[Killer]:
    with killing(environment(s3_endpoint)) as found:
        yield found


@pytest.mark.long
def test_killed_at_every_step_and_run_again_each_object_is_copied_once(stagings: Stagings, killer: Killer) -> None:
    sources = stagings.sources()
    package = stagings.package()
    whole = killer.run("stage", package, answer="yes")
    assert whole.status == 0, whole.printed
    # Whose credentials these are; the question; two jobs, each listed before and after its two copies; each file is
    # checked before it is copied, for which the head of an object is read.
    of_heads = 0 if stagings.input_s3_uri else FILES
    expected = {"POST": 1, "question": 1, "GET": 4 + of_heads, "check": FILES, "PUT": FILES}
    assert Counter(whole.steps) == {f"{when} {what}": n for when in ("before", "after") for what, n in expected.items()}
    first = {what: whole.steps.index(f"before {what}") for what in expected}
    assert first["POST"] < first["question"] < min(first["GET"], first["check"])
    assert first["check"] < first["PUT"]
    stagings.require_staged_once(package)
    for last in range(1, len(whole.steps) + 1):
        package = stagings.package()
        died = killer.killed(last, "stage", package, answer="yes")
        before = stagings.versions(stagings.prefix.removeprefix(stagings.bucket.uri))
        if "after question" not in died.steps:
            assert before == {}
        again = killer.run("stage", package, *stagings.allowed)
        assert again.status == 0, (last, again.printed)
        # What the killed run has sent is not sent again.
        assert again.steps.count("before PUT") == FILES - len(before)
        stagings.require_staged_once(package)
        assert stagings.sources() == sources


def test_killed_again_and_again_it_comes_to_its_end(stagings: Stagings, killer: Killer) -> None:
    package = stagings.package()
    runs = 0
    for last in range(6, 120, 6):
        died = killer.run("stage", package, *stagings.allowed, last=last)
        runs += 1
        if died.status == 0:
            break
        assert died.status == -signal.SIGKILL, died.printed
    assert died.status == 0
    assert runs > 2
    stagings.require_staged_once(package)


@pytest.mark.parametrize("answer", one_of(2, ["y", "no", "", "YES"]))
def test_any_other_answer_than_yes_sends_nothing(stagings: Stagings, killer: Killer, answer: str) -> None:
    package = stagings.package()
    ran = killer.run("stage", package, answer=answer)
    assert (ran.status, Counter(ran.steps)) == (
        2,
        Counter(["before POST", "after POST", "before question", "after question"]),
    )
    assert "Type yes to go on: " in ran.printed
    in_one_line = " ".join(ran.printed.split())  # long paths are on a line of their own
    assert f"source root: {stagings.allowed[-1]}" in in_one_line
    assert f"inputS3Uri: {stagings.prefix}0001/" in in_one_line
    assert stagings.versions(stagings.prefix.removeprefix(stagings.bucket.uri)) == {}
