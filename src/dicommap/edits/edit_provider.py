"""The interface of whatever provides edits, such as a sheet or rule, and a combination of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dicommap.edits.edit import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.edits.edit_result import EditResult
    from dicommap.edits.harmonize_edits import EditedAttribute, HarmonizeEdits
    from dicommap.issues import Issue
    from dicommap.model.study import Study


class EditProvider(Protocol):
    """A way in for edits. A new one is a class with these three methods."""

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits of a study and its series, and what is wrong with them there."""

    def unused_issues(self) -> Iterator[Issue]:
        """Yield, after the last study, what came to nothing."""

    def edit_results(self) -> Iterator[EditResult]:
        """Yield, after the last study, what became of each part of it: row by row, rule by rule."""


@dataclass(frozen=True, slots=True)
class CombinedEdits:
    """Several editors as one, and after them those that harmonize what the others leave."""

    providers: tuple[EditProvider, ...] = ()
    harmonize_edits: tuple[HarmonizeEdits, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return bool(self.providers or self.harmonize_edits)

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield what all editors yield for a study."""
        edited_attributes: set[EditedAttribute] = set()
        for provider in self.providers:
            for found in provider.edits_for_study(study):
                if isinstance(found, Edit):
                    edited_attributes.add((found.target.series_instance_uid, found.tag))
                yield found
        for one in self.harmonize_edits:
            yield from one.edits_for_study(study, edited_attributes)

    def unused_issues(self) -> Iterator[Issue]:
        """Yield what of all editors came to nothing, each finding once: rules may share a lookup."""
        found = (one for provider in (*self.providers, *self.harmonize_edits) for one in provider.unused_issues())
        yield from dict.fromkeys(found)

    def edit_results(self) -> Iterator[EditResult]:
        """Yield the accounts of all editors, each once: rules may share a lookup."""
        found = (one for provider in (*self.providers, *self.harmonize_edits) for one in provider.edit_results())
        yield from {id(edit_result): edit_result for edit_result in found}.values()
