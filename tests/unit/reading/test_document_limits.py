"""How large documents may be, and that it is told before they are read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.strict_json import parse_json
from dicommap.healthimaging.limits import MAX_MAPPINGS
from dicommap.model.package_layout import choose_document_limit
from dicommap.reading.document_limits import (
    CONFIGURATION_LIMIT,
    OVERRIDE_LIMIT,
    PLAN_LIMIT,
    SUBMISSION_LIMIT,
    TABLE_LIMIT,
    choose_limit_of_unknown_document,
    has_more_json_values,
)
from dicommap.reconciliation.lenient_json import parse_lenient_json
from tests.support.example_counts import examples

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a,[]{}"\\\\:', max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet=',[{"\\\\', max_size=3), inner),
    max_leaves=30,
)


def values_of(document: Any) -> int:
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return 1 + sum(map(values_of, inner))


def empties_of(document: Any) -> int:
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return (document in ({}, [])) + sum(map(empties_of, inner))


@examples(100)
@given(JSON)
def test_values_are_counted_without_reading_them(document: Any) -> None:
    data, count = json.dumps(document).encode(), values_of(document)
    assert has_more_json_values(data, count - 1)
    assert not has_more_json_values(data, count + empties_of(document))


def test_a_text_that_is_not_closed_is_counted_to_its_end_once() -> None:
    assert has_more_json_values(b'[1,2,"' + b'\\"' * 3_000_000, 2)
    assert not has_more_json_values(b'[1,2,"' + b'\\",' * 3_000_000 + b"\\", 4)


def test_a_document_of_too_many_values_is_not_read() -> None:
    value, (found,) = parse_json(b"[1,2,3]", 3)
    assert (value, found.code) == (None, "document.too-many-values")
    assert parse_json(b"[1,2,3]", 4) == ([1, 2, 3], [])
    assert "3 JSON values" in found.message


def test_a_record_whose_text_is_not_closed_takes_time_in_proportion_to_it() -> None:
    with pytest.raises(ValueError, match=r"^$"):
        parse_lenient_json(b'{"a": True, "' + b'\\"' * 2_000_000)
    assert parse_lenient_json(b'{"a": True, "True": "True \\" None", "b": None}') == {
        "a": True,
        "True": 'True " None',
        "b": None,
    }


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("plan.json", PLAN_LIMIT),
        ("jobs/0001/import-configuration.json", CONFIGURATION_LIMIT),
        ("jobs/0001/start-dicom-import-job.json", CONFIGURATION_LIMIT),
        ("jobs/0001/files/dicommap-overrides/1.2.json", OVERRIDE_LIMIT),
        ("jobs/0001/files/plan.json", OVERRIDE_LIMIT),
        ("submission/0001.json", SUBMISSION_LIMIT),
        ("preview.csv", TABLE_LIMIT),
    ],
)
def test_each_file_of_a_package_has_its_limit(path: str, limit: object) -> None:
    assert choose_document_limit(path) is limit


def test_a_document_alone_may_be_what_it_can_be() -> None:
    assert choose_limit_of_unknown_document(b'{"jobs": []}').values == PLAN_LIMIT.values
    assert choose_limit_of_unknown_document(b"{}").values == OVERRIDE_LIMIT.values


def test_the_largest_configuration_that_aws_takes_is_read() -> None:
    mapping = {"studyInstanceUID": "1" * 512, "seriesInstanceUID": "2" * 512, "metadataFilePath": "~" * 1024}
    inner = {"dicomMetadataMappings": [mapping] * MAX_MAPPINGS}
    document = {"importConfiguration": {"dicomJsonMetadataImportConfiguration": inner}}
    escaped = json.dumps(document, indent=2).replace("~", "\\u007e").encode()
    assert len(escaped) < CONFIGURATION_LIMIT.bytes
    assert parse_json(escaped, CONFIGURATION_LIMIT.values) == (document, [])
