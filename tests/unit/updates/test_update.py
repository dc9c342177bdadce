"""The classes of updates, and the form of their files."""

from __future__ import annotations

import json

import pytest

from dicommap.updates.update import Update, UpdateRequest, dump_update, update_from_json

NAME = {"SchemaVersion": 1.1, "Patient": {"DICOM": {"PatientName": "Größe^Ä"}}}
DESCRIPTION = {"SchemaVersion": 1.1, "Study": {"DICOM": {"StudyDescription": None}}}


def test_documents_are_utf8_without_spaces() -> None:
    request = UpdateRequest(updatable=NAME)
    expected = '{"SchemaVersion":1.1,"Patient":{"DICOM":{"PatientName":"Größe^Ä"}}}'.encode()
    assert request.updatable_bytes == expected
    assert request.removable_bytes is None
    assert request.size == len(expected)


def test_the_size_is_that_of_both_documents() -> None:
    request = UpdateRequest(updatable=NAME, removable=DESCRIPTION, force=True)
    assert request.removable_bytes == b'{"SchemaVersion":1.1,"Study":{"DICOM":{"StudyDescription":null}}}'
    assert request.size == len(request.updatable_bytes or b"") + len(request.removable_bytes)


@pytest.mark.parametrize("series", [None, "1.2.3.4"])
def test_the_file_of_an_update_gives_the_update_again(series: str | None) -> None:
    requests = (UpdateRequest(updatable=NAME, removable=DESCRIPTION), UpdateRequest(removable=DESCRIPTION, force=True))
    update = Update(study_instance_uid="1.2.3", series_instance_uid=series, requests=requests)
    text = dump_update(update)
    document = json.loads(text)
    assert update_from_json(document) == update
    assert ("seriesInstanceUID" in document) is (series is not None)
    assert [list(request) for request in document["requests"]] == [
        ["force", "updatableAttributes", "removableAttributes"],
        ["force", "removableAttributes"],
    ]


def test_values_are_in_no_repr() -> None:
    update = Update(study_instance_uid="1.2.3", series_instance_uid=None, requests=(UpdateRequest(updatable=NAME),))
    assert "Größe" not in repr(update)
    assert "Größe" not in repr(update.requests[0])
