"""The report of a probe: evidence with each answer, and an assumptions file that names its origin."""

from __future__ import annotations

import pytest

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.override_questions import OverrideAnswers
from dicommap.probing.probe_report import MAX_RECORDS, MAX_TEXT, ProbeReport, describe_question
from dicommap.validation.schema_registry import get_schema_validator
from tests.support.simulated_probe import DATASTORE, PROBE, SimulatedProbe

QUESTIONS = ["dataSet", "identifyingUids", "emptyNoValue", "sharedFile", "noMatch", "longValues"]


@pytest.fixture(scope="module")
def report() -> ProbeReport:
    answers = OverrideAnswers(dataSet="array", identifyingUids="needed", emptyNoValue="refused", refusal="warned")
    return SimulatedProbe(answers, QUESTIONS).run()


def test_each_answer_has_the_jobs_that_show_it(report: ProbeReport) -> None:
    get_schema_validator("probe-report").validate(report.model_dump(mode="json"))
    results = {result.question: result for result in report.questions}
    assert list(results) == QUESTIONS  # the order of the questions
    (evidence,) = results["emptyNoValue"].evidence
    assert (evidence.name, evidence.jobStatus) == ("empty-no-value", "COMPLETED")
    assert {stored.state for stored in evidence.stored} == {"before"}
    assert 0 < len(evidence.records) <= MAX_RECORDS
    assert all("ELEMENTS_DISCARDED" in record for record in evidence.records)
    assert (results["emptyNoValue"].answer, results["emptyNoValue"].reported) == ("refused", "warned")
    assert len(results["dataSet"].evidence) == 4


def test_a_question_without_an_answer_is_labelled_and_says_why(report: ProbeReport) -> None:
    results = {result.question: result for result in report.questions}
    assert (results["sharedFile"].answer, results["sharedFile"].label) == (None, "unclear")
    assert "two studies cannot share it" in results["sharedFile"].seen
    assert results["dataSet"].label == "observed"


def test_long_texts_are_cut(report: ProbeReport) -> None:
    values = [stored.value for result in report.questions for job in result.evidence for stored in job.stored]
    assert max(map(len, values)) <= MAX_TEXT


def test_the_assumptions_file_names_where_and_when(report: ProbeReport) -> None:
    document = report.make_assumptions_document()
    get_schema_validator("assumptions").validate(document)
    assert document["observed"] == {
        "probe": PROBE,
        "datastoreId": DATASTORE,
        "region": "us-east-1",
        "date": "2026-01-02",
    }
    assert document["unclear"] == ["sharedFile"]
    expected = Assumptions(dataSet="array", identifyingUids="present", emptyValue="unavailable")
    assert report.assumptions == expected


def test_the_form_that_was_used_is_assumed_if_the_answer_about_the_form_is_unclear() -> None:
    probe = SimulatedProbe(OverrideAnswers(dataSet="both", identifyingUids="needed"), ["dataSet", "identifyingUids"])
    probe.run()
    name = "form-array-present-studyInStudy"
    probe.observations[name] = probe.observations[name].model_copy(update={"unreadable": ("broken",)})
    report = probe.run()
    assert report.answers == {"dataSet": None, "identifyingUids": None}
    assert report.assumptions == Assumptions(identifyingUids="present")


def test_a_question_is_described_in_one_line() -> None:
    assert describe_question("twoCopies").startswith("The stored one of two P10 files")
    assert "\n" not in describe_question("refusal")
