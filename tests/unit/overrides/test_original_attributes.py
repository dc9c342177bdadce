"""Items for the Original Attributes Sequence: the values from before, for exactly the instances that had them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pydicom

from dicommap.issues import Issue
from dicommap.model.study import FileValues
from dicommap.overrides.attribute_change import AttributeChange
from dicommap.overrides.original_attributes import Modification, OriginalAttributes, build_original_attributes

FACTS = Modification(at=datetime(2026, 11, 30, 9, 15, tzinfo=UTC), system="dicommap 1.0", source="Site 7")
NAME, ID, DESCRIPTION = 0x00100010, 0x00100020, 0x0008103E


def change(tag: int, after: str | None, **members: Any) -> AttributeChange:
    vr = {NAME: "PN", ID: "LO", DESCRIPTION: "LO"}[tag]
    value: Any = {"Alphabetic": after} if vr == "PN" else after
    defaults: dict[str, Any] = {"study_instance_uid": "1.2", "series_instance_uid": None, "before": {"x": 1}}
    attribute: Any = None if after is None else {"vr": vr, "Value": [value]}
    return AttributeChange(**defaults | members, tag=tag, after=attribute, origins=("s.csv row 2",))


def reader(*files: tuple[str, str, dict[str, str]]) -> Any:
    """Return a function that yields files: Series and SOP Instance UID, and values by keyword."""

    def read(study: str, keywords: Sequence[str]) -> Iterator[FileValues]:
        assert study == "1.2"
        for series, sop, values in files:
            yield FileValues(
                source="/data",
                path=sop,
                series_instance_uid=series,
                sop_instance_uid=sop,
                values=tuple(values.get(keyword, "") for keyword in keywords),
            )

    return read


def build(changes: list[AttributeChange], read: Any) -> list[OriginalAttributes | Issue]:
    return list(build_original_attributes(changes, read, FACTS))


def items_of(built: list[OriginalAttributes | Issue]) -> list[OriginalAttributes]:
    items = [item for item in built if isinstance(item, OriginalAttributes)]
    assert items == built
    return items


def test_an_item_is_what_the_standard_wants_and_pydicom_reads_it() -> None:
    [original] = items_of(build([change(NAME, "ROE^JANE")], reader(("1.2.1", "1", {"PatientName": "Doe^Jane=D"}))))
    sequence = {"04000561": {"vr": "SQ", "Value": [original.item]}}
    [item] = pydicom.Dataset.from_json(json.dumps(sequence)).OriginalAttributesSequence
    assert item.AttributeModificationDateTime == "20261130091500+0000"
    assert (item.ModifyingSystem, item.ReasonForTheAttributeModification) == ("dicommap 1.0", "CORRECT")
    assert item.SourceOfPreviousValues == "Site 7"
    [modified] = item.ModifiedAttributesSequence
    assert (len(modified), modified.PatientName) == (1, "Doe^Jane=D")


def test_an_unknown_source_is_empty() -> None:
    facts = Modification(at=FACTS.at, system="dicommap 1.0", reason="COERCE")
    [original] = items_of(list(build_original_attributes([change(ID, "7")], reader(("1.2.1", "1", {})), facts)))
    assert original.item["04000564"] == {"vr": "LO"}
    assert original.item["04000565"] == {"vr": "CS", "Value": ["COERCE"]}
    assert original.item["04000550"]["Value"] == [{"00100020": {"vr": "LO"}}]  # absent or empty before


def test_instances_with_equal_values_share_an_item() -> None:
    files = reader(
        ("1.2.1", "1", {"PatientID": "A"}),
        ("1.2.1", "2", {"PatientID": "B"}),
        ("1.2.1", "3", {"PatientID": "A"}),
        ("1.2.1", "3", {"PatientID": "A"}),  # a duplicate
        ("1.2.2", "4", {"PatientID": "A"}),
        ("1.2.2", "5", {"PatientID": "NEW"}),  # has the new value already
    )
    built = items_of(build([change(ID, "NEW")], files))
    assert [(item.series_instance_uid, item.sop_instance_uids) for item in built] == [
        ("1.2.1", ("1", "3")),
        ("1.2.1", ("2",)),
        ("1.2.2", ("4",)),
    ]


def test_changes_of_a_series_an_instance_and_removals() -> None:
    changes = [
        change(ID, "NEW"),
        change(DESCRIPTION, "T1", series_instance_uid="1.2.1"),
        change(NAME, None, series_instance_uid="1.2.1", sop_instance_uid="1"),
    ]
    values = {"PatientID": "A", "SeriesDescription": "T2", "PatientName": "Doe^Jane"}
    files = [("1.2.1", "1", values), ("1.2.1", "2", values), ("1.2.2", "3", values)]
    built = items_of(build(changes, reader(*files)))
    tags = {item.sop_instance_uids: sorted(item.item["04000550"]["Value"][0]) for item in built}
    assert tags == {
        ("1",): ["0008103E", "00100010", "00100020"],
        ("2",): ["0008103E", "00100020"],
        ("3",): ["00100020"],
    }


def test_a_value_that_is_not_known_or_not_valid_is_an_issue() -> None:
    unknown = build([change(ID, "NEW", before=None)], reader())
    long = build([change(ID, "NEW")], reader(("1.2.1", "1", {"PatientID": "x" * 65})))
    undecodable = build([change(ID, "NEW")], reader(("1.2.1", "1", {"PatientID": "M\udcfcller"})))
    for [issue] in (unknown, long, undecodable):
        assert isinstance(issue, Issue)
        assert (issue.code, issue.location.keyword) == ("draft.no-original-value", "PatientID")
        assert "xxx" not in issue.message
