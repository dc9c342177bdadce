"""Copy the edits of an older sheet to a new sheet, after files were scanned again.

A row of a sheet has a digest of each cell as it was written. So it is known for each cell whether the user has changed
it, and whether the value in the files has changed since then:

    value in the files   cell       result
    unchanged            unchanged  the current value
    changed              unchanged  the current value
    unchanged            changed    the edit is carried over
    changed              changed    an issue; the cell has the current value
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import tag_of
from dicommap.edits.sheet_cells import (
    cell_issues,
    compute_cell_digest,
    compute_values_digest,
    escape_issues,
    format_cell,
    format_cell_with_escapes,
    is_cell_as_written,
    is_removal_cell,
    is_same_value,
    normalize_cell,
    split_digests,
)
from dicommap.healthimaging.levels import Level
from dicommap.issues import Issue, Location, Severity, make_issue
from dicommap.issues.bounded_list import BoundedList, make_bounded_issues
from dicommap.model.instance_values import InstanceReader, read_no_instances
from dicommap.model.spreadsheet_formulas import unescape_formulas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.edits.edited_sheet import EditedSheet, SheetRow
    from dicommap.edits.sheet_rows import CarriedCells
    from dicommap.model.instance_values import InstanceValues
    from dicommap.model.study import AttributeValues, Series, Study, Target


_CHANGED = "the value in the files has changed since"
_UNKNOWN = "the row is from another scan, and its state does not say which values have changed since"
_NO_COLUMN = "the new sheet does not have the column"


class SheetCarryOver:
    """Collector of an older sheet's edits that still apply, and of issues of edits that do not apply.

    Call `add_study` once for each study, then `add_unknown_row_issues`.
    """

    def __init__(
        self,
        sheet: EditedSheet,
        issues: Iterable[Issue],
        keywords: Iterable[str],
        instances: InstanceReader = read_no_instances,
    ) -> None:
        """Begin without carried-over edits.

        Args:
            sheet: The older sheet.
            issues: The issues of reading the older sheet.
            keywords: The columns of the new sheet.
            instances: A function that returns the instances of a study. It is called for each study with a row, if the
                rows are instances.

        """
        self._instances = instances
        self._sheet = sheet
        self._keywords = frozenset(keywords)
        self._reached: set[int] = set()
        self._known: set[Target] = set()
        """The studies and series with rows that the inventory has."""
        self._named = {target.study_instance_uid for target in sheet.rows}
        self.instances: list[Target] = []
        """The instances with rows that the inventory has, in its order. Empty if the rows are not instances."""
        self.cells: CarriedCells = {}
        """The edits that were carried over: study or series -> keyword -> text of the cell."""
        self.issues: BoundedList[Issue] = make_bounded_issues()
        self.issues += (_convert_to_warning(issue) for issue in issues)

    @property
    def cell_count(self) -> int:
        """Return the number of cells that were carried over."""
        return sum(map(len, self.cells.values()))

    def add_study(self, study: Study) -> None:
        """Carry over the edits of a study, its series or its instances that still apply."""
        if study.study_instance_uid not in self._named:
            return
        self._known.update((study.target, *(series.target for series in study.series)))
        groups: Sequence[Study | Series | InstanceValues] = (study, *study.series)
        if self._sheet.level is Level.INSTANCE:
            groups = self._instances(study.study_instance_uid)
        for group in groups:
            row = self._sheet.rows.get(group.target)
            if row is None:
                continue
            self._reached.add(row.number)
            if self._sheet.level is Level.INSTANCE:
                self.instances.append(group.target)
            edits = dict(self._iterate_carried_cells(row, group.values))
            if edits:
                self.cells[group.target] = edits

    def add_unknown_row_issues(self) -> None:
        """Add issues about rows whose object is not in the inventory. Call it after the last study."""
        for damaged in self._sheet.damaged_uids:
            location = self._sheet.locate_cell(damaged.row, damaged.column)
            self.issues.add(_make_warning("sheet.damaged-uid", location, problem=damaged.problem, hint=""))
        for target, row in self._sheet.rows.items():
            if row.number in self._reached:
                continue
            location = Location(path=self._sheet.name, row=row.number)
            if replace(target, sop_instance_uid=None) in self._known:
                self.issues.add(_make_warning("sheet.unknown-instance", location))
            elif replace(target, series_instance_uid=None, sop_instance_uid=None) in self._known:
                self.issues.add(_make_warning("sheet.unknown-series", location))
            else:
                self.issues.add(_make_warning("sheet.unknown-study", location, hint=""))

    def _iterate_carried_cells(self, row: SheetRow, values: AttributeValues) -> Iterator[tuple[str, str]]:
        """Yield the edits of a row that still apply, each as a keyword and the text of its cell.

        Record issues for the other edits of the row.
        """
        states = (compute_values_digest(values, level) for level in (Level.STUDY, Level.SERIES))
        is_current = row.state in (None, "", *states)
        digests = split_digests(row.cell_digests)
        for keyword, text in row.cells.items():
            cell = normalize_cell(unescape_formulas(text.strip(" ")))
            if is_same_value(format_cell_with_escapes(keyword, values[keyword]), cell):
                continue
            reason = None
            if not is_current and compute_cell_digest(keyword, values[keyword]) not in digests:
                if digests and is_cell_as_written(keyword, cell, row.cell_digests):
                    continue  # only the file has changed
                reason = _CHANGED if digests else _UNKNOWN
            if reason is None and keyword not in self._keywords:
                reason = _NO_COLUMN
            location = self._sheet.locate_cell(row.number, keyword)
            if reason is not None:
                self.issues.add(make_issue("sheet.not-carried-over", location, reason=reason))
                continue
            wrong = list(_carried_cell_issues(keyword, cell, values, row, location))
            if wrong:
                self.issues += wrong
            else:
                yield keyword, cell


def _carried_cell_issues(
    keyword: str, cell: str, values: AttributeValues, row: SheetRow, location: Location
) -> Iterator[Issue]:
    """Yield the warnings about a cell that `draft` would refuse, for example because it is damaged or not text."""
    if is_removal_cell(cell):
        return
    before = normalize_cell(format_cell(keyword, values[keyword]))
    issues = list(escape_issues(before, cell, location)) or list(
        cell_issues(before, cell, location, tag_of(keyword) or 0, row.kinds.get(keyword))
    )
    yield from map(_convert_to_warning, issues)


def _make_warning(code: str, location: Location, **facts: object) -> Issue:
    """Return an issue with this code and the severity WARNING."""
    return make_issue(code, location, severity=Severity.WARNING, **facts)


def _convert_to_warning(issue: Issue) -> Issue:
    """Return an error as a warning, because the new sheet is written without the edit. Other issues are unchanged."""
    return replace(issue, severity=Severity.WARNING) if issue.severity is Severity.ERROR else issue
