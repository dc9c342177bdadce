"""Accounts of edits as rows of a table, and in words."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.model.account import Account, Outcome
from dicommap.render.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def account_row(account: Account) -> dict[str, str]:
    """Return one line of edits.csv."""
    return {
        "edit": str(account),
        "outcome": account.outcome.value,
        "studies changed": str(account.changed),
        "studies unchanged": str(account.unchanged),
        "studies ambiguous": str(account.ambiguous),
        "studies refused": str(account.refused),
    }


def account_lines(accounts: Iterable[Account]) -> Iterator[str]:
    """Yield a line for each rule and the like, and one for the rows of each file together."""
    for source, members in groupby(
        accounts, key=lambda account: account.source if account.row is not None else account
    ):
        if isinstance(source, Account):
            yield f"{source}: {_in_words(source)}"
        else:
            yield f"{source}: {_in_rows(Counter(account.outcome for account in members))}"


def _in_rows(outcomes: Counter[Outcome]) -> str:
    parts = (f"{outcomes[outcome]:,} {outcome.value}" for outcome in Outcome if outcomes[outcome])
    return f"{counted(outcomes.total(), 'row')}: {', '.join(parts)}"


def _in_words(account: Account) -> str:
    told = (
        (account.changed, "applied to"),
        (account.unchanged, "no change in"),
        (account.ambiguous, "ambiguous in"),
        (account.refused, "refused in"),
    )
    return ", ".join(f"{words} {counted(count, 'study')}" for count, words in told if count) or account.outcome.value
