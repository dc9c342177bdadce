"""Each command that is printed as the next one runs as it is printed, from the first scan to the last outcome."""

from __future__ import annotations

import csv
import io
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dicommap.cli import confirmation
from dicommap.testing import ImportJobService
from tests.cli.running import Ran, dicommap
from tests.support.p10_files import small_tree
from tests.support.s3_server import Bucket
from tests.support.submission_packages import ROLE

STEP = re.compile(
    r"^Next(?P<conditions>[^:\n]*(?:s3://[^:\n]*)?):\s(?P<command>\s*dicommap (?:.*\\\n)*.*)$", re.MULTILINE
)


def next_words(ran: Ran) -> list[str]:
    """Return the words of the printed next command, as a shell reads them."""
    (step,) = STEP.finditer(ran.everything)
    assert all(len(line) <= 80 for line in step[0].splitlines())
    program, *words = shlex.split(step["command"].replace("\\\n", " "))
    assert program == "dicommap"
    return words


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory of somebody at a terminal who answers yes to each question."""
    directory = tmp_path / "a person's files"
    directory.mkdir()
    monkeypatch.chdir(directory)
    monkeypatch.setattr(confirmation, "_has_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n" * 20))
    return directory


class Walk:
    """Runs of commands in which each one is the next command that the run before has printed."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values
        self.commands: list[str] = []
        self.last = Ran(0, "", "")

    def start(self, *words: str) -> Ran:
        self.last = dicommap(*words)
        assert self.last.status == 0, self.last.everything
        return self.last

    def follow(self, until: str, before: Callable[[list[str]], None] | None = None, *, status: int = 0) -> Ran:
        """Run the printed commands until one of them begins with the words `until`; that one ends with `status`."""
        for _ in range(12):
            words = [self.values.get(word, word) for word in next_words(self.last)]
            self.commands.append(" ".join(words[:1]))
            if before is not None:
                before(words)
            is_last = " ".join(words).startswith(until)
            self.last = dicommap(*words)
            assert self.last.status == (status if is_last else 0), (words, self.last.everything)
            if is_last:
                return self.last
        raise AssertionError(self.commands)


def edit_the_sheet(words: list[str]) -> None:
    if words[0] != "draft" or "-n" not in words:
        return
    path = Path(words[words.index("--sheet") + 1])
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    rows[0]["PatientID"] = "HOSP-417"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def values(bucket: Bucket, import_jobs: ImportJobService) -> dict[str, str]:
    """Return what somebody writes in the place of each placeholder."""
    return {
        "DATASTORE_ID": import_jobs.datastore_id,
        "ROLE_ARN": ROLE,
        **{f"s3://BUCKET/{name}/": f"{bucket.uri}{name.lower()}/" for name in ("INPUT", "OUTPUT", "RETRY")},
    }


@pytest.mark.usefixtures("person")
def test_from_a_bucket_to_the_outcomes(tree: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    bucket.upload(tree, "in/")
    walk = Walk(values(bucket, import_jobs))
    walk.start("scan", f"{bucket.uri}in/", "-o", "my inventory.db")
    walk.follow("submit", edit_the_sheet)
    assert walk.commands == ["sheet", "draft", "draft", "validate", "submit"]
    assert not import_jobs.jobs
    walk.follow("verify")
    assert walk.commands[5:] == ["submit", "watch", "reconcile", "verify"]
    assert "Done: the image sets of these jobs have the values of all overrides." in walk.last.out
    assert {one.after["00100020"]["Value"][0] for one in import_jobs.instances} >= {"HOSP-417"}
    finished = dicommap("submit", "package")
    assert next_words(finished) == ["reconcile", "package"]
    assert next_words(dicommap("watch", "package")) == ["reconcile", "package"]
    assert next_words(dicommap("validate", "package")) == ["reconcile", "package"]


@pytest.mark.usefixtures("person")
def test_a_failed_job_is_imported_again(tree: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    bucket.upload(tree, "in/")
    import_jobs.fault("job-failed", message="FILE_COUNTS_LIMIT_EXCEEDED", times=1)
    walk = Walk(values(bucket, import_jobs))
    walk.start("scan", f"{bucket.uri}in/", "-o", "i.db")
    walk.follow("submit", edit_the_sheet)
    running = walk.follow("submit")
    assert next_words(running) == ["watch", "package"]
    assert next_words(dicommap("watch", "package", "--once")) == ["watch", "package"]
    walk.follow("watch", status=1)
    walk.follow("reconcile", status=1)
    walk.follow("reconcile package --retry package-retry", status=1)
    walk.follow("verify package-retry")
    steps = ["submit", "watch", "reconcile", "reconcile", "submit", "submit", "watch", "reconcile", "verify"]
    assert walk.commands[5:] == steps
    assert "Done: the image sets of these jobs have the values of all overrides." in walk.last.out


def test_from_a_local_tree_to_requests(person: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    tree = small_tree(person / "a tree")
    walk = Walk(values(bucket, import_jobs))
    walk.start("scan", "a tree", "-o", "i.db")
    walk.follow("submit", edit_the_sheet)
    assert walk.commands == ["sheet", "draft", "draft", "validate", "submit"]
    bucket.upload(tree, "input/")
    walk.follow("verify")
    assert "Done: the image sets of these jobs have the values of all overrides." in walk.last.out


def test_staged_files_are_copied_first(person: Path, bucket: Bucket, import_jobs: ImportJobService) -> None:
    small_tree(person / "tree", studies=2, series=1, instances=2)
    walk = Walk(values(bucket, import_jobs))
    walk.start("scan", "tree", "-o", "i.db")
    walk.start("sheet", "i.db", "-o", "s.csv")
    edit_the_sheet(["draft", "--sheet", "s.csv", "-n"])
    walk.start(
        *("draft", "i.db", "--sheet", "s.csv", "--input-s3-uri", f"{bucket.uri}in/", "-n"),
        *("--staging", "all", "--stage-uri", f"{bucket.uri}staged/"),
    )
    walk.follow("reconcile")
    assert walk.commands == ["draft", "validate", "stage", "submit", "submit", "watch", "reconcile"]
    assert len(import_jobs.instances) == 4


@pytest.mark.usefixtures("person")
def test_errors_are_explained_and_lists_lead_on(tree: Path) -> None:
    (tree / "cut").write_bytes((tree / "study1/series1/IM0001").read_bytes()[:400])
    cut = dicommap("scan", tree, "-o", "i.db")
    assert next_words(cut) == ["show", "i.db", "--level", "issue", "--severity", "error"]
    shown = dicommap(*next_words(cut))
    command, *codes = next_words(shown)
    assert (command, codes[0]) == ("explain", "p10.truncated")
    explained = dicommap(command, *codes)
    assert explained.status == 0
    assert next_words(explained) == ["show", "INVENTORY", "--level", "issue", "--code", codes[-1]]
    assert next_words(dicommap("show", "i.db", "--level", "series")) == [
        "sheet",
        "i.db",
        "--level",
        "series",
        "-o",
        "series.csv",
    ]
    Path("series.csv").touch()
    shown = dicommap("show", "i.db", "--level", "series")
    assert next_words(shown)[-1] == "series-2.csv"
    assert dicommap(*next_words(shown)).status == 0


@pytest.mark.usefixtures("person")
def test_a_draft_with_errors_is_not_led_on(tree: Path) -> None:
    dicommap("scan", tree, "-o", "i.db")
    Path("r.toml").write_text('[[rule]]\nname = "x"\nlevel = "study"\nset = { StudyDate = "yesterday" }\n')
    ran = dicommap("draft", "i.db", "--rules", "r.toml", "--input-s3-uri", "s3://bucket/in/", "-n")
    assert ran.status == 1
    assert next_words(ran)[0] == "explain"


@pytest.mark.usefixtures("person")
def test_policies_ask_for_what_is_missing_and_lead_to_the_submit(tree: Path, bucket: Bucket) -> None:
    dicommap("scan", tree, "-o", "i.db")
    Path("r.toml").write_text('[[rule]]\nname = "x"\nlevel = "study"\nset = { StudyDescription = "Knee" }\n')
    dicommap("draft", "i.db", "--rules", "r.toml", "--input-s3-uri", f"{bucket.uri}in/", "-o", "package")
    ran = dicommap("policy", "package", "--part", "caller")
    given = {"DATASTORE_ID": "0" * 32, "ROLE_ARN": ROLE, "REGION": "us-east-1", "s3://BUCKET/OUTPUT/": "s3://out/"}
    again = dicommap(*(given.get(word, word) for word in next_words(ran)))
    assert "<" not in again.out
    assert next_words(again) == ["submit", "package", "-n"]


@pytest.mark.usefixtures("person")
def test_resources_for_healthlake_lead_to_their_job(tree: Path) -> None:
    dicommap("scan", tree, "-o", "i.db")
    ran = dicommap("fhir", "i.db", "-o", "studies.ndjson")
    assert next_words(ran) == ["watch", "--fhir-job", "DATASTORE/JOB"]
