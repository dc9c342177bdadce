"""The course of a probe: its stages, and answers that are unclear although single jobs look clear."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.healthimaging.override_questions import OverrideAnswers
from dicommap.probing.experiments import COPIES, FIRST_IMPORT
from dicommap.probing.observation import Observation, RecordNote
from dicommap.probing.probe_course import ProbeCourse
from dicommap.probing.question_experiments import QUESTIONS
from tests.support.simulated_probe import PROBE, SimulatedProbe


def names(course: ProbeCourse) -> list[str]:
    return [job.name for job in course.list_next_jobs()]


def change(probe: SimulatedProbe, name: str, **members: Any) -> None:
    probe.observations[name] = probe.observations[name].model_copy(update=members)


def without(observation: Observation, keyword: str) -> tuple[Any, ...]:
    """Return the stored instances of an observation without an attribute."""
    return tuple(
        instance.model_copy(update={"attributes": {k: v for k, v in instance.attributes.items() if k != keyword}})
        for instance in observation.stored
    )


def test_the_stages_follow_each_other() -> None:
    probe = SimulatedProbe(OverrideAnswers(), ["emptyNoValue", "withoutFiles"])
    stages: list[list[str]] = []
    while found := names(probe.course()):
        stages.append(found)
        for job in probe.course().list_next_jobs():
            probe.observations[job.name] = probe.observe(job)
    assert stages[0] == [COPIES]
    assert [name.startswith("form-") for name in stages[1]] == [True] * 4
    assert stages[2:] == [["empty-no-value", FIRST_IMPORT], ["without-files"]]


def test_an_attribute_that_is_never_shown_is_not_called_cleared() -> None:
    probe = SimulatedProbe(OverrideAnswers(emptyNoValue="ignored"), ["emptyNoValue"])
    assert probe.run().answers == {"emptyNoValue": "ignored"}
    for name in (COPIES, "empty-no-value"):
        change(probe, name, stored=without(probe.observations[name], "AdditionalPatientHistory"))
    verdict = probe.course().make_verdicts()["emptyNoValue"]
    assert verdict.answer is None
    assert "its absence shows nothing" in verdict.seen


def test_an_identifier_that_is_ignored_makes_its_level_unclear() -> None:
    questions = ["patientInStudy", "studyInStudy", "seriesInSeries"]
    report = SimulatedProbe(OverrideAnswers(), questions, ignored_attributes=frozenset({"PatientID", "StudyID"})).run()
    assert report.answers == {"patientInStudy": None, "studyInStudy": None, "seriesInSeries": "applied"}
    assert report.assumptions.patientInStudy == "unavailable"
    assert report.questions[0].seen.count("PatientID: before") == 1
    assert [evidence.name for evidence in report.questions[0].evidence] == ["level-patientInStudy"]
    assert len(report.questions[1].evidence) == 2  # the text alone is applied, as another job shows


def test_an_answer_that_the_question_does_not_have_is_unclear() -> None:
    probe = SimulatedProbe(OverrideAnswers(brokenFile="ignored"), ["brokenFile"])
    assert probe.run().answers == {"brokenFile": "ignored"}
    job = probe.course().build_named_job("broken-file")
    watch = job.watches["tested"]
    stored = tuple(
        instance.model_copy(update={"attributes": {**instance.attributes, watch.keyword: watch.values["after"]}})
        for instance in probe.observations["broken-file"].stored
    )
    change(probe, "broken-file", stored=stored)
    assert probe.course().make_verdicts()["brokenFile"].answer is None


def test_a_warning_without_a_reason_is_usual_only_if_files_without_overrides_have_it() -> None:
    probe = SimulatedProbe(OverrideAnswers(byteOrderMark="ignored"), ["byteOrderMark"])
    assert probe.run().answers == {"byteOrderMark": "ignored"}
    for name in ("byte-order-mark", COPIES):
        paths = probe.course().build_named_job(name).list_p10_paths()
        records = tuple(RecordNote(kind="WARNING", inputFile=f"in/{path}") for path in paths)
        change(probe, name, records=records)
        expected = "refused" if name != COPIES else "ignored"
        assert probe.course().make_verdicts()["byteOrderMark"].answer == expected


@pytest.mark.parametrize("members", [{"jobStatus": "FAILED"}, {"stored": ()}])
def test_files_that_cannot_be_imported_without_overrides_answer_nothing(members: dict[str, Any]) -> None:
    probe = SimulatedProbe(OverrideAnswers(), list(QUESTIONS))
    (job,) = probe.course().list_next_jobs()
    probe.observations[COPIES] = probe.observe(job)
    change(probe, COPIES, **members)
    assert names(probe.course()) == []
    assert set(probe.course().make_verdicts()) == set(QUESTIONS)
    assert {verdict.answer for verdict in probe.course().make_verdicts().values()} == {None}


def test_a_lost_configuration_answers_nothing_and_ends_the_probe() -> None:
    probe = SimulatedProbe(OverrideAnswers(), ["dataSet", "twoCopies"])
    for _ in range(2):
        for job in probe.course().list_next_jobs():
            probe.observations[job.name] = probe.observe(job)
    change(probe, "form-object-absent-studyInStudy", configuration="missing")
    assert names(probe.course()) == []
    verdicts = probe.course().make_verdicts()
    assert (verdicts["dataSet"].answer, verdicts["twoCopies"].answer) == (None, "last")
    assert "importConfiguration" in verdicts["dataSet"].seen


def test_equal_observations_give_equal_jobs() -> None:
    probe = SimulatedProbe(OverrideAnswers(dataSet="array", studyInStudy="ignored"), ["privateElements", "precedence"])
    probe.run()
    course = ProbeCourse(PROBE, ["precedence", "privateElements"], dict(reversed(probe.observations.items())))
    assert course.build_named_job("private").objects == probe.course().build_named_job("private").objects
    assert course.form == probe.course().form
    assert course.form is not None
    assert course.form.is_array


@pytest.mark.parametrize("answer", ["applied", "ignored", "refused"])
def test_a_size_is_judged_beside_a_small_file_with_a_sequence(answer: Any) -> None:
    probe = SimulatedProbe(OverrideAnswers(size1=answer), ["size1"])
    assert probe.run().answers == {"size1": answer}
    assert "sequence" in probe.observations
    change(probe, "sequence", jobStatus="FAILED", stored=())
    verdict = probe.course().make_verdicts()["size1"]
    assert verdict.answer == ("applied" if answer == "applied" else None)
    assert ("sequence is not applied either" in verdict.seen) is (answer != "applied")


@pytest.mark.long
@pytest.mark.parametrize("largest", ["size1", "size10", "size50"])
def test_files_of_all_sizes_are_judged(largest: str) -> None:
    sizes = ["size1", "size10", "size50"]
    answers = {name: "applied" if number <= sizes.index(largest) else "refused" for number, name in enumerate(sizes)}
    report = SimulatedProbe(OverrideAnswers.model_validate(answers), sizes).run()
    assert report.answers == answers
    assert report.assumptions.largestFile == f"{largest.removeprefix('size')}MB"
