"""Edits from a sheet: the cells that differ from the inventory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.authoring.accounting import noted
from dicommap.authoring.cells import cell_issues, cell_text, is_same, plain, state_of
from dicommap.authoring.near_uids import NearUids
from dicommap.authoring.shown_cells import shown_cell, shown_cell_issues
from dicommap.authoring.stale_rows import stale_hint
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
        self._named_studies = {target.study_instance_uid for target in sheet.rows}
        self._near_studies: NearUids | None = None
        """Made once a study has no row."""
        damaged = [one.text for one in sheet.damaged if one.column == "SeriesInstanceUID"]
        self._near_series = NearUids(damaged) if damaged else None
        self._rows_by_state: dict[str, int] = {}
        """State -> number of the first row that has it; made once a row is stale."""
        self._changed = False
        self._told: set[str] = set()
        """Columns of which it was said that no override can set them."""

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits of a study and its series, and what is wrong with its cells."""
        self._studies.add(study.study_instance_uid)
        self._note_uids(study)
        yield from self._for_target(study.target, study.values, Level.STUDY)
        for series in study.series:
            yield from self._for_target(series.target, series.values, Level.SERIES)

    def leftovers(self) -> Iterator[Issue]:
        """Yield, after the last study, the rows that no study or series of the inventory answers to."""
        unreached = {target: row for target, row in self._sheet.rows.items() if target not in self._reached}
        yield from self._damaged_uids()
        for target, row in unreached.items():
            place = Location(path=self._sheet.name, row=row.number)
            if target.series_instance_uid is not None and target.study_instance_uid in self._studies:
                yield issue("sheet.unknown-series", place)
            else:
                study, hint = _near(self._near_studies, target.study_instance_uid)
                yield issue("sheet.unknown-study", replace(place, study=study), hint=hint)
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
        for account in rows.values():
            account.close()
        repeated = {
            number: replace(rows[self._sheet.rows[target].number], row=number)
            for number, target in self._sheet.repeated.items()
        }
        for _, account in sorted((unread | rows | repeated).items()):
            account.close()
            yield account

    def _note_uids(self, study: Study) -> None:
        """Note the UIDs of what has no row: a row may be meant for it."""
        if self._near_series is not None:
            for series in study.series:
                self._near_series.note(series.series_instance_uid)
        if study.study_instance_uid in self._named_studies:
            return
        if self._near_studies is None:
            damaged = [one.text for one in self._sheet.damaged if one.column == "StudyInstanceUID"]
            self._near_studies = NearUids([*self._named_studies, *damaged])
        self._near_studies.note(study.study_instance_uid)

    def _damaged_uids(self) -> Iterator[Issue]:
        for one in self._sheet.damaged:
            place = Location(path=self._sheet.name, row=one.row, column=one.column)
            if one.column == "StudyInstanceUID":
                uid, hint = _near(self._near_studies, one.text)
                place = replace(place, study=uid)
            else:
                uid, hint = _near(self._near_series, one.text)
                place = replace(place, series=uid)
            yield issue("sheet.damaged-uid", place, problem=one.problem, hint=hint)

    def _stale_row(self, row: Row, values: Values) -> Issue:
        if not self._rows_by_state:
            for one in self._sheet.rows.values():
                self._rows_by_state.setdefault(one.state or "", one.number)
        states = (state_of(values, one) for one in (Level.STUDY, Level.SERIES))
        other = next((self._rows_by_state[state] for state in states if state in self._rows_by_state), None)
        place = Location(path=self._sheet.name, row=row.number)
        return issue("sheet.stale-row", place, hint=stale_hint(row, values, other))

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
        states = (state_of(values, one) for one in dict.fromkeys((level, Level.SERIES)))
        if row.state and row.state not in states:
            self._changed = True
            yield self._stale_row(row, values)
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


def _near(uids: NearUids | None, damaged: str) -> tuple[str | None, str]:
    """Return the UID that comes close to a damaged one, and how to say it; nothing if there is none."""
    found = None if uids is None else uids.find(damaged)
    return (None, "") if found is None else (found[0], f"; the one named here comes close: it differs by {found[1]}")
