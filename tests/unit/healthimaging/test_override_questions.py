"""The questions about override files, and their answers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from dicommap.healthimaging.override_questions import OverrideAnswers, list_answers


def test_every_question_has_at_least_two_answers_and_a_default_among_them() -> None:
    defaults = OverrideAnswers()
    for name, answers in list_answers().items():
        assert len(answers) >= 2, name
        assert getattr(defaults, name) in answers, name


def test_an_unknown_answer_is_refused() -> None:
    with pytest.raises(ValidationError):
        OverrideAnswers(sequences="dropped")  # type: ignore[arg-type]
