"""Names of members in messages: those of the shipped schemas are shown, and what may be a value is masked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dicommap.dicom.dictionary import TAG_BY_KEYWORD, tag_of
from dicommap.dicom.member_names import KNOWN_MEMBERS, SCHEMA_MEMBERS, mask_unknown_member
from dicommap.dicom.printable_text import MASK
from dicommap.reconciliation.job_manifest import COUNT_MEMBERS
from dicommap.validation.schema_registry import list_schema_names, read_schema_text


def properties_in(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for name, inner in schema.items():
            if name == "properties" and isinstance(inner, dict):
                yield from inner
            yield from properties_in(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties_in(inner)


def test_the_list_of_members_is_that_of_the_shipped_schemas() -> None:
    names = {name for schema in list_schema_names() for name in properties_in(json.loads(read_schema_text(schema)))}
    tags = {f"{tag:08X}" for tag in TAG_BY_KEYWORD.values()}
    assert {name for name in names if tag_of(name) is None and name not in tags} == SCHEMA_MEMBERS
    assert all(mask_unknown_member(name) == name for name in names)


def test_counts_of_job_manifests_are_shown() -> None:
    assert set(COUNT_MEMBERS) <= KNOWN_MEMBERS


@pytest.mark.parametrize("name", ["DOE^JANE", "Doe^J", "1234567", "Müller", "jobs\n", "jane.doe@example.com", "x" * 99])
def test_what_may_be_a_value_is_masked(name: str) -> None:
    assert mask_unknown_member(name) == MASK


@pytest.mark.parametrize("name", ["mappingz", "Jobs", "PatientID", "00100010", "(0010,0010)"])
def test_names_that_differ_from_a_member_by_one_letter_keywords_and_tags_are_shown(name: str) -> None:
    assert mask_unknown_member(name) == name
