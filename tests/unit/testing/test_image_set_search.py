"""Searches of image sets: each filter, operator and sort order of the service model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dicommap.testing.image_set_search import search_image_sets
from dicommap.testing.image_sets import ImageSets
from dicommap.testing.operations import ServiceError, load_imaging_operations
from dicommap.testing.wire_format import find_shape_problems
from tests.support.imported_instances import imported_instance

STORE = "5" * 32
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def image_sets() -> ImageSets:
    """Return two series of study 1.1, one with a conflict, and study 1.2; each an hour later than the one before."""
    all_attributes: list[dict[str, Any]] = [
        {"SeriesInstanceUID": "1.1.1", "StudyTime": "0800", "BodyPartExamined": "HEAD", "SeriesNumber": 7},
        {"SeriesInstanceUID": "1.1.2", "StudyTime": "0800"},
        {"SeriesInstanceUID": "1.1.2", "StudyTime": "0800", "AccessionNumber": "OTHER"},
        {
            "StudyInstanceUID": "1.2",
            "SeriesInstanceUID": "1.2.1",
            "PatientID": "P2",
            "StudyDate": "20260103",
            "StudyID": "S2",
            "AccessionNumber": "A2",
        },
    ]
    image_sets = ImageSets()
    for number, attributes in enumerate(all_attributes):
        instance = imported_instance(**{"StudyInstanceUID": "1.1", "SOPInstanceUID": f"1.{number}", **attributes})
        image_sets.add(STORE, instance).versions[0].created_at = NOON + timedelta(hours=number)
    return image_sets


def found(image_sets: ImageSets, **criteria: Any) -> list[int]:
    """Return the numbers of the image sets that a search finds."""
    ids = [image_set.image_set_id for image_set in image_sets.all]
    return [ids.index(one["imageSetId"]) for one in search_image_sets(image_sets, STORE, criteria)]


def equal(**value: Any) -> dict[str, Any]:
    return {"operator": "EQUAL", "values": [value]}


def between(field: str, low: Any, high: Any) -> dict[str, Any]:
    return {"operator": "BETWEEN", "values": [{field: low}, {field: high}]}


@pytest.mark.parametrize(
    ("search_filter", "numbers"),
    [
        (equal(DICOMPatientId="P2"), [3]),
        (equal(DICOMAccessionNumber="A1"), [0, 1]),
        (equal(DICOMStudyId="S2"), [3]),
        (equal(DICOMStudyInstanceUID="1.1"), [0, 1, 2]),
        (equal(DICOMSeriesInstanceUID="1.1.2"), [1, 2]),
        (equal(isPrimary=False), [2]),
        (equal(isPrimary=True), [0, 1, 3]),
        (equal(createdAt=NOON), [0]),
        (equal(updatedAt=NOON + timedelta(hours=3)), [3]),
        (equal(DICOMStudyDateAndTime={"DICOMStudyDate": "20260102"}), [0, 1, 2]),
        (equal(DICOMStudyDateAndTime={"DICOMStudyDate": "20260102", "DICOMStudyTime": "0801"}), []),
        (equal(DICOMStudyDateAndTime={"DICOMStudyDate": "20260102", "DICOMStudyTime": "0800"}), [0, 1, 2]),
        (between("createdAt", NOON, NOON + timedelta(hours=1)), [0, 1]),
        (between("updatedAt", NOON + timedelta(hours=2), NOON + timedelta(days=1)), [2, 3]),
        (
            between(
                "DICOMStudyDateAndTime",
                {"DICOMStudyDate": "20260102", "DICOMStudyTime": "0801"},
                {"DICOMStudyDate": "20260103"},
            ),
            [3],
        ),
        (
            between("DICOMStudyDateAndTime", {"DICOMStudyDate": "20260101"}, {"DICOMStudyDate": "20260102"}),
            [0, 1, 2],
        ),
        (equal(DICOMPatientId="P3"), []),
    ],
)
def test_a_filter_selects_image_sets(image_sets: ImageSets, search_filter: Any, numbers: list[int]) -> None:
    assert sorted(found(image_sets, filters=[search_filter])) == numbers


def test_two_filters_are_both_true(image_sets: ImageSets) -> None:
    filters = [equal(DICOMStudyInstanceUID="1.1"), between("updatedAt", NOON, NOON + timedelta(hours=1))]
    assert sorted(found(image_sets, filters=filters)) == [0, 1]


@pytest.mark.parametrize(
    "search_filter",
    [
        {"operator": "BETWEEN", "values": [{"createdAt": NOON}]},
        {"operator": "EQUAL", "values": [{"createdAt": NOON}, {"createdAt": NOON}]},
        {"operator": "BETWEEN", "values": [{"createdAt": NOON}, {"updatedAt": NOON}]},
        between("DICOMPatientId", "P1", "P2"),
    ],
)
def test_a_filter_without_meaning_is_refused(image_sets: ImageSets, search_filter: Any) -> None:
    with pytest.raises(ServiceError) as error:
        found(image_sets, filters=[search_filter])
    assert error.value.code == "ValidationException"


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        (None, [3, 2, 1, 0]),
        ({"sortField": "createdAt", "sortOrder": "ASC"}, [0, 1, 2, 3]),
        ({"sortField": "DICOMStudyDateAndTime", "sortOrder": "ASC"}, [0, 1, 2, 3]),
        ({"sortField": "DICOMStudyDateAndTime", "sortOrder": "DESC"}, [3, 0, 1, 2]),
    ],
)
def test_results_are_sorted(image_sets: ImageSets, sort: dict[str, str] | None, numbers: list[int]) -> None:
    assert found(image_sets, **({"sort": sort} if sort else {})) == numbers


def test_deleted_image_sets_and_other_data_stores_are_not_found(image_sets: ImageSets) -> None:
    image_sets.delete(image_sets.all[0])
    image_sets.add("6" * 32, imported_instance())
    assert sorted(found(image_sets)) == [1, 2, 3]


def test_a_summary_has_the_attributes_of_the_service_model(image_sets: ImageSets) -> None:
    (summary,) = search_image_sets(image_sets, STORE, {"filters": [equal(DICOMSeriesInstanceUID="1.1.1")]})
    assert summary["DICOMTags"] == {
        "DICOMPatientId": "P1",
        "DICOMPatientName": "Doe^Jane",
        "DICOMPatientBirthDate": None,
        "DICOMPatientSex": None,
        "DICOMStudyInstanceUID": "1.1",
        "DICOMStudyId": "S1",
        "DICOMStudyDescription": None,
        "DICOMAccessionNumber": "A1",
        "DICOMSeriesInstanceUID": "1.1.1",
        "DICOMSeriesModality": "CT",
        "DICOMSeriesBodyPart": "HEAD",
        "DICOMSeriesNumber": 7,
        "DICOMStudyDate": "20260102",
        "DICOMStudyTime": "0800",
        "DICOMNumberOfStudyRelatedSeries": 2,
        "DICOMNumberOfStudyRelatedInstances": 2,
    }
    (operation,) = (one for one in load_imaging_operations() if one.name == "SearchImageSets")
    shape = operation.output_shape.members["imageSetsMetadataSummaries"].member
    assert set(shape.members) == set(summary)
    assert set(shape.members["DICOMTags"].members) == set(summary["DICOMTags"])
    present = {name: value for name, value in summary["DICOMTags"].items() if value is not None}
    assert not list(find_shape_problems(shape, {**summary, "DICOMTags": present}))
