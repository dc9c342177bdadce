"""The bytes of override files of a probe: their form, their size, and the items that fill them."""

from __future__ import annotations

import json
import tracemalloc
import uuid
from typing import Any

import pytest

from dicommap.dicom.dictionary import hex_of, tag_of
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.limits import MAX_METADATA_MB
from dicommap.healthimaging.override_questions import MEGABYTE
from dicommap.probing.override_forms import (
    FORMS,
    Form,
    ObjectContent,
    build_override,
    fill_with_items,
    fill_with_spaces,
    make_attribute,
)
from dicommap.probing.synthetic_studies import ATTRIBUTES, ITEMS, SyntheticStudy
from dicommap.validation.configuration_check import check_override_file

STUDY = SyntheticStudy(str(uuid.UUID(int=7)), "size")
LEVELS = {attributes.sequence: level for level, attributes in ATTRIBUTES.items()}
"""Keyword of a sequence -> its level."""


def fill(sequence: str, size: int, form: Form = FORMS[0]) -> ObjectContent:
    data_set = make_attribute(ATTRIBUTES[LEVELS[sequence]].text, "a")
    return fill_with_items(form, STUDY, Level.SERIES, data_set, sequence, size)


def read_items(sequence: str, content: ObjectContent, form: Form = FORMS[0]) -> list[dict[str, Any]]:
    document = json.loads(bytes(content))
    items: list[dict[str, Any]] = (document[0] if form.is_array else document)[hex_of(tag_of(sequence) or 0)]["Value"]
    return items


@pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])
@pytest.mark.parametrize("sequence", LEVELS)
def test_a_large_file_has_real_content(sequence: str, form: Form) -> None:
    content = fill(sequence, MEGABYTE, form)
    assert MEGABYTE <= len(content) == len(bytes(content)) < 1.01 * MEGABYTE
    items = read_items(sequence, content, form)
    assert len(items) == 1 + content.count
    assert all(item == items[0] for item in items)
    assert len(items[0]) == len(ITEMS[sequence])
    assert b"  " not in bytes(content)


@pytest.mark.parametrize("sequence", LEVELS)
def test_nothing_but_the_size_is_wrong_with_a_large_file(sequence: str) -> None:
    content = bytes(fill(sequence, 20_000))
    assert check_override_file(content, None, Assumptions()) == []
    small = check_override_file(content, None, Assumptions(largestFile="1kB"))
    assert [issue.code for issue in small] == ["override.not-applied"]


@pytest.mark.parametrize("sequence", LEVELS)
def test_50_megabytes_are_in_memory_once_and_make_less_metadata_than_the_quota(sequence: str) -> None:
    content = fill(sequence, 50 * MEGABYTE)
    tracemalloc.start()
    size = len(bytes(content))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 50 * MEGABYTE <= size <= peak < 1.15 * size
    item = read_items(sequence, fill(sequence, 2_000))[0]
    stored = len(json.dumps({f"{tag}{'x' * 32}": attribute["Value"][0] for tag, attribute in item.items()}))
    assert stored * (1 + content.count) < MAX_METADATA_MB * MEGABYTE / 2


def test_spaces_before_the_last_bracket_are_no_part_of_the_document() -> None:
    content = build_override(FORMS[2], STUDY, Level.STUDY, make_attribute("StudyDescription", "a"))
    filled = bytes(fill_with_spaces(content, 1_000))
    assert len(filled) == 1_000
    assert json.loads(filled) == json.loads(content)
    assert bytes(fill_with_spaces(content, 10)) == content
