"""Packages that somebody else wrote: no member of them leads to a read, an upload or a request that nobody wanted.

Each attack changes one member of a package that is right otherwise, with all hashes, counts and tokens made to fit. The
commands run as a careless script runs them. The status is 1 or 2, a message says why, nothing is sent, and the file
outside of the source root is not opened.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.httpsession import URLLib3Session

import dicommap as dm
from dicommap.dicom.strict_json import dump_json
from dicommap.planning.plan import PlanJob
from dicommap.testing import ImportJobService
from tests.cli.running import Ran, dicommap
from tests.support.changed_plans import record_changed_plan
from tests.support.long_cases import one_of
from tests.support.p10_files import STUDY, p10, uid
from tests.support.s3_server import Bucket
from tests.support.submission_packages import ROLE, account, options

SECRET = "outside-secret.dcm"
OBJECTS = "jobs/0001/objects.csv"
REQUEST = "jobs/0001/start-dicom-import-job.json"
Row = dict[str, str]

_opened: list[str] | None = None
"""The last parts of paths that this process opened, while a test asks for them."""


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _opened is not None and isinstance(arguments[0], str | bytes):
        _opened.append(os.path.basename(os.fsdecode(arguments[0])))


sys.addaudithook(_hear)


@dataclass
class Hostile:
    """A package to be changed, the tree that its owner names as the source root, and what commands have sent."""

    package: Path
    tree: Path
    bucket: Bucket
    sent: list[tuple[str, str]] = field(default_factory=list)
    """Method and URL of all requests but for those that ask whose credentials these are."""

    @property
    def secret(self) -> Path:
        """Return a P10 file outside of the source root, with the UIDs that the package names."""
        return self.tree.parent / "outside" / SECRET

    def change(self, name: str, change: Callable[[Any], Any]) -> None:
        """Change a JSON document of the package."""
        path = self.package / name
        path.write_text(dump_json(change(json.loads(path.read_bytes()))))
        if name == "plan.json":
            record_changed_plan(self.package)

    def plan(self, **members: Any) -> None:
        self.change("plan.json", lambda plan: {**plan, **members})

    def row(self, **cells: str) -> None:
        """Change cells of the first row of objects.csv, and let the plan know."""
        path = self.package / OBJECTS
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode())))
        rows[0] |= cells
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, rows[0], lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        path.write_bytes(text.getvalue().encode())
        self.seal()

    def seal(self, **members: Any) -> None:
        """Make the plan and the request of the job fit the files, and change members of the job."""
        data = (self.package / OBJECTS).read_bytes()
        sizes = [int(row["Size"]) for row in csv.DictReader(io.StringIO(data.decode()))]
        plan = json.loads((self.package / "plan.json").read_bytes())
        job = plan["jobs"][0]
        job |= {"objects": {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}, "sourceBytes": sum(sizes)}
        job |= members
        (self.package / "plan.json").write_text(dump_json(plan))
        record_changed_plan(self.package)
        token = PlanJob.model_validate(job).client_token(plan["attempt"])
        self.change(REQUEST, lambda one: {**one, "clientToken": token, "inputS3Uri": job["inputS3Uri"]})

    def link(self, name: str, target: Path) -> None:
        """Put a link in the place of a file or directory of the package or the tree."""
        path = self.package / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def run(self, command: str, *arguments: str | Path) -> Ran:
        global _opened
        _opened = []
        try:
            return dicommap(command, self.package, *arguments)
        finally:
            opened, _opened = _opened, None
            assert SECRET not in opened

    def stage(self) -> Ran:
        return self.run("stage", "--yes", "--source", self.tree)

    def submit(self) -> Ran:
        return self.run("submit", "--yes", *options(self.bucket))

    def require_refused(self, ran: Ran, said: str) -> None:
        assert ran.status in (1, 2), ran.everything
        assert said in ran.everything
        changing = [one for one in self.sent if one[0] not in ("GET", "HEAD")]
        assert changing == [], ran.everything
        assert "Traceback" not in ran.everything


@pytest.fixture
def hostile(bucket: Bucket, tmp_path: Path, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch) -> Hostile:
    made = _drafted(tmp_path, bucket)
    really = URLLib3Session.send

    def send(session: URLLib3Session, request: Any) -> Any:
        if "GetCallerIdentity" not in str(request.body):
            made.sent.append((request.method, request.url))
        return really(session, request)

    monkeypatch.setattr(URLLib3Session, "send", send)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    return made


def _drafted(place: Path, bucket: Bucket) -> Hostile:
    tree = place / "tree"
    for number in (1, 2):
        path = tree / f"study/IM{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(p10(SOPInstanceUID=uid(STUDY, 1, number), InstanceNumber=number))
    (place / "outside").mkdir()
    shutil.copy2(tree / "study/IM1", place / "outside" / SECRET)
    with dm.scan(tree) as inventory:
        drafted = dm.draft(
            inventory,
            input_s3_uri="s3://elsewhere/in/",
            by_study=lambda _: {"PatientID": "NEW-1"},
            staging="all",
            stage_uri=f"{bucket.uri}staged/",
            output=place / "package",
        )
    assert drafted.package is not None, drafted.issues
    return Hostile(drafted.package, tree, bucket)


@dataclass(frozen=True)
class Attack:
    """A change of one member, and a part of what is said of it."""

    member: str
    change: Callable[[Hostile], object]
    said: str

    def __str__(self) -> str:
        return self.member


def beside(hostile: Hostile, name: str, content: bytes) -> str:
    """Put a file into the tree, as old and as long as the planned one, and return its path there."""
    planned = hostile.tree / "study/IM1"
    path = hostile.tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(planned.stat().st_mtime_ns, planned.stat().st_mtime_ns))
    hostile.row(Source=name, Size=str(len(content)))
    return name


def linked(hostile: Hostile, name: str, target: Path, source: str) -> None:
    (hostile.tree / name).symlink_to(target)
    hostile.row(Source=source)


def fifo(hostile: Hostile) -> None:
    os.mkfifo(hostile.tree / "study/fifo")
    hostile.row(Source="study/fifo")


def sibling(hostile: Hostile) -> None:
    shutil.copytree(hostile.tree, hostile.tree.with_name("tree-2"))
    hostile.plan(sources=[f"{hostile.tree}-2"])


def link_as_source(hostile: Hostile) -> None:
    (hostile.tree / "way").symlink_to(hostile.secret.parent)
    hostile.plan(sources=[str(hostile.tree / "way")])


def job_id(hostile: Hostile) -> None:
    hostile.change("plan.json", lambda plan: {**plan, "jobs": [{**plan["jobs"][0], "id": "../1"}]})


STAGED = [
    Attack("source /", lambda one: one.plan(sources=["/"]), "[package.source-not-named]"),
    Attack("source above", lambda one: one.plan(sources=[str(one.tree.parent)]), "[package.source-not-named]"),
    Attack("source outside", lambda one: one.plan(sources=[str(one.secret.parent)]), "[package.source-not-named]"),
    Attack("source of a like name", sibling, "[package.source-not-named]"),
    Attack("source a link that leads out", link_as_source, "[package.source-not-named]"),
    Attack("source in S3", lambda one: one.plan(sources=["s3://not-named/in/"]), "[package.source-not-named]"),
    Attack("source no S3 URI", lambda one: one.plan(sources=["s3:///"]), "[package.source-"),
    Attack("source relative", lambda one: one.plan(sources=["tree"]), "[package.source-path]"),
    Attack("source with ..", lambda one: one.plan(sources=[f"{one.tree}/../outside"]), "[package.source-path]"),
    Attack("source with NUL", lambda one: one.plan(sources=["/data\0"]), "[package.source-path]"),
    Attack("source of another type", lambda one: one.plan(sources=[7]), "plan.json"),
    Attack("no source", lambda one: one.plan(sources=[]), "[package.object-source]"),
    Attack("path absolute", lambda one: one.row(Source=str(one.secret)), "[package.object-source]"),
    Attack("path with ..", lambda one: one.row(Source=f"../outside/{SECRET}"), "[package.object-source]"),
    Attack(
        "path with .. inside", lambda one: one.row(Source=f"study/../../outside/{SECRET}"), "[package.object-source]"
    ),
    Attack("path empty", lambda one: one.row(Source=""), "[package.object-source]"),
    Attack("path of another case", lambda one: one.row(Source="STUDY/IM1"), "[stage.source-missing]"),
    Attack("path of full-width letters", lambda one: one.row(Source="study/ＩＭ1"), "[stage.source-missing]"),
    Attack("root below 0", lambda one: one.row(Root="-1"), "[package.object-source]"),
    Attack("root that is not there", lambda one: one.row(Root="7"), "[package.object-source]"),
    Attack("link to a file", lambda one: linked(one, "l", one.secret, "l"), "[stage.source-outside]"),
    Attack(
        "link to a directory", lambda one: linked(one, "l", one.secret.parent, f"l/{SECRET}"), "[stage.source-outside]"
    ),
    Attack("link to a device", lambda one: linked(one, "l", Path("/dev/zero"), "l"), "[stage.source-outside]"),
    Attack("FIFO", fifo, "[stage.source-missing]"),
    Attack("directory", lambda one: one.row(Source="study"), "[stage.source-missing]"),
    Attack(
        "credentials",
        lambda one: beside(one, ".aws/credentials", b"[default]\naws_secret=1\n"),
        "[stage.other-instance]",
    ),
    Attack("archive", lambda one: beside(one, "a.zip", b"PK\3\4" + bytes(600)), "[stage.other-instance]"),
    Attack("empty file", lambda one: beside(one, "empty", b""), "[stage.other-instance]"),
    Attack("another instance", lambda one: beside(one, "b", p10(SOPInstanceUID="1.2")), "[stage.other-instance]"),
    Attack("another study", lambda one: beside(one, "b", p10(StudyInstanceUID="1.2")), "[stage.other-instance]"),
    Attack("without preamble", lambda one: beside(one, "b", p10()[132:]), "[stage.other-instance]"),
    Attack("cut", lambda one: beside(one, "b", p10()[:200]), "[stage.other-instance]"),
    Attack("SOPInstanceUID", lambda one: one.row(SOPInstanceUID="1.2.3"), "[stage.other-instance]"),
    Attack("SeriesInstanceUID", lambda one: one.row(SeriesInstanceUID="1.2.3"), "[stage.other-instance]"),
    Attack("UID empty", lambda one: one.row(SOPInstanceUID=""), "[package.staged-object]"),
    Attack("size", lambda one: one.row(Size="12"), "[stage.source-changed]"),
    Attack("time", lambda one: one.row(ModifiedNs="12"), "[stage.source-changed]"),
    Attack("DICOMDIR", lambda one: one.row(Disposition="dicomdir"), "[package.staged-object]"),
    Attack("not DICOM", lambda one: one.row(Disposition="not-dicom"), "[package.staged-object]"),
    Attack("key with ..", lambda one: one.row(Key="../x"), "[package.staged-object]"),
    Attack("key absolute", lambda one: one.row(Key="/x"), "[package.staged-object]"),
    Attack("key with a backslash", lambda one: one.row(Key="..\\x"), "[package.staged-object]"),
    Attack("job id", job_id, "plan.json"),
    Attack("objects a link", lambda one: one.link(OBJECTS, one.secret), ""),
    Attack("plan a link", lambda one: one.link("plan.json", one.secret), ""),
    Attack("jobs a link", lambda one: one.link("jobs", one.secret.parent), ""),
]


@pytest.mark.parametrize("attack", one_of(3, STAGED), ids=str)
def test_what_a_package_makes_stage_send(attack: Attack, hostile: Hostile) -> None:
    # The other instance of the package is right, and may be sent where the fault shows in a single file.
    attack.change(hostile)
    ran = hostile.stage()
    hostile.sent = [one for one in hostile.sent if not _is_the_right_one(hostile, one)]
    hostile.require_refused(ran, attack.said)
    sent = {hostile.bucket.get(key) for key in hostile.bucket.keys("staged/")}
    assert sent <= {(hostile.tree / "study/IM2").read_bytes()}


def _is_the_right_one(hostile: Hostile, request: tuple[str, str]) -> bool:
    return request[0] == "PUT" and f"/{hostile.bucket.name}/staged/0001/" in request[1] and request[1].endswith("2.dcm")


@pytest.mark.parametrize(
    ("source", "said", "status"),
    [("/", "[package.broad-source]", 0), ("tree", "[package.source-path]", 1)],
)
def test_a_look_before_staging_tells_what_is_wrong_with_the_sources(
    source: str, said: str, status: int, hostile: Hostile
) -> None:
    hostile.plan(sources=[source])
    ran = hostile.run("stage", "-n")
    assert (ran.status, hostile.sent) == (status, []), ran.everything
    assert said in ran.everything
    assert "Nothing was sent." in ran.everything


def test_a_look_before_staging_tells_of_sources_that_were_not_named(hostile: Hostile) -> None:
    hostile.plan(sources=["/"])
    ran = hostile.run("stage", "-n", "--source", hostile.tree)
    assert (ran.status, hostile.sent) == (1, []), ran.everything
    assert "[package.source-not-named]" in ran.everything


def test_the_package_is_staged_if_nobody_changed_it(hostile: Hostile) -> None:
    ran = hostile.stage()
    assert ran.status == 0, ran.everything
    assert len(hostile.bucket.keys("staged/")) == 2


def test_a_bucket_of_somebody_else_is_shown_before_anything_is_sent(hostile: Hostile) -> None:
    hostile.seal(inputS3Uri="s3://somebody-elses/staged/")
    ran = hostile.run("stage", "--source", hostile.tree)
    hostile.require_refused(ran, "add --yes")
    assert ran.status == 2
    assert "  bucket: somebody-elses\n" in ran.err
    assert hostile.sent == []


def test_yes_confirms_no_source_root(hostile: Hostile) -> None:
    ran = hostile.run("stage", "--yes")
    hostile.require_refused(ran, f"--source {hostile.tree}")
    assert (ran.status, hostile.sent) == (2, [])


def test_without_a_terminal_nothing_is_sent(hostile: Hostile) -> None:
    for ran in (hostile.run("stage"), hostile.run("submit", *options(hostile.bucket))):
        hostile.require_refused(ran, "There is no terminal to ask on")
        assert (ran.status, hostile.sent) == (2, [])


@pytest.mark.parametrize("source", ["/", "/home", "/root", "/etc"])
def test_a_root_that_holds_everything_is_not_taken_from_a_package(source: str, hostile: Hostile) -> None:
    hostile.plan(sources=[source])
    assert "[package.broad-source]" in hostile.run("validate").out
    with pytest.raises(dm.DicommapError, match="a package may not name it"):
        dm.stage(hostile.package, clients=hostile.bucket.clients, confirm=lambda _: True)
    assert hostile.sent == []


def test_in_python_roots_are_named_or_confirmed(hostile: Hostile) -> None:
    with pytest.raises(dm.DicommapError, match="No source root is named"):
        dm.stage(hostile.package, clients=hostile.bucket.clients)
    with pytest.raises(dm.DicommapError, match="not confirmed"):
        dm.stage(hostile.package, clients=hostile.bucket.clients, confirm=lambda _: False)
    assert hostile.sent == []
    assert dm.stage(hostile.package, clients=hostile.bucket.clients, confirm=lambda _: True).ok


def test_a_root_may_be_relative_or_a_link(hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    (hostile.tree.parent / "way").symlink_to(hostile.tree)
    monkeypatch.chdir(hostile.tree.parent)
    for root in ("tree", "way"):
        assert hostile.run("validate", "--source", root, "--fail-on", "warning").status == 0
        assert hostile.run("stage", "--yes", "--source", root).status == 0


def test_an_object_outside_of_the_named_prefix_is_not_read(hostile: Hostile) -> None:
    """A key below the plan's source, and not below the root: S3 knows no directories."""
    bucket = hostile.bucket
    bucket.upload(hostile.tree, "in/")
    hostile.sent.clear()
    hostile.plan(sources=[f"{bucket.uri}in/"])
    ran = hostile.run("stage", "--yes", "--source", f"{bucket.uri}in/study2/")
    hostile.require_refused(ran, "[package.source-not-named]")
    assert hostile.sent == []


def test_an_object_that_is_another_instance_is_not_copied(hostile: Hostile) -> None:
    bucket = hostile.bucket
    body = p10(SOPInstanceUID="1.2")
    etag = bucket.put("in/other", body)
    bucket.upload(hostile.tree, "in/")
    hostile.plan(sources=[f"{bucket.uri}in/"])
    for cells in ({"ETag": etag}, {"ETag": ""}):  # a package need not know the ETag
        hostile.row(Source="other", Size=str(len(body)), ModifiedNs="", **cells)
        ran = hostile.run("stage", "--yes", "--source", f"{bucket.uri}in/")
        assert ran.status == 1
        assert "[stage.other-instance]" in ran.out
        assert body not in {bucket.get(key) for key in bucket.keys("staged/")}


def override(hostile: Hostile) -> str:
    path = next((hostile.package / "jobs/0001/files").rglob("*.json"))
    return path.relative_to(hostile.package).as_posix()


def of_request(**members: Any) -> Callable[[Hostile], None]:
    return lambda one: one.change(REQUEST, lambda request: {**request, **members})


def kept(**members: Any) -> Callable[[Hostile], None]:
    """Return what writes an account.json as if the package had been submitted before."""

    def write(hostile: Hostile) -> None:
        given = account(hostile.bucket)
        named = {"datastoreId": given["datastore_id"], "dataAccessRoleArn": ROLE, "outputS3Uri": given["output_s3_uri"]}
        path = hostile.package / "submission/account.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(dump_json({"version": 1, **named, **members}))

    return write


def file_path(path: str) -> Callable[[Hostile], None]:
    def change(hostile: Hostile) -> None:
        plan = json.loads((hostile.package / "plan.json").read_bytes())
        files, mappings = plan["jobs"][0]["files"], plan["jobs"][0]["mappings"]
        files[0]["path"] = mappings[0]["metadataFilePath"] = path
        hostile.seal(files=files, mappings=mappings)

    return change


def submission_link(hostile: Hostile) -> None:
    (hostile.package / "submission").symlink_to(hostile.secret.parent)


def state_link(hostile: Hostile) -> None:
    (hostile.package / "submission").mkdir()
    (hostile.package / "submission/0001.json").symlink_to(hostile.secret)


def account_link(hostile: Hostile) -> None:
    kept()(hostile)
    hostile.link("submission/account.json", hostile.secret)


SUBMITTED = [
    Attack("inputS3Uri of a request", of_request(inputS3Uri="s3://somebody-elses/in/"), "[s3-uri.mismatch]"),
    Attack("clientToken", of_request(clientToken="dicommap-hard-coded"), "[request.client-token]"),
    Attack("unknown member of a request", of_request(kmsKeyId="arn:aws:kms:us-east-1:1:key/x"), "[schema."),
    Attack("job name", of_request(jobName="x\ny"), "[schema."),
    Attack("override a link", lambda one: one.link(override(one), one.secret), "[document.not-regular]"),
    Attack("override a device", lambda one: one.link(override(one), Path("/dev/zero")), "[document.not-regular]"),
    Attack("override path with ..", file_path("../../../../outside/" + SECRET), "[package.missing-file]"),
    Attack("override path absolute", file_path("/etc/passwd"), "[package.missing-file]"),
    Attack("request a link", lambda one: one.link(REQUEST, one.secret), ""),
    Attack("submission a link", submission_link, "link"),
    Attack("state a link", state_link, ""),
    Attack("account a link", account_link, ""),
    Attack("endpoint", kept(endpointUrl="http://127.0.0.1:9/"), "not taken from a package"),
    Attack("region that is no name", kept(region="evil.example/#"), ""),
    Attack("profile that is not there", kept(profile="../nobody"), "profile"),
    Attack("data store", kept(datastoreId="0" * 32), "another datastoreId"),
    Attack("data store that is no id", kept(datastoreId="../../x"), "another datastoreId"),
    Attack("role", kept(dataAccessRoleArn="arn:aws:iam::999999999999:role/x"), "another dataAccessRoleArn"),
    Attack("output", kept(outputS3Uri="s3://somebody-elses/"), "another outputS3Uri"),
]


@pytest.mark.parametrize("attack", one_of(3, SUBMITTED), ids=str)
def test_what_a_package_makes_submit_send(attack: Attack, hostile: Hostile, import_jobs: ImportJobService) -> None:
    assert hostile.stage().status == 0
    hostile.sent.clear()
    outside = sorted(hostile.secret.parent.iterdir())
    attack.change(hostile)
    hostile.require_refused(hostile.submit(), attack.said)
    assert import_jobs.jobs == ()
    assert sorted(hostile.secret.parent.iterdir()) == outside
    assert not [url for _, url in hostile.sent if "somebody-elses" in url or "evil" in url or ":9/" in url]


def test_members_that_a_package_fills_in_are_shown(hostile: Hostile) -> None:
    role = "arn:aws:iam::999999999999:role/theirs"
    of_request(dataAccessRoleArn=role, datastoreId="0" * 32, outputS3Uri="s3://somebody-elses/out/")(hostile)
    ran = hostile.run("submit")
    hostile.require_refused(ran, f"  dataAccessRoleArn: {role}\n")
    for line in (f"datastoreId: {'0' * 32}", "outputS3Uri: s3://somebody-elses/out/", "bucket: somebody-elses"):
        assert f"  {line}\n" in ran.err
    assert (ran.status, hostile.sent) == (2, [])


def test_an_owner_that_a_package_keeps_is_shown(hostile: Hostile) -> None:
    kept(inputOwnerAccountId="999999999999")(hostile)
    ran = hostile.run("submit", *options(hostile.bucket))
    hostile.require_refused(ran, "  inputOwnerAccountId: 999999999999\n")
    assert (ran.status, hostile.sent) == (2, [])


STARTED = {
    "version": 1, "job": "0001", "state": "started", "datastoreId": "5" * 32, "dataAccessRoleArn": ROLE,
    "inputS3Uri": "s3://b/in/", "outputS3Uri": "s3://somebody-elses/out/", "clientToken": "t", "region": "us-east-1",
    "startingAt": "2026-01-02T03:04:05Z", "jobId": "1" * 32, "jobStatus": "SUBMITTED",
}  # fmt: skip


@pytest.mark.parametrize(
    "members",
    [{"jobId": "../../x"}, {"datastoreId": "../x"}, {"region": "evil.example/#"}, {"outputS3Uri": "file:///etc/"}, {}],
    ids=lambda members: "-".join(members) or "all",
)
@pytest.mark.parametrize("command", ["watch", "reconcile"])
def test_states_that_somebody_wrote_send_requests_that_only_read(
    command: str, members: dict[str, str], hostile: Hostile
) -> None:
    (hostile.package / "submission").mkdir()
    (hostile.package / "submission/0001.json").write_text(dump_json({**STARTED, **members}))
    ran = hostile.run(command, *(["--once"] if command == "watch" else []))
    assert ran.status in (0, 1, 2), ran.everything
    assert {method for method, _ in hostile.sent} <= {"GET", "HEAD"}
    assert not [url for _, url in hostile.sent if "evil" in url or "/../" in url]


def test_a_link_in_the_place_of_an_override_is_not_drafted_again(hostile: Hostile, tmp_path: Path) -> None:
    hostile.link(override(hostile), hostile.secret)
    ran = hostile.run("reconcile", "--manifests", tmp_path / "outside", "--retry", tmp_path / "again")
    assert ran.status in (1, 2), ran.everything
    assert not (tmp_path / "again").exists()
