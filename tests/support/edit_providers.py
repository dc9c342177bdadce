"""A provider of edits that a test gives."""

from __future__ import annotations

from collections.abc import Iterator

from dicommap.edits.edit import Edit
from dicommap.edits.edit_result import EditResult
from dicommap.issues import Issue
from dicommap.model.study import Study


class GivenEdits:
    """An edit provider that yields given edits for the study that they name."""

    def __init__(self, *edits: Edit) -> None:
        """Make a provider of `edits`."""
        self._edits = edits

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits of a study."""
        return (edit for edit in self._edits if edit.target.study_instance_uid == study.study_instance_uid)

    def unused_issues(self) -> Iterator[Issue]:
        """Yield no issue."""
        return iter(())

    def edit_results(self) -> Iterator[EditResult]:
        """Yield no edit result."""
        return iter(())
