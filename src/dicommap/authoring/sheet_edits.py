"""Edits from a sheet: the cells that differ from the inventory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.authoring.accounting import noted
from dicommap.authoring.cells import cell_issues, cell_text, is_same, plain, state_of
from dicommap.authoring.shown_cells import shown_cell, shown_cell_issues
from dicommap.authoring.wishes import refusals
from dicommap.issues import Issue, Location, issue
from dicommap.model.account import Account, Effect
from dicommap.model.dicom_json import attribute_from_text
from dicommap.model.edits import Edit
from dicommap.model.formulas import unguarded
from dicommap.model.levels import Level
from dicommap.model.tags import tag_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.authoring.sheet_reading import Row, Sheet
    from dicommap.model.hierarchy import Study, Target, Values


class SheetEdits:
    """A sheet at work: asked for each study once, it remembers what became of its rows."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._reached: dict[Target, Account] = {}
        self._studies: set[str] = set()
        self._changed = False
        self._told: set[str] = set()
        """Columns of which it was said that no override can set them."""

    def for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits of a study and its series, and what is wrong with its cells."""
        self._studies.add(study.study_instance_uid)
        yield from self._for_target(study.target, study.values, Level.STUDY)
        for series in study.series:
            yield from self._for_target(series.target, series.values, Level.SERIES)

    def leftovers(self) -> Iterator[Issue]:
        """Yield, after the last study, the rows that no study or series of the inventory answers to."""
        unreached = {target: row for target, row in self._sheet.rows.items() if target not in self._reached}
        for target, row in unreached.items():
            known = target.series_instance_uid is not None and target.study_instance_uid in self._studies
            yield issue(
                f"sheet.unknown-{'series' if known else 'study'}", Location(path=self._sheet.name, row=row.number)
            )
        if not self._changed and not unreached and self._sheet.whole:
            yield issue("sheet.no-change", Location(path=self._sheet.name))

    def accounts(self) -> Iterator[Account]:
        """Yield what became of each row, in their order; rows without a cell are none."""
        name = self._sheet.name
        unread = {number: Account(source=name, row=number, unread=True) for number in self._sheet.unread}
        rows = {
            row.number: self._reached.get(target) or Account(source=name, row=row.number)
            for target, row in self._sheet.rows.items()
        }
        for _, account in sorted((unread | rows).items()):
            account.close()
            yield account

    def _for_target(self, target: Target, values: Values, level: Level) -> Iterator[Edit | Issue]:
        row = self._sheet.rows.get(target)
        if row is None:
            return
        account = self._reached[target] = Account(source=self._sheet.name, row=row.number)
        account.note(target.study_instance_uid, Effect.REACHED)
        yield from noted(account, target.study_instance_uid, self._for_row(target, row, account, values, level))

    def _for_row(
        self, target: Target, row: Row, account: Account, values: Values, level: Level
    ) -> Iterator[Edit | Issue]:
        # A study's row with columns of series attributes was written with the state of all.
        if row.state and all(row.state != state_of(values, one) for one in dict.fromkeys((level, Level.SERIES))):
            self._changed = True
            yield issue("sheet.stale-row", Location(path=self._sheet.name, row=row.number))
            return
        for keyword, cell in row.cells.items():
            before, after = plain(cell_text(keyword, values[keyword])), plain(unguarded(cell.strip(" ")))
            if not is_same(shown_cell(keyword, values[keyword]), after):
                self._changed = True
                yield from self._for_cell(target, account, keyword, (before, after))

    def _for_cell(
        self, target: Target, account: Account, keyword: str, values: tuple[str, str]
    ) -> Iterator[Edit | Issue]:
        column = Location(path=self._sheet.name, column=keyword)
        refused = refusals(keyword, replace(column, row=self._sheet.header_row))
        if refused:
            # What no override can set is so in every row, and told once.
            account.note(target.study_instance_uid, Effect.REFUSED)
            yield from () if keyword in self._told else refused
            self._told.add(keyword)
            return
        tag, place, (before, cell) = tag_of(keyword) or 0, replace(column, row=account.row), values
        wrong = list(shown_cell_issues(before, cell, place)) or list(cell_issues(before, cell, place, tag))
        attribute = wrong or attribute_from_text(tag, cell, place)
        if isinstance(attribute, list):
            yield from attribute
        else:
            cause = str(account)
            yield Edit(target=target, tag=tag, attribute=attribute, cause=cause, place=column, accounts=(account,))
