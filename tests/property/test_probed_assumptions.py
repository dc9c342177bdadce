"""Overrides under the assumptions of a probe: they are refused before the import, or everything in them is applied."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, event, given
from hypothesis import strategies as st

from dicommap import Assumptions, Override, Severity
from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.override_questions import OverrideAnswers, map_questions_to_answers
from dicommap.overrides.mappings import build_import_configuration, build_override_files
from dicommap.probing.assumed_settings import make_assumptions
from dicommap.probing.override_forms import make_attribute
from dicommap.probing.synthetic_studies import ATTRIBUTES, PRIVATE_CREATOR
from dicommap.testing.image_set_metadata import build_image_set_metadata
from dicommap.testing.image_sets import ImageSets, ImportedInstance
from dicommap.testing.job_overrides import JobOverrides
from dicommap.validation.configuration_check import check_import_configuration, get_mappings
from dicommap.verification.effects import Effect
from dicommap.verification.image_set_check import StudyOverrides
from dicommap.verification.stored_metadata import read_stored_image_set
from tests.support.example_counts import examples
from tests.support.imported_instances import imported_instance
from tests.support.probe_answers import observable_answers

ANSWERS = st.builds(
    OverrideAnswers, **{name: st.sampled_from(words) for name, words in map_questions_to_answers().items()}
)
FRIENDLY = st.builds(
    OverrideAnswers,
    **{
        name: st.just("applied") if name.endswith(("InStudy", "InSeries")) else st.sampled_from(words)
        for name, words in map_questions_to_answers().items()
    },
)
"""Answers under which attributes of all levels are applied, so that fewer edits are refused."""
OLD_ITEM = {**make_attribute("CodeMeaning", "old"), **make_attribute("CodingSchemeVersion", "old")}
EDITED = [ATTRIBUTES[level] for level in Level]
STORED: dict[str, Any] = {
    "00190010": {"vr": "LO", "Value": [PRIVATE_CREATOR]},
    "00191001": {"vr": "LO", "Value": ["old"]},
}
for group in EDITED:
    STORED |= make_attribute(group.text, "old") | make_attribute(group.second, "old")
    STORED |= make_attribute(group.sequence, OLD_ITEM)
    if group.number:
        STORED |= make_attribute(group.number, 61.5)


@st.composite
def data_sets(draw: st.DrawFn) -> dict[str, Any]:
    """Return the attributes of one override: of all levels, empty, private, with numbers and items.

    Values that are too long are refused under all assumptions.
    """
    data_set: dict[str, Any] = {}
    new = st.sampled_from(["new", "newer", "Prüfung"])
    for attributes in draw(st.lists(st.sampled_from(EDITED), min_size=1, max_size=2, unique_by=id)):
        kinds = draw(st.sets(st.sampled_from(["text", "empty", "number", "item", "item number"]), max_size=2))
        item = make_attribute("CodeMeaning", draw(new))
        if "item number" in kinds:
            item = dict(sorted((item | make_attribute("NumericValue", 7.25)).items()))
        data_set |= make_attribute(attributes.text, draw(new)) if "text" in kinds else {}
        data_set |= make_attribute(attributes.second) if "empty" in kinds else {}
        data_set |= make_attribute(attributes.number, 72.5) if "number" in kinds and attributes.number else {}
        data_set |= make_attribute(attributes.sequence, item) if kinds & {"item", "item number"} else {}
    if draw(st.integers(0, 4)) == 0:
        data_set |= {
            "00190010": {"vr": "LO", "Value": [PRIVATE_CREATOR]},
            "00191001": {"vr": "LO", "Value": [draw(new)]},
        }
    return dict(sorted(data_set.items()))


def build(data_set: dict[str, Any], assumptions: Assumptions, study: str, series: str | None) -> Override:
    """Return an override, which must be free of errors: only the assumptions may refuse it."""
    override = Override.from_json(
        data_set,
        study_instance_uid=study,
        series_instance_uid=series,
        assumptions=Assumptions(decimalStrings=assumptions.decimalStrings),
    )
    assert all(issue.severity is not Severity.ERROR for issue in override.rejected)
    return override


def check_effects(overrides: list[Override], assumptions: Assumptions, answers: OverrideAnswers) -> set[Effect] | str:
    """Return the effects of all attributes of the overrides in the stored metadata, or the code of an error."""
    pairs = build_override_files(overrides, assumptions)
    configuration = build_import_configuration(pairs).model_dump(mode="json", exclude_none=True)
    contents = {file.path: file.text.encode() for _, file in pairs}
    issues = check_import_configuration(configuration, contents, None, None, assumptions)
    errors = {issue.code for issue in issues if issue.severity is Severity.ERROR}
    if errors:
        return " ".join(sorted(errors))
    base = imported_instance()
    before = dict(sorted((base.before | STORED).items()))
    study, series = base.study_instance_uid, base.series_instance_uid
    job = JobOverrides.read(get_mappings(configuration), contents, answers, series={(study, series)})
    assert not job.refusals
    after = job.apply_to(before, study, series)
    image_set = ImageSets().add("f" * 32, ImportedInstance(job_id="job", key="in/1", before=before, after=after))
    document = build_image_set_metadata(image_set, image_set.latest, "kept")
    checked = StudyOverrides(
        study_instance_uid=study,
        data_sets={override.series_instance_uid: override.data_set for override in overrides},
    )
    stored = read_stored_image_set(json.dumps(document).encode())
    return {check.effect for check in checked.check(stored, "id", frozenset([series]), None)}


@given(answers=ANSWERS | FRIENDLY, of_study=data_sets(), of_series=data_sets())
@examples(400)
def test_overrides_under_probed_assumptions_are_refused_or_applied(
    answers: OverrideAnswers, of_study: dict[str, Any], of_series: dict[str, Any]
) -> None:
    assumptions = make_assumptions(observable_answers(answers))
    base = imported_instance()
    targets = [(of_study, None), (of_series, base.series_instance_uid)]
    overrides = [
        build(data_set, assumptions, base.study_instance_uid, series) for data_set, series in targets if data_set
    ]
    assume(any(override.data_set for override in overrides))
    found = check_effects(overrides, assumptions, answers)
    event(found if isinstance(found, str) else "checked")
    if isinstance(found, set):
        assert found
        shared = of_study.keys() & of_series.keys()
        assert found <= ({Effect.APPLIED, Effect.NOT_CHECKED} if shared else {Effect.APPLIED})
