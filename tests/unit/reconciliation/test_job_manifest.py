"""Summaries are read whatever is missing; none is needed for the records."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.reconciliation.job_manifest import JobManifest, read_job_manifest

GUIDE: dict[str, Any] = {
    "jobSummary": {
        "jobId": "0123456789abcdef",
        "datastoreId": "d" * 32,
        "inputS3Uri": "s3://bucket/in/",
        "outputS3Uri": "s3://bucket/out/x/",
        "successOutputS3Uri": "s3://bucket/out/x/SUCCESS/",
        "failureOutputS3Uri": "s3://bucket/out/x/FAILURE/",
        "warningsOutputS3Uri": "s3://bucket/out/x/WARNING/",
        "numberOfScannedFiles": 5,
        "numberOfImportedFiles": 3,
        "numberOfFilesWithCustomerError": 2,
        "numberOfFilesWithServerError": 0,
        "numberOfGeneratedImageSets": 2,
        "imageSetsSummary": [
            {"imageSetId": "a", "numberOfMatchedSOPInstances": 2, "isPrimary": True, "imageSetVersion": 1},
            {"imageSetId": "b", "numberOfMatchedSOPInstances": 1},
        ],
    }
}


def test_the_form_of_the_guide_is_read() -> None:
    found = read_job_manifest(json.dumps(GUIDE).encode())
    assert found is not None
    assert found.job_id == "0123456789abcdef"
    assert found.input_s3_uri == "s3://bucket/in/"
    assert found.numbers["numberOfScannedFiles"] == 5
    assert found.primary == {"a": True}


def test_a_summary_without_its_envelope_or_with_pythons_words_is_read() -> None:
    assert read_job_manifest(json.dumps(GUIDE["jobSummary"]).encode()) == read_job_manifest(json.dumps(GUIDE).encode())
    found = read_job_manifest(
        b'{"jobSummary": {"jobId": "1", "imageSetsSummary": [{"imageSetId":"a","isPrimary":False}]}}'
    )
    assert found == JobManifest(job_id="1", primary={"a": False})


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"jobSummary": 5}', b'{"jobSummary": {}}', b"\xff", b"nul"])
def test_what_is_no_summary_is_none(data: bytes) -> None:
    assert read_job_manifest(data) is None


VALUES = [None, -1, 2**70, "", "5", [], [None], [{"imageSetId": 5, "isPrimary": "x"}], [{"isPrimary": True}], {"a": 1}]


@given(st.dictionaries(st.sampled_from(sorted(GUIDE["jobSummary"])), st.sampled_from(VALUES)))
def test_members_of_any_type_are_passed_over(summary: dict[str, Any]) -> None:
    found = read_job_manifest(json.dumps({"jobSummary": {**summary, "jobId": "1"}}).encode())
    assert found is not None
    assert found.job_id == "1"
