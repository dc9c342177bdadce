"""The searches of SearchImageSets: filters, operators, sort orders and summaries.

The filters and their types are those of the service model. A stored value matches a filter if both are equal, character
by character. Rules of the stand-in only, because AWS does not document them: the operator BETWEEN includes both limits;
without a time, the lower limit is the beginning and the upper limit the end of its day.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import hex_of, tag_of
from dicommap.testing.image_set_metadata import format_person_name
from dicommap.testing.importable_files import get_first_text
from dicommap.testing.operations import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dicommap.testing.image_sets import ImageSet, ImageSets

_KEYWORDS = {
    "DICOMPatientId": "PatientID",
    "DICOMPatientName": "PatientName",
    "DICOMPatientBirthDate": "PatientBirthDate",
    "DICOMPatientSex": "PatientSex",
    "DICOMStudyInstanceUID": "StudyInstanceUID",
    "DICOMStudyId": "StudyID",
    "DICOMStudyDescription": "StudyDescription",
    "DICOMAccessionNumber": "AccessionNumber",
    "DICOMSeriesInstanceUID": "SeriesInstanceUID",
    "DICOMSeriesModality": "Modality",
    "DICOMSeriesBodyPart": "BodyPartExamined",
    "DICOMSeriesNumber": "SeriesNumber",
    "DICOMStudyDate": "StudyDate",
    "DICOMStudyTime": "StudyTime",
}
"""Member of DICOMTags -> keyword."""
_TAGS = {name: tag_of(keyword) or 0 for name, keyword in _KEYWORDS.items()}

_RANGE_FIELDS = ("createdAt", "updatedAt", "DICOMStudyDateAndTime")
"""Fields that the operator BETWEEN accepts. AWS's examples use it with these fields only."""
DEFAULT_SORT = {"sortField": "updatedAt", "sortOrder": "DESC"}
"""The sort order of a search without one (developer guide, "Searching image sets")."""
_START_OF_DAY, _END_OF_DAY = "000000", "235960"


def search_image_sets(image_sets: ImageSets, datastore_id: str, criteria: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the summaries of the image sets that match all filters, in the order of the search.

    Args:
        image_sets: All image sets.
        datastore_id: The data store to search.
        criteria: The searchCriteria of the request, which were already checked against the service model.

    Raises:
        ServiceError: A filter has an operator with the wrong number of values, or with values of different fields.

    """
    predicates = [_make_filter_predicate(search_filter) for search_filter in criteria.get("filters", ())]
    matches = [
        image_set
        for image_set in image_sets.select_not_deleted(datastore_id)
        if all(predicate(image_set) for predicate in predicates)
    ]
    order = criteria.get("sort", DEFAULT_SORT)
    matches.sort(key=_FIELD_READERS[order["sortField"]], reverse=order["sortOrder"] == "DESC")
    return [_make_search_summary(image_set, image_sets) for image_set in matches]


def _make_filter_predicate(search_filter: Mapping[str, Any]) -> Callable[[ImageSet], bool]:
    fields = {next(iter(value)) for value in search_filter["values"]}
    values = [next(iter(value.values())) for value in search_filter["values"]]
    (field, *others), operator = sorted(fields), search_filter["operator"]
    if others:
        raise ServiceError("ValidationException", "The values of a filter are of different fields.")
    if len(values) != (2 if operator == "BETWEEN" else 1):
        raise ServiceError("ValidationException", f"{operator} has a wrong number of values.")
    if operator == "BETWEEN":
        if field not in _RANGE_FIELDS:
            raise ServiceError("ValidationException", f"BETWEEN is not supported for {field}.")
        low, high = _make_sort_key(values[0], _START_OF_DAY), _make_sort_key(values[1], _END_OF_DAY)
        return lambda image_set: low <= _FIELD_READERS[field](image_set) <= high
    if field == "DICOMStudyDateAndTime":
        return _make_date_predicate(values[0])
    return lambda image_set: _read_search_field(image_set, field) == values[0]


def _make_date_predicate(value: Mapping[str, str]) -> Callable[[ImageSet], bool]:
    """Return a predicate for a date and time of a study. Without a time, any time of the day matches."""
    if "DICOMStudyTime" not in value:
        return lambda image_set: _read_tag_text(image_set, "DICOMStudyDate") == value["DICOMStudyDate"]
    return lambda image_set: _read_study_time(image_set) == _make_sort_key(value, _START_OF_DAY)


def _make_sort_key(value: Any, default_time: str) -> Any:  # noqa: ANN401  a date and time of a study, or a datetime
    if isinstance(value, datetime):
        return value
    return value["DICOMStudyDate"], value.get("DICOMStudyTime") or default_time


def _read_tag_text(image_set: ImageSet, name: str) -> str:
    data_set = image_set.latest.latest_instance.after
    if name == "DICOMPatientName":
        attribute = data_set.get(hex_of(_TAGS[name]))
        values = attribute.get("Value") if attribute else None
        return format_person_name(values[0]) or "" if values else ""
    return get_first_text(data_set, _TAGS[name])


def _read_study_time(image_set: ImageSet) -> tuple[str, str]:
    return _read_tag_text(image_set, "DICOMStudyDate"), _read_tag_text(image_set, "DICOMStudyTime") or _START_OF_DAY


_FIELD_READERS: dict[str, Callable[[ImageSet], Any]] = {
    "createdAt": lambda image_set: image_set.versions[0].created_at,
    "updatedAt": lambda image_set: image_set.latest.created_at,
    "DICOMStudyDateAndTime": _read_study_time,
    "isPrimary": lambda image_set: image_set.is_primary,
}


def _read_search_field(image_set: ImageSet, field: str) -> Any:  # noqa: ANN401
    return _FIELD_READERS[field](image_set) if field in _FIELD_READERS else _read_tag_text(image_set, field)


def _make_search_summary(image_set: ImageSet, image_sets: ImageSets) -> dict[str, Any]:
    return {
        "imageSetId": image_set.image_set_id,
        "version": image_set.version,
        "createdAt": image_set.versions[0].created_at,
        "updatedAt": image_set.latest.created_at,
        "lastAccessedAt": image_set.latest.created_at,
        "storageTier": "FREQUENT_ACCESS",
        "isPrimary": image_set.is_primary,
        "DICOMTags": _make_dicom_tags(image_set, image_sets.select_same_study(image_set)),
    }


def _make_dicom_tags(image_set: ImageSet, study: Sequence[ImageSet]) -> dict[str, Any]:
    tags: dict[str, Any] = {name: _read_tag_text(image_set, name) or None for name in _TAGS}
    number = tags["DICOMSeriesNumber"]
    tags["DICOMSeriesNumber"] = int(number) if number and number.lstrip("+-").isdecimal() else None
    tags["DICOMNumberOfStudyRelatedSeries"] = len(study)
    tags["DICOMNumberOfStudyRelatedInstances"] = sum(len(series.latest.by_uid) for series in study)
    return tags
