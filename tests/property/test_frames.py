"""Frames hold what the inventory holds: every row, every text, and no value of a type that the text has not."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.vr import value_text_issues
from dicommap.issues import Location
from dicommap.model.study import Series, Study
from tests.support.example_counts import examples
from tests.support.filled_inventories import Added, added, inventory_of
from tests.support.frame_inventory import KEYWORDS

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
_DATES = st.one_of(_TEXT, st.dates().map(lambda day: f"{day:%Y%m%d}".rjust(8, "0")), st.from_regex(r"[0-9]{8}"))
_WHOLES = st.one_of(_TEXT, st.integers().map(str), st.from_regex(r"[ +\-]?[0-9]{1,3}"))
_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "PatientID": _TEXT,
        "StudyDate": _DATES,
        "SeriesNumber": _WHOLES,
        "InstanceNumber": _WHOLES,
        "SliceThickness": st.one_of(_TEXT, st.floats().map(str)),
    },
)


@st.composite
def _files(draw: st.DrawFn) -> list[Added]:
    made = []
    for number in range(draw(st.integers(0, 6))):
        study, series = draw(st.sampled_from(["1.1 1.1.1", "1.1 1.1.2", "1.2 1.2.1"])).split()
        instance = draw(st.integers(1, 4))
        path = draw(_TEXT) + str(number)
        values: dict[str, Any] = draw(_VALUES)
        made.append(added(path, f"{study} {series} {series}.{instance}", **values))
    return made


@examples(100)
@given(_files())
def test_instances_keep_every_text(files: list[Added]) -> None:
    with inventory_of(*files, keywords=KEYWORDS) as inventory:
        rows = inventory.to_arrow().to_pylist()
        kept = list(inventory.instances())
    assert sorted((row["path"], row["SOPInstanceUID"], row["InstanceNumber_text"] or "") for row in rows) == sorted(
        (one.path, one.sop_instance_uid, one.instance_number) for one in kept
    )
    names = ("PatientID", "StudyDate_text", "SeriesNumber_text", "SliceThickness_text", "InstanceNumber_text")
    expected = [[header.values.get(name.removesuffix("_text")) for name in names] for _, _, header in files]  # type: ignore[union-attr]
    assert sorted(([row[name] for name in names] for row in rows), key=repr) == sorted(expected, key=repr)


@examples(100)
@given(_files())
def test_values_have_their_type_just_where_the_text_is_valid(files: list[Added]) -> None:
    with inventory_of(*files, keywords=KEYWORDS) as inventory:
        rows = inventory.to_arrow().to_pylist()
    for row in rows:
        text, day = row["StudyDate_text"], row["StudyDate"]
        valid = bool(text) and not list(value_text_issues("DA", text, Location()))
        assert (day is not None) == valid
        assert not valid or (isinstance(day, date) and day == date(int(text[:4]), int(text[4:6]), int(text[6:])))
        text, number = row["SeriesNumber_text"], row["SeriesNumber"]
        assert number is None or number == int(text)
        if text and not list(value_text_issues("IS", text, Location())):
            assert number == int(text)
        text, fraction = row["SliceThickness_text"], row["SliceThickness"]
        assert fraction is None or fraction == float(text)


@examples(100)
@given(_files())
def test_studies_and_series_never_take_one_value_for_all(files: list[Added]) -> None:
    with inventory_of(*files, keywords=KEYWORDS) as inventory:
        kinds: dict[str, list[Study | Series]] = {"study": [*inventory.studies()], "series": [*inventory.series()]}
        for level, kept in kinds.items():
            rows = inventory.to_arrow(level).to_pylist()
            assert len(rows) == len(kept)
            for row, one in zip(rows, kept, strict=True):
                assert (row["instances"], row["files"], row["bytes"]) == (one.instances, one.files, one.size)
                for keyword in KEYWORDS:
                    assert row[f"{keyword}_distinct"] == len(one.values[keyword])
                    text = row.get(f"{keyword}_text", row[keyword])
                    only = next(iter(one.values[keyword])) if len(one.values[keyword]) == 1 else None
                    assert (text or "") == (only or "")
                    assert len(one.values[keyword]) == 1 or row[keyword] is None
