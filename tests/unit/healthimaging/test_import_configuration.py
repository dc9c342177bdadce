"""The models of the request keep AWS's limits, and never show what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from dicommap.healthimaging.import_configuration import (
    DicomMetadataMapping,
    ImportConfiguration,
    StartDICOMImportJobRequest,
)

MAPPING = {"studyInstanceUID": "1.2", "metadataFilePath": "a/b.json"}
REQUEST = {
    "dataAccessRoleArn": "arn:aws:iam::012345678901:role/importer",
    "clientToken": "token",
    "datastoreId": "0" * 32,
    "inputS3Uri": "s3://bucket/in/",
    "outputS3Uri": "s3://bucket/out/",
}


def configuration(*mappings: object) -> dict[str, Any]:
    return {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": list(mappings)}}


def takes(model: type[BaseModel], document: object) -> bool:
    try:
        model.model_validate(document)
    except ValidationError:
        return False
    return True


def test_one_to_a_thousand_mappings() -> None:
    assert [takes(ImportConfiguration, configuration(*[MAPPING] * count)) for count in (0, 1, 1000, 1001)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("member", "value", "fits"),
    [
        ("studyInstanceUID", "", False),
        ("studyInstanceUID", "1" * 512, True),
        ("studyInstanceUID", "1" * 513, False),
        ("studyInstanceUID", "1.2\n", False),
        ("studyInstanceUID", 12, False),
        ("studyInstanceUID", None, False),
        ("seriesInstanceUID", "1.2.3", True),
        ("seriesInstanceUID", None, False),
        ("metadataFilePath", "a" * 1024, True),
        ("metadataFilePath", "a" * 1025, False),
        ("metadataFilePath", " a", False),
        ("metadataFilePath", "a\n", False),
        ("metadataFilePath", "é", False),
        ("another", "x", False),
    ],
)
def test_mappings_keep_their_limits(member: str, value: object, fits: bool) -> None:
    assert takes(DicomMetadataMapping, MAPPING | {member: value}) is fits


@pytest.mark.parametrize(
    ("member", "value", "fits"),
    [
        ("jobName", "a/b#c", True),
        ("jobName", "a b", False),
        ("jobName", None, False),
        ("datastoreId", "A" * 32, False),
        ("dataAccessRoleArn", "arn:aws-us-gov:iam::012345678901:role/x", True),
        ("dataAccessRoleArn", "arn:aws:iam::012345678901:role/x\ny", False),
        ("dataAccessRoleArn", "arn:aws-\n:iam::012345678901:role/x", False),
        ("inputS3Uri", "s3://bucket/a\rb/", False),
        ("inputS3Uri", "s3://bucket/" + "a" * 1013, False),
        ("inputOwnerAccountId", "٠١٢٣٤٥٦٧٨٩٠١", False),
        ("importConfiguration", None, False),
        ("importConfiguration", configuration(MAPPING), True),
    ],
)
def test_requests_keep_their_limits(member: str, value: object, fits: bool) -> None:
    assert takes(StartDICOMImportJobRequest, REQUEST | {member: value}) is fits


def test_a_member_that_is_left_out_is_not_written() -> None:
    assert DicomMetadataMapping.model_validate(MAPPING).model_dump(exclude_none=True) == MAPPING


def test_no_error_shows_the_value() -> None:
    secret = "1.2.Zyzzyva"
    with pytest.raises(ValidationError) as caught:
        ImportConfiguration.model_validate(configuration(MAPPING | {"studyInstanceUID": secret}, secret))
    assert secret not in str(caught.value)
