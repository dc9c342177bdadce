"""Format edit results as rows of edits.csv and as lines of text."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.edits.edit_result import EditOutcome, EditResult
from dicommap.issues.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def build_edit_result_row(edit_result: EditResult) -> dict[str, str]:
    """Return the row of edits.csv for an edit result: the edit, its outcome, and numbers of studies."""
    return {
        "edit": str(edit_result),
        "outcome": edit_result.outcome.value,
        "studies changed": str(edit_result.changed),
        "studies unchanged": str(edit_result.unchanged),
        "studies ambiguous": str(edit_result.ambiguous),
        "studies refused": str(edit_result.refused),
    }


def format_edit_result_lines(edit_results: Iterable[EditResult]) -> Iterator[str]:
    """Yield the results of edits as lines: one for each rule, function and harmonized keyword, and one for each table.

    All rows of a table (a sheet or a lookup) are counted in the same line.
    """
    for source, members in groupby(
        edit_results, key=lambda edit_result: edit_result.source if edit_result.row is not None else edit_result
    ):
        if isinstance(source, EditResult):
            yield f"{source}: {_format_edit_result(source)}"
        else:
            rows = Counter((result.outcome, bool(result.changed and result.refused)) for result in members)
            yield f"{source}: {_format_row_outcomes(rows)}"


def _format_row_outcomes(rows: Counter[tuple[EditOutcome, bool]]) -> str:
    """Return a text with the number of rows of each outcome, such as `9 rows: 8 applied, 1 applied in part`.

    Each key of `rows` is a pair: the outcome of a row, and whether some edits of the row were applied and others
    refused.
    """
    parts = (
        f"{count:,} {outcome.value}{' in part' if is_partial else ''}"
        for outcome in EditOutcome
        for is_partial in (False, True)
        if (count := rows[outcome, is_partial])
    )
    return f"{format_count(rows.total(), 'row')}: {', '.join(parts)}"


def _format_edit_result(edit_result: EditResult) -> str:
    counts = (
        (edit_result.changed, "applied to"),
        (edit_result.unchanged, "no change in"),
        (edit_result.ambiguous, "ambiguous in"),
        (edit_result.refused, "refused in"),
    )
    return (
        ", ".join(f"{words} {format_count(count, 'study')}" for count, words in counts if count)
        or edit_result.outcome.value
    )
