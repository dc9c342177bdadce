"""Any DS text keeps its number in override files of both forms, or is refused."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from dicommap import Assumptions, Override
from dicommap.dicom.decimal_strings import MAX_DS_BYTES, format_decimal_string
from tests.support.example_counts import examples

DS_TEXTS = st.from_regex(r"[+-]?([0-9]{1,14}\.?[0-9]{0,3}|\.[0-9]{1,12})([Ee][+-]?[0-9]{1,3})?", fullmatch=True).filter(
    lambda text: len(text) <= MAX_DS_BYTES
)


@given(DS_TEXTS)
@examples(400)
def test_a_ds_keeps_its_number_in_both_forms_or_is_refused(text: str) -> None:
    override = Override.from_keywords(study_instance_uid="1.2", attributes={"PatientWeight": text})
    assert override.rejected == ()
    assert json.loads(override.to_json())["00101030"]["Value"] == [text]
    numbers = Assumptions(decimalStrings="number")
    codes = {issue.code for issue in override.issues(numbers)}
    if "override.inexact-number" in codes:
        return
    assert codes <= {"value.long-number"}
    written = json.loads(override.to_json(numbers), parse_int=Decimal, parse_float=Decimal)["00101030"]["Value"][0]
    assert written == Decimal(text)
    assert Decimal(float(written)) == Decimal(float(text))
    again = Override.from_json(override.to_json(numbers), study_instance_uid="1.2", assumptions=numbers)
    assert Decimal(json.loads(again.to_json())["00101030"]["Value"][0]) == Decimal(text)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20))
@examples(400)
def test_a_number_and_its_ds_text_are_equal(number: float) -> None:
    text = format_decimal_string(number)
    if text is None:
        assert len(repr(number)) > MAX_DS_BYTES
    else:
        assert len(text) <= MAX_DS_BYTES
        assert Decimal(text) == Decimal(repr(number))
        Override.from_keywords(study_instance_uid="1.2", attributes={"PatientWeight": text}).to_json()
