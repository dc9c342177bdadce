"""The JSON Schemas that dicommap ships, and a function that detects the kind of a document."""

from __future__ import annotations

import json
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from dicommap.dicom.printable_text import make_printable
from dicommap.errors import UnknownNameError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_SUFFIX = ".schema.json"


def _is_integer(_checker: object, value: object) -> bool:
    """Return whether a value is an `int` but not a `bool`. JSON Schema also accepts 1.0 as an integer."""
    return isinstance(value, int) and not isinstance(value, bool)


SchemaValidator: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
)
"""The class of validators for the shipped schemas."""


def list_schema_names() -> list[str]:
    """Return the names of the shipped schemas."""
    return sorted(
        entry.name.removesuffix(_SUFFIX) for entry in _get_schema_folder().iterdir() if entry.name.endswith(_SUFFIX)
    )


def read_schema_text(name: str) -> str:
    """Return the text of the shipped schema `name`. Raises UnknownNameError if there is no such schema."""
    if name not in list_schema_names():
        raise UnknownNameError(
            f"Unknown schema '{make_printable(name[:80])}'.", fix=f"Known: {', '.join(list_schema_names())}."
        )
    return (_get_schema_folder() / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


@lru_cache
def get_schema_validator(name: str) -> Draft202012Validator:
    """Return the validator of the shipped schema `name`. It resolves references to other shipped schemas."""
    return make_schema_validator(name, SchemaValidator)


def make_schema_validator(name: str, validator_class: type[Draft202012Validator]) -> Draft202012Validator:
    """Return a validator of the shipped schema `name`. `validator_class` is SchemaValidator or a subclass of it."""
    return validator_class(_load_schema(name), registry=_build_registry())


@lru_cache
def _load_schema(name: str) -> dict[str, Any]:
    """Return the JSON value of a shipped schema, without its member `$schema`."""
    schema: dict[str, Any] = json.loads(read_schema_text(name))
    # If a subschema has $schema, jsonschema checks it with its own validator class, which accepts 1.0 as an integer.
    del schema["$schema"]
    return schema


@lru_cache(maxsize=1)
def _build_registry() -> Registry[Any]:
    """Return a registry of all shipped schemas, which resolves references between them."""
    resources = [DRAFT202012.create_resource(_load_schema(name)) for name in list_schema_names()]
    return Registry().with_resources((str(resource.id()), resource) for resource in resources)


@lru_cache(maxsize=1)
def _get_schema_folder() -> Traversable:
    """Return the folder with the shipped schemas."""
    shipped = files("dicommap") / "schemas" / "v1"
    # A wheel has the schemas inside the package; a checkout has them at its top level.
    return shipped if shipped.is_dir() else Path(__file__).parents[3] / "schemas" / "v1"


class DocumentKind(StrEnum):
    """The kinds of documents that can be checked on their own. Each value is the name of a schema."""

    IMPORT_CONFIGURATION = "import-configuration"
    REQUEST = "start-dicom-import-job"
    PLAN = "plan"
    UPDATE = "update"
    OVERRIDE = "override"


_DISTINCTIVE_MEMBERS = (
    (DocumentKind.IMPORT_CONFIGURATION, {"dicomJsonMetadataImportConfiguration", "dicomMetadataMappings"}),
    (DocumentKind.UPDATE, {"requests"}),
    (DocumentKind.PLAN, {"jobs", "assumptions"}),  # before the request: a plan has inputS3Uri too
    (DocumentKind.REQUEST, {"importConfiguration", "inputS3Uri", "dataAccessRoleArn", "datastoreId"}),
)


def detect_document_kind(document: object) -> DocumentKind | None:
    """Return the kind of a document. Return None if the kind is not known.

    The members of an object show its kind. An object without such members is an override if all its values are objects.
    An array is an override.
    """
    if isinstance(document, list):
        return DocumentKind.OVERRIDE
    if not isinstance(document, dict):
        return None
    for kind, members in _DISTINCTIVE_MEMBERS:
        if members & document.keys():
            return kind
    return DocumentKind.OVERRIDE if all(isinstance(value, dict) for value in document.values()) else None
