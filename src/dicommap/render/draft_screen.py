"""The screen of a draft: what it would change, what became of each edit, and what stands in its way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.model.levels import Level
from dicommap.model.mask import MASK
from dicommap.render.accounts import account_lines
from dicommap.render.changes import MASKED_NOTE, change_rows, targets
from dicommap.render.conflicts import conflict_blocks, has_masked
from dicommap.render.findings import codes_block, first_of_each, severity_counts
from dicommap.render.screen import Facts, Note, Screen
from dicommap.render.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.model.account import Account
    from dicommap.model.conflict import Conflict
    from dicommap.model.override import Override
    from dicommap.render.changes import Target
    from dicommap.render.findings import Issues
    from dicommap.render.screen import Block

TARGETS_SHOWN = 20
CHANGES_SHOWN = 20
OPENED = 3
"""Studies or series whose changes are unfolded."""
EDITS_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What a draft's screen is made from."""

    overrides: Sequence[Override]
    changes: int
    rows: Iterable[Mapping[str, str]]
    """The rows of the preview, masked as the screen is to be; no more are taken than are shown."""
    accounts: Sequence[Account]
    conflicts: Sequence[Conflict]
    issues: Issues
    package: str | None
    documents: int
    show_values: bool


def draft_screen(drafted: Drafted) -> Screen:
    """Return a draft at a glance."""
    levels = Counter(override.level for override in drafted.overrides)
    by_level = ", ".join(f"{levels[level]:,} of a {level.value}" for level in Level if levels[level])
    counts = (
        counted(drafted.changes, "change"),
        counted(len(drafted.overrides), "override") + (f" ({by_level})" if by_level else ""),
    )
    found = drafted.issues.counts()
    blocks: list[Block] = [Facts(pairs=[("package", _package(drafted)), *_edits(drafted.accounts)])]
    if found:
        blocks.append(codes_block(found, first_of_each(drafted.issues)))
    groups = targets(drafted.rows, TARGETS_SHOWN)
    blocks.append(_changes(drafted, groups))
    if drafted.conflicts:
        blocks += conflict_blocks(drafted.conflicts, show_values=drafted.show_values, heading="Forecast")
    masked = any(MASK in row["before"] + row["after"] for _, _, members in groups for row in members)
    if not drafted.show_values and (masked or has_masked(drafted.conflicts)):
        blocks.append(Note(text=MASKED_NOTE))
    return Screen(title="Draft", counts=counts, severities=severity_counts(found), blocks=blocks)


def _package(drafted: Drafted) -> str:
    if drafted.package is not None:
        return f"{drafted.package}, {counted(drafted.documents, 'document')}"
    if drafted.documents:
        return f"not written: no output was named for its {counted(drafted.documents, 'document')}"
    return "none: an error is in the way" if drafted.issues.errors else "none: there is nothing to write"


def _edits(accounts: Sequence[Account]) -> list[tuple[str, str]]:
    lines = list(account_lines(accounts))
    more = len(lines) - EDITS_SHOWN
    shown = [*lines[:EDITS_SHOWN], *([f"and {more:,} more"] if more > 0 else [])]
    return [("" if number else "edits", line) for number, line in enumerate(shown)]


def _changes(drafted: Drafted, groups: Sequence[Target]) -> Block:
    if not groups:
        return Note(text="No changes.")
    return change_rows(groups, total=len(drafted.overrides), opened=OPENED, limit=CHANGES_SHOWN)
