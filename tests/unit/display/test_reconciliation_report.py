"""The screen of a reconciliation is one screen however many jobs and studies there are."""

from __future__ import annotations

from dicommap.display.issue_report import Issues
from dicommap.display.reconciliation_report import (
    build_reconciliation_report,
    rank_failure_reasons,
)
from dicommap.display.report import Report
from dicommap.display.report_html import render_html_fragment, render_html_page
from dicommap.display.report_text import render_text
from dicommap.issues import Location, make_issue
from dicommap.reconciliation.outcomes import ImportOutcome, JobOutcomes, JobState, StudyOutcomes

SECRET = "Zyzzyva"
EVIL = "<script>alert(1)</script>"


def outcomes(jobs: int) -> list[JobOutcomes]:
    return [
        JobOutcomes(
            job=f"{number:04}",
            input_s3_uri=f"s3://bucket/{EVIL}/{number}/",
            state=JobState.COMPLETED,
            message=f"{SECRET} failed" if number == 1 else "",
            counts={ImportOutcome.FAILED: 2, ImportOutcome.WARNINGS: 1},
            reasons={("ValidationException", f"PatientName {SECRET}{number} is invalid"): 2},
            warnings={"OTHER": 1},
        )
        for number in range(1, jobs + 1)
    ]


def report(jobs: int = 1, *, show_values: bool = False, is_limited: bool = True) -> Report:
    every = outcomes(jobs)
    studies = [
        StudyOutcomes(job=job.job, study_instance_uid=f"1.2.{job.job}", counts={ImportOutcome.FAILED: 2})
        for job in every
    ]
    issues = Issues([make_issue("reconcile.failed", Location(path="jobs/0001"), count=2, planned=3)])
    return build_reconciliation_report(EVIL, every, studies, issues, show_values=show_values, is_limited=is_limited)


def test_it_says_what_came_of_all_and_why() -> None:
    text = render_text(report())
    assert text.startswith("Reconciliation: 1 of 3 instances imported, 1 job, 1 error")
    assert "1 warnings; 2 failed" in text
    assert "ValidationException" in text
    assert "PatientName *** is invalid" in text
    assert SECRET not in text
    assert SECRET in render_text(report(show_values=True))


def test_masked_reasons_that_look_alike_are_counted_together() -> None:
    found = rank_failure_reasons(outcomes(50), show_values=False)
    assert found[0] == (100, "ValidationException", "PatientName *** is invalid")
    assert len(rank_failure_reasons(outcomes(50), show_values=True)) == 51


def test_many_jobs_are_one_screen_and_a_page_has_all() -> None:
    screen = render_html_fragment(report(500))
    assert len(screen) < 60_000
    assert "and 480 more jobs" in screen
    page = render_html_page(report(500, is_limited=False))
    assert "1.2.0500" in page
    for html in (screen, page):
        assert SECRET not in html
        assert EVIL not in html
