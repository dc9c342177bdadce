"""Pydantic models of the import configuration and of the StartDICOMImportJob request, with AWS's member names.

Source: API reference of StartDICOMImportJob, and botocore's service model of medical-imaging. AWS's own pattern for
metadataFilePath can take exponential time in Python. The pattern in this module accepts the same texts in linear time.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from dicommap.healthimaging.limits import (
    MAX_CLIENT_TOKEN,
    MAX_JOB_NAME,
    MAX_MAPPING_UID,
    MAX_MAPPINGS,
    MAX_METADATA_FILE_PATH,
    MAX_ROLE_ARN,
    MAX_S3_URI,
    MIN_ROLE_ARN,
)

Uid = Annotated[str, StringConstraints(min_length=1, max_length=MAX_MAPPING_UID, pattern=r"^[0-9.]+$")]
MetadataFilePath = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_METADATA_FILE_PATH, pattern=r"^[!-~](?:[ -~]*[!-~])?$")
]
S3UriText = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=MAX_S3_URI,
        pattern="^s3://[a-z0-9][.\\-a-z0-9]{1,61}[a-z0-9](?:/[^\n\r\u2028\u2029]*)?$",
    ),
]


class _Document(BaseModel):
    """Base class of the models: their objects cannot be changed, and an unknown or null member is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _reject_null_members(cls, members: object) -> object:
        # AWS refuses null: a member without a value must be absent.
        if isinstance(members, dict) and None in members.values():
            raise ValueError("a member is null")
        return members


class DicomMetadataMapping(_Document):
    """A mapping from a study or series to the override file for its instances.

    Attributes:
        studyInstanceUID: The Study Instance UID.
        seriesInstanceUID: The Series Instance UID; None if the mapping is for the whole study.
        metadataFilePath: The path of the override file, relative to the job's inputS3Uri.

    """

    studyInstanceUID: Uid
    seriesInstanceUID: Uid | None = None
    metadataFilePath: MetadataFilePath


class DicomJsonMetadataImportConfiguration(_Document):
    """The mappings of one import job: at least 1, and at most MAX_MAPPINGS."""

    dicomMetadataMappings: tuple[DicomMetadataMapping, ...] = Field(min_length=1, max_length=MAX_MAPPINGS, strict=False)


class ImportConfiguration(_Document):
    """The importConfiguration of an import job.

    The result of `model_dump(exclude_none=True)` is the argument `importConfiguration` of boto3's
    `start_dicom_import_job`. In AWS's service model, importConfiguration is a tagged union with only one known member.
    """

    dicomJsonMetadataImportConfiguration: DicomJsonMetadataImportConfiguration


class StartDICOMImportJobRequest(_Document):
    """A complete StartDICOMImportJob request.

    Its JSON can be the input of `aws medical-imaging start-dicom-import-job --cli-input-json`.
    """

    jobName: (
        Annotated[str, StringConstraints(min_length=1, max_length=MAX_JOB_NAME, pattern=r"^[A-Za-z0-9._/#-]+$")] | None
    ) = None
    dataAccessRoleArn: Annotated[
        str,
        StringConstraints(
            min_length=MIN_ROLE_ARN,
            max_length=MAX_ROLE_ARN,
            pattern="^arn:aws(?:-[^:\n\r\u2028\u2029]+)?:iam::[0-9]{12}:role/[^\n\r\u2028\u2029]+$",
        ),
    ]
    clientToken: Annotated[
        str, StringConstraints(min_length=1, max_length=MAX_CLIENT_TOKEN, pattern=r"^[A-Za-z0-9._-]+$")
    ]
    datastoreId: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{32}$")]
    inputS3Uri: S3UriText
    outputS3Uri: S3UriText
    inputOwnerAccountId: Annotated[str, StringConstraints(min_length=12, max_length=12, pattern=r"^[0-9]+$")] | None = (
        None
    )
    importConfiguration: ImportConfiguration | None = None
