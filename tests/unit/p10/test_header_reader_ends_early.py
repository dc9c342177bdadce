"""A data set that ends before InstanceNumber may be cut; which attributes are captured does not matter."""

from __future__ import annotations

import pytest

from dicommap.p10 import WantedAttributes
from tests.support.p10_elements import UID_TAGS, codes, element, even, p10, read

CAPTURED = [(), ("RTPlanLabel",), ("DocumentTitle", "Rows"), ("PresentationLUTShape",), ("PatientID",)]
ENDS = {
    "a structured report": (0x0040A491, "CS", "COMPLETE"),
    "a key object selection": (0x0040A730, "SQ", ""),
    "an encapsulated document": (0x00420012, "LO", "application/pdf "),
    "a plan": (0x300A0002, "SH", "PLAN"),
    "a presentation state": (0x00700084, "PN", ""),
    "a waveform": (0x54000100, "SQ", ""),
    "an image": (0x7FE00010, "OW", ""),
    "raw data": (0x00200013, "IS", "1 "),
    "an image without pixels": (0x00280010, "US", "\1\0"),
}


def file_of(*more: tuple[int, str, str]) -> bytes:
    uids = [(tag, "UI", even(value)) for tag, value in UID_TAGS.items()]
    return p10(b"".join(element(*one) for one in sorted([*uids, *more])))


@pytest.mark.parametrize("captured", CAPTURED)
@pytest.mark.parametrize("what", ENDS)
def test_objects_that_go_on_behind_instance_number_are_whole(what: str, captured: tuple[str, ...]) -> None:
    assert codes(read(file_of(ENDS[what]), WantedAttributes(captured))) == []


@pytest.mark.parametrize("captured", CAPTURED)
@pytest.mark.parametrize("last", [(), ((0x00200010, "SH", "1 "),), ((0x00200011, "IS", "1 "),)])
def test_objects_that_end_before_it_may_be_cut(
    captured: tuple[str, ...], last: tuple[tuple[int, str, str], ...]
) -> None:
    found = read(file_of(*last), WantedAttributes(captured))
    assert codes(found) == ["p10.ends-early"]
    assert found.issues[0].message.endswith("before InstanceNumber (0020,0013).")


@pytest.mark.parametrize("captured", CAPTURED)
def test_an_object_out_of_order_that_has_a_higher_tag_is_whole(captured: tuple[str, ...]) -> None:
    file = file_of((0x0040A491, "CS", "COMPLETE")) + element(0x00100020, "LO", "P1")
    assert "p10.ends-early" not in codes(read(file, WantedAttributes(captured)))
