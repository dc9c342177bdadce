"""Records, text and HTML: values masked by default, nothing of the data taken for markup."""

from __future__ import annotations

import csv
import io
import json

import pytest

from dicommap.display.csv_json import format_csv_lines, format_json_array, format_json_lines
from dicommap.display.formatting import format_byte_count, truncate_text
from dicommap.display.inventory_records import (
    build_file_record,
    build_instance_record,
    build_series_record,
    build_study_record,
    flatten_record,
)
from dicommap.issues.wording import format_count
from dicommap.model.masking import Masker
from dicommap.model.study import Disposition, File, Instance, Series, Study
from dicommap.validation.schema_registry import get_schema_validator


def series(uid: str = "1.2.1", **values: dict[str, int]) -> Series:
    return Series(study_instance_uid="1.2", series_instance_uid=uid, instances=2, files=3, size=1500, values=values)


ONE = series(PatientID={"Zyzzyva": 2, "": 1}, Modality={"CT": 3}, StudyDate={"20260102": 3}, PatientSex={"": 3})
STUDY = Study.from_series([ONE])
INSTANCE = Instance(
    source="/one",
    path="a",
    size=5,
    mtime_ns=0,
    disposition=Disposition.INSTANCE,
    study_instance_uid="1.2",
    series_instance_uid="1.2.1",
    sop_instance_uid="1.2.1.1",
    sop_class_uid="1.9",
    transfer_syntax_uid="1.8",
    instance_number="",
)
FILE = File(source="/one", path="b", size=0, mtime_ns=0, disposition=Disposition.NOT_DICOM)
RECORDS = [
    build_study_record(STUDY, masker=Masker()),
    build_study_record(STUDY, masker=Masker(show_values=True)),
    build_series_record(ONE, masker=Masker()),
    build_instance_record(INSTANCE, masker=Masker()),
    build_file_record(FILE),
]


@pytest.mark.parametrize("record", RECORDS, ids=str)
def test_records_are_what_their_schema_says(record: dict[str, object]) -> None:
    get_schema_validator("record").validate(json.loads(json.dumps(record)))


def test_values_are_null_unless_they_are_asked_for() -> None:
    masked = build_study_record(STUDY, masker=Masker())["attributes"]
    assert masked["PatientID"] == [{"value": None, "mark": "<PatientID 1>", "files": 2}, {"value": "", "files": 1}]
    assert masked["Modality"] == [{"value": "CT", "files": 3}]
    shown = build_study_record(STUDY, masker=Masker(show_values=True))["attributes"]
    assert shown["PatientID"][0] == {"value": "Zyzzyva", "files": 2}


def test_a_table_has_one_cell_for_each_attribute() -> None:
    masked = flatten_record(build_study_record(STUDY, masker=Masker()))
    assert masked["PatientID"] == "<2 different values>"
    assert masked["StudyDate"] == "<StudyDate 1>"
    assert masked["PatientSex"] == ""
    assert masked["Modality"] == "CT"
    assert masked["bytes"] == "1500"
    assert flatten_record(build_study_record(STUDY, masker=Masker(show_values=True)))["StudyDate"] == "20260102"


def test_csv_has_one_header() -> None:
    text = "".join(format_csv_lines([{"a": "1", "PatientComments": 'x,"\n'}, {"a": "2", "PatientComments": ""}]))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [["a", "PatientComments"], ["1", 'x,"\n'], ["2", ""]]
    assert not list(format_csv_lines([]))


def test_csv_and_json_hold_no_raw_control_character() -> None:
    hostile = "a\x1b[31m\x07\r\n\t\x7f\x9b\u202e\udcfcz"
    assert "".join(format_csv_lines([{"rule": hostile}])) == (
        "rule\r\na\\x1b[31m\\x07\\x0d\\x0a\\x09\\x7f\\x9b\\u202e\\xfcz\r\n"
    )
    (line,) = format_json_lines([{"rule": hostile}])
    assert line.rstrip("\n").isprintable()
    assert json.loads(line) == {"rule": hostile}


@pytest.mark.parametrize("records", [[], [{"a": "é"}], [{"a": 1}, {"a": 2}]])
def test_json_in_both_forms(records: list[dict[str, object]]) -> None:
    assert json.loads("".join(format_json_array(records))) == records
    assert [json.loads(line) for line in format_json_lines(records)] == records


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (10**9, "1.0 GB"),
        (10**12, "1.0 TB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_bytes_for_people(size: int, text: str) -> None:
    assert format_byte_count(size) == text


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [(1, "study", "1 study"), (0, "study", "0 studies"), (1_234, "error", "1,234 errors"), (2, "series", "2 series")],
)
def test_counts_for_people(count: int, noun: str, text: str) -> None:
    assert format_count(count, noun) == text


@pytest.mark.parametrize(("text", "cut"), [("", ""), ("abc", "abc"), ("abcd", "ab…")])
def test_the_first_characters_of_a_text(text: str, cut: str) -> None:
    assert truncate_text(text, 3) == cut
