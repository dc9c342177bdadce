"""The display of a probe: a table that fits a narrow terminal, evidence, the requests of a dry run."""

from __future__ import annotations

import pytest

from dicommap.display.probe_report import (
    build_answer_cells,
    build_probe_answers_report,
    build_probe_estimate_report,
    list_changed_settings,
    list_request_rows,
)
from dicommap.display.report_html import render_html_page
from dicommap.display.report_text import render_text
from dicommap.healthimaging.override_questions import QUESTION_SUBJECTS, OverrideAnswers, map_questions_to_answers
from dicommap.probing.probe_estimate import estimate_probe
from dicommap.probing.probe_report import ProbeReport
from tests.support.simulated_probe import SimulatedProbe


@pytest.fixture(scope="module")
def report() -> ProbeReport:
    answers = OverrideAnswers(emptyNoValue="refused", refusal="files-failed", sequences="merged")
    return SimulatedProbe(answers, ["emptyNoValue", "sequences", "twoCopies"]).run()


def test_each_question_has_a_subject_for_a_narrow_table() -> None:
    assert list(QUESTION_SUBJECTS) == list(map_questions_to_answers())
    widths = [max(map(len, words)) for words in ([*QUESTION_SUBJECTS], ["not-counted"], ["files-failed"])]
    assert sum(widths) + 3 * 2 + max(map(len, QUESTION_SUBJECTS.values())) <= 80


def test_the_report_has_answers_evidence_and_assumptions(report: ProbeReport) -> None:
    assert build_answer_cells(report.questions[0]) == (
        "emptyNoValue",
        "refused",
        "files-failed",
        "attribute without Value",
    )
    assert list_changed_settings(report) == [("emptyValue", "unavailable"), ("sequences", "unavailable")]
    page = render_html_page(build_probe_answers_report(report))
    assert "3 questions" in page
    assert "The effect of an attribute without Value" in page
    assert "Observed: " in page
    assert "The metadata file of mapping 0 has an attribute that is refused" in page
    assert "unavailable" in page


def test_a_dry_run_tells_the_requests_of_the_probe_from_those_of_the_clean_up() -> None:
    estimate = estimate_probe(["twoCopies"])
    cells = {name: rest for name, *rest in list_request_rows(estimate)}
    assert cells["StartDICOMImportJob"] == ["1", ""]
    assert cells["DeleteImageSet"] == ["", "1"]
    assert cells["SearchImageSets"] == ["1", "1"]
    text = render_text(build_probe_estimate_report(estimate))
    assert "5 MB of image set storage for 30 days" in text
    assert "up to" not in text
