"""The models, the schema and botocore agree on what an import configuration is."""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.validate import ParamValidator
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from dicommap.healthimaging.import_configuration import ImportConfiguration
from dicommap.validation.schema_check import check_schema
from dicommap.validation.schema_registry import get_schema_validator
from tests.support.example_counts import examples
from tests.support.mutated_documents import mutated

SHAPE = (
    botocore.session.get_session()
    .get_service_model("medical-imaging")
    .operation_model("StartDICOMImportJob")
    .input_shape.members["importConfiguration"]
)
OUTER, INNER = "dicomJsonMetadataImportConfiguration", "dicomMetadataMappings"

uids = st.text("0123456789.", min_size=1, max_size=20) | st.just("1" * 512)
paths = st.from_regex(r"\A[!-~]([ -~]{0,20}[!-~])?\Z") | st.just("a" * 1024)
mappings = st.fixed_dictionaries(
    {"studyInstanceUID": uids, "metadataFilePath": paths}, optional={"seriesInstanceUID": uids}
)
documents = st.lists(mappings, min_size=1, max_size=4).map(lambda items: {OUTER: {INNER: items}})


def model_takes(document: object) -> bool:
    try:
        ImportConfiguration.model_validate(document)
    except ValidationError:
        return False
    return True


def botocore_takes(document: object) -> bool:
    return not ParamValidator().validate(document, SHAPE).has_errors()


@given(documents)
@examples(60)
def test_what_the_models_build_is_taken_by_the_schema_and_by_botocore(document: dict[str, Any]) -> None:
    written = ImportConfiguration.model_validate(document).model_dump(mode="json", exclude_none=True)
    assert written == document
    assert not check_schema("import-configuration", written)
    assert botocore_takes(written)


NAMES = ("another", "studyInstanceUid", "", "seriesInstanceUID")
ONE = {"studyInstanceUID": "1.2", "metadataFilePath": "a"}


@given(mutated(documents, NAMES))
@example({OUTER: {INNER: []}})
@example({OUTER: {INNER: [ONE] * 1000}})
@example({OUTER: {INNER: [ONE] * 1001}})
@example({OUTER: {INNER: [{**ONE, "seriesInstanceUID": None}]}})
@example({OUTER: {INNER: {"0": ONE}}})
@example({OUTER: {INNER: (ONE,)[0]}})
@example({OUTER: {INNER: [{**ONE, "studyInstanceUID": "1.2\n"}]}})
@example({OUTER: {INNER: [{**ONE, "metadataFilePath": "a\n"}]}})
@example({OUTER: None})
@examples(150)
def test_the_models_and_the_schema_give_every_document_the_same_verdict(document: Any) -> None:
    verdict = bool(get_schema_validator("import-configuration").is_valid(document))
    assert model_takes(document) is verdict
    assert (not check_schema("import-configuration", document)) is verdict


@given(mutated(documents, NAMES))
@examples(100)
def test_whatever_botocore_refuses_the_schema_refuses(document: Any) -> None:
    if not botocore_takes(document):
        assert check_schema("import-configuration", document)


def test_mutation_makes_documents_of_both_kinds() -> None:
    assert model_takes({OUTER: {INNER: [ONE]}})
    assert botocore_takes({OUTER: {INNER: [ONE]}})
    assert not botocore_takes({OUTER: {INNER: [{}]}})
