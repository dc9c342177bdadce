"""Check documents and their parts with pydantic models, which is about 40 times faster than jsonschema.

A value that a model accepts is valid for the model's schema, so jsonschema need not check it. If a model refuses a
value, jsonschema checks the value again, because only errors of jsonschema have the rule and the location that an issue
needs. Property tests compare the models with the schemas.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jsonschema.validators import extend
from pydantic import TypeAdapter

from dicommap.healthimaging.import_configuration import (
    DicomMetadataMapping,
    ImportConfiguration,
    StartDICOMImportJobRequest,
)
from dicommap.planning.plan import PlanJob, PlannedFile, UpdateFile
from dicommap.validation.schema_registry import SchemaValidator, get_schema_validator, make_schema_validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema import Draft202012Validator, ValidationError
    from pydantic import BaseModel

DOCUMENT_MODELS: dict[str, type[BaseModel]] = {
    "import-configuration": ImportConfiguration,
    "start-dicom-import-job": StartDICOMImportJobRequest,
}
"""Name of a schema -> model of its documents."""

ITEM_MODELS: dict[str, type[BaseModel]] = {
    "dicomMetadataMapping": DicomMetadataMapping,
    "job": PlanJob,
    "plannedFile": PlannedFile,
    "updateFile": UpdateFile,
}
"""Name of a definition in a schema, which describes the items of a list -> pydantic model of these items."""

SCHEMAS_WITH_ITEM_MODELS = ("import-configuration", "start-dicom-import-job", "plan")
"""Names of the schemas whose lists are checked with ITEM_MODELS."""

_DEFINITIONS = "/$defs/"


def is_accepted_by_model(name: str, document: object) -> bool:
    """Return whether a pydantic model accepts a document, so that the document is valid for its schema.

    If False is returned, the document may still be valid, because many schemas have no model.

    Args:
        name: The name of a shipped schema.
        document: The document as a JSON value.
    """
    return name in DOCUMENT_MODELS and _get_type_adapter(DOCUMENT_MODELS[name]).validator.isinstance_python(document)


@lru_cache
def get_validator_with_models(name: str) -> Draft202012Validator:
    """Return a fast validator of the shipped schema `name`. It finds the same errors as `get_schema_validator(name)`.

    It is fast because a pydantic model checks the items of long lists first. Only items that the model refuses are
    checked by jsonschema.
    """
    return (
        make_schema_validator(name, _ValidatorWithModels)
        if name in SCHEMAS_WITH_ITEM_MODELS
        else get_schema_validator(name)
    )


def _find_item_errors(
    validator: Draft202012Validator, items: dict[str, Any], instance: object, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    """Yield the errors of the items of a list, as jsonschema's function for the keyword `items` does.

    Args:
        validator: The validator of `schema`.
        items: The schema of the items: the value of the keyword `items`.
        instance: The list. jsonschema also calls this function with values that are not lists.
        schema: The schema of the list.
    """
    reference = items.get("$ref", "")
    model = ITEM_MODELS.get(reference.rpartition(_DEFINITIONS)[2])
    if model is None or not isinstance(instance, list):
        yield from _find_all_item_errors(validator, items, instance, schema)
        return
    is_accepted = _get_type_adapter(model).validator.isinstance_python
    for index, item in enumerate(instance):
        if not is_accepted(item):
            yield from validator.descend(item, items, path=index)


@lru_cache
def _get_type_adapter(model: type[BaseModel]) -> TypeAdapter[BaseModel]:
    return TypeAdapter(model)


_find_all_item_errors = SchemaValidator.VALIDATORS["items"]
_ValidatorWithModels: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]
    SchemaValidator, {"items": _find_item_errors}
)
