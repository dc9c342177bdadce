"""All studies settled: what the edits come to in the whole inventory, and what became of each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.authoring.accounting import note_changes
from dicommap.authoring.declared_characters import declared_character_issues
from dicommap.authoring.forecast import Forecaster, conflict_issue
from dicommap.authoring.settling import settle
from dicommap.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.authoring.editor import Editor
    from dicommap.authoring.settling import Change
    from dicommap.model.account import Account
    from dicommap.model.conflict import Conflict, FilesOfStudy
    from dicommap.model.edits import Edit
    from dicommap.model.hierarchy import Study
    from dicommap.model.override import Override


@dataclass(slots=True)
class Settlement:
    """What came of the edits of all studies."""

    overrides: list[Override] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def settle_all(studies: Iterable[Study], editor: Editor, files: FilesOfStudy) -> Settlement:
    """Settle the edits that the editor has for each study; findings about what was never reached come last.

    `files` tells the files of a study; it is asked for those only whose grouping attributes stay different.
    """
    result = Settlement()
    forecaster = Forecaster(files)
    for study in studies:
        edits: list[Edit] = []
        for found in editor.for_study(study):
            if isinstance(found, Issue):
                result.issues.append(found)
            else:
                edits.append(found)
        settled = settle(study, edits)
        note_changes(study.study_instance_uid, edits, settled)
        result.overrides += settled.overrides
        result.changes += settled.changes
        result.issues += settled.issues
        result.issues += declared_character_issues(study, settled.changes)
        conflicts = list(forecaster.conflicts(study, settled.changes))
        result.conflicts += conflicts
        result.issues += map(conflict_issue, conflicts)
    result.issues += editor.leftovers()
    result.accounts += editor.accounts()
    return result
