"""Models of image sets as SearchImageSets, GetImageSet and ListImageSetVersions return them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

ACTIVE_STATE = "ACTIVE"
"""State of an image set that can be read and changed (API reference, GetImageSet)."""
LOCKED_STATE = "LOCKED"
"""State of an image set that an asynchronous operation changes, such as UpdateImageSetMetadata (API reference)."""
DELETED_STATE = "DELETED"
"""State of an image set that was deleted (API reference, GetImageSet)."""

SEARCHABLE_ATTRIBUTES = {
    "PatientID": "DICOMPatientId",
    "AccessionNumber": "DICOMAccessionNumber",
    "StudyID": "DICOMStudyId",
    "StudyInstanceUID": "DICOMStudyInstanceUID",
    "SeriesInstanceUID": "DICOMSeriesInstanceUID",
}
"""Keyword -> name of the filter in SearchImageSets (API reference, SearchByAttributeValue)."""
MAX_SEARCH_FILTERS = 2
"""Maximum number of filters in one SearchImageSets request (service model)."""

SUMMARY_ATTRIBUTES = {
    "DICOMPatientId": "PatientID",
    "DICOMPatientName": "PatientName",
    "DICOMPatientBirthDate": "PatientBirthDate",
    "DICOMPatientSex": "PatientSex",
    "DICOMStudyInstanceUID": "StudyInstanceUID",
    "DICOMStudyId": "StudyID",
    "DICOMStudyDescription": "StudyDescription",
    "DICOMNumberOfStudyRelatedSeries": "NumberOfStudyRelatedSeries",
    "DICOMNumberOfStudyRelatedInstances": "NumberOfStudyRelatedInstances",
    "DICOMAccessionNumber": "AccessionNumber",
    "DICOMSeriesInstanceUID": "SeriesInstanceUID",
    "DICOMSeriesModality": "Modality",
    "DICOMSeriesBodyPart": "BodyPartExamined",
    "DICOMSeriesNumber": "SeriesNumber",
    "DICOMStudyDate": "StudyDate",
    "DICOMStudyTime": "StudyTime",
}
"""Member of DICOMTags in a result of SearchImageSets -> DICOM keyword (API reference, DICOMTags)."""

_IMAGE_SET_ID = re.compile(r"[0-9a-z]{32}")


def is_image_set_id(text: str) -> bool:
    """Return whether a text has the form of an image set id (API reference, GetImageSet)."""
    return _IMAGE_SET_ID.fullmatch(text) is not None


class ImageSetSummary(BaseModel):
    """One image set in the answer of SearchImageSets.

    Unknown members are kept. The repr shows no value of the patient.
    """

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    imageSetId: str
    version: int | None = None
    createdAt: datetime | None = None
    updatedAt: datetime | None = None
    isPrimary: bool | None = None
    """Whether the image set is primary; None if the service did not return it."""
    DICOMTags: dict[str, Any] = Field(default_factory=dict, repr=False)

    @property
    def attributes(self) -> dict[str, str]:
        """Return the attributes of patient, study and series in the summary: keyword -> value as text."""
        return {
            keyword: str(self.DICOMTags[name])
            for name, keyword in SUMMARY_ATTRIBUTES.items()
            if self.DICOMTags.get(name) is not None
        }


class ImageSetProperties(BaseModel):
    """Properties of one version of an image set. Members and statuses that AWS does not document are kept unchanged."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    imageSetId: str
    datastoreId: str = ""
    versionId: str
    imageSetState: str
    imageSetWorkflowStatus: str = Field(
        "", validation_alias=AliasChoices("imageSetWorkflowStatus", "ImageSetWorkflowStatus")
    )
    """The workflow status of the image set, such as `UPDATED`; empty if the service did not return it.

    ListImageSetVersions names this member ImageSetWorkflowStatus, with a capital letter (service model).
    """
    createdAt: datetime | None = None
    updatedAt: datetime | None = None
    deletedAt: datetime | None = None
    message: str | None = None
    isPrimary: bool | None = None


class CopyImageSetProperties(BaseModel):
    """Properties of the source image set, or of the destination image set, in the answer of CopyImageSet."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    imageSetId: str
    latestVersionId: str
    imageSetState: str = ""
    imageSetWorkflowStatus: str = ""


class CopyImageSetAnswer(BaseModel):
    """The answer of CopyImageSet. The copy is running as long as one of its two image sets is LOCKED."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    sourceImageSetProperties: CopyImageSetProperties
    destinationImageSetProperties: CopyImageSetProperties
    """The image set that has the copied instances. A promotion returns a primary image set with another id."""
