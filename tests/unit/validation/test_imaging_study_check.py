"""Resources against the library's models."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from dicommap.errors import MissingExtraError
from dicommap.validation.imaging_study_check import load_imaging_study_check


def resource(**members: Any) -> dict[str, Any]:
    return {"resourceType": "ImagingStudy", "status": "available", "subject": {"type": "Patient"}, **members}


@pytest.mark.parametrize("text", ["頭部\u3000CT", "a\xa0b", "a\x85b", "Chest"])
def test_white_space_of_other_scripts_is_taken(text: str) -> None:
    load_imaging_study_check()(resource(description=text))


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"started": "2026-01-02T10:15:00"}, "started"),
        ({"status": None}, "status"),
        ({"numberOfSeries": -1}, "numberOfSeries"),
        ({"colour": "SECRET"}, "colour"),
        ({"series": [{"uid": "1.2", "modality": {"code": "SE  CRET"}}]}, "series/0/modality/code"),
    ],
)
def test_what_is_no_imaging_study_is_refused_by_its_place(members: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match=place) as error:
        load_imaging_study_check()(resource(**members))
    assert "CRET" not in str(error.value)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B.imagingstudy", None)
    with pytest.raises(MissingExtraError, match=r"dicommap\[fhir\]"):
        load_imaging_study_check()
