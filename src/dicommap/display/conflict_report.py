"""Format conflicts of grouping attributes as rows of forecast.csv and as blocks of a report.

HealthImaging groups the files of a study and series by the values of some attributes (grouping attributes). A conflict
is a grouping attribute with different values in a study or series: HealthImaging may put some of the files into
non-primary image sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dicommap.display.report import ColumnKind, Note, Report, ReportTable, TableColumn, TableRow, build_masked_notes
from dicommap.issues.wording import format_count
from dicommap.model.displayable import DisplayableTuple
from dicommap.model.masking import Masker, make_repr_masker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.display.report import Block, Figure
    from dicommap.overrides.grouping_conflicts import GroupingConflict
    from dicommap.overrides.image_set_forecast import StudyFileGroups

FORECAST_COLUMNS = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "source",
    "path",
    "keyword",
    "value",
    "primary value",
    "cure",
    "cure value",
)
"""The columns of forecast.csv."""

MAX_CONFLICTS = 20
MAX_FILES = 5
UNFOLDED_CONFLICTS = 3
"""Number of conflicts whose details are visible at first."""
MAX_VALUES = 3

FORECAST_NOTE = (
    "A forecast: AWS does not document which group becomes the primary image set; dicommap assumes the largest."
)
EMPTY_VALUE = "(empty)"
"""The text in place of an empty value."""
_CONFLICT_COLUMNS = (
    TableColumn("level", ColumnKind.WORD),
    TableColumn("UID", ColumnKind.UID),
    TableColumn("attribute", ColumnKind.CODE),
    TableColumn("values", ColumnKind.BEFORE),
    TableColumn("non-primary", ColumnKind.NUMBER),
    TableColumn("files", ColumnKind.NUMBER),
    TableColumn("what would cure it", ColumnKind.SENTENCE),
    TableColumn("value", ColumnKind.AFTER),
)
_FILE_COLUMNS = (
    TableColumn("SOPInstanceUID", ColumnKind.UID),
    TableColumn("value", ColumnKind.BEFORE),
    TableColumn("path", ColumnKind.TEXT),
)


def build_conflict_row(conflict: GroupingConflict, *, masker: Masker) -> dict[str, str]:
    """Return a conflict as a row: column -> text.

    The row has the study or series, the keyword, the values, numbers of files, and a text that tells how an edit can
    remove the conflict.
    """
    values = [
        f"{_format_masked_value(conflict.keyword, value, masker=masker)} ({files})"
        for value, files in list(conflict.values.items())[:MAX_VALUES]
    ]
    more = len(conflict.values) - MAX_VALUES
    return {
        "level": conflict.level.value,
        "StudyInstanceUID": conflict.study_instance_uid,
        "SeriesInstanceUID": conflict.series_instance_uid or "",
        "keyword": conflict.keyword,
        "values": "; ".join([*values, *([f"and {more:,} more"] if more > 0 else [])]),
        "non-primary": str(conflict.non_primary_files),
        "files": str(conflict.files),
        "cure": conflict.cure,
        "cure value": masker.mask(conflict.keyword, conflict.cure_value or ""),
    }


def build_forecast_rows(conflicts: Iterable[GroupingConflict], *, masker: Masker) -> Iterator[dict[str, str]]:
    """Yield the rows of forecast.csv: for each conflict, a row for each of the first files that may become non-primary.

    If a conflict has more files, its last row has the number of the other files.
    """
    for conflict in conflicts:
        of_conflict = {
            "keyword": conflict.keyword,
            "primary value": _format_masked_value(conflict.keyword, conflict.primary, masker=masker),
            "cure": conflict.cure,
            "cure value": masker.mask(conflict.keyword, conflict.cure_value or ""),
        }
        for file in conflict.listed:
            cells = {
                **of_conflict,
                "StudyInstanceUID": conflict.study_instance_uid,
                "SeriesInstanceUID": file.series_instance_uid,
                "SOPInstanceUID": file.sop_instance_uid,
                "source": file.source,
                "path": file.path,
                "value": _format_masked_value(conflict.keyword, file.value, masker=masker),
            }
            yield {column: cells[column] for column in FORECAST_COLUMNS}
        more = conflict.non_primary_files - len(conflict.listed)
        if more:
            cells = {
                **of_conflict,
                "StudyInstanceUID": conflict.study_instance_uid,
                "path": f"(and {format_count(more, 'more file')})",
            }
            yield {column: cells.get(column, "") for column in FORECAST_COLUMNS}


FigureDrawer = Callable[[Sequence["StudyFileGroups"], "Masker"], "Figure"]
"""A function that draws a figure of the groups of files in studies. Its Masker masks the values."""


class Conflicts(DisplayableTuple["GroupingConflict"]):
    """Tuple of conflicts in the order of studies. It is equal to any tuple or list of the same conflicts.

    Attributes:
        file_groups: The groups of files in the first 100 studies with conflicts. The files of a group have the same
            values of grouping attributes.
    """

    file_groups: tuple[StudyFileGroups, ...] = ()
    _draw: FigureDrawer | None = None

    @classmethod
    def from_forecast(
        cls, conflicts: Iterable[GroupingConflict], file_groups: Iterable[StudyFileGroups], draw: FigureDrawer | None
    ) -> Conflicts:
        """Return the conflicts of a forecast. Their report has a figure of `file_groups`, which `draw` draws."""
        made = cls(conflicts)
        made.file_groups = tuple(file_groups)
        made._draw = draw
        return made

    def of_study(self, study_instance_uid: str) -> Conflicts:
        """Return the conflicts of one study and its series."""
        return Conflicts.from_forecast(
            (conflict for conflict in self if conflict.study_instance_uid == study_instance_uid),
            (study for study in self.file_groups if study.study_instance_uid == study_instance_uid),
            self._draw,
        )

    def draw_figure(self, masker: Masker) -> Figure | None:
        """Return a figure with the groups of files in conflict; None if there are no groups."""
        return self._draw(self.file_groups, masker) if self._draw is not None and self.file_groups else None

    def to_dicts(self, *, show_values: bool = False) -> list[dict[str, str]]:
        """Return each conflict as a row of text cells. Values are masked unless `show_values` is true."""
        masker = Masker(show_values=show_values)
        return [build_conflict_row(conflict, masker=masker) for conflict in self]

    def _build_report(self) -> Report:
        masker = make_repr_masker()
        blocks = build_conflict_blocks(self, masker=masker)
        blocks += build_masked_notes(masker)
        return Report(title="Conflicts", counts=(_format_conflict_count(self),), blocks=blocks)


def build_conflict_blocks(conflicts: Sequence[GroupingConflict], *, masker: Masker, heading: str = "") -> list[Block]:
    """Return the blocks of a report about conflicts: a figure, a table of the first conflicts, and a note.

    There is a figure only if `conflicts` is a `Conflicts` object with groups of files. If there are no conflicts, the
    only block is a note.
    """
    if not conflicts:
        return [Note(text="Each grouping attribute has one value in every study and series.")]
    rows = [
        _build_conflict_table_row(conflict, is_open=number < UNFOLDED_CONFLICTS, masker=masker)
        for number, conflict in enumerate(conflicts[:MAX_CONFLICTS])
    ]
    table = ReportTable(columns=_CONFLICT_COLUMNS, rows=rows, total=len(conflicts), noun="conflict", heading=heading)
    figure = conflicts.draw_figure(masker) if isinstance(conflicts, Conflicts) else None
    return [*([figure] if figure is not None else []), table, Note(text=FORECAST_NOTE)]


def _build_conflict_table_row(conflict: GroupingConflict, *, is_open: bool, masker: Masker) -> TableRow:
    cells = build_conflict_row(conflict, masker=masker)
    uid = f"{cells.pop('StudyInstanceUID')} {cells.pop('SeriesInstanceUID')}".strip()
    files = [
        TableRow(
            cells=(
                file.sop_instance_uid,
                _format_masked_value(conflict.keyword, file.value, masker=masker),
                file.path,
            )
        )
        for file in conflict.listed[:MAX_FILES]
    ]
    details = (
        [ReportTable(columns=_FILE_COLUMNS, rows=files, total=conflict.non_primary_files, noun="file")] if files else []
    )
    level, *others = cells.values()
    return TableRow(cells=(level, uid, *others), details=details, is_open=is_open)


def _format_conflict_count(conflicts: Sequence[GroupingConflict]) -> str:
    studies = len({conflict.study_instance_uid for conflict in conflicts})
    return f"{format_count(len(conflicts), 'conflict')} in {format_count(studies, 'study')}" if conflicts else "none"


def _format_masked_value(keyword: str, value: str, *, masker: Masker) -> str:
    return masker.mask(keyword, value) or EMPTY_VALUE
