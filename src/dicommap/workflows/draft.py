"""draft(): edits to a package, every effect visible before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.authoring.cells import guarded
from dicommap.authoring.placement import metadata_file_path
from dicommap.authoring.planning import SourceCounts, Tables, package_documents
from dicommap.authoring.preview import preview_row
from dicommap.authoring.settlement import settle_all
from dicommap.checks.draft_check import archive_issues, count_issues, document_issues, path_issues, quota_issues
from dicommap.checks.request_check import account_issues
from dicommap.issues import Location, Severity, issue
from dicommap.model.masking import shown_in_repr
from dicommap.model.package_layout import PLAN
from dicommap.model.profile import Profile
from dicommap.model.s3_uri import S3Uri, s3_uri_issues
from dicommap.package.writing import require_writable, write_package
from dicommap.progress import followed, reporting
from dicommap.render.accounts import account_row
from dicommap.render.findings import Issues
from dicommap.render.shown import Shown
from dicommap.render.text import csv_lines
from dicommap.workflows.edits import EditSources, read_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from _typeshed import StrPath

    from dicommap.authoring.function_edits import SeriesFunction, StudyFunction
    from dicommap.authoring.settling import Change
    from dicommap.inventory import Inventory, Summary
    from dicommap.issues import Issue
    from dicommap.model.account import Account
    from dicommap.model.override import Override
    from dicommap.progress import Asked
    from dicommap.render.plan_screen import ShownPlan
    from dicommap.render.preview_screen import Preview
    from dicommap.render.screen import Screen
    from dicommap.workflows.edits import Paths


DEFAULT = Profile()


@dataclass(frozen=True, kw_only=True, repr=False)
class Draft(Shown):
    """What a draft came to."""

    overrides: tuple[Override, ...]
    changes: tuple[Change, ...]
    accounts: tuple[Account, ...]
    """What became of each sheet row, lookup row, rule, function and keyword to harmonize."""
    issues: Issues
    package: Path | None
    """Where the package was written; None where it was not asked for or an error kept it from being."""

    documents: Mapping[str, str]
    """Every file of the package by its path; empty where an error stands in the way."""

    @property
    def ok(self) -> bool:
        """Say whether no issue is an error."""
        return not _refused(self.issues)

    @property
    def plan(self) -> ShownPlan | None:
        """Return the plan of the package; None where there are no documents."""
        from dicommap.render.plan_screen import ShownPlan

        return ShownPlan.model_validate_json(self.documents[PLAN]) if self.documents else None

    def preview(self, *, show_values: bool = False) -> Preview:
        """Return the changes: as rows to go over, and in a notebook with values before and after side by side."""
        from dicommap.render.preview_screen import Preview

        return Preview(self._rows, changes=len(self.changes), overrides=len(self.overrides), show_values=show_values)

    def _rows(self, show_values: bool) -> Iterator[dict[str, str]]:
        return (preview_row(change, show_values=show_values) for change in self.changes)

    def edits(self) -> Iterator[dict[str, str]]:
        """Yield what became of each edit as rows: the edit, its outcome, and studies by what it did in them."""
        return map(account_row, self.accounts)

    def edits_of(self, study_instance_uid: str) -> tuple[str, ...]:
        """Return the edits that changed something in a study or its series, each once."""
        changes = (change for change in self.changes if change.study_instance_uid == study_instance_uid)
        return tuple(dict.fromkeys(cause for change in changes for cause in change.causes))

    def preview_html(self, *, show_values: bool = False) -> str:
        """Return the preview as an HTML page that stands alone."""
        from dicommap.render.preview_html import preview_page

        return preview_page(self._rows(show_values))

    def _screen(self) -> Screen:
        from dicommap.render.draft_screen import Drafted, draft_screen

        show_values = shown_in_repr()
        drafted = Drafted(
            overrides=self.overrides,
            changes=len(self.changes),
            rows=self._rows(show_values),
            accounts=self.accounts,
            issues=self.issues,
            package=None if self.package is None else str(self.package),
            documents=len(self.documents),
            show_values=show_values,
        )
        return draft_screen(drafted)


def draft(
    inventory: Inventory,
    *,
    input_s3_uri: str,
    sheets: Paths = (),
    delimiter: str | None = None,
    rules: Paths = (),
    by_study: StudyFunction | Iterable[StudyFunction] = (),
    by_series: SeriesFunction | Iterable[SeriesFunction] = (),
    harmonize: Iterable[str] = (),
    profile: Profile = DEFAULT,
    output: StrPath | None = None,
    account: Mapping[str, str] | None = None,
    progress: Asked = None,
) -> Draft:
    """Draft overrides, mappings, import configuration and plan from edits, and write them as a package.

    `sheets` and `rules` are one path or several; `delimiter` stands between the cells of sheets, where it is not to be
    found out. `by_study` and `by_series` are functions that are given each study or series and return new values as
    text by keyword. `harmonize` are keywords whose most frequent value all files of a study, or of a series, are to
    get where no other edit sets them. `profile` says how override files are written where AWS leaves it open; the plan
    records it. `output` is the package's directory; without it nothing is written. `account` may hold members of the
    request that only the account's owner knows: datastoreId, dataAccessRoleArn, outputS3Uri, jobName. What validate
    would find in the package, notes aside, is among the issues, and with any of severity error nothing is written.
    `progress` is told of studies as that of a scan is of files.

    Raises DocumentError where a sheet or rules file cannot be read, UsageError where a function returns no texts or the
    delimiter is none, and PackageError where the package cannot be written.
    """
    if output is not None:
        require_writable(Path(output))
    uri, summary = S3Uri.parse(input_s3_uri), inventory.summary()
    counts = _counts(inventory.sources, summary)
    issues = [found for found in s3_uri_issues(input_s3_uri, Location()) if found.severity is not Severity.NOTE]
    issues += account_issues(account or {})
    asked = EditSources(
        sheets=sheets, delimiter=delimiter, rules=rules, by_study=by_study, by_series=by_series, harmonize=harmonize
    )
    editors, found_in_edits = read_edits(asked, inventory.keywords)
    with reporting(progress, "studies") as report:
        settled = settle_all(followed(inventory.studies(), report, summary.studies), editors)
    found_in_edits += settled.issues
    overrides = settled.overrides
    if not overrides and not _refused(found_in_edits):
        found_in_edits.append(issue("draft.nothing-to-do"))
    issues += count_issues(len(overrides))
    # With an error this early no documents can be made, or each of them would repeat it. Errors of edits do not count:
    # what comes of the others is checked as well, so that all is told at once.
    hopeless = _refused(issues)
    issues += found_in_edits
    documents: dict[str, str] = {}
    if uri is not None and overrides and not hopeless:
        rows = (preview_row(change, show_values=True, shorten=False) for change in settled.changes)
        tables = Tables(preview=_table(rows), edits=_table(map(account_row, settled.accounts)))
        documents = package_documents(overrides, uri, counts, tables, account or {}, profile)
        issues += document_issues(documents, inventory.series_by_study())
    issues += path_issues(map(metadata_file_path, overrides), inventory.holds_path, inventory.colliding_paths())
    issues += archive_issues(inventory.files_in_archives())
    issues += quota_issues(counts.files, counts.size)
    if _refused(issues):
        documents = {}
    if output is not None and documents:
        write_package(Path(output), documents)
    return Draft(
        overrides=tuple(overrides),
        changes=tuple(settled.changes),
        accounts=tuple(settled.accounts),
        issues=Issues(issues),
        package=Path(output) if output is not None and documents else None,
        documents=documents,
    )


def _table(rows: Iterable[Mapping[str, str]]) -> str:
    """Return rows as CSV for people: what a spreadsheet would take for a formula has an apostrophe before it."""
    return "".join(csv_lines({column: guarded(cell) for column, cell in row.items()} for row in rows))


def _refused(issues: Iterable[Issue]) -> bool:
    return any(found.severity is Severity.ERROR for found in issues)


def _counts(roots: tuple[str, ...], summary: Summary) -> SourceCounts:
    instances = summary.instances + summary.dispositions.get("duplicate", 0)
    return SourceCounts(roots=roots, instances=instances, files=summary.files, size=summary.size)
