"""Draft: what draft() gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.display.conflict_report import build_forecast_rows
from dicommap.display.displayable import Displayable
from dicommap.display.edit_result_rows import build_edit_result_row
from dicommap.model.masking import is_unmasked_in_repr
from dicommap.model.package_layout import PLAN_FILE
from dicommap.overrides.preview_rows import build_preview_row, build_study_edit_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dicommap.display.conflict_report import Conflicts
    from dicommap.display.draft_report_render_plan_screen_part import DisplayablePlan
    from dicommap.display.issue_report import Issues
    from dicommap.display.preview_render_preview_screen_part import Preview
    from dicommap.display.report import Report
    from dicommap.edits.edit_result import EditResult
    from dicommap.overrides.override_file_model_override_part import Override
    from dicommap.overrides.study_resolution import AttributeChange


@dataclass(frozen=True, kw_only=True, repr=False)
class Draft(Displayable):
    """What a draft came to."""

    overrides: tuple[Override, ...]
    changes: tuple[AttributeChange, ...]
    accounts: tuple[EditResult, ...]
    """What became of each sheet row, lookup row, rule, function and keyword to harmonize."""
    conflicts: Conflicts
    """Grouping attributes that still differ after the edits: which files are likely to become non-primary image sets,
    and what would cure it. A forecast."""
    issues: Issues
    package: Path | None
    """Where the package was written; None where it was not asked for or an error kept it from being."""

    documents: Mapping[str, str]
    """Every file of the package by its path; empty where an error stands in the way."""

    @property
    def ok(self) -> bool:
        """Say whether no issue is an error."""
        return not self.issues.errors

    @property
    def plan(self) -> DisplayablePlan | None:
        """Return the plan of the package; None where there are no documents."""
        from dicommap.display.draft_report_render_plan_screen_part import DisplayablePlan

        return DisplayablePlan.model_validate_json(self.documents[PLAN_FILE]) if self.documents else None

    def preview(self, *, show_values: bool = False) -> Preview:
        """Return the changes: as rows to go over, and in a notebook with values before and after side by side."""
        from dicommap.display.preview_render_preview_screen_part import Preview

        return Preview(self._rows, changes=len(self.changes), overrides=len(self.overrides), show_values=show_values)

    def _rows(self, show_values: bool) -> Iterator[dict[str, str]]:
        return (build_preview_row(change, show_values=show_values) for change in self.changes)

    def edits(self) -> Iterator[dict[str, str]]:
        """Yield what became of each edit as rows: the edit, its outcome, and studies by what it did in them."""
        return map(build_edit_result_row, self.accounts)

    def edits_by_study(self) -> Iterator[dict[str, str]]:
        """Yield the edits that changed something, study by study, as rows: the edit, where, and which attributes."""
        return build_study_edit_rows(self.changes)

    def edits_of(self, study_instance_uid: str) -> tuple[str, ...]:
        """Return the edits that changed something in a study or its series, each once."""
        changes = (change for change in self.changes if change.study_instance_uid == study_instance_uid)
        return tuple(dict.fromkeys(cause for change in changes for cause in change.causes))

    def forecast(self, *, show_values: bool = False) -> Iterator[dict[str, str]]:
        """Yield the files that are likely to become non-primary image sets as rows: why, and what would cure it."""
        return build_forecast_rows(self.conflicts, show_values=show_values)

    def preview_html(self, *, show_values: bool = False) -> str:
        """Return the preview as an HTML page that stands alone: changes, edits by study, and the forecast."""
        from dicommap.display.draft_report_render_preview_html_part import build_preview_page

        rows = self._rows(show_values)
        return build_preview_page(rows, self.edits_by_study(), self.conflicts, show_values=show_values)

    def _screen(self) -> Report:
        from dicommap.display.draft_report import DraftReportInput, build_draft_report

        show_values = is_unmasked_in_repr()
        drafted = DraftReportInput(
            overrides=self.overrides,
            changes=len(self.changes),
            rows=self._rows(show_values),
            accounts=self.accounts,
            conflicts=self.conflicts,
            issues=self.issues,
            package=None if self.package is None else str(self.package),
            documents=len(self.documents),
            show_values=show_values,
        )
        return build_draft_report(drafted)
