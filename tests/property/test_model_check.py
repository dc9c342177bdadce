"""A document has the same issues with the models as with jsonschema alone, and what the models write is valid."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.import_configuration import ImportConfiguration, StartDICOMImportJobRequest
from dicommap.planning.plan import Plan
from dicommap.validation.model_check import (
    DOCUMENT_MODELS,
    ITEM_MODELS,
    SCHEMAS_WITH_ITEM_MODELS,
    get_validator_with_models,
    is_accepted_by_model,
)
from dicommap.validation.schema_check import check_schema, list_schema_issues
from dicommap.validation.schema_registry import get_schema_validator
from tests.support.example_counts import examples
from tests.support.mutated_documents import containers, mutated

uids = st.text("0123456789.", min_size=1, max_size=20) | st.just("1" * 512)
paths = st.from_regex(r"\A[!-~]([ -~]{0,20}[!-~])?\Z") | st.just("a" * 1024)
uris = st.from_regex(r"\As3://[a-z0-9][.a-z0-9-]{1,8}[a-z0-9](/[^\n\r\u2028\u2029\ud800-\udfff]{0,8})?\Z") | st.just(
    "s3://abc/" + "a" * 1015
)
mappings = st.fixed_dictionaries(
    {"studyInstanceUID": uids, "metadataFilePath": paths}, optional={"seriesInstanceUID": uids}
)
configurations = st.lists(mappings, min_size=1, max_size=4).map(
    lambda items: {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": items}}
)
requests = st.fixed_dictionaries(
    {
        "dataAccessRoleArn": st.from_regex(r"\Aarn:aws(-[a-z]{1,4})?:iam::[0-9]{12}:role/[a-zé ]{1,9}\Z"),
        "clientToken": st.text("aZ09._-", min_size=1, max_size=64),
        "datastoreId": st.text("09az", min_size=32, max_size=32),
        "inputS3Uri": uris,
        "outputS3Uri": uris,
    },
    optional={
        "jobName": st.text("aZ09._/#-", min_size=1, max_size=64),
        "inputOwnerAccountId": st.text("09", min_size=12, max_size=12),
        "importConfiguration": configurations,
    },
)
counts = st.integers(0, 10**18)
digests = {"size": counts, "sha256": st.text("09af", min_size=64, max_size=64)}
contents = st.fixed_dictionaries(digests)
jobs = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"\A[0-9]{4,6}\Z"),
        "inputS3Uri": uris,
        "staged": st.booleans(),
        "mappings": st.lists(mappings, max_size=3),
        "instances": counts,
        "sourceFiles": counts,
        "sourceBytes": counts,
        "folders": counts,
        "objects": contents,
        "files": st.lists(st.fixed_dictionaries({"path": paths, **digests}), max_size=3),
    }
)
quotas = st.fixed_dictionaries(
    {name: st.integers(1, 10**18) for name in ("files", "bytes", "fileBytes", "folders")}
    | {"mappings": st.integers(1, 1000)}
)
choices = {name: st.sampled_from(get_args(field.annotation)) for name, field in Assumptions.model_fields.items()}
updates = st.lists(
    st.fixed_dictionaries({"path": st.from_regex(r"updates/[0-9]{6,9}\.json", fullmatch=True), **digests}),
    min_size=1,
    max_size=2,
)
plans = st.fixed_dictionaries(
    {
        "version": st.just(2),
        "attempt": st.integers(1, 10**9),
        "sources": st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), max_size=2),
        "inputS3Uri": uris,
        "quotas": quotas,
        "unplanned": st.fixed_dictionaries({"instances": counts, "files": counts}),
        "studies": counts,
        "series": counts,
        "assumptions": st.fixed_dictionaries(choices).map(lambda members: Assumptions(**members).model_dump()),
        "preview": contents,
        "edits": contents,
        "forecast": contents,
        "jobs": st.lists(jobs, min_size=1, max_size=2),
    },
    optional={"grouping": contents, "issues": contents, "updates": updates},
)

KINDS: dict[str, tuple[type[BaseModel], st.SearchStrategy[Any], tuple[str, ...]]] = {
    "import-configuration": (ImportConfiguration, configurations, ("another", "", "seriesInstanceUID")),
    "start-dicom-import-job": (StartDICOMImportJobRequest, requests, ("another", "jobName", "importConfiguration")),
    "plan": (Plan, plans, ("another", "grouping", "seriesInstanceUID", "characterSet")),
}
"""Name of a schema -> model of its documents, valid documents, and members that a mutation adds."""

named = st.sampled_from(sorted(KINDS))
mutated_documents = named.flatmap(lambda name: st.tuples(st.just(name), mutated(KINDS[name][1], KINDS[name][2])))

MAPPING = {"studyInstanceUID": "1.2", "metadataFilePath": "a"}


def configuration(*items: object) -> dict[str, object]:
    return {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": list(items)}}


@given(named.flatmap(lambda name: st.tuples(st.just(name), KINDS[name][1])))
@examples(120)
def test_what_a_model_writes_is_valid_for_jsonschema(named_document: tuple[str, Any]) -> None:
    name, document = named_document
    written = KINDS[name][0].model_validate(document).model_dump(mode="json", exclude_none=True)
    assert written == document
    assert list_schema_issues(get_schema_validator(name), written) == []
    assert check_schema(name, written) == []
    assert name not in DOCUMENT_MODELS or is_accepted_by_model(name, written)


@given(mutated_documents)
@example(("import-configuration", configuration(*[MAPPING] * 1000)))
@example(("import-configuration", configuration(*[MAPPING] * 1001)))
@example(("import-configuration", configuration(*[{**MAPPING, "studyInstanceUID": "x"}] * 150)))
@example(("import-configuration", configuration(*[MAPPING] * 3, {**MAPPING, "seriesInstanceUID": None}, 5)))
@example(("start-dicom-import-job", {"importConfiguration": configuration(MAPPING, {}), "jobName": None}))
@example(("plan", {"jobs": [{"mappings": [MAPPING, {}], "files": [{"path": "a"}]}]}))
@example(("plan", {"jobs": {"0": {"mappings": []}}}))
@examples(400)
def test_any_document_has_the_issues_that_jsonschema_alone_finds(named_document: tuple[str, Any]) -> None:
    name, document = named_document
    issues = list_schema_issues(get_schema_validator(name), document)
    assert check_schema(name, document) == issues
    assert list_schema_issues(get_validator_with_models(name), document) == issues


@given(mutated_documents)
@examples(250)
def test_a_model_accepts_a_value_if_its_schema_does(named_document: tuple[str, Any]) -> None:
    name, document = named_document
    if name in DOCUMENT_MODELS and not holds_surrogate(document):
        assert is_accepted_by_model(name, document) is get_schema_validator(name).is_valid(document)
    for value in containers(document):
        for definition, model in ITEM_MODELS.items():
            if not holds_surrogate(value):
                accepted = TypeAdapter(model).validator.isinstance_python(value)
                assert accepted is item_validator(definition).is_valid(value)


def item_validator(definition: str) -> Any:
    """Return the validator of one definition, by jsonschema alone."""
    schema = "import-configuration" if definition == "dicomMetadataMapping" else "plan"
    return get_schema_validator("plan").evolve(schema={"$ref": f"{schema}.schema.json#/$defs/{definition}"})


def holds_surrogate(value: Any) -> bool:
    """Return whether a text has a lone surrogate, which no model accepts, but some members of some schemas do."""
    texts = [
        member for holder in containers(value) for member in (holder.values() if isinstance(holder, dict) else holder)
    ]
    return any(isinstance(text, str) and not text.isprintable() and has_surrogate(text) for text in texts)


def has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def test_a_value_with_a_lone_surrogate_is_left_to_jsonschema() -> None:
    assert not is_accepted_by_model("import-configuration", configuration({**MAPPING, "metadataFilePath": "\ud800"}))


@pytest.mark.parametrize("definition", ITEM_MODELS)
def test_each_model_of_items_is_used_by_a_schema_and_names_one_definition(definition: str) -> None:
    texts = [str(get_schema_validator(name).schema) for name in SCHEMAS_WITH_ITEM_MODELS]
    assert any(f"#/$defs/{definition}'" in text for text in texts)
    assert sum(f"'{definition}': {{" in text for text in texts) == 1


def test_jsonschema_does_not_look_into_items_that_a_model_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    validator = get_validator_with_models("plan")
    looked_at: list[object] = []
    original = type(validator).descend

    def descend(self: Any, instance: Any, schema: Any, **path: Any) -> Any:
        looked_at.append(instance)
        return original(self, instance, schema, **path)

    monkeypatch.setattr(type(validator), "descend", descend)
    assert list_schema_issues(validator, {"jobs": [{"mappings": [MAPPING, {}]}]})
    assert {} in looked_at
    assert MAPPING not in looked_at
