"""New values are held against the character sets that the files declare."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dicommap.overrides.character_set_issues import unencodable_value_issues
from dicommap.overrides.study_resolution import resolve_study
from tests.support.studies import edit, study


@pytest.mark.parametrize(
    ("declared", "value", "files"),
    [
        ("", "Muller", None),
        ("", "Müller", 2),
        ("ISO_IR 100", "Müller", None),
        ("ISO_IR 100", "山田", 2),
        ("ISO_IR 192", "山田^тест", None),
        ("\\ISO 2022 IR 87", "=山田", None),
        ({"ISO_IR 192": 3, "ISO_IR 100": 2, "": 1}, "Müller", 1),
        ({"ISO_IR 192": 3, "ISO_IR 100": 2, "": 1}, "山田", 3),
        ("AN UNKNOWN TERM", "山田", None),
    ],
)
def test_files_without_room_are_counted(declared: str | Mapping[str, int], value: str, files: int | None) -> None:
    one = study({"SpecificCharacterSet": declared})
    found = list(unencodable_value_issues(one, resolve_study(one, [edit("PatientName", value)]).changes))
    assert [item.location.keyword for item in found] == ([] if files is None else ["PatientName"])
    assert all(f"; files: {files}." in item.message for item in found)
    assert not any(value in str(item) for item in found)


def test_a_series_is_held_against_its_own_files() -> None:
    one = study({"SpecificCharacterSet": "ISO_IR 192"}, {"SpecificCharacterSet": ""})
    edits = [edit("SeriesDescription", "é", f"1.2.{number}") for number in (1, 2)]
    (found,) = unencodable_value_issues(one, resolve_study(one, edits).changes)
    assert found.location.series == "1.2.2"


def test_without_the_attribute_in_the_inventory_nothing_is_known() -> None:
    one = study({})
    assert not list(unencodable_value_issues(one, resolve_study(one, [edit("PatientName", "Müller")]).changes))
