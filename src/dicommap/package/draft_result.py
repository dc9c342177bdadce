"""The result of `draft`: the changes, edit results, conflicts and issues, and the package."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.display.conflict_report import Conflicts, build_forecast_rows
from dicommap.display.edit_result_rows import build_edit_result_row
from dicommap.display.preview import build_preview_row, build_study_edit_rows
from dicommap.issues.wording import format_count
from dicommap.model.displayable import Displayable
from dicommap.model.masking import Masker, is_unmasked_in_repr

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from dicommap.display.issue_report import Issues
    from dicommap.display.preview import Preview
    from dicommap.display.report import Report
    from dicommap.edits.edit_result import EditResult
    from dicommap.overrides.attribute_change import AttributeChange
    from dicommap.overrides.override import Override
    from dicommap.planning.plan import Plan
    from dicommap.plots.svg import Plot


@dataclass(frozen=True, kw_only=True, repr=False)
class Draft(Displayable):
    """The result of `draft`: overrides, changes, edit results, issues, and the package if `draft` wrote one."""

    overrides: Sequence[Override]
    """The overrides. They, the changes and the edit results are in a temporary file while this object exists."""
    changes: Sequence[AttributeChange]
    """Each attribute that an override or an update changes, with its values before and after the change."""
    edit_results: Sequence[EditResult]
    """One result for each source of edits: a sheet row, lookup row, rule, function or harmonized keyword."""
    targets: int
    """The number of studies, series and instances that have a change."""
    updates: int
    """The number of changes that updates of stored image sets make, because no override can make them."""
    conflicts: Conflicts
    """Grouping attributes that still have different values after the edits.

    HealthImaging compares these attributes to group files, and is likely to put files with other values into
    non-primary image sets. The conflicts name the files, and edits that would prevent this.
    """
    issues: Issues
    package: Path | None
    """The directory of the written package; None if `draft` had no `output`, or if the draft has no documents."""
    documents: Mapping[str, str]
    """Path in the package -> text of the file. Empty if `plan` is None."""
    plan: Plan | None = None
    """The plan of the package. None if `draft` found an error or no override, or has no `output` and no S3 prefix."""
    _masker: Masker = field(default_factory=Masker, compare=False)
    """The masker that all outputs of this draft share. So `<PatientID 1>` stands for the same value in all of them."""

    @property
    def ok(self) -> bool:
        """Return whether no issue is an error."""
        return not self.issues.errors

    def preview(self, *, show_values: bool = False) -> Preview:
        """Return a table of the changes. Each row has the value before the change and the value after it.

        `show_values` shows patient values, which are masked by default. After `dicommap.show_values(True)`, a notebook
        shows patient values in the displayed table. The rows in Python are still masked, because a program may write
        them to a file or log.
        """
        from dicommap.display.preview import ChangeCounts, Preview

        masker = self.masker(show_values=show_values)
        counts = ChangeCounts(
            changes=len(self.changes), targets=self.targets, overrides=len(self.overrides), updates=self.updates
        )
        return Preview(self._iterate_preview_rows, counts, masker)

    def masker(self, *, show_values: bool = False) -> Masker:
        """Return the Masker for this draft's outputs. If `show_values` is true, return a Masker that masks nothing."""
        return Masker(show_values=True) if show_values else self._masker

    def _iterate_preview_rows(self, masker: Masker) -> Iterator[dict[str, str]]:
        return (build_preview_row(change, masker=masker) for change in self.changes)

    def edits(self) -> Iterator[dict[str, str]]:
        """Yield a table row for each edit result: the source of the edits, and the number of studies by result.

        A row maps column names to texts.
        """
        return map(build_edit_result_row, self.edit_results)

    def study_edit_rows(self) -> Iterator[dict[str, str]]:
        """Yield a table row for each pair of a study and an edit that changed it, with the changed attributes.

        A row maps column names to texts.
        """
        return build_study_edit_rows(self.changes)

    def edits_of(self, study_instance_uid: str) -> tuple[str, ...]:
        """Return the descriptions of the edits that changed an attribute of a study or of its series, each once."""
        changes = (change for change in self.changes if change.study_instance_uid == study_instance_uid)
        return tuple(dict.fromkeys(origin for change in changes for origin in change.origins))

    def forecast(self, *, show_values: bool = False) -> Iterator[dict[str, str]]:
        """Yield a table row for each reason why files are likely to become non-primary image sets.

        A row maps column names to texts, and also says how to prevent this. `show_values` shows patient values, which
        are masked by default.
        """
        return build_forecast_rows(self.conflicts, masker=self.masker(show_values=show_values))

    def forecast_plot(self, *, show_values: bool = False) -> Plot:
        """Return a bar chart of the groups of files in each series that may become separate image sets.

        It shows the first 10 studies in which grouping attributes differ. `show_values` shows patient values in
        tooltips, which are masked by default.
        """
        from dicommap.plots.forecast_plot import plot_forecast

        return plot_forecast(self.conflicts.file_groups, self.masker(show_values=show_values))

    def preview_html(self, *, show_values: bool = False) -> str:
        """Return one HTML page with the changes, the edits by study, and the forecast.

        `show_values` shows patient values, which are masked by default.
        """
        from dicommap.display.preview_page import build_preview_page

        return build_preview_page(
            changes=self.changes,
            edit_results=self.edit_results,
            study_edits=self.study_edit_rows(),
            conflicts=self.conflicts,
            issues=self.issues,
            masker=self.masker(show_values=show_values),
        )

    def _build_report(self) -> Report:
        from dicommap.display.draft_report import build_draft_report

        return build_draft_report(
            overrides=self.overrides,
            changes=self.changes,
            targets=self.targets,
            updates=self.updates,
            edit_results=self.edit_results,
            conflicts=self.conflicts,
            issues=self.issues,
            package=self._describe_package(),
            masker=self.masker(show_values=is_unmasked_in_repr()),
        )

    def _describe_package(self) -> str:
        count = format_count(len(self.documents), "document")
        if self.package is not None:
            return f"{self.package}, {count}"
        if self.documents:
            return f"not written: no output was named for its {count}"
        if self.issues.errors:
            return "none, because of an error"
        return "not written: no output and no input_s3_uri were named" if self.changes else "none: nothing to write"
