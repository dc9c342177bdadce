"""The plot of a plan: each job against each quota."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dicommap
from dicommap.planning.plan import Plan
from dicommap.plots.plan_plot import MAX_JOBS, plot_plan


@pytest.fixture
def plan(tree: Path) -> Plan:
    with dicommap.scan(tree) as inventory:
        made = dicommap.draft(
            inventory,
            input_s3_uri="s3://bucket/in/",
            by_study=lambda _: {"PatientID": "NEW"},
            quotas=dicommap.Quotas(files=10),
        )
    assert made.plan is not None
    return made.plan


def with_jobs(plan: Plan, *files: int) -> Plan:
    (job, *_) = plan.jobs
    jobs = (
        job.model_copy(update={"id": f"{number:04}", "sourceFiles": count, "files": ()})
        for number, count in enumerate(files, 1)
    )
    return plan.model_copy(update={"jobs": tuple(jobs)})


def test_each_job_is_shown_against_each_quota(plan: Plan) -> None:
    plot = plot_plan(with_jobs(plan, 10, 9, 5))
    assert plot.description == "3 jobs: 3 in place, 0 staged."
    for heading in ("files, of 10", "bytes, of 10.0 GB", "folders, of 10,000", "mappings, of 1,000"):
        assert f">{heading}<" in plot.svg
    assert "job 0001: 10 of 10 files" in plot.svg
    assert re.findall(r">(\d+%)<", plot.svg)[0:1] == ["100%"]
    assert plot.svg.count('class="doubtful"') == 2


def test_override_files_count_as_files(plan: Plan) -> None:
    job = plan.jobs[0]
    assert f"job 0001: {job.sourceFiles + len(job.files)} of 10 files" in plot_plan(plan).svg


def test_of_many_jobs_the_fullest_are_drawn(plan: Plan) -> None:
    plot = plot_plan(with_jobs(plan, *[1] * 500, 10, *[2] * MAX_JOBS))
    assert "job 0501: 10 of 10 files" in plot.svg
    assert "job 0001:" not in plot.svg
    assert "and 501 more jobs, each of which uses at most 20% of a quota" in plot.svg
    assert len(plot.svg) < 100_000


def test_the_report_of_a_plan_has_the_plot(plan: Plan) -> None:
    assert "Jobs against the quotas of an import job" in plan._repr_html_()
    assert "Jobs against" not in str(plan)
