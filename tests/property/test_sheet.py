"""A sheet goes out and comes back: untouched it says nothing, edited it says exactly what was edited."""

from __future__ import annotations

import csv
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.dictionary import tag_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.edits.edit import Edit
from dicommap.edits.edited_sheet import read_sheet
from dicommap.edits.sheet_cells import cell_issues, format_cell, is_same_value, normalize_cell
from dicommap.edits.sheet_edits import SheetEdits
from dicommap.edits.sheet_rows import format_sheet_lines
from dicommap.healthimaging.levels import Level
from dicommap.issues import Issue, Location
from dicommap.model.spreadsheet_formulas import unescape_formulas
from dicommap.model.study import Series, Study
from dicommap.overrides.study_resolution import resolve_study
from tests.support.example_counts import examples

KEYWORDS = ("PatientID", "PatientName", "StudyDate", "StudyDescription")

UNDECODABLE = st.text(st.integers(0xDC00, 0xDCFF).map(chr) | st.characters(max_codepoint=0x9F), max_size=8)
values = (
    st.text(max_size=12)
    | UNDECODABLE
    | st.sampled_from(
        ["007", "1.20", "a,b", 'say "x"', "a\nb", "a\r\nb", ";", "\u5c71=", "=1+1", "\ufffd", "a\0", r"\xfc"]
    )
    | st.text(st.sampled_from("=+-@\uff1d\uff20'\";,|\t\r\n \u00a0\ufeff1a"), max_size=8)
)
counts = st.dictionaries(values, st.integers(1, 3), min_size=1, max_size=2)


@st.composite
def studies(draw: st.DrawFn) -> list[Study]:
    made = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        uid = f"1.2.{number}"
        members = [
            Series(
                study_instance_uid=uid,
                series_instance_uid=f"{uid}.{one}",
                instances=1,
                files=1,
                size=1,
                values={keyword: draw(counts) for keyword in KEYWORDS},
            )
            for one in range(1, draw(st.integers(1, 2)) + 1)
        ]
        made.append(Study.from_series(members))
    return made


def worked(text: str, inventory: list[Study]) -> tuple[dict[str, list[Edit]], list[Issue]]:
    sheet, issues = read_sheet("s.csv", text.encode(), KEYWORDS)
    assert sheet is not None
    provider = SheetEdits(sheet)
    edits: dict[str, list[Edit]] = {}
    for study in inventory:
        for found in provider.edits_for_study(study):
            if isinstance(found, Edit):
                edits.setdefault(study.study_instance_uid, []).append(found)
            else:
                issues.append(found)
    return edits, issues + list(provider.unused_issues())


LEVELS = st.sampled_from([Level.STUDY, Level.SERIES])


def written(inventory: list[Study], level: Level) -> str:
    items: Any = inventory if level is Level.STUDY else [series for study in inventory for series in study.series]
    return "".join(format_sheet_lines(items, level, KEYWORDS))


@given(studies(), LEVELS)
@examples(80)
def test_an_untouched_sheet_has_no_edits(inventory: list[Study], level: Level) -> None:
    edits, issues = worked(written(inventory, level), inventory)
    assert not edits
    assert [found.code for found in issues] == ["sheet.no-change"]


NEW = {
    "PatientID": st.text("abcXYZ019-_ ", min_size=1, max_size=16),
    "PatientName": st.text("abcXYZ^", min_size=1, max_size=12).filter(lambda name: name.count("^") < 5),
    "StudyDate": st.dates().map(lambda day: f"{day:%Y%m%d}".zfill(8)),
    "StudyDescription": st.text("abc ,;\"'\t\u00e9\u5c71", max_size=16).filter(lambda text: "\t" not in text),
}
FORMS = {
    "comma": (",", "utf-8-sig", "\r\n"),
    "semicolon": (";", "utf-8", "\n"),
    "tab": ("\t", "utf-16", "\r\n"),
}


@given(st.data(), studies(), st.sampled_from(sorted(FORMS)))
@examples(80)
def test_edited_cells_become_exactly_these_changes(data: st.DataObject, inventory: list[Study], form: str) -> None:
    delimiter, encoding, ending = FORMS[form]
    text = written(inventory, Level.STUDY).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    by_uid = {study.study_instance_uid: study for study in inventory}
    expected: dict[str, dict[int, str]] = {}
    for row in rows:
        for keyword in data.draw(st.sets(st.sampled_from(KEYWORDS), max_size=3)):
            new = data.draw(NEW[keyword])
            old = row[keyword]
            before, cell = (
                normalize_cell(unescape_formulas(old.strip(" "))),
                normalize_cell(unescape_formulas(new.strip(" "))),
            )
            stored = format_cell(keyword, by_uid[row["StudyInstanceUID"]].values[keyword])  # without escapes
            place, number = Location(), tag_of(keyword) or 0
            is_refused = any(list(cell_issues(one, cell, place, number)) for one in (before, stored))
            if is_refused or is_same_value(before, cell):
                continue
            row[keyword] = new
            expected.setdefault(row["StudyInstanceUID"], {})[number] = cell
    buffer = io.StringIO(newline="")
    # Quoted throughout: Python's writer leaves a bare carriage return unquoted, which spreadsheets do not.
    writer = csv.DictWriter(buffer, list(rows[0]), delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)

    sheet, issues = read_sheet("s.csv", buffer.getvalue().encode(encoding), KEYWORDS)
    assert sheet is not None
    provider = SheetEdits(sheet)
    found: dict[str, dict[int, str]] = {}
    for study in inventory:
        edits = list(provider.edits_for_study(study))
        assert not [one for one in edits if isinstance(one, Issue)]
        resolution = resolve_study(study, [one for one in edits if isinstance(one, Edit)])
        for override in resolution.overrides:
            assert override.series_instance_uid is None
            for tag, attribute in override.data_set.items():
                found.setdefault(override.study_instance_uid, {})[int(tag, 16)] = text_from_attribute(attribute) or ""
    assert not issues
    assert found == expected
