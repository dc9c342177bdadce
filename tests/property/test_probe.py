"""A probe names the behaviour of the stand-in, whatever it is, and a draft under its assumptions is applied."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, event, given

from dicommap.healthimaging.override_questions import OverrideAnswers, map_questions_to_answers
from dicommap.validation.schema_registry import get_schema_validator
from dicommap.verification.effects import Effect
from tests.property.test_probed_assumptions import ANSWERS, FRIENDLY, build, check_effects, data_sets
from tests.support.example_counts import examples
from tests.support.imported_instances import imported_instance
from tests.support.probe_answers import observable_answers
from tests.support.simulated_probe import SimulatedProbe

SIZES = {"size1", "size10", "size50"}
QUESTIONS = [name for name in map_questions_to_answers() if name not in SIZES]


@examples(20, least=2)
@given(answers=ANSWERS | FRIENDLY, of_study=data_sets(), of_series=data_sets())
def test_the_report_names_the_behaviour_and_a_draft_under_its_assumptions_is_applied(
    answers: OverrideAnswers, of_study: dict[str, Any], of_series: dict[str, Any]
) -> None:
    report = SimulatedProbe(answers, QUESTIONS).run()
    assert report.answers == {name: observable_answers(answers)[name] for name in QUESTIONS}
    get_schema_validator("probe-report").validate(report.model_dump(mode="json"))
    get_schema_validator("assumptions").validate(report.make_assumptions_document())
    base = imported_instance()
    overrides = [
        build(data_set, report.assumptions, base.study_instance_uid, series)
        for data_set, series in ((of_study, None), (of_series, base.series_instance_uid))
        if data_set
    ]
    assume(any(override.data_set for override in overrides))
    effects = check_effects(overrides, report.assumptions, answers)
    event(effects if isinstance(effects, str) else "checked")
    if isinstance(effects, set):
        shared = of_study.keys() & of_series.keys()
        assert effects
        assert effects <= ({Effect.APPLIED, Effect.NOT_CHECKED} if shared else {Effect.APPLIED})
