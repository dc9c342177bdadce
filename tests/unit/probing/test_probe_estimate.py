"""The estimate of a probe counts what each question needs."""

from __future__ import annotations

from dicommap.probing.experiments import JOB_NAMES
from dicommap.probing.probe_estimate import estimate_probe
from dicommap.probing.question_experiments import QUESTIONS


def test_all_questions_need_all_jobs_but_the_further_forms() -> None:
    estimate = estimate_probe(QUESTIONS)
    assert set(estimate.jobs) <= set(JOB_NAMES)
    assert len(estimate.jobs) == len(set(estimate.jobs))
    assert len(estimate.jobs) + estimate.further_jobs == len(JOB_NAMES)
    assert estimate.bytes > 61_000_000
    assert estimate.billed_megabytes == estimate.image_sets * 5
    assert estimate.seconds > len(estimate.jobs)


def test_one_question_needs_few_jobs() -> None:
    assert estimate_probe(["twoCopies"]).jobs == ("copies",)
    assert estimate_probe(["noMatch"]).jobs[0] == "copies"
    assert len(estimate_probe(["noMatch"]).jobs) == 6
    assert len(estimate_probe(["studyInSeries"]).jobs) == 6


def test_a_size_needs_the_job_with_a_small_file_that_has_a_sequence() -> None:
    assert estimate_probe(["size1"]).jobs[-2:] == ("sequence", "size-1")
    assert estimate_probe(["size1", "size10"]).jobs[-3:] == ("sequence", "size-1", "size-10")


def test_a_question_that_needs_another_level_needs_the_jobs_of_all_levels() -> None:
    assert len(estimate_probe(["numbersAsText"]).jobs) == 1 + 4 + 8 + 1
    assert len(estimate_probe(["precedence"]).jobs) == 1 + 4 + 8 + 1
