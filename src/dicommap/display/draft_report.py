"""The screen of a draft: what it would change, what became of each edit, and what stands in its way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text_model_mask_part import MASK
from dicommap.display.conflict_report import build_conflict_blocks, has_masked_values
from dicommap.display.csv_json import format_count
from dicommap.display.edit_result_rows import format_edit_result_lines
from dicommap.display.issue_report import build_issue_codes_table, count_severities, group_first_issues
from dicommap.display.preview import MASKED_NOTE, build_changes_table, group_changes_by_target
from dicommap.display.report import FactList, Note, Report
from dicommap.healthimaging.levels import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.display.issue_report import Issues
    from dicommap.display.preview import ChangedTarget
    from dicommap.display.report import Block
    from dicommap.edits.edit_result import EditResult
    from dicommap.overrides.grouping_conflicts import GroupingConflict
    from dicommap.overrides.override_file_model_override_part import Override

MAX_TARGETS = 20
MAX_CHANGES = 20
UNFOLDED_TARGETS = 3
"""Studies or series whose changes are unfolded."""
MAX_EDITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftReportInput:
    """What a draft's screen is made from."""

    overrides: Sequence[Override]
    changes: int
    rows: Iterable[Mapping[str, str]]
    """The rows of the preview, masked as the screen is to be; no more are taken than are shown."""
    accounts: Sequence[EditResult]
    conflicts: Sequence[GroupingConflict]
    issues: Issues
    package: str | None
    documents: int
    show_values: bool


def build_draft_report(drafted: DraftReportInput) -> Report:
    """Return a draft at a glance."""
    levels = Counter(override.level for override in drafted.overrides)
    by_level = ", ".join(f"{levels[level]:,} of a {level.value}" for level in Level if levels[level])
    counts = (
        format_count(drafted.changes, "change"),
        format_count(len(drafted.overrides), "override") + (f" ({by_level})" if by_level else ""),
    )
    found = drafted.issues.counts()
    blocks: list[Block] = [FactList(pairs=[("package", _package_text(drafted)), *_edits_table(drafted.accounts)])]
    if found:
        blocks.append(build_issue_codes_table(found, group_first_issues(drafted.issues)))
    groups = group_changes_by_target(drafted.rows, MAX_TARGETS)
    blocks.append(_changes_blocks(drafted, groups))
    if drafted.conflicts:
        blocks += build_conflict_blocks(drafted.conflicts, show_values=drafted.show_values, heading="Forecast")
    masked = any(MASK in row["before"] + row["after"] for _, _, members in groups for row in members)
    if not drafted.show_values and (masked or has_masked_values(drafted.conflicts)):
        blocks.append(Note(text=MASKED_NOTE))
    return Report(title="Draft", counts=counts, severities=count_severities(found), blocks=blocks)


def _package_text(drafted: DraftReportInput) -> str:
    if drafted.package is not None:
        return f"{drafted.package}, {format_count(drafted.documents, 'document')}"
    if drafted.documents:
        return f"not written: no output was named for its {format_count(drafted.documents, 'document')}"
    return "none: an error is in the way" if drafted.issues.errors else "none: there is nothing to write"


def _edits_table(accounts: Sequence[EditResult]) -> list[tuple[str, str]]:
    lines = list(format_edit_result_lines(accounts))
    more = len(lines) - MAX_EDITS
    shown = [*lines[:MAX_EDITS], *([f"and {more:,} more"] if more > 0 else [])]
    return [("" if number else "edits", line) for number, line in enumerate(shown)]


def _changes_blocks(drafted: DraftReportInput, groups: Sequence[ChangedTarget]) -> Block:
    if not groups:
        return Note(text="No changes.")
    return build_changes_table(groups, total=len(drafted.overrides), opened=UNFOLDED_TARGETS, limit=MAX_CHANGES)
