"""Edit providers: the interface of everything that yields edits, and several providers as one.

A sheet, a rule, a Python function and a keyword to harmonize are each a provider. A provider is given one study after
the other, and remembers which of its parts had an effect:

    for study in studies:
        edits_or_issues = list(provider.edits_for_study(study))
    unused = list(provider.unused_issues())
    results = list(provider.edit_results())
"""

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
    """The interface of objects that yield the edits of each study. A new kind of provider has these three methods."""

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits of a study and its series, and the issues that prevent edits there."""

    def unused_issues(self) -> Iterator[Issue]:
        """Yield an issue for each part that had no effect in any study. Call it after the last study."""

    def edit_results(self) -> Iterator[EditResult]:
        """Yield the result of each part, such as a row of a sheet or a rule. Call it after the last study."""


@dataclass(frozen=True, slots=True)
class CombinedEdits:
    """Several providers as one; attributes are harmonized last, unless another provider edits them."""

    providers: tuple[EditProvider, ...] = ()
    harmonize_edits: tuple[HarmonizeEdits, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is any provider."""
        return bool(self.providers or self.harmonize_edits)

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits and issues of all providers for a study."""
        edited_attributes: set[EditedAttribute] = set()
        for provider in self.providers:
            for one in provider.edits_for_study(study):
                if isinstance(one, Edit):
                    edited_attributes.add((one.target.series_instance_uid, one.tag))
                yield one
        for harmonizer in self.harmonize_edits:
            yield from harmonizer.edits_for_study(study, edited_attributes)

    def unused_issues(self) -> Iterator[Issue]:
        """Yield the issues of parts without effect, each issue once: several rules may share a lookup."""
        issues = (issue for one in (*self.providers, *self.harmonize_edits) for issue in one.unused_issues())
        yield from dict.fromkeys(issues)

    def edit_results(self) -> Iterator[EditResult]:
        """Yield the edit results of all providers, each result once: several rules may share a lookup."""
        results = (result for one in (*self.providers, *self.harmonize_edits) for result in one.edit_results())
        yield from {id(result): result for result in results}.values()
