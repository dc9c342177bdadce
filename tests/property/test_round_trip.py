"""From an inventory to a sheet, through a spreadsheet, to overrides: exactly the edited cells change, nothing else."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st

import dicommap
from dicommap.dicom.dictionary import keyword_of, tag_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.edits.sheet_cells import cell_issues, is_same_value
from dicommap.model.spreadsheet_formulas import unescape_formulas
from dicommap.overrides.override import Override
from tests.support.example_counts import examples
from tests.support.filled_inventories import Added, added, inventory_of

LEVELS: dict[Literal["study", "series"], tuple[str, ...]] = {
    "study": ("PatientID", "PatientName", "StudyDate", "StudyTime", "StudyDescription", "AccessionNumber"),
    "series": ("Modality", "SeriesNumber", "SeriesDescription", "BodyPartExamined"),
}
KEYWORDS = (*LEVELS["study"], *LEVELS["series"])

Values = dict[tuple[str, str], dict[str, frozenset[str]]]
"""Study and series -> keyword -> the distinct values of its files."""

OLD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8) | st.sampled_from(
    [
        "",
        "007",
        "1.20",
        "12345678901",
        "1-2",
        "a,b",
        'say "x"',
        "a;b\tc",
        "a\nb",
        "=1+1",
        "'=x",
        "20240229",
        "山=田",
        " x ",
    ]
)
NEW: dict[str, st.SearchStrategy[str]] = {
    "PatientID": st.text("abcXYZ019-_ é", max_size=16),
    "PatientName": st.lists(st.text("abcXYZ山田א", max_size=8), min_size=1, max_size=5).map("^".join),
    "StudyDate": st.dates().map(lambda day: f"{day.year:04}{day.month:02}{day.day:02}") | st.just(""),
    "StudyTime": st.times().map(lambda time: f"{time:%H%M%S}") | st.just(""),
    "StudyDescription": st.text("abc ,;\"'é山=+-@", max_size=16),
    "AccessionNumber": st.text("A019", max_size=16),
    "Modality": st.sampled_from(["MR", "CT", "OT", ""]),
    "SeriesNumber": st.integers(-999, 9999).map(str) | st.sampled_from(["", "05", "+7"]),
    "SeriesDescription": st.text("abc ,;|\"'é", max_size=16),
    "BodyPartExamined": st.sampled_from(["HEAD", "LEFT ARM", ""]),
}
FORMS: dict[str, dict[str, Any]] = {
    "as it was": {"delimiter": ",", "encoding": "utf-8-sig", "ending": "\r\n"},
    "with semicolons": {"delimiter": ";", "encoding": "utf-8-sig", "ending": "\r\n"},
    "on other systems": {"delimiter": ",", "encoding": "utf-8", "ending": "\n"},
    "as Unicode text": {"delimiter": "\t", "encoding": "utf-16", "ending": "\r\n"},
}
"""How spreadsheets save a sheet."""


@st.composite
def files(draw: st.DrawFn) -> list[Added]:
    """Return the files of one to three studies of one or two series of one or two files."""
    made = []
    for study in range(1, draw(st.integers(1, 3)) + 1):
        for series in range(1, draw(st.integers(1, 2)) + 1):
            for instance in range(1, draw(st.integers(1, 2)) + 1):
                uids = f"1.2.{study} 1.2.{study}.{series} 1.2.{study}.{series}.{instance}"
                values: dict[str, Any] = {keyword: draw(OLD) for keyword in KEYWORDS}
                made.append(added(f"{study}-{series}-{instance}", uids, **values))
    return made


def values_of(inventory: dicommap.Inventory) -> Values:
    return {
        (one.study_instance_uid, one.series_instance_uid): {k: frozenset(one.values[k]) for k in KEYWORDS}
        for one in inventory.series()
    }


def overridden(values: Values, overrides: Sequence[Override]) -> Values:
    """Return the values as they are when every override has been put over its study or series."""
    result = {series: dict(of_series) for series, of_series in values.items()}
    for override in overrides:
        for (study, series), of_series in result.items():
            if override.study_instance_uid == study and override.series_instance_uid in (None, series):
                for tag, attribute in override.data_set.items():
                    text = text_from_attribute(attribute)
                    assert text is not None
                    of_series[keyword_of(int(tag, 16))] = frozenset([text])
    return result


def plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def saved(rows: list[dict[str, str]], form: dict[str, Any]) -> bytes:
    """Return a sheet as a spreadsheet saves it."""
    buffer = io.StringIO(newline="")
    # Quoted throughout: Python's writer leaves a bare carriage return unquoted, which spreadsheets do not.
    writer = csv.DictWriter(
        buffer, list(rows[0]), delimiter=form["delimiter"], lineterminator=form["ending"], quoting=csv.QUOTE_ALL
    )
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode(form["encoding"])


@given(st.data(), files(), st.sampled_from(sorted(LEVELS)), st.sampled_from(sorted(FORMS)))
@examples(60)
def test_exactly_the_edited_cells_change(data: st.DataObject, made: list[Added], level: Any, form: str) -> None:
    with inventory_of(*made) as inventory, tempfile.TemporaryDirectory() as directory:
        before = values_of(inventory)
        text = "".join(dicommap.sheet(inventory, level=level)).removeprefix("\ufeff")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        expected = {series: dict(of_series) for series, of_series in before.items()}
        edited = 0
        for row in rows:
            for keyword in data.draw(st.sets(st.sampled_from(LEVELS[level]), max_size=3)):
                new, old = data.draw(NEW[keyword]), plain(unescape_formulas(row[keyword].strip(" ")))
                cell = plain(unescape_formulas(new.strip(" ")))
                if is_same_value(old, cell) or list(cell_issues(old, cell, dicommap.Location(), tag_of(keyword) or 0)):
                    continue
                row[keyword] = new
                edited += 1
                for (study, series), of_series in expected.items():
                    if study == row["StudyInstanceUID"] and row.get("SeriesInstanceUID", series) == series:
                        of_series[keyword] = frozenset([cell])
        sheet = Path(directory, "sheet.csv")
        sheet.write_bytes(saved(rows, FORMS[form]))
        drafted = dicommap.draft(inventory, input_s3_uri="s3://example-bucket/incoming/", sheets=[sheet])
        assert {found.code for found in drafted.issues if found.severity is dicommap.Severity.ERROR} <= (
            set() if edited else {"draft.nothing-to-do"}
        )
        assert overridden(before, drafted.overrides) == expected
        untouched = overridden(before, ()) == expected
        assert bool(drafted.overrides) is not untouched
