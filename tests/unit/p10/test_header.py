from __future__ import annotations

from dicommap.model.captured_attributes import DEFAULT_KEYWORDS, IDENTIFYING_UIDS
from dicommap.p10 import WantedAttributes
from tests.support.p10_elements import content, element, header_of, p10


def test_the_usual_attributes_are_the_captured_and_the_identifying_ones() -> None:
    expected = {*DEFAULT_KEYWORDS, *IDENTIFYING_UIDS, "InstanceNumber", "SpecificCharacterSet"}
    assert set(WantedAttributes.default().tags.values()) == expected


def test_the_walk_ends_behind_instance_number_unless_more_is_wanted() -> None:
    assert WantedAttributes.default().last_tag == 0x00200013
    assert WantedAttributes(("Rows",)).last_tag == 0x00280010


def test_without_keywords_the_uids_are_read() -> None:
    file = p10(content(more={0x00100020: element(0x00100020, "LO", "P1")}))
    assert set(header_of(file, WantedAttributes()).values) == {*IDENTIFYING_UIDS}


def test_an_additional_attribute_is_read() -> None:
    assert header_of(p10(content()), WantedAttributes(("Rows",))).values["Rows"] == "1"
