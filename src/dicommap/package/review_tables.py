"""The tables of a package: preview.csv, edits.csv, forecast.csv, grouping.csv, issues.jsonl and audit.jsonl."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING

from dicommap.display.conflict_report import FORECAST_COLUMNS, build_forecast_rows
from dicommap.display.csv_json import format_csv_lines, format_json_lines, take_buffered_text
from dicommap.display.edit_result_rows import build_edit_result_row
from dicommap.display.preview import build_preview_row
from dicommap.issues import Severity
from dicommap.issues.bounded_list import make_bounded_issues
from dicommap.model.masking import Masker
from dicommap.model.package_layout import EDITS_FILE, FORECAST_FILE, PREVIEW_FILE
from dicommap.overrides.grouping_table import GroupingTable
from dicommap.package.audit_changes import UpdateFileIndex, build_change_lines, select_change_lines
from dicommap.planning.package_documents import PackageTables
from dicommap.reading.document_limits import TABLE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.issues import Issue
    from dicommap.model.audit_values import AuditValueForm
    from dicommap.model.item_store import ItemList, ItemStore
    from dicommap.overrides.grouping_values import GroupingValues
    from dicommap.overrides.resolution import Resolution
    from dicommap.package.package_directory import PackageDirectory

_LINES_IN_PIECE = 100
_BYTE_ORDER_MARK = "\ufeff"
"""A spreadsheet reads a CSV file as UTF-8 only if the file begins with a byte order mark."""


MAX_ISSUES_OF_ONE_KIND = 20
"""Maximum number of warnings with the same code, file and rule in issues.jsonl. The others are counted."""


def build_tables(
    resolution: Resolution,
    issues: Iterable[Issue],
    audit_values: AuditValueForm,
    assumptions: Assumptions,
    store: ItemStore,
    updates: UpdateFileIndex,
) -> PackageTables:
    """Return the tables for resolved edits. The tables contain values of patients, except issues.jsonl.

    Args:
        resolution: The resolved edits.
        issues: The issues of the draft that `validate` cannot find in the package. Only warnings are kept.
        audit_values: The form in which audit.jsonl has values.
        assumptions: The assumptions about override files.
        store: The store that keeps the texts of the tables.
        updates: The files of the updates, for the lines of audit.jsonl.
    """
    masker = Masker(show_values=True)
    changes = (build_preview_row(change, masker=masker, shorten=False) for change in resolution.changes)
    return PackageTables(
        preview=_store_csv(changes, store),
        edits=_store_csv(map(build_edit_result_row, resolution.edit_results), store),
        forecast=_store_csv(build_forecast_rows(resolution.conflicts, masker=masker), store, FORECAST_COLUMNS),
        grouping=resolution.grouping,
        issues=_format_warning_lines(issues),
        audit=_store_pieces(build_change_lines(resolution.changes, audit_values, assumptions, updates), store),
    )


def _format_warning_lines(issues: Iterable[Issue]) -> str | None:
    """Return the text of issues.jsonl: the warnings among some issues. Return None if there is no warning."""
    warnings = make_bounded_issues(MAX_ISSUES_OF_ONE_KIND)
    warnings += (issue for issue in issues if issue.severity is Severity.WARNING)
    return "".join(format_json_lines(issue.to_dict() for issue in warnings)) or None


def filter_tables(
    package: PackageDirectory,
    studies: Container[str],
    files_by_series: Mapping[tuple[str, str], int],
    store: ItemStore,
) -> PackageTables:
    """Return the tables of a package, with only the rows of some studies or series. edits.csv keeps all rows.

    Args:
        package: The package.
        studies: The Study Instance UIDs of the rows to keep in preview.csv, forecast.csv and audit.jsonl.
        files_by_series: Study and Series Instance UID -> number of files, for the series to keep in grouping.csv.
        store: The store that keeps the texts of the tables.

    Raises:
        DocumentError: A table cannot be read, or its hash is not the hash in the plan.
    """
    plan = package.plan
    select = partial(_select_study_lines, studies=studies)
    preview = package.table_lines(PREVIEW_FILE, plan.preview, select)
    forecast = package.table_lines(FORECAST_FILE, plan.forecast, select)
    changes = select_change_lines(package.audit_changes(), studies)
    return PackageTables(
        preview=_store_pieces(preview, store),
        edits=_store_pieces(package.table_lines(EDITS_FILE, plan.edits), store),
        issues=_remove_job_issues(package.draft_warnings()),
        forecast=_store_pieces(forecast, store),
        grouping=None if plan.grouping is None else _select_series_rows(package.grouping_rows(), files_by_series),
        audit=None if plan.audit is None else _store_pieces(changes, store),
    )


def _remove_job_issues(warnings: Iterator[tuple[str, str]]) -> str | None:
    """Return the lines of issues.jsonl without warnings about jobs: a retry plans other jobs. None if none is left.

    `warnings` are the issue code and the line of each warning.
    """
    return "".join(line for code, line in warnings if not code.startswith("job.")) or None


def _select_series_rows(
    rows: Iterable[GroupingValues], files_by_series: Mapping[tuple[str, str], int]
) -> GroupingTable:
    """Return the rows of some series, with new numbers of files.

    A series has several rows if its files have different values. If only some files of such a series are kept, it is
    not known which rows they belong to, so the rows have no numbers of files.
    """
    table = GroupingTable()
    for series, group in groupby(rows, key=lambda row: (row.study_instance_uid, row.series_instance_uid)):
        files = files_by_series.get(series, 0)
        series_rows = list(group) if files else []
        if len(series_rows) == 1:
            table.add_rows([replace(series_rows[0], files=files)])
        else:
            is_whole = sum(row.files or 0 for row in series_rows) == files
            table.add_rows(series_rows if is_whole else [replace(row, files=None) for row in series_rows])
    return table


def _store_csv(rows: Iterable[Mapping[str, str]], store: ItemStore, columns: Sequence[str] = ()) -> Sequence[str]:
    """Return the text of a CSV table in pieces of some lines. `store` keeps them."""
    return _store_pieces(format_csv_lines(rows, columns), store, _BYTE_ORDER_MARK)


def _store_pieces(lines: Iterator[str], store: ItemStore, first: str = "") -> Sequence[str]:
    """Return the text of `first` and `lines` in pieces of several lines. `store` keeps the pieces."""
    pieces: ItemList[str] = store.make_list()
    pieces.extend([first] if first else ())
    while piece := "".join(islice(lines, _LINES_IN_PIECE)):
        pieces.extend([piece])
    return pieces


def _select_study_lines(lines: Iterator[str], studies: Container[str]) -> Iterator[str]:
    """Yield the header of a CSV table and the rows of `studies`. Its first column is StudyInstanceUID.

    Raises ValueError if the lines are not CSV.
    """
    yield from islice(lines, 1)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    csv.field_size_limit(TABLE_LIMIT.bytes)  # the default is shorter than the longest values
    try:
        for row in csv.reader(lines):
            if row and row[0] in studies:
                writer.writerow(row)
                yield take_buffered_text(buffer)
    except csv.Error:
        raise ValueError("the lines are not CSV") from None
