"""What S3 and networks do to the commands of an import: a word and a next step, nothing lost, nothing done twice.

Each command meets the faults at each kind of request that it sends to S3, one fault after the other, and comes to its
end when they are over. Of scans tests/unit/workflows/test_scan_s3_faults.py has the same; of what HealthImaging's own
operations answer test_submit.py and test_watch.py there.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import dicommap as dm
from dicommap.testing import ImportJobService
from tests.cli.running import Ran, dicommap
from tests.support.long_cases import one_of
from tests.support.p10_files import small_tree
from tests.support.reconciliation_packages import draft_package, keys_of, manifests, put, write_submission_state
from tests.support.s3_fault_proxy import Fault, run_fault_proxy, shorten_retries
from tests.support.s3_server import Bucket
from tests.support.submission_packages import options

LISTING = "list-type"
HTML = b"<html><body>Sign in to the hospital's network</body></html>"
SECRETS = ("AKIDEXAMPLE", "loopback-only", "Signature", "Traceback", "Doe", "NEW-1", "hospital's network")


# A connection that broke off is closed when it is collected, of which Python warns: here, and not in some test later.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with shorten_retries():
        yield
    gc.collect()


@dataclass(frozen=True)
class Prepared:
    """Commands whose turn it is, each on a package of its own; two studies of two instances lie in the bucket."""

    bucket: Bucket
    tree: Path
    place: Path
    service: ImportJobService

    def stage_local(self) -> list[str | Path]:
        return ["stage", self._staged(str(self.tree), "s3://elsewhere/in/"), "--source", self.tree, "--yes"]

    def stage_s3(self) -> list[str | Path]:
        source = f"{self.bucket.uri}in/"
        return ["stage", self._staged(source, None), "--source", source, "--yes"]

    def submit(self) -> list[str | Path]:
        return ["submit", self._package(), "--yes", *options(self.bucket)]

    def submit_again(self) -> list[str | Path]:
        """Return the submit of somebody whose override files are there already."""
        arguments = self.submit()
        self.bucket.upload(self.place / "package/jobs/0001/files", "in/")
        return arguments

    def validate_s3(self) -> list[str | Path]:
        return ["validate", "--s3", self._ended(), "--fail-on", "error"]

    def reconcile(self) -> list[str | Path]:
        return ["reconcile", self._ended()]

    def require_done(self, arguments: list[str | Path], ran: Ran) -> None:
        """The command came to its end, as it would have without faults, and nothing was done twice."""
        assert ran.status == 0, ran.everything
        if arguments[0] == "stage":
            sources = sorted(map(self.bucket.get, self.bucket.keys("in/")))
            assert sorted(map(self.bucket.get, self.bucket.keys("staged/"))) == sources
        elif arguments[0] == "submit":
            assert [job.calls for job in self.service.jobs] == [1]
        elif arguments[0] == "reconcile":
            assert "4 of 4 instances imported" in ran.out
        else:
            assert "S3 holds the 4 objects" in ran.out

    def _staged(self, source: str, uri: str | None) -> Path:
        with dm.scan(source) as inventory:
            draft = dm.draft(
                inventory,
                input_s3_uri=uri,
                by_study=lambda _: {"PatientID": "NEW-1"},
                staging="all",
                stage_uri=f"{self.bucket.uri}staged/",
                output=self.place / "package",
            )
        assert draft.package is not None, draft.issues
        return draft.package

    def _package(self) -> Path:
        return draft_package(self.tree, self.place / "package", f"{self.bucket.uri}in/").path

    def _ended(self) -> Path:
        """Return a package whose only job imported everything."""
        package = draft_package(self.tree, self.place / "package", f"{self.bucket.uri}in/")
        self.bucket.upload(package.path / "jobs/0001/files", "in/")
        put(self.bucket, manifests(package, keys_of(package)))
        write_submission_state(package, f"{self.bucket.uri}out/")
        return package.path


@pytest.fixture
def prepared(bucket: Bucket, tmp_path: Path, import_jobs: ImportJobService) -> Prepared:
    tree = small_tree(tmp_path / "tree", series=1)
    bucket.upload(tree, "in/")
    return Prepared(bucket, tree, tmp_path, import_jobs)


@dataclass(frozen=True)
class Where:
    """Requests of a command: the end of their path, their query and method."""

    command: Callable[[Prepared], list[str | Path]]
    method: str = "GET"
    key: str = ""
    query: str = ""
    passed: tuple[str, ...] = ()
    """Codes that are no obstacle here, or a finding: other tests have them."""

    def __str__(self) -> str:
        return f"{self.command.__name__}-{self.method}{self.key}{self.query}"


DENIED = ("AccessDenied", "InvalidAccessKeyId")
WRITTEN = [
    Where(Prepared.stage_local, method="PUT"),
    Where(Prepared.stage_s3, method="PUT"),
    Where(Prepared.submit, method="PUT"),
]
LISTED = [
    Where(Prepared.stage_local, query=LISTING),
    Where(Prepared.validate_s3, query=LISTING),
    Where(Prepared.submit, query=LISTING, passed=DENIED),
    Where(Prepared.reconcile, query=LISTING),
]
READ = [
    Where(Prepared.validate_s3, key=".json"),
    Where(Prepared.submit_again, key=".json", passed=DENIED),
    Where(Prepared.reconcile, key="manifest.json"),
    Where(Prepared.reconcile, key=".ndjson"),
]
LOOKED_AT = [
    Where(Prepared.validate_s3, method="HEAD", passed=("400", "403")),
    Where(Prepared.submit, method="HEAD", passed=("403", "404")),
]

REFUSALS = [
    (403, "AccessDenied", "Grant"),
    (404, "NoSuchBucket", "Check the name"),
    (400, "ExpiredToken", "renew them and run the same command again"),
    (403, "InvalidAccessKeyId", "--profile"),
    (503, "SlowDown", "wait"),
]
"""Status, code, and words of what to do."""
OF_A_PLACE = ("listing.denied", "listing.unread", "object.override-unread", "submit.no-bucket")
BARE = [
    (403, "403", "credentials"),
    (404, "404", "Check the name"),
    (400, "400", "expired credentials"),
    (301, "redirected", "endpoint and the region"),
    (503, "503", "wait"),
]
"""The same where an answer has no body."""


def run(prepared: Prepared, arguments: list[str | Path], fault: Fault, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Run a command against the server behind a fault, which is met."""
    fault.met = 0
    with run_fault_proxy(prepared.bucket.endpoint_url, fault) as proxy, monkeypatch.context() as context:
        context.setenv("AWS_ENDPOINT_URL", proxy.url)
        context.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        ran = dicommap(*arguments)
    assert fault.met, "the command sent no such request"
    assert not [word for word in SECRETS if word in ran.everything], ran.everything
    return ran


def at(where: Where, kind: str, *, body: bytes = b"", times: int | None = None) -> Fault:
    return Fault(kind, method=where.method, key=where.key, query=where.query, body=body, times=times)


def require_refused(ran: Ran, fault: Fault, *words: str) -> None:
    """A line says what is wrong, and a second what to do; nothing was printed as a result.

    What is wrong with a place in S3 is a finding instead, in commands that have such.
    """
    results = ("S3 holds", "instances imported", "Started", "Copied")
    assert not [word for word in results if word in ran.out], (fault, ran.everything)
    if ran.status == 1:
        assert any(f"[{name}]" in ran.out for name in OF_A_PLACE), (fault, ran.everything)
        return
    shown = ("To be sent: ", "  ")
    told = [line for line in ran.err.splitlines() if "job 0001" not in line and not line.startswith(shown)]
    assert (ran.status, len(told)) == (2, 2), (fault, ran.everything)
    assert all(word in ran.err for word in words), (fault, ran.err)


@pytest.mark.parametrize("where", one_of(3, [*WRITTEN, *LISTED, *READ, *LOOKED_AT]), ids=str)
def test_what_s3_refuses_is_told_with_a_next_step_and_a_repetition_goes_on(
    where: Where, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = where.command(prepared)
    for status, code, fix in BARE if where.method == "HEAD" else REFUSALS:
        if code in where.passed:
            continue
        fault = at(where, "status")
        fault.status, fault.code = status, code
        require_refused(run(prepared, arguments, fault, monkeypatch), fault, code, fix)
        assert prepared.service.jobs == ()
    prepared.require_done(arguments, dicommap(*arguments))


@pytest.mark.parametrize("where", one_of(3, [*LISTED, *READ]), ids=str)
def test_an_answer_that_never_comes_whole_is_told_and_never_taken_for_another(
    where: Where, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = where.command(prepared)
    for kind, body, fix in (
        ("lost", b"", "network"),
        ("reset", b"", "again"),
        ("short", b"", "again"),
        ("other", HTML, "any proxy on the way"),
        ("page", HTML, "any proxy on the way"),
    ):
        fault = at(where, kind, body=body)
        require_refused(run(prepared, arguments, fault, monkeypatch), fault, fix)
        assert prepared.service.jobs == ()
    prepared.require_done(arguments, dicommap(*arguments))


@pytest.mark.parametrize("kind", ["lost", "short"])
@pytest.mark.parametrize("where", one_of(3, [*WRITTEN, *LISTED, *READ]), ids=str)
def test_what_passes_is_not_seen(where: Where, kind: str, prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = where.command(prepared)
    prepared.require_done(arguments, run(prepared, arguments, at(where, kind, times=1), monkeypatch))


@pytest.mark.parametrize("where", WRITTEN, ids=str)
def test_a_key_that_another_writes_at_the_same_time_is_tried_again(
    where: Where, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = where.command(prepared)
    fault = at(where, "status")
    fault.status, fault.code = 409, "ConditionalRequestConflict"
    require_refused(run(prepared, arguments, fault, monkeypatch), fault, "omebody else", "run the same command again")
    fault.times = 3
    prepared.require_done(arguments, run(prepared, arguments, fault, monkeypatch))


@pytest.mark.parametrize("where", WRITTEN, ids=str)
def test_a_page_is_never_taken_for_an_object_that_was_put(
    where: Where, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = where.command(prepared)
    fault = at(where, "page", body=HTML)
    require_refused(run(prepared, arguments, fault, monkeypatch), fault, "not one of S3", "endpoint")
    assert prepared.service.jobs == ()
    prepared.require_done(arguments, dicommap(*arguments))


@pytest.mark.parametrize("where", [WRITTEN[0], WRITTEN[1]], ids=str)
def test_an_answer_to_a_copy_that_is_always_lost_does_not_hide_that_it_was_made(
    where: Where, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = where.command(prepared)
    run(prepared, arguments, at(where, "lost"), monkeypatch)
    prepared.require_done(arguments, dicommap(*arguments))
