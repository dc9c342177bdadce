"""Two people, or two terminals, that send one package at the same moment: everything is sent once, and it is said."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dicommap.testing import ImportJobService
from tests.cli.killing import Died, Killer, killing
from tests.cli.test_killed_stage import Stagings, stagings
from tests.support.s3_server import environment
from tests.support.submission_packages import PreparedPackage, options, ready, states

__all__ = ["ready", "stagings"]

Pair = tuple[Killer, Killer]


@pytest.fixture
def pair(import_jobs: ImportJobService, s3_environment: str) -> Iterator[Pair]:
    variables = environment(s3_environment) | import_jobs.environment
    with killing(variables) as one, killing(variables) as other:
        yield one, other


def at_once(pair: Pair, first: list[str | Path], second: list[str | Path]) -> list[Died]:
    """Run two commands at the same time, each to its end."""
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(one.run, *arguments) for one, arguments in zip(pair, (first, second), strict=True)]
        return [one.result() for one in running]


def require_one_job_each(ready: PreparedPackage, service: ImportJobService) -> None:
    assert [job.request["inputS3Uri"] for job in service.jobs] == [f"{ready.bucket.uri}in/{n}/" for n in (1, 2)]
    for number in (1, 2):
        files = ready.package / f"jobs/{number:04}/files"
        for path in (one for one in files.rglob("*") if one.is_file()):
            assert ready.bucket.get(f"in/{number}/{path.relative_to(files).as_posix()}") == path.read_bytes()


def test_two_copies_of_a_package_start_each_job_once_and_who_comes_second_is_told(
    ready: PreparedPackage, import_jobs: ImportJobService, pair: Pair, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ready.package, copy)
    account = options(ready.bucket)
    ran = at_once(pair, ["submit", ready.package, "--yes", *account], ["submit", copy, "--yes", *account])
    assert [one.status for one in ran] == [0, 0], ran
    require_one_job_each(ready, import_jobs)
    assert [job.calls for job in import_jobs.jobs] == [2, 2]
    jobs = [job.job_id for job in import_jobs.jobs]
    for place in (ready.package, copy):
        assert [state["jobId"] for state in states(place).values()] == jobs
    # Of each override file one of the two found that it was there.
    for job in ("0001", "0002"):
        told = f"job {job}: override files were there before this package was submitted"
        assert any(told in one.printed for one in ran), ran
    again = pair[0].run("submit", copy, "--yes", *account)
    assert (again.status, [job.calls for job in import_jobs.jobs]) == (0, [2, 2])


def test_one_package_from_two_terminals_starts_each_job_once(
    ready: PreparedPackage, import_jobs: ImportJobService, pair: Pair
) -> None:
    submit: list[str | Path] = ["submit", ready.package, "--yes", *options(ready.bucket)]
    ran = sorted(at_once(pair, submit, submit), key=lambda one: one.status)
    # The second is refused while the first runs, and has nothing to do where that has ended already.
    assert (ran[0].status, ran[1].status) in ((0, 2), (0, 0)), ran
    if ran[1].status:
        assert (
            "Another 'dicommap submit' or 'dicommap adopt' uses this package.\nWait until it has ended."
            in ran[1].printed
        )
    require_one_job_each(ready, import_jobs)
    assert [job.calls for job in import_jobs.jobs] == [1, 1]
    assert {state["state"] for state in states(ready.package).values()} == {"started"}


def test_two_copies_of_a_package_are_staged_once(stagings: Stagings, pair: Pair, tmp_path: Path) -> None:
    package = stagings.package()
    copy = tmp_path / "copy"
    shutil.copytree(package, copy)
    ran = at_once(pair, ["stage", package, *stagings.allowed], ["stage", copy, *stagings.allowed])
    assert [one.status for one in ran] == [0, 0], ran
    stagings.require_staged_once(package)
