"""The changes of a draft as lines for a terminal: grouped by study, one line for each changed attribute.

    study 1.2.826.0.1.3680043.8.498.1
      ~ PatientID   12345 -> HOSP-1      rule 'one site'
      + PatientSex  O                    studies.csv row 2
      series 1.2.826.0.1.3680043.8.498.1.7
        - SeriesDescription  PILOT       rule 'no pilots'

The sign before a keyword tells the kind of change. `~`: the value was changed. `+`: the attribute had no value before.
`-`: the attribute is made empty. `x`: the attribute is removed. A text such as `update: removal` follows if an update
makes the change, because no override can make it. Studies and series without a change have no line. If lines must fit
into a width, values and edits are shortened; preview.csv and the HTML page have the whole texts.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.dicom.printable_text import make_printable
from dicommap.display.formatting import keep_end, keep_start, measure_text_width, pad_text
from dicommap.display.preview import build_preview_row
from dicommap.issues.wording import format_count
from dicommap.model.masking import is_mark, make_different_values_marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.edits.edit_result import EditResult
    from dicommap.model.masking import Masker
    from dicommap.overrides.attribute_change import AttributeChange

LEGEND = "~ changed, + had no value, - emptied"
REMOVAL_LEGEND = ", x removed"
"""The end of the legend if a change removes an attribute."""
UPDATE_LEGEND = (
    "'update' marks what no override can do; an update of the stored image sets does it after the import: a change of "
    "a single instance, a removal, or a change of an attribute of the instance level."
)
STORED_LEGEND = "'update' marks changes of what is stored already: an update of the stored image sets makes them."
"""The legend of updates for an inventory of a data store, in which updates make all changes."""

MAX_ORIGIN_SHARE = 0.4
"""If values are long, the name of the edit takes at most this share of the space to the right of the keyword."""
MAX_COUNTED_ORIGINS = 4
"""Maximum number of edits that the summary names. The other edits are only counted."""

_HARMONIZED = re.compile(r"(harmonize) [0-9A-Za-z]+(?=: )")
_ROW = re.compile(r"(.+) row [0-9]+(\)?)", re.DOTALL)
_GAP = "  "
_ARROW = " -> "
_MIN_VALUE_WIDTH = 8
_MIN_CHANGE_WIDTH = 2 * _MIN_VALUE_WIDTH + len(_ARROW)
"""Minimum number of columns for the values before and after a change."""

Piece = tuple[str, str]
"""A piece of a line: its text, and the name of a style for the text.

The names are "study", "+", "~", "-", "x", "edit" and "update"; empty for a piece without a style.
"""


def choose_update_legend(*, is_stored: bool) -> str:
    """Return the text that explains the mark `update` in a list of changes.

    If `is_stored` is true, the inventory is that of a data store, and updates make all changes.
    """
    return STORED_LEGEND if is_stored else UPDATE_LEGEND


@dataclass(frozen=True, slots=True)
class _ChangeTexts:
    """The texts in the line that shows one change: its sign, keyword, values and edit."""

    sign: str
    keyword: str
    before: str
    after: str
    origin: str
    update: str = ""
    """The reason why an update makes the change; empty if an override makes it."""
    short_before: str = ""
    """A marker such as `<3 different values>` if the attribute had several values before; else empty.

    It replaces `before` if that is too long: a list of values that is cut would look like one value.
    """

    @property
    def before_and_after(self) -> str:
        return _ARROW.join(text for text in (self.before, self.after) if text)


@dataclass(frozen=True, slots=True)
class _TextShortener:
    """A shortener of the texts in a line about a change, so that the line fits into the width of a terminal."""

    width: int
    ellipsis: str

    def cut_end(self, text: str, width: int) -> str:
        """Return a text of at most `width` columns.

        A longer text is cut at its end. Only a mark of a masked value, such as `<PatientID 1>`, keeps its end, because
        the number is there.
        """
        width = max(width, _MIN_VALUE_WIDTH)
        if measure_text_width(text) <= width:
            return text
        end = self.ellipsis + (text[text.rindex(" ") :] if is_mark(text) else "")
        return keep_start(text, width - len(end)).rstrip() + end

    def cut_middle(self, text: str, width: int) -> str:
        """Return the description of an edit (`text`), cut to at most `width` columns.

        The middle of a longer text is left out, because its end names a row or a rule. Only the description of a
        `harmonize` edit is cut at its end: `harmonize PatientName: the value of 3 of 4 files` becomes `harmonize
        PatientName`, or `harmonize` if that is too long.
        """
        width = max(width, _MIN_VALUE_WIDTH)
        if measure_text_width(text) <= width:
            return text
        harmonized = _HARMONIZED.match(text)
        if harmonized:
            return harmonized[0] if measure_text_width(harmonized[0]) <= width else harmonized[1]
        end = self.ellipsis + keep_end(text, width // 2)
        return keep_start(text, width - measure_text_width(end)) + end

    def shorten_before(self, change: _ChangeTexts, room: int) -> _ChangeTexts:
        """Return a change whose text `before` is replaced by `short_before` if the line of the change is too long.

        The line is too long if its values and its edit have more than `room` columns together. If `short_before` is
        empty, the change is returned unchanged.
        """
        is_short = measure_text_width(change.before_and_after) + measure_text_width(change.origin) <= room
        return change if is_short or not change.short_before else replace(change, before=change.short_before)

    def cut_values(self, change: _ChangeTexts, room: int) -> str:
        """Return a text with the values before and after the change, in at most `room` columns.

        Each value may take half of the columns, and also the columns that the other value does not need.
        """
        if measure_text_width(change.before_and_after) <= room or not (change.before and change.after):
            return self.cut_end(change.before_and_after, room)
        room -= len(_ARROW)
        half = max(room // 2, _MIN_VALUE_WIDTH)
        before = self.cut_end(change.before, max(half, room - measure_text_width(change.after)))
        return f"{before}{_ARROW}{self.cut_end(change.after, max(room - measure_text_width(before), _MIN_VALUE_WIDTH))}"


class OriginNames:
    """Short names of edits: a rule without its file if all rules are in one file, and a sheet without its row."""

    def __init__(self, edit_results: Iterable[EditResult]) -> None:
        """Create the short names for the edits of a draft. `edit_results` are the results of all these edits."""
        files = {result.source for result in edit_results if result.rule is not None}
        self._prefix = f"{files.pop()} rule '" if len(files) == 1 else ""

    def shorten_origin(self, origin: str) -> str:
        """Return `rule 'x'` for `rules.toml rule 'x'` if there is only one rules file. Return other names unchanged."""
        if self._prefix and origin.startswith(self._prefix):
            return "rule '" + origin.removeprefix(self._prefix)
        return origin

    def get_source_name(self, origin: str) -> str:
        """Return the short name of an edit's source, such as `studies.csv` for the origin `studies.csv row 2`.

        Numbers of files are also left out.
        """
        harmonized = _HARMONIZED.match(origin)
        if harmonized:
            return harmonized[0]
        row = _ROW.fullmatch(origin)
        return self.shorten_origin(row[1] + row[2] if row else origin)

    def list_source_names(self, origins: Iterable[str]) -> list[str]:
        """Return the short names of the sources of several edits, each name once. `origins` describes the edits."""
        return list(dict.fromkeys(map(self.get_source_name, origins)))


def summarize_changes(changes: Sequence[AttributeChange], names: OriginNames) -> str:
    """Return a summary of changes, such as `5 studies, 12 changes: 9 by sheet.csv, 3 by rule 'x'`."""
    studies = sum(1 for _ in groupby(changes, key=lambda change: change.study_instance_uid))
    counts = Counter(" and ".join(names.list_source_names(change.origins)) for change in changes)
    ranked = counts.most_common()
    others = ranked[MAX_COUNTED_ORIGINS:] if len(ranked) > MAX_COUNTED_ORIGINS + 1 else []
    parts = [f"{count:,} by {make_printable(origin)}" for origin, count in ranked[: len(ranked) - len(others)]]
    if others:
        parts.append(f"{sum(count for _, count in others):,} by {len(others):,} others")
    total = f"{format_count(studies, 'study')}, {format_count(len(changes), 'change')}"
    return f"{total}: {', '.join(parts)}" if parts else total


def summarize_updates(updates: int, *, has_jobs: bool, is_stored: bool) -> str:
    """Return the number of changes that updates make, and which image sets they are for.

    Args:
        updates: The number of changes.
        has_jobs: Whether the draft has overrides, and so plans import jobs.
        is_stored: Whether the inventory is that of a data store.
    """
    text = f"{format_count(updates, 'change')} by updates of the stored image sets"
    if has_jobs:
        return f"{text}, after the import"
    return text if is_stored else f"{text}; no change needs an override, so that no import job is planned"


def format_change_lines(
    changes: Iterable[AttributeChange],
    names: OriginNames,
    masker: Masker,
    *,
    limit: int | None,
    width: int | None,
    ellipsis: str = "…",
) -> Iterator[list[Piece]]:
    """Yield the lines of the first changes. Each line is a list of pieces.

    Args:
        changes: The changes. The changes of a study must be next to each other, and so must the changes of a series.
        names: The short names of the edits.
        masker: The Masker of the values.
        limit: The maximum number of changes; None for all changes.
        width: The maximum width of a line in columns; None if no text shall be shortened.
        ellipsis: The text in place of the characters that are left out.
    """
    fit = None if width is None else _TextShortener(width=width, ellipsis=ellipsis)
    for study, of_study in groupby(islice(changes, limit), key=lambda change: change.study_instance_uid):
        yield [(f"study {study}", "study")]
        for series, of_series in groupby(of_study, key=lambda change: change.series_instance_uid):
            indent = _GAP if series is None else 2 * _GAP
            if series is not None:
                yield [(f"{_GAP}series {series}", "study")]
            for instance, members in groupby(of_series, key=lambda change: change.sop_instance_uid):
                if instance is not None:
                    yield [(f"{2 * _GAP}instance {instance}", "study")]
                deeper = indent if instance is None else indent + _GAP
                yield from _format_aligned_lines(
                    [_make_change_texts(change, names, masker) for change in members], deeper, fit
                )


def choose_sign(change: AttributeChange) -> str:
    """Return the sign of a change: `x` removed, `-` made empty, `+` if no file had a value before, else `~`."""
    if change.after is None:
        return "x"
    if text_from_attribute(change.after) == "":
        return "-"
    return "+" if change.before is not None and not any(change.before) else "~"


def _make_change_texts(change: AttributeChange, names: OriginNames, masker: Masker) -> _ChangeTexts:
    row = build_preview_row(change, masker=masker)
    sign = choose_sign(change)
    origins = [make_printable(names.shorten_origin(origin)) for origin in change.origins[:1]]
    more = len(change.origins) - 1
    return _ChangeTexts(
        sign=sign,
        keyword=keyword_of(change.tag),
        before="" if sign == "+" else make_printable(row["before"]),
        after="" if sign in "-x" else make_printable(row["after"]),
        origin="".join([*origins, *([f" and {more:,} more"] if more else [])]),
        update="" if change.update_reason is None else f"update: {change.update_reason}",
        short_before=make_different_values_marker(len(change.before))
        if change.before and len(change.before) > 1
        else "",
    )


def _format_aligned_lines(
    texts: Sequence[_ChangeTexts], indent: str, fit: _TextShortener | None
) -> Iterator[list[Piece]]:
    """Yield the lines of all changes of one study, series or instance, with aligned columns: keyword, values, edits.

    The reasons of updates are at the ends of the lines and are never shortened. If a long keyword leaves no room for
    values and edits, each change has the edit on a second line.
    """
    keyword_width = max(len(change.keyword) for change in texts)
    values, origins = [change.before_and_after for change in texts], [change.origin for change in texts]
    if fit is not None:
        update_width = max(len(change.update) + len(_GAP) if change.update else 0 for change in texts)
        room = fit.width - len(indent) - 2 - keyword_width - 2 * len(_GAP) - update_width
        if room < _MIN_CHANGE_WIDTH + _MIN_VALUE_WIDTH:
            for change in texts:
                yield from _format_change_over_several_lines(change, indent, fit)
            return
        texts = [fit.shorten_before(change, room) for change in texts]
        widest = max(measure_text_width(change.before_and_after) for change in texts)
        origin_room = max(room - widest, min(int(room * MAX_ORIGIN_SHARE), room - _MIN_CHANGE_WIDTH))
        origins = [fit.cut_middle(origin, origin_room) for origin in origins]
        value_room = room - max(map(measure_text_width, origins))
        values = [fit.cut_values(change, value_room) for change in texts]
    values_width, origins_width = max(map(measure_text_width, values)), max(map(measure_text_width, origins))
    for change, value, origin in zip(texts, values, origins, strict=True):
        gap = " " * (origins_width - measure_text_width(origin) + len(_GAP))
        yield [
            (f"{indent}{change.sign}", change.sign),
            (f" {change.keyword:{keyword_width}}{_GAP}{pad_text(value, values_width)}{_GAP}", ""),
            (origin, "edit"),
            *([(gap + change.update, "update")] if change.update else ()),
        ]


def _format_change_over_several_lines(change: _ChangeTexts, indent: str, fit: _TextShortener) -> Iterator[list[Piece]]:
    """Yield two or three lines for a change of an attribute whose long keyword leaves no room for the edit."""
    head, deeper = f" {change.keyword}", indent + 2 * _GAP
    room = fit.width - len(indent) - 1 - len(head) - len(_GAP)
    is_narrow = room < _MIN_CHANGE_WIDTH
    if is_narrow:
        room = fit.width - len(deeper)
    values = fit.cut_values(fit.shorten_before(change, room), room)
    yield [(f"{indent}{change.sign}", change.sign), (head if is_narrow else f"{head}{_GAP}{values}", "")]
    if is_narrow:
        yield [(f"{deeper}{values}", "")]
    update_width = len(change.update) + len(_GAP) if change.update else 0
    origin = fit.cut_middle(change.origin, fit.width - len(deeper) - update_width)
    yield [(deeper, ""), (origin, "edit"), *([(_GAP + change.update, "update")] if change.update else ())]
