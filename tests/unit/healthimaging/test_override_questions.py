"""The questions about override files, and their answers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.override_questions import OverrideAnswers, make_fitting_answers, map_questions_to_answers


def test_every_question_has_at_least_two_answers_and_a_default_among_them() -> None:
    defaults = OverrideAnswers()
    for name, answers in map_questions_to_answers().items():
        assert len(answers) >= 2, name
        assert getattr(defaults, name) in answers, name


def test_an_unknown_answer_is_refused() -> None:
    with pytest.raises(ValidationError):
        OverrideAnswers(sequences="dropped")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        ([], {}),
        (["dataSet=array"], {"dataSet": "array"}),
        (["identifyingUids=present"], {"identifyingUids": "needed"}),
        (["emptyValue=null"], {"emptyNoValue": "refused", "emptyNull": "cleared"}),
        (["emptyValue=unavailable"], {"emptyNoValue": "refused"}),
        (
            ["otherLevels=error"],
            dict.fromkeys(
                ["seriesInStudy", "instanceInStudy", "patientInSeries", "studyInSeries", "instanceInSeries"], "refused"
            ),
        ),
        (["seriesInSeries=unavailable"], {"seriesInSeries": "refused"}),
        (
            ["sequences=unavailable", "privateElements=unavailable"],
            {"sequences": "merged", "privateElements": "refused"},
        ),
        (["precedence=unavailable"], {"precedence": "refused"}),
        (["largestFile=10MB"], {"size50": "refused"}),
        (["largestFile=1kB"], {"size1": "refused", "size10": "refused", "size50": "refused"}),
    ],
)
def test_answers_fit_assumptions(settings: list[str], changed: dict[str, str]) -> None:
    answers = make_fitting_answers(Assumptions.from_settings(settings))
    defaults = OverrideAnswers()
    assert {name: value for name, value in answers.model_dump().items() if value != getattr(defaults, name)} == changed
