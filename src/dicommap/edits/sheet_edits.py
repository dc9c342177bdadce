"""Edits from a sheet: each cell that differs from the current value in the inventory becomes an edit."""

from __future__ import annotations

import re
from dataclasses import replace
from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import tag_of
from dicommap.dicom.json_model import attribute_from_text
from dicommap.edits.edit import Edit
from dicommap.edits.edit_result import EditEffect, EditResult, record_and_yield_issues
from dicommap.edits.near_uids import NearUids, find_near_uid_and_hint
from dicommap.edits.sheet_cells import (
    cell_issues,
    compute_values_digest,
    escape_issues,
    format_cell,
    format_cell_with_escapes,
    is_removal_cell,
    is_same_value,
    normalize_cell,
)
from dicommap.edits.text_normalization import compute_near_key, describe_differences
from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.overridable_attributes import edit_keyword_issues
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.instance_values import InstanceReader, read_no_instances
from dicommap.model.item_store import MEMORY, ItemStore
from dicommap.model.spreadsheet_formulas import unescape_formulas

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence

    from dicommap.dicom.json_model import Attribute
    from dicommap.edits.edited_sheet import EditedSheet, SheetRow
    from dicommap.edits.table import CellKind
    from dicommap.model.instance_values import InstanceValues
    from dicommap.model.study import AttributeValues, Series, Study, Target

_COLUMNS_LIMIT = 3
_STATE = re.compile(r"s[0-9a-f]{12}")
"""Pattern of the state of a row; see compute_values_digest."""


def describe_stale_row(row: SheetRow, values: AttributeValues, other: int | None) -> str:
    """Return the probable reason why the state of a row differs from that of its study, series or instance.

    Return an empty text if no reason is known.

    Args:
        row: The row.
        values: The current values of the study, series or instance that the row names.
        other: The number of a row that has the state of these current values; None if there is no such row.

    """
    if _STATE.fullmatch(row.state or "") is None:
        return (
            "; the cell #state does not have the form in which it was written, so that a program or person changed it"
        )
    if other is not None and other != row.number:
        return f"; row {other} has their state, as happens if only some columns are sorted"
    differing, near = 0, []
    for keyword, cell in row.cells.items():
        before, after = (
            normalize_cell(format_cell_with_escapes(keyword, values[keyword])),
            normalize_cell(unescape_formulas(cell.strip(" "))),
        )
        if not is_same_value(before, after):
            differing += 1
            if compute_near_key(before) == compute_near_key(after):
                near.append(f"; {keyword} differs from the current value by {describe_differences(before, after)}")
    if not differing and row.cells:
        return "; each of its cells holds the current value, so that another attribute has changed"
    return "".join(near[:_COLUMNS_LIMIT])


class SheetEdits:
    """Provider of the edits of a sheet. Pass it each study once. It keeps an edit result for each row."""

    def __init__(
        self, sheet: EditedSheet, store: ItemStore = MEMORY, instances: InstanceReader = read_no_instances
    ) -> None:
        """Make the provider of a sheet.

        Args:
            sheet: The sheet.
            store: The store that keeps the edit results of the rows.
            instances: A function that returns the instances of a study. It is called for each study with a row, if the
                rows are instances.
        """
        self._instances = instances
        self._sheet = sheet
        self._store = store
        self._level = sheet.level
        """The level of all rows."""
        self._effects = bytearray(1 + max(sheet.rows.numbers, default=0))
        """Row number -> value of the EditEffect in the row's study; 0 if the inventory does not have the row's target.

        A row is for one study at most, so its edit result can be made from this value.
        """
        self._study_results: list[EditResult] = []
        """The edit results of the rows of the last study. The results of its edits are still recorded in them."""
        self._named_studies: MutableMapping[str, bool] = store.make_dict()
        """Study Instance UID in a sheet of series or instances -> whether the inventory has the study."""
        for target in sheet.rows if self._level is not Level.STUDY else ():
            self._named_studies.setdefault(target.study_instance_uid, False)
        self._near_studies: NearUids | None = None
        """The index of the Study Instance UIDs in the sheet; None until a study has no row."""
        self._known_series: MutableMapping[Target, bool] = store.make_dict()
        """The series of the studies that a sheet of instances names -> True. Empty for other sheets."""
        self._near_series = self._make_near_uids("SeriesInstanceUID")
        self._near_instances = self._make_near_uids("SOPInstanceUID")
        self._rows_by_state: MutableMapping[str, int] = store.make_dict()
        """State -> number of the first row with this state; empty until the first stale row."""
        self._changed = False
        self._reported: set[str] = set()
        """Columns that no override can set. Their issues have been yielded, and are not yielded again."""

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits of a study, its series or its instances, and the issues of their cells."""
        self._store_study_effects()
        rows = [
            (group, row)
            for group in self._list_groups_of_level(study)
            if (row := self._sheet.rows.get(group.target)) is not None
        ]
        self._add_candidate_uids(study, has_rows=bool(rows))
        for group, row in rows:
            yield from self._make_target_edits(group.target, row, group.values)

    def _list_groups_of_level(self, study: Study) -> Sequence[Study | Series | InstanceValues]:
        """Return the objects of a study that may have a row: the study, its series, or its instances.

        The level of the sheet decides which of these they are. The instances of a study are read only if the sheet
        names the study.
        """
        if self._level is Level.STUDY:
            return (study,)
        if self._level is Level.SERIES:
            return study.series
        if study.study_instance_uid not in self._named_studies:
            return ()
        for series in study.series:
            self._known_series[series.target] = True
        instances = self._instances(study.study_instance_uid)
        if self._near_instances is not None:
            for instance in instances:
                self._near_instances.add_uid(instance.sop_instance_uid)
        return instances

    def unused_issues(self) -> Iterator[Issue]:
        """Yield the issues that are known only after the last study.

        These are issues about damaged UIDs, about rows whose study or series is not in the inventory, and about a sheet
        without any change.
        """
        self._store_study_effects()
        yield from self._damaged_uid_issues()
        has_unreached = not all(self._effects[number] for number in self._sheet.rows.numbers)
        for target, row in self._sheet.rows.items() if has_unreached else ():
            if self._effects[row.number]:
                continue
            location = Location(path=self._sheet.name, row=row.number)
            if self._named_studies.get(target.study_instance_uid):
                is_known = replace(target, sop_instance_uid=None) in self._known_series
                yield make_issue("sheet.unknown-instance" if is_known else "sheet.unknown-series", location)
            else:
                study, hint = find_near_uid_and_hint(self._near_studies, target.study_instance_uid)
                yield make_issue("sheet.unknown-study", replace(location, study=study), hint=hint)
        if not self._changed and not has_unreached and self._sheet.is_complete:
            yield make_issue("sheet.no-change", Location(path=self._sheet.name))

    def edit_results(self) -> Iterator[EditResult]:
        """Yield the edit result of each row that is not blank, in order of rows. Call it after the last study."""
        self._store_study_effects()
        name = self._sheet.name
        # Each of these three iterators is in the order of rows.
        invalid = (EditResult(source=name, row=row, is_invalid=True) for row in sorted(self._sheet.invalid_rows))
        valid = (self._make_row_result(row, row) for row in self._sheet.rows.numbers)
        repeated = (
            self._make_row_result(self._sheet.rows[target].number, row)
            for row, target in self._sheet.repeated_rows.items()
        )
        yield from merge(invalid, valid, repeated, key=lambda edit_result: edit_result.row or 0)

    def _make_row_result(self, used_row: int, row: int) -> EditResult:
        """Return the edit result for a row of the sheet.

        If the row repeats an earlier row, it has the result of the earlier row.

        Args:
            used_row: The number of the row whose cells are used.
            row: The number of the row to which the result belongs.
        """
        edit_result = EditResult(source=self._sheet.name, row=row)
        edit_result.record(edit_result.source, EditEffect(self._effects[used_row]))
        edit_result.finish_study()
        return edit_result

    def _store_study_effects(self) -> None:
        """Store the effects that the sheet's rows had in the last study.

        The edit results of these rows are then dropped.
        """
        for edit_result in self._study_results:
            self._effects[edit_result.row or 0] = edit_result.effect.value
        self._study_results = []

    def _make_near_uids(self, column: str) -> NearUids | None:
        """Return an index of the damaged UIDs in a column; None if no UID in it is damaged."""
        damaged = [uid.text for uid in self._sheet.damaged_uids if uid.column == column]
        return NearUids(damaged) if damaged else None

    def _add_candidate_uids(self, study: Study, *, has_rows: bool) -> None:
        """Compare the UIDs of a study and its series with the UID cells of the sheet that may be damaged.

        The Study Instance UID is compared only if no row names it. Series Instance UIDs are compared only if the sheet
        has a damaged Series Instance UID.
        """
        if self._near_series is not None:
            for series in study.series:
                self._near_series.add_uid(series.series_instance_uid)
        if study.study_instance_uid in self._named_studies:
            self._named_studies[study.study_instance_uid] = True
        elif not has_rows:
            self._add_candidate_study(study.study_instance_uid)

    def _add_candidate_study(self, uid: str) -> None:
        """Compare a Study Instance UID of the inventory with those of the sheet, for hints about unused rows."""
        if self._near_studies is None:
            damaged = [uid.text for uid in self._sheet.damaged_uids if uid.column == "StudyInstanceUID"]
            named = (target.study_instance_uid for target in self._sheet.rows)
            self._near_studies = NearUids(chain(named, damaged), self._store)
        self._near_studies.add_uid(uid)

    def _damaged_uid_issues(self) -> Iterator[Issue]:
        """Yield an issue for each damaged UID. If exactly one UID of the inventory is similar, the issue names it."""
        for damaged_uid in self._sheet.damaged_uids:
            location = self._sheet.locate_cell(damaged_uid.row, damaged_uid.column)
            if damaged_uid.column == "StudyInstanceUID":
                uid, hint = find_near_uid_and_hint(self._near_studies, damaged_uid.text)
                location = replace(location, study=uid)
            elif damaged_uid.column == "SOPInstanceUID":
                uid, hint = find_near_uid_and_hint(self._near_instances, damaged_uid.text)
                location = replace(location, instance=uid)
            else:
                uid, hint = find_near_uid_and_hint(self._near_series, damaged_uid.text)
                location = replace(location, series=uid)
            yield make_issue("sheet.damaged-uid", location, problem=damaged_uid.problem, hint=hint)

    def _build_stale_row_issue(self, row: SheetRow, values: AttributeValues) -> Issue:
        """Return the issue of a row whose state is not that of its current values, with the probable reason."""
        if not self._rows_by_state:
            for _, sheet_row in self._sheet.rows.items():
                self._rows_by_state.setdefault(sheet_row.state or "", sheet_row.number)
        states = (compute_values_digest(values, state_level) for state_level in (Level.STUDY, Level.SERIES))
        other = next((self._rows_by_state[state] for state in states if state in self._rows_by_state), None)
        location = Location(path=self._sheet.name, row=row.number)
        return make_issue("sheet.stale-row", location, hint=describe_stale_row(row, values, other))

    def _make_target_edits(self, target: Target, row: SheetRow, values: AttributeValues) -> Iterator[Edit | Issue]:
        """Yield the edits and issues of the row of a study, series or instance, and record them in its edit result."""
        edit_result = EditResult(source=self._sheet.name, row=row.number)
        self._study_results.append(edit_result)
        edit_result.record(target.study_instance_uid, EditEffect.REACHED)
        yield from record_and_yield_issues(
            edit_result, target.study_instance_uid, self._make_row_edits(target, row, edit_result, values)
        )

    def _make_row_edits(
        self, target: Target, row: SheetRow, edit_result: EditResult, values: AttributeValues
    ) -> Iterator[Edit | Issue]:
        """Yield the edits of the cells that differ from the current values; or an issue if the row is stale."""
        # If the sheet has columns of the series level, the state of a study's row is a digest of attributes of all
        # levels.
        states = (
            compute_values_digest(values, state_level) for state_level in dict.fromkeys((self._level, Level.SERIES))
        )
        if row.state and row.state not in states:
            self._changed = True
            yield self._build_stale_row_issue(row, values)
            return
        for keyword, cell in row.cells.items():
            before, after = (
                normalize_cell(format_cell(keyword, values[keyword])),
                normalize_cell(unescape_formulas(cell.strip(" "))),
            )
            if not is_same_value(format_cell_with_escapes(keyword, values[keyword]), after):
                self._changed = True
                yield from self._make_cell_edits(target, edit_result, keyword, (before, after), row.kinds.get(keyword))

    def _make_cell_edits(
        self, target: Target, edit_result: EditResult, keyword: str, values: tuple[str, str], kind: CellKind | None
    ) -> Iterator[Edit | Issue]:
        """Yield the edit or the issues of a changed cell. `values` has the texts before and after the change."""
        column = Location(path=self._sheet.name, column=keyword)
        tag, (before, cell) = tag_of(keyword) or 0, values
        is_removal = is_removal_cell(cell)
        header = self._sheet.locate_cell(self._sheet.header_row, keyword)
        refused = edit_keyword_issues(keyword, target.level, header, is_removal=is_removal)
        if refused:
            # The column has the same error in each row, so its issue is yielded only once.
            edit_result.record(target.study_instance_uid, EditEffect.REFUSED)
            yield from () if keyword in self._reported else refused
            self._reported.add(keyword)
            return
        attribute: Attribute | list[Issue] | None = None
        if not is_removal:
            location = self._sheet.locate_cell(edit_result.row or 0, keyword)
            wrong = list(escape_issues(before, cell, location)) or list(cell_issues(before, cell, location, tag, kind))
            attribute = wrong or attribute_from_text(tag, cell, location)
        if isinstance(attribute, list):
            yield from attribute
        else:
            origin = str(edit_result)
            yield Edit(
                target=target,
                tag=tag,
                attribute=attribute,
                origin=origin,
                location=column,
                edit_results=(edit_result,),
                can_be_shown=True,
            )
