"""Edits from a sheet: the cells that differ from the inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.authoring.cells import cell_issues, cell_text, state_of, unguarded
from dicommap.authoring.wishes import wished_attribute
from dicommap.issues import Issue, Location, issue
from dicommap.model.edits import Edit
from dicommap.model.levels import Level
from dicommap.model.tags import tag_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.authoring.sheet_reading import Row, Sheet
    from dicommap.model.hierarchy import Study, Target, Values


class SheetEdits:
    """A sheet at work: asked for each study once, it remembers which rows were never reached."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._unreached = dict(sheet.rows)
        self._studies: set[str] = set()
        self._changed = False

    def for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits of a study and its series, and what is wrong with its cells."""
        self._studies.add(study.study_instance_uid)
        yield from self._for_target(study.target, study.values, Level.STUDY)
        for series in study.series:
            yield from self._for_target(series.target, series.values, Level.SERIES)

    def leftovers(self) -> Iterator[Issue]:
        """Yield, after the last study, the rows that no study or series of the inventory answers to."""
        for target, row in self._unreached.items():
            known = target.series_instance_uid is not None and target.study_instance_uid in self._studies
            yield issue(
                f"sheet.unknown-{'series' if known else 'study'}", Location(path=self._sheet.name, row=row.number)
            )
        if not self._changed and not self._unreached and self._sheet.whole:
            yield issue("sheet.no-change", Location(path=self._sheet.name))

    def _for_target(self, target: Target, values: Values, level: Level) -> Iterator[Edit | Issue]:
        row = self._unreached.pop(target, None)
        if row is None:
            return
        if row.state and row.state != state_of(values, level):
            self._changed = True
            yield issue("sheet.stale-row", Location(path=self._sheet.name, row=row.number))
            return
        for keyword, cell in row.cells.items():
            before, after = _plain(cell_text(values[keyword])), _plain(unguarded(cell.strip(" ")))
            if after != before:
                self._changed = True
                yield from self._edit(target, row, keyword, before, after)

    def _edit(self, target: Target, row: Row, keyword: str, before: str, cell: str) -> Iterator[Edit | Issue]:
        place = Location(path=self._sheet.name, row=row.number, column=keyword)
        attribute = list(cell_issues(before, cell, place)) or wished_attribute(keyword, cell, place)
        if isinstance(attribute, list):
            yield from attribute
        else:
            cause = f"{self._sheet.name} row {row.number}"
            yield Edit(target=target, tag=tag_of(keyword) or 0, attribute=attribute, cause=cause)


def _plain(text: str) -> str:
    """Return a text without what spreadsheets change in passing: spaces around it, and how its lines end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
