"""HealthImaging's limits, beside the standard's."""

from __future__ import annotations

import pytest

from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.dicom.vr import value_text_issues
from dicommap.healthimaging.limits import MAX_ELEMENT_LENGTHS
from dicommap.issues import Location

LONGEST = {
    "PN": "=".join(["x" * 64] * 3),
    "LO": "x" * 64,
    "SH": "x" * 16,
    "CS": "X" * 16,
    "DA": "20260102",
    "TM": "101112.123456",
}


@pytest.mark.parametrize("keyword", MAX_ELEMENT_LENGTHS)
def test_a_value_that_its_vr_holds_fits_healthimaging(keyword: str) -> None:
    (vr,) = vrs_of(tag_of(keyword) or 0)
    longest = LONGEST[vr]
    assert not list(value_text_issues(vr, longest, Location()))
    assert list(value_text_issues(vr, longest + "0", Location()))
    assert len(longest) <= MAX_ELEMENT_LENGTHS[keyword]
