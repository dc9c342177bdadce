"""Edit results as rows of edits.csv and as lines of text."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.display.csv_json import format_count
from dicommap.edits.edit_result import EditOutcome, EditResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def build_edit_result_row(account: EditResult) -> dict[str, str]:
    """Return one line of edits.csv."""
    return {
        "edit": str(account),
        "outcome": account.outcome.value,
        "studies changed": str(account.changed),
        "studies unchanged": str(account.unchanged),
        "studies ambiguous": str(account.ambiguous),
        "studies refused": str(account.refused),
    }


def format_edit_result_lines(accounts: Iterable[EditResult]) -> Iterator[str]:
    """Yield a line for each rule and the like, and one for the rows of each file together."""
    for source, members in groupby(
        accounts, key=lambda account: account.source if account.row is not None else account
    ):
        if isinstance(source, EditResult):
            yield f"{source}: {_format_edit_result(source)}"
        else:
            yield f"{source}: {_format_row_outcomes(Counter(account.outcome for account in members))}"


def _format_row_outcomes(outcomes: Counter[EditOutcome]) -> str:
    parts = (f"{outcomes[outcome]:,} {outcome.value}" for outcome in EditOutcome if outcomes[outcome])
    return f"{format_count(outcomes.total(), 'row')}: {', '.join(parts)}"


def _format_edit_result(account: EditResult) -> str:
    told = (
        (account.changed, "applied to"),
        (account.unchanged, "no change in"),
        (account.ambiguous, "ambiguous in"),
        (account.refused, "refused in"),
    )
    return (
        ", ".join(f"{words} {format_count(count, 'study')}" for count, words in told if count) or account.outcome.value
    )
