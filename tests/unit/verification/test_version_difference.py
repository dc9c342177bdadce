"""A version counts as made by a request only if it differs in exactly what the request changes."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from dicommap.updates.update import UpdateRequest
from dicommap.verification.stored_metadata import StoredImageSet, StoredSeries
from dicommap.verification.version_difference import VersionMatch, find_differences, match_versions


def image_set(**changes: Any) -> StoredImageSet:
    """Return an image set with two instances. A change is named `first`, `second`, `series`, `study` or `patient`."""
    content: dict[str, dict[str, Any]] = {
        "first": {"ImageComments": "old", "ContentDate": "20200101", "00191001": "a"},
        "second": {"ImageComments": "old"},
        "series": {"SeriesDescription": "s", "SeriesDescriptionCodeSequence": [{"CodeValue": "1", "CodeMeaning": "m"}]},
        "study": {"StudyDescription": "d"},
        "patient": {"PatientName": "A^B"},
    }
    content = copy.deepcopy(content)
    for place, attributes in changes.items():
        content[place].update(attributes)
        content[place] = {name: value for name, value in content[place].items() if value != "gone"}
    instances = {"1.1": content["first"], "1.2": content["second"]}
    series = StoredSeries(attributes=content["series"], instances=instances)
    return StoredImageSet(
        study_instance_uid="1", patient=content["patient"], study=content["study"], series={"1.9": series}
    )


def document(instance: dict[str, Any] | None = None, series: dict[str, Any] | None = None) -> dict[str, Any]:
    members: dict[str, Any] = {}
    if series is not None:
        members["DICOM"] = series
    if instance is not None:
        members["Instances"] = {"1.1": {"DICOM": instance}}
    return {"SchemaVersion": 1.1, "Study": {"Series": {"1.9": members}}}


COMMENT = UpdateRequest(updatable=document({"ImageComments": "new"}))
REMOVAL = UpdateRequest(removable=document({"ImageComments": "old"}))
CODES = [{"CodeValue": "2", "CodeMeaning": "m"}]
SEQUENCE = UpdateRequest(updatable=document(series={"SeriesDescriptionCodeSequence": CODES}), force=True)
PRIVATE = UpdateRequest(removable=document({"00191001": "a"}), force=True)


@pytest.mark.parametrize(
    ("request_", "changes", "match"),
    [
        (COMMENT, {"first": {"ImageComments": "new"}}, VersionMatch.EXACT),
        (REMOVAL, {"first": {"ImageComments": "gone"}}, VersionMatch.EXACT),
        (SEQUENCE, {"series": {"SeriesDescriptionCodeSequence": CODES}}, VersionMatch.EXACT),
        (PRIVATE, {"first": {"00191001": "gone"}}, VersionMatch.EXACT),
        (COMMENT, {"first": {"ImageComments": "third"}}, VersionMatch.OTHER_VALUES),
        (COMMENT, {"first": {"ContentDate": "20210101"}}, VersionMatch.OTHER_VALUES),
        (COMMENT, {"first": {"ImageComments": "new", "ContentDate": "20210101"}}, VersionMatch.MORE),
        (COMMENT, {"first": {"ImageComments": "new", "ContentTime": "12"}}, VersionMatch.MORE),
        (COMMENT, {"first": {"ImageComments": "new", "ContentDate": "gone"}}, VersionMatch.MORE),
        (COMMENT, {"first": {"ImageComments": "new"}, "second": {"ImageComments": "new"}}, VersionMatch.MORE),
        (COMMENT, {"first": {"ImageComments": "new"}, "series": {"SeriesDescription": "t"}}, VersionMatch.MORE),
        (COMMENT, {"first": {"ImageComments": "new"}, "study": {"StudyDescription": "t"}}, VersionMatch.MORE),
        (COMMENT, {"first": {"ImageComments": "new"}, "patient": {"PatientName": "C"}}, VersionMatch.MORE),
        (REMOVAL, {"first": {"ImageComments": None}}, VersionMatch.NOT_COMPARABLE),
    ],
)
def test_a_version_is_compared_with_a_request(
    request_: UpdateRequest, changes: dict[str, Any], match: VersionMatch
) -> None:
    assert match_versions(request_, image_set(), image_set(**changes)) is match


def test_instances_and_series_that_only_one_version_has_are_differences() -> None:
    whole = image_set()
    (series,) = whole.series.values()
    without = StoredSeries(attributes=series.attributes, instances={"1.1": series.instances["1.1"]})
    smaller = StoredImageSet(study_instance_uid="1", patient=whole.patient, study=whole.study, series={"1.9": without})
    empty = StoredImageSet(study_instance_uid="1", patient=whole.patient, study=whole.study, series={})
    for first, second in ((whole, smaller), (smaller, whole)):
        assert [(place[1:], name) for place, name in find_differences(first, second)] == [(("1.9", "1.2"), "")]
    assert [(place[1:], name) for place, name in find_differences(whole, empty)] == [(("1.9", None), "")]
    assert list(find_differences(whole, image_set())) == []
