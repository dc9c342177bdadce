"""Settings of the stand-in, from Python and as texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicommap.errors import UsageError
from dicommap.healthimaging.override_questions import OverrideAnswers, map_questions_to_answers
from dicommap.testing import Behaviour


def test_settings_are_written_as_text() -> None:
    behaviour = Behaviour(concurrent_jobs=7, answers=OverrideAnswers(noMatch="refused")).with_settings(
        [
            "advance=call",
            "throttling=false",
            "import_configuration=dropped",
            "ignored_attributes=PatientID,PatientName",
            "number_padding=removed",
            "answers.dataSet=array",
            "answers.dataSet=both",
            "answers.refusal=silent",
        ]
    )
    assert behaviour == Behaviour(
        advance="call",
        throttling=False,
        concurrent_jobs=7,
        import_configuration="dropped",
        ignored_attributes=frozenset({"PatientID", "PatientName"}),
        number_padding="removed",
        answers=OverrideAnswers(dataSet="both", noMatch="refused", refusal="silent"),
    )
    assert behaviour.with_settings(["concurrent_jobs=3", "ignored_attributes="]).ignored_attributes == frozenset()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("advanc=call", "Unknown setting 'advanc'. Did you mean 'advance'?"),
        ("quotas=1", "Unknown setting 'quotas'"),
        ("advance=never", "Unknown advance 'never'"),
        ("advance", "Unknown advance ''"),
        ("throttling=no", "Unknown throttling 'no'"),
        ("concurrent_jobs=many", "concurrent_jobs is 'many'"),
        ("ignored_attributes=PatientId", "'PatientId' is not a keyword"),
        ("answers.dataset=array", "Unknown answer 'dataset'. Did you mean 'dataSet'?"),
        ("answers.dataSet=list", "Unknown answer to dataSet 'list'"),
    ],
)
def test_a_text_that_is_no_setting_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        Behaviour().with_settings([text])
    assert message in str(error.value)


def test_every_answer_is_explained() -> None:
    page = (Path(__file__).parents[3] / "docs/howto/stand-in.md").read_text(encoding="utf-8")
    rows = [
        row.split("|")[1:3]
        for row in page.partition("## What override files do")[2].splitlines()
        if row.startswith("| `")
    ]
    explained = {
        name.strip(" `"): [value.strip(" `") for value in values.split(",")]
        for names, values in rows
        for name in names.split(",")
    }
    defaults = OverrideAnswers()
    for name, answers in map_questions_to_answers().items():
        assert sorted(explained[name]) == sorted(answers)
        assert explained[name][0] == getattr(defaults, name)
