"""The preview of a draft: the changed attributes of each study and series, with their values before and after."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import hex_of, keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.display.formatting import truncate_text
from dicommap.display.report import ColumnKind, Note, Report, ReportTable, TableColumn, TableRow, build_masked_notes
from dicommap.issues.wording import format_count
from dicommap.model.displayable import Displayable
from dicommap.model.masking import Masker, is_unmasked_in_repr
from dicommap.overrides.attribute_change import UpdateReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dicommap.model.study import ValueCounts
    from dicommap.overrides.attribute_change import AttributeChange

ChangedTarget = tuple[tuple[str, str, str], "Sequence[Mapping[str, str]]"]
"""Study, Series and SOP Instance UID (empty for a whole study or series), and the preview rows of this object."""

MAX_VALUE_LENGTH = 120
"""Maximum number of characters of a value in a table that lists only a limited number of changes."""

_VALUE_COLUMNS = ("before", "after")
_LEVEL_NAMES = ("", "study", "series", "instance")
"""Number of UIDs of a changed object -> the name of its level."""
_TARGET_COLUMNS = (
    TableColumn("level", ColumnKind.WORD),
    TableColumn("UID", ColumnKind.UID),
    TableColumn("changes", ColumnKind.NUMBER),
)
_MADE_BY = TableColumn("made by", ColumnKind.WORD)
_CHANGE_COLUMNS = (
    TableColumn("attribute", ColumnKind.CODE),
    TableColumn("before", ColumnKind.BEFORE),
    TableColumn("after", ColumnKind.AFTER),
    _MADE_BY,
    TableColumn("because of", ColumnKind.SENTENCE),
)


def group_changes_by_target(rows: Iterable[Mapping[str, str]], limit: int | None = None) -> list[ChangedTarget]:
    """Group the rows of a preview by the study, series or instance that they change, and return the first groups.

    Args:
        rows: The rows of the preview. Rows of the same study, series or instance must be next to each other.
        limit: The maximum number of groups; None for all groups.
    """
    groups = groupby(rows, key=lambda row: (row["StudyInstanceUID"], row["SeriesInstanceUID"], row["SOPInstanceUID"]))
    return [(uids, list(members)) for uids, members in islice(groups, limit)]


def build_changes_table(
    groups: Sequence[ChangedTarget],
    *,
    total: int,
    opened: int,
    limit: int | None = None,
    heading: str = "Changes",
    has_updates: bool = False,
) -> ReportTable:
    """Return a table of studies, series and instances. Each row contains another table: the changes of this row.

    Args:
        groups: The studies, series and instances that get a row, with their changes.
        total: The number of all changed studies, series and instances, also of those without a row.
        opened: The number of rows that show their changes at first. In the other rows, the user must unfold the
            changes.
        limit: The maximum number of changes that the table inside each row lists. If it is None, all changes are
            listed, and long values are not cut.
        heading: The heading of the table.
        has_updates: Whether the tables have a column that says whether an override or an update makes a change.

    """
    rows = [
        TableRow(
            cells=(_LEVEL_NAMES[sum(map(bool, uids))], " ".join(filter(None, uids)), f"{len(members):,}"),
            details=(_build_target_changes_table(members, limit, has_updates=has_updates),),
            is_open=number < opened,
        )
        for number, (uids, members) in enumerate(groups)
    ]
    noun = "changed object" if has_updates else "override"
    return ReportTable(columns=_TARGET_COLUMNS, rows=rows, total=total, noun=noun, heading=heading)


def _build_target_changes_table(
    members: Sequence[Mapping[str, str]], limit: int | None, *, has_updates: bool
) -> ReportTable:
    """Return the table of the changes of one study, series or instance, with at most `limit` rows."""
    rows = [
        TableRow(
            cells=(
                f"{row['keyword']} {row['tag']}",
                *(
                    row[name] if limit is None else truncate_text(row[name], MAX_VALUE_LENGTH)
                    for name in _VALUE_COLUMNS
                ),
                *((row["made by"],) if has_updates else ()),
                row["because of"],
            )
        )
        for row in members[:limit]
    ]
    columns = [column for column in _CHANGE_COLUMNS if has_updates or column is not _MADE_BY]
    return ReportTable(columns=columns, rows=rows, total=len(members), noun="change")


if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dicommap.display.report import Block

    Rows = Callable[[Masker], Iterable[Mapping[str, str]]]

MAX_TARGETS = 40
MAX_CHANGES = 40
UNFOLDED_TARGETS = 10
"""Number of studies or series whose changes are visible at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCounts:
    """The numbers of a draft's changes."""

    changes: int
    targets: int
    """Number of studies, series and instances that are the target of a change."""
    overrides: int
    updates: int
    """Number of changes that updates make."""


class Preview(Displayable):
    """The changes of a draft as rows: each row has UIDs, tag, keyword, the values before and after, and the edit.

    Values are masked unless the preview was made with `show_values=True`. After `dicommap.show_values(True)`, a
    notebook shows a preview with values; but a loop over the preview still gets masked rows.
    """

    def __init__(self, rows: Rows, counts: ChangeCounts, masker: Masker) -> None:
        """Create the preview of one draft.

        Args:
            rows: A function that takes a Masker, and returns the rows with masked values. There is one row a change.
            counts: The numbers of changes.
            masker: The Masker for the values of the rows.
        """
        self._rows = rows
        self._counts = counts
        self._masker = masker

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        return iter(self._rows(self._masker))

    def __len__(self) -> int:
        return self._counts.changes

    def _build_report(self) -> Report:
        masker = Masker(show_values=True) if is_unmasked_in_repr() else self._masker
        groups = group_changes_by_target(self._rows(masker), MAX_TARGETS)
        if not groups:
            return Report(title="Preview", counts=("no changes",), blocks=[Note(text="No edit changes anything.")])
        blocks: list[Block] = [
            build_changes_table(
                groups,
                total=self._counts.targets,
                opened=UNFOLDED_TARGETS,
                limit=MAX_CHANGES,
                heading="",
                has_updates=self._counts.updates > 0,
            )
        ]
        blocks += build_masked_notes(masker)
        counts = (
            format_count(self._counts.changes, "change"),
            format_count(self._counts.overrides, "override"),
            *([f"{self._counts.updates:,} by updates"] if self._counts.updates else ()),
        )
        return Report(title="Preview", counts=counts, blocks=blocks)


NOT_CAPTURED = "(not captured)"
"""The text in place of the current value, if the inventory did not capture the attribute."""
EMPTY_VALUE = "(empty)"
"""The text in place of an empty value."""
REMOVED_VALUE = "(removed)"
"""The text in place of the new value, if the attribute is removed."""
_UPDATE_REASONS = {
    UpdateReason.INSTANCE: "single instance",
    UpdateReason.REMOVAL: "removal",
    UpdateReason.LEVEL: "instance level",
    UpdateReason.STORED: "stored already",
}
_ORIGINS_LIMIT = 3
"""Maximum number of edits that a row names. A change of a study may come from many sheet rows, one for each series."""


def build_preview_row(change: AttributeChange, *, masker: Masker, shorten: bool = True) -> dict[str, str]:
    """Return the row of the preview that describes a change.

    Args:
        change: The change.
        masker: The Masker of the values.
        shorten: Whether the row names only the first edits that made the change, and the number of the others.
    """
    keyword = keyword_of(change.tag)

    def mask_value(text: str) -> str:
        return masker.mask(keyword, text) or EMPTY_VALUE

    return {
        "StudyInstanceUID": change.study_instance_uid,
        "SeriesInstanceUID": change.series_instance_uid or "",
        "SOPInstanceUID": change.sop_instance_uid or "",
        "tag": hex_of(change.tag),
        "keyword": keyword,
        "before": _format_values_before(change.before, mask_value),
        "after": _format_value_after(change, masker, keyword),
        "made by": format_made_by(change),
        "because of": _format_origins(change.origins) if shorten else "; ".join(change.origins),
    }


def build_study_edit_rows(changes: Iterable[AttributeChange]) -> Iterator[dict[str, str]]:
    """Yield one row for each pair of a study and an edit that changed it.

    The row has the edit, the number of changed series, and the changed attributes. In `changes`, all changes of one
    study must be next to each other.
    """
    for study, of_study in groupby(changes, key=lambda change: change.study_instance_uid):
        by_origin: dict[str, list[AttributeChange]] = {}
        for change in of_study:
            for origin in change.origins:
                by_origin.setdefault(origin, []).append(change)
        for origin, caused in by_origin.items():
            series = {change.series_instance_uid for change in caused}
            places = [
                *(["study"] if None in series else []),
                *([f"{len(series - {None})} series"] if series - {None} else []),
            ]
            yield {
                "StudyInstanceUID": study,
                "edit": origin,
                "changed in": ", ".join(places),
                "attributes": ", ".join(dict.fromkeys(keyword_of(change.tag) for change in caused)),
            }


def format_made_by(change: AttributeChange) -> str:
    """Return which document makes a change: `override`, or `update` with the reason, such as `update: removal`."""
    return "override" if change.update_reason is None else f"update: {_UPDATE_REASONS[change.update_reason]}"


def _format_value_after(change: AttributeChange, masker: Masker, keyword: str) -> str:
    if change.after is None:
        return REMOVED_VALUE
    text = text_from_attribute(change.after)
    # An attribute that has no text form, such as a sequence, is shown as the JSON that will be written.
    shown = json.dumps(change.after, ensure_ascii=False) if text is None else text
    return masker.mask(keyword, shown, can_be_shown=change.can_be_shown) or EMPTY_VALUE


def _format_values_before(counts: ValueCounts | None, mask_value: Callable[[str], str]) -> str:
    """Return a text with the values that an attribute had before a change, the most frequent value first.

    Args:
        counts: Value -> number of files; None if the inventory did not capture the attribute. If there are several
            values, the text has their numbers of files.
        mask_value: A function that masks a value.

    """
    if counts is None:
        return NOT_CAPTURED
    if len(counts) == 1:
        return mask_value(next(iter(counts)))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "; ".join(f"{mask_value(text)} ({files})" for text, files in ranked)


def _format_origins(origins: Sequence[str]) -> str:
    more = len(origins) - _ORIGINS_LIMIT
    return "; ".join([*origins[:_ORIGINS_LIMIT], *([f"and {more:,} more"] if more > 0 else [])])
