"""Sheets of instances: written for selected instances, edited, drafted and carried over."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

import dicommap
from dicommap.api import sheet as sheet_module
from dicommap.edits.sheet_cells import REMOVAL_CELL
from dicommap.errors import UsageError
from dicommap.overrides.attribute_change import UpdateReason

Rows = list[dict[str, str]]


def rows_of(sheet: Iterable[str]) -> Rows:
    return list(csv.DictReader(io.StringIO("".join(sheet).lstrip("\ufeff"), newline="")))


def write(path: Path, rows: Rows) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def edited(inventory: dicommap.Inventory, path: Path, edit: Callable[[Rows], None]) -> Path:
    rows = rows_of(dicommap.sheet(inventory, level="instance", columns=["InstanceNumber", "PatientID", "Modality"]))
    edit(rows)
    return write(path, rows)


def test_a_sheet_has_a_row_for_each_instance(inventory: dicommap.Inventory) -> None:
    rows = rows_of(dicommap.sheet(inventory, level="instance"))
    assert len(rows) == inventory.summary().instances
    assert list(rows[0])[:6] == [
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "SOPInstanceUID",
        "#state",
        "#path",
        "InstanceNumber",
    ]
    assert len({row["SOPInstanceUID"] for row in rows}) == len(rows)


def test_rows_are_selected_as_show_selects_them(inventory: dicommap.Inventory) -> None:
    every = rows_of(dicommap.sheet(inventory, level="instance"))
    study, series = every[0]["StudyInstanceUID"], every[0]["SeriesInstanceUID"]
    of_study = rows_of(dicommap.sheet(inventory, level="instance", studies=study))
    assert of_study == [row for row in every if row["StudyInstanceUID"] == study]
    assert rows_of(dicommap.sheet(inventory, level="instance", series=series)) == [
        row for row in every if row["SeriesInstanceUID"] == series
    ]
    numbered = rows_of(dicommap.sheet(inventory, level="instance", where={"InstanceNumber": "1"}))
    assert numbered == [row for row in every if row["InstanceNumber"] == "1"]
    assert rows_of(dicommap.sheet(inventory, level="instance", limit=3)) == every[:3]
    assert len(rows_of(dicommap.sheet(inventory, level="series", studies=study))) == 2
    assert len(rows_of(dicommap.sheet(inventory, limit=1))) == 1


def test_many_instances_are_written_only_on_request(
    inventory: dicommap.Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_module, "MAX_UNASKED_INSTANCES", 7)
    with pytest.raises(UsageError, match="8 rows") as raised:
        dicommap.sheet(inventory, level="instance")
    assert all(option in str(raised.value.fix) for option in ("--where", "--study", "--series", "--limit"))
    assert len(rows_of(dicommap.sheet(inventory, level="instance", limit=100))) == 8


def test_an_unchanged_sheet_changes_nothing(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    path = edited(inventory, tmp_path / "s.csv", lambda rows: None)
    drafted = dicommap.draft(inventory, sheets=path, updates=True)
    assert not drafted.changes
    assert {issue.code for issue in drafted.issues} == {"sheet.no-change", "draft.nothing-to-do"}


def test_cells_of_instances_become_updates(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    def edit(rows: Rows) -> None:
        rows[0]["InstanceNumber"] = "77"
        rows[1]["InstanceNumber"] = REMOVAL_CELL.title()

    drafted = dicommap.draft(inventory, sheets=edited(inventory, tmp_path / "s.csv", edit), updates=True)
    assert drafted.ok
    assert [(change.after is None, change.update_reason) for change in drafted.changes] == [
        (False, UpdateReason.INSTANCE),
        (True, UpdateReason.REMOVAL),
    ]
    assert len({change.sop_instance_uid for change in drafted.changes}) == 2


def test_one_value_in_all_rows_of_a_study_is_an_override(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    def edit(rows: Rows) -> None:
        for row in rows:
            row["PatientID"] = "NEW" if row["StudyInstanceUID"] == rows[0]["StudyInstanceUID"] else row["PatientID"]

    drafted = dicommap.draft(inventory, sheets=edited(inventory, tmp_path / "s.csv", edit))
    assert drafted.ok
    assert [(change.series_instance_uid, change.update_reason) for change in drafted.changes] == [(None, None)]


def test_wrong_and_damaged_uids_are_issues(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    def edit(rows: Rows) -> None:
        rows[0]["SOPInstanceUID"] = "1.2.3.4.5"
        rows[1]["SOPInstanceUID"] = rows[1]["SOPInstanceUID"].replace(".", "")
        rows[2]["SeriesInstanceUID"] = "1.2.3.4.5"
        rows[3]["StudyInstanceUID"] = "1.2.3.4.5"
        rows[4]["SOPInstanceUID"] = rows[7]["SOPInstanceUID"]

    drafted = dicommap.draft(inventory, sheets=edited(inventory, tmp_path / "s.csv", edit), updates=True)
    found = [(issue.code, issue.location.row) for issue in drafted.issues.errors]
    assert found == [
        ("sheet.damaged-uid", 3),
        ("sheet.unknown-instance", 2),
        ("sheet.unknown-series", 4),
        ("sheet.unknown-study", 5),
        ("sheet.unknown-instance", 6),
    ]


def test_a_damaged_cell_is_refused(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    def edit(rows: Rows) -> None:
        rows[0]["PatientID"] = "***"

    drafted = dicommap.draft(inventory, sheets=edited(inventory, tmp_path / "s.csv", edit), updates=True)
    assert [issue.code for issue in drafted.issues.errors] == ["sheet.placeholder-cell"]


def test_a_sheet_of_instances_needs_series(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("StudyInstanceUID,SOPInstanceUID,InstanceNumber\n1.2,1.2.3,4\n")
    drafted = dicommap.draft(inventory, sheets=path, updates=True)
    assert [issue.code for issue in drafted.issues.errors] == ["sheet.no-series-column"]


def test_edits_of_instances_are_carried_over(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    def edit(rows: Rows) -> None:
        rows[0]["InstanceNumber"], rows[1]["InstanceNumber"] = "77", REMOVAL_CELL
        rows[2]["SOPInstanceUID"] = "1.2.3.4.5"
        del rows[4:]

    older = edited(inventory, tmp_path / "s.csv", edit)
    made = dicommap.sheet(inventory, carry_over=older)
    rows = rows_of(made)
    assert [row["InstanceNumber"] for row in rows[:2]] == ["77", REMOVAL_CELL]
    assert (len(rows), made.carried) == (3, 2)
    assert [issue.code for issue in made.issues] == ["sheet.unknown-instance"]
    again = dicommap.draft(inventory, sheets=write(tmp_path / "n.csv", rows), updates=True)
    assert len(again.changes) == 2


@pytest.mark.parametrize("level", ["study", "series"])
def test_a_cell_of_a_study_or_series_removes_too(inventory: dicommap.Inventory, tmp_path: Path, level: str) -> None:
    rows = rows_of(dicommap.sheet(inventory, level=level, columns=["Modality", "SeriesNumber"]))  # type: ignore[arg-type]
    rows[0]["Modality"] = REMOVAL_CELL
    drafted = dicommap.draft(inventory, sheets=write(tmp_path / "s.csv", rows), updates=True)
    assert drafted.ok
    assert [change.after for change in drafted.changes] == [None]
    refused = dicommap.draft(inventory, sheets=tmp_path / "s.csv")
    assert [issue.code for issue in refused.issues.errors] == ["edit.needs-updates"]
