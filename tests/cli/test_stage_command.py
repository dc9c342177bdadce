"""`dicommap draft` with quotas and staging, and `dicommap stage`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import dicommap
from tests.support.s3_server import Bucket

RULES = '[[rule]]\nname = "a rule"\nlevel = "study"\nset = { PatientSex = "O" }\n'


@pytest.fixture
def drafted(tree: Path, tmp_path: Path, bucket: Bucket) -> list[str | Path]:
    """Return the arguments of a draft but for its package, quotas and staging."""
    (tmp_path / "rules.toml").write_text(RULES)
    bucket.upload(tree, "in/")
    assert dicommap("scan", f"{bucket.uri}in/", "-o", tmp_path / "i.db").status == 0
    return ["draft", tmp_path / "i.db", "--rules", tmp_path / "rules.toml"]


def test_what_does_not_fit_is_staged_and_verified(drafted: list[str | Path], bucket: Bucket, tmp_path: Path) -> None:
    package = tmp_path / "package"
    ran = dicommap(*drafted, "--quota", "files=3", "--stage-uri", f"{bucket.uri}staged/", "-o", package)
    assert ran.status == 0, ran.everything
    assert "4 jobs: 0 in place, 4 staged" in ran.out
    assert "job.study-over-quota" in ran.out
    shown = dicommap("stage", package, "-n")
    copies = [json.loads(line) for line in shown.out.splitlines()]
    assert (shown.status, len(copies), bucket.keys("staged/")) == (0, 8, [])
    ran = dicommap("stage", package, "--source", f"{bucket.uri}in/", "--yes")
    assert ran.status == 0, ran.everything
    assert f"Next: dicommap submit {package} -n\n" in ran.out
    assert len(bucket.keys("staged/")) == 8
    again = dicommap("stage", package, "--source", f"{bucket.uri}in/", "--yes")
    assert (again.status, len(bucket.keys("staged/"))) == (0, 8)
    assert dicommap("validate", "--s3", package).status == 0


def test_a_finding_is_status_1_and_nothing_is_replaced(
    drafted: list[str | Path], bucket: Bucket, tmp_path: Path
) -> None:
    package = tmp_path / "package"
    dicommap(*drafted, "--staging", "all", "--stage-uri", f"{bucket.uri}staged/", "-o", package)
    bucket.put("staged/0001/notes", b"x")
    ran = dicommap("stage", package, "--source", f"{bucket.uri}in/", "--yes")
    assert ran.status == 1
    assert "stage.stray" in ran.out
    assert "Next: dicommap explain stage.stray\n" in ran.out
    assert bucket.keys("staged/") == ["staged/0001/notes"]


def test_a_plan_that_was_edited_by_hand_copies_nothing_and_starts_nothing(
    drafted: list[str | Path], bucket: Bucket, tmp_path: Path
) -> None:
    package = tmp_path / "package"
    dicommap(*drafted, "--staging", "all", "--stage-uri", f"{bucket.uri}staged/", "-o", package)
    plan = package / "plan.json"
    plan.write_text(plan.read_text().replace("/staged/0001/", "/in/study1/"))
    keys = bucket.keys()
    ran = dicommap("stage", package, "--source", f"{bucket.uri}in/", "--yes")
    assert (ran.status, ran.err) == (1, "")
    assert "[s3-uri.mismatch]" in ran.out
    assert ran.results.endswith("Nothing was copied.\n")
    assert bucket.keys() == keys


def test_a_package_without_staged_jobs_has_nothing_to_stage(drafted: list[str | Path], tmp_path: Path) -> None:
    package = tmp_path / "package"
    assert dicommap(*drafted, "-o", package).status == 0
    ran = dicommap("stage", package)
    assert (ran.status, ran.results) == (0, "No job of the package is staged.\n")


def test_instances_in_no_job_are_status_1_and_no_package(drafted: list[str | Path], tmp_path: Path) -> None:
    package = tmp_path / "package"
    ran = dicommap(*drafted, "--quota", "files=2", "-o", package)
    assert (ran.status, package.exists()) == (1, False)
    assert "No job imports 8 files of instances" in ran.out


@pytest.mark.parametrize(
    "options", [["--quota", "files"], ["--staging", "all"], ["--quota", "mappings=1001"], ["--staging", "some"]]
)
def test_a_wrong_option_is_status_2(drafted: list[str | Path], tmp_path: Path, options: list[str]) -> None:
    assert dicommap(*drafted, *options, "-o", tmp_path / "package").status == 2
