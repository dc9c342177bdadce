"""Overrides built from keywords, data sets and JSON: right values are kept, all others are issues."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

import dicommap
from dicommap import Assumptions, Override, Severity
from dicommap.dicom.dictionary import hex_of, tag_of
from dicommap.dicom.pydicom_warnings import silence_pydicom
from dicommap.errors import UsageError
from tests.support.p10_files import p10

STUDY, SERIES = "1.2", "1.2.3"
LOST = "M\ufffdller"


def of_keywords(series: str | None = None, /, **attributes: Any) -> Override:
    return Override.from_keywords(study_instance_uid=STUDY, series_instance_uid=series, attributes=attributes)


def codes(override: Override, severity: Severity = Severity.ERROR) -> list[str]:
    return [one.code for one in override.issues() if one.severity is severity]


@pytest.mark.parametrize(
    ("keyword", "value", "attribute"),
    [
        ("PatientName", "Doe^Jane=山田", {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane", "Ideographic": "山田"}]}),
        ("PatientID", "007", {"vr": "LO", "Value": ["007"]}),
        ("PatientBirthDate", "19700131", {"vr": "DA", "Value": ["19700131"]}),
        ("PatientBirthDate", date(970, 1, 31), {"vr": "DA", "Value": ["09700131"]}),
        ("PatientSize", 1.75, {"vr": "DS", "Value": [1.75]}),
        ("PatientSize", Decimal("1.750"), {"vr": "DS", "Value": ["1.750"]}),
        ("PregnancyStatus", 4, {"vr": "US", "Value": [4]}),
        (
            "OtherPatientNames",
            ["A^B", None, "C"],
            {"vr": "PN", "Value": [{"Alphabetic": "A^B"}, None, {"Alphabetic": "C"}]},
        ),
        ("OtherPatientNames", "A^B\\C", {"vr": "PN", "Value": [{"Alphabetic": "A^B"}, {"Alphabetic": "C"}]}),
        ("PatientComments", ["a\\b"], {"vr": "LT", "Value": ["a\\b"]}),
        ("PatientComments", None, {"vr": "LT"}),
        ("OtherPatientNames", [], {"vr": "PN"}),
    ],
)
def test_a_value_by_keyword_becomes_an_attribute(keyword: str, value: object, attribute: dict[str, Any]) -> None:
    override = of_keywords(**{keyword: value})
    assert override.issues() == []
    assert list(override.data_set.values()) == [attribute]


@pytest.mark.parametrize(
    ("keyword", "value", "code"),
    [
        ("PatientID", 7, "value.type"),
        ("PatientName", float("nan"), "value.type"),
        ("StudyDate", datetime(2026, 1, 1), "value.type"),
        ("PatientID", date(2026, 1, 1), "value.type"),
        ("PatientSize", float("nan"), "edit.damaged-value"),
        ("PregnancyStatus", 1.5, "value.format"),
        ("PregnancyStatus", 70_000, "value.range"),
        ("StudyDate", "2026-01-01", "value.format"),
        ("PatientID", "x" * 65, "value.too-long"),
        ("PatientID", "A\\B", "value.multiplicity"),
        ("PatientComments", ["a", "b"], "value.multiplicity"),
        ("OtherPatientNames", ["A\\B"], "value.characters"),
        ("PatientID", "a\tb", "value.characters"),
        ("PatientID", "M\udcfcller", "value.characters"),
        ("PatientID", "nan", "edit.damaged-value"),
        ("PatientName", "None", "edit.damaged-value"),
        ("PatientID", LOST, "value.replacement-character"),
        ("PatientID", "", "edit.damaged-value"),
        ("PatientID", " \t", "edit.damaged-value"),
        ("OtherPatientNames", ["A^B", ""], "edit.damaged-value"),
        ("PatientNam", "x", "attribute.unknown"),
        ("00100020", "x", "attribute.unknown"),
        ("StudyInstanceUID", "1.2", "attribute.uid"),
        ("SOPInstanceUID", "1.2", "attribute.per-instance"),
        ("SpecificCharacterSet", "ISO_IR 192", "attribute.describes-content"),
        ("TransferSyntaxUID", "1.2", "attribute.forbidden"),
        ("RequestAttributesSequence", "x", "attribute.not-text"),
    ],
)
def test_a_value_that_may_be_wrong_is_an_error_and_no_file(keyword: str, value: object, code: str) -> None:
    override = of_keywords(**{keyword: value, "StudyID": "S1"})
    assert codes(override) == [code]
    assert "CANARY" not in str(override.issues())
    with pytest.raises(UsageError, match="has 1 error"):
        override.to_json()


def test_issues_name_the_study_and_series_and_no_value() -> None:
    override = of_keywords(SERIES, StudyDate="CANARY", CANARYS="x", PatientName="CANARY\ufffd")
    assert {(one.location.study, one.location.series) for one in override.issues()} == {(STUDY, SERIES)}
    assert "CANARY" not in repr(override.issues())
    assert "CANARY" not in repr(override)


def test_an_attribute_of_another_level_is_as_severe_as_the_assumptions_say() -> None:
    override = of_keywords(SERIES, PatientID="1")
    assert codes(override, Severity.WARNING) == ["attribute.level"]
    strict = override.issues(Assumptions.from_settings(["strict"]))
    assert [(one.code, one.severity) for one in strict] == [("attribute.level", Severity.ERROR)]


@pytest.mark.parametrize(
    ("study", "series", "member"),
    [("", None, "studyInstanceUID"), ("1.2\n", None, "studyInstanceUID"), (STUDY, "1..2", "seriesInstanceUID")],
)
def test_a_uid_that_cannot_be_one_is_an_error(study: str, series: str | None, member: str) -> None:
    override = Override.from_keywords(
        study_instance_uid=study, series_instance_uid=series, attributes={"Modality" if series else "PatientID": "MR"}
    )
    (found,) = override.issues()
    assert (found.code, found.severity) == ("mapping.invalid-uid", Severity.ERROR)
    assert found.message.startswith(member)


def test_an_override_without_attributes_is_a_warning() -> None:
    assert codes(of_keywords(), Severity.WARNING) == ["override.empty"]


@pytest.mark.parametrize("value", [b"CANARY", {"a": 1}, True, object(), [["a"]], [b"CANARY"]])
def test_a_value_of_a_type_that_no_attribute_has_is_a_wrong_call(value: Any) -> None:
    with pytest.raises(UsageError, match="The value of PatientID has the type") as caught:
        of_keywords(PatientID=value)
    assert "CANARY" not in str(caught.value)


def test_arguments_of_the_wrong_type_are_wrong_calls() -> None:
    wrong: Any = 5
    with pytest.raises(UsageError, match="study_instance_uid is a value of type int"):
        Override.from_keywords(study_instance_uid=wrong, attributes={})
    with pytest.raises(UsageError, match="series_instance_uid"):
        Override.from_keywords(study_instance_uid=STUDY, series_instance_uid=wrong, attributes={})
    with pytest.raises(UsageError, match="attributes"):
        Override.from_keywords(study_instance_uid=STUDY, attributes=wrong)
    with pytest.raises(UsageError, match="A key of attributes"):
        Override.from_keywords(study_instance_uid=STUDY, attributes={wrong: "x"})
    with pytest.raises(UsageError, match="dataset"):
        Override.from_dataset(wrong, study_instance_uid=STUDY)
    with pytest.raises(UsageError, match="document"):
        Override.from_json(wrong, study_instance_uid=STUDY)
    with pytest.raises(UsageError, match="JSON does not have"):
        Override.from_json({"00100020": {wrong, 6}}, study_instance_uid=STUDY)
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(UsageError, match="holds itself"):
        Override.from_json(endless, study_instance_uid=STUDY)


def data_set(**values: Any) -> Dataset:
    made = Dataset()
    with silence_pydicom():
        for keyword, value in values.items():
            setattr(made, keyword, value)
    return made


def test_a_data_set_becomes_the_same_override_as_keywords() -> None:
    values = {"PatientName": "Müller^Jürgen", "PatientID": "007", "StudyDate": "20260101"}
    made = Override.from_dataset(data_set(**values, StudyInstanceUID=STUDY), study_instance_uid=STUDY)
    assert made == of_keywords(**values)
    assert made.issues() == []


def test_sequences_of_a_data_set_are_kept() -> None:
    item = data_set(CodeValue="T-A0100", CodingSchemeDesignator="SRT", CodeMeaning="Brain")
    made = Override.from_dataset(data_set(ProcedureCodeSequence=[item]), study_instance_uid=STUDY)
    assert made.issues() == []
    assert made.data_set["00081032"]["Value"][0]["00080104"]["Value"] == ["Brain"]


def test_other_uids_and_instance_attributes_of_a_data_set_are_errors() -> None:
    made = Override.from_dataset(
        data_set(StudyInstanceUID="2.9", InstanceNumber="1", PixelData=b"\0\0"), study_instance_uid=STUDY
    )
    assert codes(made) == ["dicom-json.left-out", "attribute.uid", "attribute.per-instance"]


@pytest.mark.parametrize(
    ("keyword", "value", "code"),
    [
        ("PatientID", b"CANARY", "dicom-json.left-out"),
        ("PatientName", "Müller^CANARY".encode(), "p10.undecodable-text"),
        ("OtherPatientNames", ["A", "Müller^CANARY".encode()], "p10.undecodable-text"),
        ("OtherPatientIDs", ["A", b"CANARY"], "dicom-json.left-out"),
        ("PatientSize", float("nan"), "dicom-json.left-out"),
        ("PregnancyStatus", float("inf"), "dicom-json.left-out"),
        ("PatientID", float("nan"), "dicom-json.left-out"),
        ("PatientID", 7.0, "dicom-json.left-out"),
        ("RescaleSlope", Decimal("NaN"), "dicom-json.left-out"),
    ],
)
def test_bytes_and_lost_numbers_of_a_data_set_are_errors_without_the_value(
    keyword: str, value: object, code: str
) -> None:
    made = Override.from_dataset(data_set(**{keyword: value}), study_instance_uid=STUDY)
    assert codes(made) == [code]
    assert made.data_set == {}
    assert "CANARY" not in str(made.issues())


def test_bytes_in_an_item_of_a_sequence_are_errors() -> None:
    name = data_set(ReferencedPatientSequence=[data_set(PatientName="Müller".encode())])
    assert codes(Override.from_dataset(name, study_instance_uid=STUDY)) == ["p10.undecodable-text"]
    text = data_set(ProcedureCodeSequence=[data_set(CodeMeaning=b"CANARY")])
    assert "dicom-json.left-out" in codes(Override.from_dataset(text, study_instance_uid=STUDY))


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        (0x00100010, "p10.undecodable-text"),
        (0x00100020, "dicom-json.left-out"),
        (0x00089459, "dicom-json.left-out"),
        (0x00081032, "dicom-json.vr-mismatch"),
    ],
)
def test_a_value_of_unknown_representation_is_an_error(tag: int, code: str) -> None:
    made, data = Dataset(), "Müller^CANARY".encode()
    if tag == tag_of("ProcedureCodeSequence"):  # pydicom takes bytes for a sequence only undecoded
        made[tag] = RawDataElement(BaseTag(tag), "UN", len(data), data, 0, False, True)
    else:
        with silence_pydicom():
            made.add_new(tag, "UN", data)
    override = Override.from_dataset(made, study_instance_uid=STUDY)
    assert codes(override) == [code]
    assert "CANARY" not in str(override.issues())


def test_a_name_that_was_read_from_a_file_can_be_copied() -> None:
    source = read(SpecificCharacterSet="ISO_IR 192", PatientName="Müller")
    made = Override.from_dataset(data_set(PatientName=source.PatientName), study_instance_uid=STUDY)
    assert made == of_keywords(PatientName="Müller")


@pytest.mark.parametrize("text", ["***", "<2 different values>", "NULL", "nan", " NaN ", "(null)"])
def test_masks_markers_and_words_for_no_value_are_errors_in_every_form(text: str) -> None:
    for keyword, attribute in (
        ("PatientID", {"vr": "LO", "Value": [text]}),
        ("OtherPatientNames", {"vr": "PN", "Value": [{"Alphabetic": "A"}, {"Alphabetic": text}]}),
    ):
        value = text if keyword == "PatientID" else ["A", text]
        document: dict[str, object] = {hex_of(tag_of(keyword) or 0): attribute}
        for made in (
            of_keywords(**{keyword: value}),
            Override.from_dataset(data_set(**{keyword: value}), study_instance_uid=STUDY),
            Override.from_json(document, study_instance_uid=STUDY),
        ):
            assert codes(made) == ["edit.damaged-value"]
            assert made.data_set == {}


def test_a_mask_in_an_item_of_a_sequence_is_an_error() -> None:
    item = data_set(CodeValue="1", CodingSchemeDesignator="SRT", CodeMeaning="***")
    made = Override.from_dataset(data_set(ProcedureCodeSequence=[item]), study_instance_uid=STUDY)
    assert codes(made) == ["edit.damaged-value"]


def test_the_issue_of_a_blank_text_says_how_to_empty_an_attribute() -> None:
    (issue,) = of_keywords(PatientID=" ").issues()
    assert "give None to empty the attribute" in issue.message


@pytest.mark.parametrize("wrong", ["strict", None, {"otherLevels": "error"}])
def test_assumptions_of_another_type_are_wrong_calls(wrong: Any) -> None:
    override = of_keywords(PatientID="1")
    for call in (
        lambda: override.issues(wrong),
        lambda: override.to_json(wrong),
        lambda: Override.from_json("{}", study_instance_uid=STUDY, assumptions=wrong),
    ):
        with pytest.raises(UsageError, match="assumptions is a value of type") as caught:
            call()
        assert "Assumptions.from_settings" in str(caught.value.fix)


def read(**values: Any) -> Dataset:
    return dcmread(BytesIO(p10(**values)), specific_tags=["SpecificCharacterSet", "PatientName"])


def test_text_that_the_declared_character_set_holds_is_decoded() -> None:
    made = Override.from_dataset(
        read(SpecificCharacterSet="ISO_IR 192", PatientName="Müller"), study_instance_uid=STUDY
    )
    assert made == of_keywords(PatientName="Müller")


def test_text_without_a_character_set_is_refused() -> None:
    made = Override.from_dataset(read(PatientName="Müller"), study_instance_uid=STUDY)
    assert codes(made) == ["p10.undecodable-text"]
    assert made.data_set == {}


def test_utf_8_under_another_declaration_is_doubtful() -> None:
    made = Override.from_dataset(
        read(SpecificCharacterSet="ISO_IR 100", PatientName="MÃ¼ller"), study_instance_uid=STUDY
    )
    assert codes(made, Severity.WARNING) == ["edit.doubtful-source"]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", "json.not-json"),
        (b"\xff", "json.not-utf8"),
        ('{"00100020": {"vr": "LO"}, "00100020": {"vr": "LO"}}', "json.duplicate-key"),
        ({"00100020": {"vr": "LO", "Value": ["\ud800"]}}, "json.lone-surrogate"),
        ({"00100030": {"vr": "DA", "Value": ["1970-01-31"]}}, "value.format"),
        ({"00100020": {"vr": "SH", "Value": ["x"]}}, "dicom-json.vr-mismatch"),
        ({"00100020": {"vr": "LO", "Value": [LOST]}}, "value.replacement-character"),
        ({"0020000D": {"vr": "UI", "Value": [STUDY]}}, "attribute.uid"),
        ([{"00100020": {"vr": "LO", "Value": ["x"]}}], "override.form"),
        ([], "override.form"),
        ("null", "dicom-json.not-object"),
    ],
)
def test_a_wrong_document_has_errors_and_no_attributes(document: Any, code: str) -> None:
    override = Override.from_json(document, study_instance_uid=STUDY)
    assert code in codes(override)
    assert override.data_set == {}


def test_a_document_may_be_text_bytes_or_parsed() -> None:
    document: dict[str, object] = {"00100020": {"vr": "LO", "Value": ["007"]}}
    text = json.dumps(document)
    for one in (document, text, text.encode()):
        assert Override.from_json(one, study_instance_uid=STUDY) == of_keywords(PatientID="007")


def test_the_text_is_that_of_the_override_file() -> None:
    assumptions = Assumptions.from_settings(["dataSet=array", "identifyingUids=present", "emptyValue=null"])
    text = of_keywords(StudyDescription=None, PatientID="007").to_json(assumptions)
    assert json.loads(text) == [
        {
            "00081030": {"vr": "LO", "Value": [None]},
            "00100020": {"vr": "LO", "Value": ["007"]},
            "0020000D": {"vr": "UI", "Value": [STUDY]},
        }
    ]
    again = Override.from_json(text, study_instance_uid=STUDY, assumptions=assumptions)
    assert again == of_keywords(StudyDescription=None, PatientID="007")
    assert dicommap.Override is Override
