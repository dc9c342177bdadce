"""Edit providers: the interface of objects that yield the edits of studies, and a provider that combines others.

There is a provider for each sheet, rule, Python function and keyword to harmonize. The caller passes each study to the
provider once. The provider also records which of its parts, such as the rows of a sheet, had an effect:

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
    """The interface of objects that yield the edits of each study."""

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits of a study and its series, and issues in place of edits that are not possible."""

    def unused_issues(self) -> Iterator[Issue]:
        """Yield an issue for each part of the provider, such as a sheet row, that had no effect in any study.

        Call it after the last study.
        """

    def edit_results(self) -> Iterator[EditResult]:
        """Yield the result of each part of the provider, such as a row of a sheet. Call it after the last study."""


@dataclass(frozen=True, slots=True)
class CombinedEdits:
    """A provider that combines several providers.

    It calls `harmonize_edits` after `providers`. An attribute that one of `providers` edits is not harmonized.
    """

    providers: tuple[EditProvider, ...] = ()
    harmonize_edits: tuple[HarmonizeEdits, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is at least one provider in `providers` or `harmonize_edits`."""
        return bool(self.providers or self.harmonize_edits)

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits and issues of all providers for a study."""
        edited_attributes: set[EditedAttribute] = set()
        for provider in self.providers:
            for edit_or_issue in provider.edits_for_study(study):
                if isinstance(edit_or_issue, Edit):
                    edited_attributes.add((edit_or_issue.target.series_instance_uid, edit_or_issue.tag))
                yield edit_or_issue
        for harmonizer in self.harmonize_edits:
            yield from harmonizer.edits_for_study(study, edited_attributes)

    def unused_issues(self) -> Iterator[Issue]:
        """Yield the issues about unused parts of all providers, such as unused rows. Equal issues are yielded once."""
        issues = (issue for provider in (*self.providers, *self.harmonize_edits) for issue in provider.unused_issues())
        yield from dict.fromkeys(issues)

    def edit_results(self) -> Iterator[EditResult]:
        """Yield the edit results of all providers. If rules share a lookup table, its results are yielded once."""
        for provider in (*self.providers, *self.harmonize_edits):
            yield from provider.edit_results()
