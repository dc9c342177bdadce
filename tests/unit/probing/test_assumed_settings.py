"""Assumptions refuse what an answer says is not applied, and what is unclear."""

from __future__ import annotations

import pytest

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.override_questions import OverrideAnswers, map_questions_to_answers
from dicommap.probing.assumed_settings import make_assumptions


def test_the_default_answers_give_the_default_assumptions() -> None:
    assert make_assumptions(OverrideAnswers().model_dump()) == Assumptions(largestFile="50MB")
    assert make_assumptions({}) == Assumptions()


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"dataSet": "array", "identifyingUids": "needed"}, Assumptions(dataSet="array", identifyingUids="present")),
        ({"emptyNoValue": "ignored", "emptyNull": "cleared"}, Assumptions(emptyValue="null")),
        ({"emptyNoValue": "ignored", "emptyNull": "refused"}, Assumptions(emptyValue="unavailable")),
        ({"numbersAsText": "ignored", "numbersAsNumber": "applied"}, Assumptions(decimalStrings="number")),
        ({"numbersAsText": None, "numbersAsNumber": "refused"}, Assumptions(numbers="unavailable")),
        ({"nonAscii": "applied", "characterSet": "applied"}, Assumptions()),
        ({"nonAscii": "misread", "characterSet": "applied"}, Assumptions(characterSet="declared")),
        (
            {"nonAscii": "misread", "characterSet": "applied", "precedence": "study"},
            Assumptions(characterSet="unavailable", precedence="unavailable"),
        ),
        ({"nonAscii": None, "characterSet": "ignored"}, Assumptions(characterSet="unavailable")),
        ({"characterSet": "refused"}, Assumptions()),
        ({"sequences": "merged"}, Assumptions(sequences="unavailable")),
        ({"precedence": "study"}, Assumptions(precedence="unavailable")),
        ({"size1": "refused", "size10": "refused", "size50": None}, Assumptions(largestFile="1kB")),
        ({"size1": "applied", "size10": "refused"}, Assumptions(largestFile="1MB")),
    ],
)
def test_an_answer_decides_its_setting(answers: dict[str, str | None], expected: Assumptions) -> None:
    assert make_assumptions(answers) == expected


def test_levels_without_a_clear_answer_are_unavailable() -> None:
    for name in (name for name in map_questions_to_answers() if name.endswith(("InStudy", "InSeries"))):
        for answer in ("ignored", "refused", None):
            assert make_assumptions({name: answer}) == Assumptions.model_validate({name: "unavailable"})
