"""The command probe: its questions, its dry run, its report and its clean-up; and a process that is killed."""

from __future__ import annotations

import json
from pathlib import Path

from dicommap.healthimaging.override_questions import map_questions_to_answers
from dicommap.testing import ImportJobService
from dicommap.validation.schema_registry import get_schema_validator
from tests.cli.killing import killing
from tests.cli.running import dicommap, dicommap_on_terminal
from tests.support.s3_server import Bucket, environment

ROLE = "arn:aws:iam::123456789012:role/import"


def settings(service: ImportJobService, bucket: Bucket) -> list[str]:
    return [
        *("--datastore-id", service.datastore_id, "--data-access-role-arn", ROLE),
        *("--input-s3-uri", f"{bucket.uri}in/", "--output-s3-uri", f"{bucket.uri}out/"),
    ]


def test_the_list_has_each_question() -> None:
    ran = dicommap("probe", "--list")
    assert ran.status == 0
    first_words = {line.split()[0] for line in ran.out.splitlines() if line.strip()}
    assert map_questions_to_answers().keys() <= first_words


def test_a_directory_is_needed_to_ask() -> None:
    ran = dicommap("probe")
    assert ran.status == 2
    assert "No directory was named" in ran.err


def test_a_dry_run_counts_the_requests_and_sends_none(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    ran = dicommap("probe", tmp_path / "probe", "-n", "--question", "twoCopies", *settings(import_jobs, bucket))
    assert ran.status == 0
    assert "StartDICOMImportJob" in ran.out
    assert "5 MB of image set storage for 30 days" in ran.out
    assert "Nothing was sent." in ran.out
    assert "-n" not in ran.out.rpartition("Next")[2].split()
    assert not import_jobs.jobs
    assert not bucket.keys()
    assert not (tmp_path / "probe").exists()


def test_a_probe_prints_its_report_and_cleans_up(import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path) -> None:
    place, page = tmp_path / "probe", tmp_path / "probe.html"
    refused = dicommap("probe", place, "--question", "twoCopies", *settings(import_jobs, bucket))
    assert refused.status == 2
    assert "--yes" in refused.err
    assert not import_jobs.jobs
    options = ("--format", "json", "--html", page, "--yes")
    ran = dicommap("probe", place, "--question", "twoCopies", *options, *settings(import_jobs, bucket))
    assert ran.status == 0, ran.err
    report = json.loads(ran.out)
    get_schema_validator("probe-report").validate(report)
    assert [question["answer"] for question in report["questions"]] == ["last"]
    assert "twoCopies" in page.read_text(encoding="utf-8")
    again = dicommap("probe", place)
    assert again.status == 0
    assert "twoCopies" in again.out
    assert "assumptions.json" in again.out
    narrow = dicommap_on_terminal(80, "probe", str(place))
    assert max(map(len, narrow.splitlines())) <= max(80, len(str(place)) + 40)
    counted = dicommap("probe", place, "--clean-up", "-n")
    assert "To be deleted: 1 image set" in counted.out
    unconfirmed = dicommap("probe", place, "--clean-up")
    assert unconfirmed.status == 2
    assert "--yes" in unconfirmed.err
    assert bucket.keys()
    cleaned = dicommap("probe", place, "--clean-up", "--yes")
    assert cleaned.status == 0
    assert "Deleted: 1 image set" in cleaned.out
    assert not bucket.keys()


def test_a_killed_process_goes_on_and_starts_each_job_once(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    variables = environment(bucket.endpoint_url) | import_jobs.environment
    words = ["--question", "twoCopies", "--yes", *settings(import_jobs, bucket)]
    with killing(variables) as killer:
        steps = killer.run("probe", tmp_path / "whole", *words).steps
        started = len(import_jobs.jobs)
        killer.killed(int(len(steps) * 0.6), "probe", tmp_path / "probe", *words)
        ended = killer.run("probe", tmp_path / "probe", *words)
    assert ended.status == 0, ended.printed
    assert len(import_jobs.jobs) == started + 1
