"""The kinds of columns, and tables of long UIDs at 80 columns."""

from __future__ import annotations

import pytest

from dicommap.display.audit_report import ENTRY_COLUMNS, ENTRY_RANKS
from dicommap.display.promotion_report import PROMOTION_COLUMNS
from dicommap.display.report import ColumnKind
from dicommap.display.table_layout import fit_table, make_column

ROOT = "1.2.826.0.1.3680043.8.498.1115205743251210404389145309881972"
UPDATE_COLUMNS = ("study or series", "image set", "outcome", "version", "attributes")


@pytest.mark.parametrize("name", ["StudyInstanceUID", "study or series", "image set", "primary image set", "series"])
def test_columns_of_uids_and_image_sets_are_shortened_in_their_middle(name: str) -> None:
    assert make_column(name).kind is ColumnKind.UID
    assert make_column(name, [name]).kind is ColumnKind.NUMBER


def test_rows_of_an_update_with_the_same_root_stay_different_in_80_columns() -> None:
    rows = [(f"{ROOT}{number}", f"{number:032x}", "updated", "1 -> 2", "12 applied") for number in range(11, 15)]
    fitted = fit_table([make_column(name) for name in UPDATE_COLUMNS], rows, 80)
    cells = [next(fitted.format_row_lines(row)) for row in rows]
    assert len({row[0] for row in cells}) == len({row[1] for row in cells}) == len(rows)


def test_audit_keeps_times_and_tells_studies_apart_in_80_columns() -> None:
    rows = [
        ("2026-11-30T01:13:29Z", "anna", "changed", f"{ROOT}{number}", "PatientAddress: rules.toml rule 'no address'")
        for number in range(11, 15)
    ]
    fitted = fit_table([make_column(name) for name in ENTRY_COLUMNS], rows, 80, ranks=ENTRY_RANKS)
    assert "what" not in fitted.hidden
    printed = ["  ".join(next(fitted.format_row_lines(row))) for row in rows]
    assert all("2026-11-30T01:13:29Z" in line for line in printed)
    assert len(set(printed)) == len(rows)


def test_promotions_have_uids_in_three_columns() -> None:
    kinds = [make_column(name).kind for name in PROMOTION_COLUMNS]
    assert kinds.count(ColumnKind.UID) == 3
