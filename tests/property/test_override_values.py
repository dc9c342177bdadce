"""Overrides built from values: they survive their JSON, and are the files that a draft of the same change writes."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

import dicommap
from dicommap import Assumptions, Override, Severity
from dicommap.overrides.mappings import metadata_file_path
from tests.property.test_round_trip import LEVELS, NEW
from tests.support.example_counts import examples
from tests.support.filled_inventories import added, inventory_of

BEFORE: dict[str, Any] = dict.fromkeys(NEW, "BEFORE")
FILES = [added(str(number), f"1.2 1.2.{number} 1.2.{number}.1", **BEFORE) for number in (1, 2)]

assumptions = st.builds(
    Assumptions,
    dataSet=st.sampled_from(["object", "array"]),
    identifyingUids=st.sampled_from(["absent", "present"]),
    emptyValue=st.sampled_from(["no-value", "null"]),
    characterSet=st.sampled_from(["omitted", "declared"]),
    decimalStrings=st.sampled_from(["text", "number"]),
)
JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["00100020", "vr", "Value"]), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYWORDS = st.sampled_from([*NEW, "PatientWeight", "StudyInstanceUID", "PatientSexNeutered", "ProcedureCodeSequence"])
VALUES = st.none() | st.text(max_size=20) | st.integers() | st.floats() | st.dates() | st.datetimes()


def new_values(keywords: tuple[str, ...]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({}, optional={keyword: NEW[keyword] for keyword in keywords})


def errors(override: Override) -> list[str]:
    return [one.code for one in override.issues() if one.severity is Severity.ERROR]


@given(new_values((*LEVELS["study"], *LEVELS["series"])), st.sampled_from([None, "1.2.1"]), assumptions)
@examples(100)
def test_an_override_survives_its_json(values: dict[str, str], series: str | None, form: Assumptions) -> None:
    override = Override.from_keywords(study_instance_uid="1.2", series_instance_uid=series, attributes=values)
    assume(not errors(override))
    again = Override.from_json(
        override.to_json(form), study_instance_uid="1.2", series_instance_uid=series, assumptions=form
    )
    if form.decimalStrings == "number":  # JSON numbers do not keep the spellings "05" and "+7"
        assert again.to_json(form) == override.to_json(form)
    else:
        assert again == override
        assert again.issues() == override.issues()


@given(new_values(LEVELS["study"]), new_values(LEVELS["series"]))
@examples(60)
def test_a_draft_of_the_same_change_writes_the_same_files(of_study: dict[str, str], of_series: dict[str, str]) -> None:
    ours = [Override.from_keywords(study_instance_uid="1.2", attributes=of_study)] if of_study else []
    if of_series:
        uid = "1.2.1"
        ours.append(Override.from_keywords(study_instance_uid="1.2", series_instance_uid=uid, attributes=of_series))
    assume(ours and not any(map(errors, ours)))
    with inventory_of(*FILES) as inventory:
        draft = dicommap.draft(
            inventory,
            by_study=lambda study: of_study,
            by_series=lambda series: of_series if series.series_instance_uid == "1.2.1" else None,
            input_s3_uri="s3://bucket/in/",
        )
        assert draft.issues.errors == ()
        documents = draft.documents
        written = {name.partition("/files/")[2]: documents[name] for name in list(documents) if "/files/" in name}
    assert written == {metadata_file_path(one): one.to_json() for one in ours}


@given(st.dictionaries(KEYWORDS | st.text(max_size=12), VALUES | st.lists(VALUES, max_size=3), max_size=4))
@examples(200)
def test_values_of_any_kind_are_attributes_or_issues(values: dict[str, Any]) -> None:
    override = Override.from_keywords(study_instance_uid="1.2", attributes=values)
    assert len(override.data_set) + len({one.location.keyword for one in override.rejected}) <= len(values)
    assert bool(override.rejected) or len(override.data_set) == len(values)
    if not errors(override):
        assert Override.from_json(override.to_json(), study_instance_uid="1.2") == override


@given(JSON_LIKE.filter(lambda one: isinstance(one, dict | list)) | st.text() | st.binary())
@examples(200)
def test_a_document_of_any_kind_is_an_override_or_issues(document: Any) -> None:
    override = Override.from_json(document, study_instance_uid="1.2")
    assert errors(override) or Override.from_json(override.to_json(), study_instance_uid="1.2") == override
