"""All studies settled: what the edits come to in the whole inventory, and what became of each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.issues import Issue, Severity
from dicommap.issues.bounded_list import BoundedIssues
from dicommap.overrides.character_set_issues import find_undecodable_sources, undecodable_source_issues
from dicommap.overrides.character_set_issues_authoring_declared_characters_part import unencodable_value_issues
from dicommap.overrides.character_set_issues_authoring_doubtful_edits_part import doubtful_character_set_issues
from dicommap.overrides.image_set_forecast import ImageSetForecaster, build_conflict_issue
from dicommap.overrides.resolution_authoring_accounting_part import record_changes
from dicommap.overrides.resolution_authoring_grouping_edits_part import GroupingEditCounter
from dicommap.overrides.shared_identifiers import SharedIdentifiers
from dicommap.overrides.study_resolution import resolve_study

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dicommap.edits.edit import Edit
    from dicommap.edits.edit_provider import EditProvider
    from dicommap.edits.edit_result import EditResult
    from dicommap.model.study import Study
    from dicommap.overrides.grouping_conflicts import GroupingConflict, StudyFileReader
    from dicommap.overrides.override_file_model_override_part import Override
    from dicommap.overrides.study_resolution import AttributeChange


@dataclass(slots=True)
class Resolution:
    """What came of the edits of all studies."""

    overrides: list[Override] = field(default_factory=list)
    changes: list[AttributeChange] = field(default_factory=list)
    issues: BoundedIssues = field(default_factory=BoundedIssues)
    accounts: list[EditResult] = field(default_factory=list)
    conflicts: list[GroupingConflict] = field(default_factory=list)


def resolve_edits(
    studies: Iterable[Study],
    editor: EditProvider,
    files: StudyFileReader,
    found: BoundedIssues | None = None,
    *,
    all_studies: Callable[[], Iterable[Study]] | None = None,
    same_patient: Severity = Severity.WARNING,
) -> Resolution:
    """Settle the edits that the editor has for each study; findings about what was never reached come last.

    Args:
        studies: The studies of the inventory.
        editor: Gives the edits of a study.
        files: Returns the files of a study. It is called only for a study whose grouping attributes stay different, or
            of which an edit is refused.
        found: Issues that were found when the edits were read.
        all_studies: Returns the studies once more; without it, `studies` is read twice. It is called only if an edit
            changes an identifier, which is then compared with those of studies without edits.
        same_patient: The severity of an edit that gives studies of different patients one identifier.

    """
    result = Resolution(issues=BoundedIssues() if found is None else found)
    forecaster, grouping, identifiers = (
        ImageSetForecaster(files),
        GroupingEditCounter(),
        SharedIdentifiers(same_patient),
    )
    for study in studies:
        edits = _collect_edits(study, editor, files, result)
        settled = resolve_study(study, edits)
        record_changes(study.study_instance_uid, edits, settled)
        grouping.note(edits, settled)
        identifiers.note(study, settled.changes)
        result.overrides += settled.overrides
        result.changes += settled.changes
        result.issues += settled.issues
        result.issues += unencodable_value_issues(study, settled.changes)
        changed = {change.tag for change in settled.changes}
        result.issues += doubtful_character_set_issues(study, [edit for edit in edits if edit.tag in changed])
        conflicts = list(forecaster.conflicts(study, settled.changes))
        result.conflicts += conflicts
        result.issues += map(build_conflict_issue, conflicts)
    result.issues += identifiers.issues(all_studies or (lambda: studies))
    result.issues += grouping.issues()
    result.issues += editor.leftovers()
    result.accounts += editor.accounts()
    return result


def _collect_edits(study: Study, editor: EditProvider, files: StudyFileReader, result: Resolution) -> list[Edit]:
    """Return the edits of a study but those that are computed from undecodable values; issues go into the result."""
    edits: list[Edit] = []
    for one in editor.edits_for_study(study):
        if isinstance(one, Issue):
            result.issues += [one]
        else:
            edits.append(one)
    sources = find_undecodable_sources(study, edits)
    if sources:
        result.issues += undecodable_source_issues(study, edits, sources, files)
    return [edit for index, edit in enumerate(edits) if index not in sources]
