"""The shipped schemas are valid, versioned and closed: nothing is ever fetched."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dicommap.errors import UnknownNameError
from dicommap.validation.schema_registry import get_schema_validator, list_schema_names, read_schema_text

NAMES = list_schema_names()


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (value[name] for name in ("$ref",) if isinstance(value.get(name), str))
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def patterns(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("pattern"), str):
            yield value["pattern"]
        for member in value.values():
            yield from patterns(member)
    elif isinstance(value, list):
        for member in value:
            yield from patterns(member)


def test_the_documents_of_the_design_have_schemas() -> None:
    assert {"override", "dicom-json", "import-configuration", "start-dicom-import-job", "plan", "rules"} <= set(NAMES)
    assert {"issue", "record"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_valid_and_versioned(name: str) -> None:
    schema = json.loads(read_schema_text(name))
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f"/schemas/v1/{name}.schema.json")
    assert schema["title"]


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_is_answered_without_a_fetch(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("a schema was fetched")

    monkeypatch.setattr(socket, "socket", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    schema = json.loads(read_schema_text(name))
    resolver = get_schema_validator(name)._resolver  # type: ignore[attr-defined]
    for reference in references(schema):
        assert "://" not in reference
        assert resolver.lookup(reference).contents is not None


@pytest.mark.parametrize("name", NAMES)
def test_patterns_stay_in_the_portable_subset(name: str) -> None:
    for pattern in patterns(json.loads(read_schema_text(name))):
        assert not any(part in pattern for part in ("(?=", "(?!", "(?<", "\\d", "\\w", "\\s", "\\Z", "\\A"))


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="override"):
        read_schema_text("../plan")


def test_a_fraction_is_no_integer_also_behind_a_reference_to_another_schema() -> None:
    item = {"00091001": {"vr": "SQ", "Value": [{"00201206": {"vr": "IS", "Value": [5.0]}}]}}
    assert not get_schema_validator("dicom-json").is_valid(item)
    item["00091001"]["Value"][0]["00201206"]["Value"] = [5]  # type: ignore[index]
    assert get_schema_validator("dicom-json").is_valid(item)
