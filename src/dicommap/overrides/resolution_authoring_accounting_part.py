"""Accounting: findings and changes noted in the accounts of the edits that they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.dictionary_model_tags_part import keyword_of
from dicommap.edits.edit_result import EditEffect
from dicommap.issues import Issue, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.edits.edit import Edit
    from dicommap.edits.edit_result import EditResult
    from dicommap.overrides.study_resolution import StudyResolution


def record_issues(account: EditResult, study: str, found: Iterable[Edit | Issue]) -> Iterator[Edit | Issue]:
    """Yield edits and findings of one account in a study, the findings noted in it."""
    for one in found:
        if isinstance(one, Issue):
            account.record_issue(study, one)
        yield one


def filter_effective_edits(edits: Iterable[Edit], settled: StudyResolution) -> list[Edit]:
    """Return those of a study's edits that took part in a change."""
    changed = {(change.series_instance_uid, change.tag) for change in settled.changes}
    return [
        edit for edit in edits if (edit.target.series_instance_uid, edit.tag) in changed or (None, edit.tag) in changed
    ]


def record_changes(study: str, edits: Iterable[Edit], settled: StudyResolution) -> None:
    """Note in the accounts of a study's edits which of them took part in a change, or in a contradiction."""
    for edit in filter_effective_edits(edits, settled):
        for account in edit.accounts:
            account.note(study, EditEffect.CHANGED)
    # Of one code and severity all contradictions say the same of an edit: thousands of rules may contradict each other.
    contradictions: dict[str | None, dict[tuple[str, Severity], Issue]] = {}
    for found in settled.issues:
        contradictions.setdefault(found.location.keyword, {})[found.code, found.severity] = found
    for edit in edits if contradictions else ():
        for found in contradictions.get(keyword_of(edit.tag), {}).values():
            for account in edit.accounts:
                account.record_issue(study, found)
