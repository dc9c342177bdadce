"""The plot of a reconciliation: a stacked bar for each job."""

from __future__ import annotations

import re

from dicommap.plots.reconciliation_plot import MAX_JOBS, plot_reconciliation
from dicommap.reconciliation.outcomes import ImportOutcome, JobOutcomes, JobState


def job(number: int, state: JobState = JobState.COMPLETED, **counts: int) -> JobOutcomes:
    outcomes = {ImportOutcome[name.upper()]: count for name, count in counts.items()}
    return JobOutcomes(job=f"{number:04}", input_s3_uri="s3://bucket/in/", state=state, counts=outcomes)


def widths(svg: str, number: int) -> list[float]:
    return [float(width) for width in re.findall(rf'width="([\d.]+)"[^>]*><title>job {number:04}:', svg)]


def test_a_bar_has_a_part_for_each_outcome() -> None:
    plot = plot_reconciliation([job(1, primary=900, failed=1), job(2, imported=450)])
    assert plot.description == "1,350 of 1,351 instances imported, by 2 jobs."
    assert "job 0001: 1 instance failed" in plot.svg
    assert "job 0002: 450 instances imported, primary or not unknown" in plot.svg
    first, second = widths(plot.svg, 1)
    assert first > 100 * second > 100
    assert widths(plot.svg, 2)[0] < first / 1.9
    assert "non-primary" not in plot.svg


def test_a_job_that_did_not_complete_says_so() -> None:
    plot = plot_reconciliation([job(1, JobState.FAILED, not_reported=2)])
    assert ">0001 failed<" in plot.svg
    assert "0 of 2 imported" in plot.svg


def test_of_many_jobs_the_worst_are_drawn() -> None:
    plot = plot_reconciliation([*(job(number, primary=5) for number in range(1, 500)), job(500, failed=2)])
    assert "job 0500: 2 instances failed" in plot.svg
    assert f"and {500 - MAX_JOBS} more jobs with fewer instances that were not imported" in plot.svg


def test_no_instance_is_no_bar() -> None:
    assert "0 of 0 instances imported, by 0 jobs." in plot_reconciliation([]).svg
