"""draft(): resolve edits into overrides and write a package; Draft is its result."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.display.conflict_report import FORECAST_COLUMNS, Conflicts, build_forecast_rows
from dicommap.display.csv_json import format_csv_lines
from dicommap.display.edit_result_rows import build_edit_result_row
from dicommap.display.issue_report import Issues
from dicommap.display.preview import build_preview_row, build_study_edit_rows
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.issues import Severity, has_errors, make_issue
from dicommap.model.displayable import Displayable
from dicommap.model.masking import is_unmasked_in_repr
from dicommap.model.package_layout import PLAN_FILE
from dicommap.overrides.resolution import resolve_edits
from dicommap.package.edit_files import EditSources, read_edits
from dicommap.package.package_writer import require_writable, write_package
from dicommap.planning.inventory_jobs import DEFAULT_QUOTAS, JobSettings, plan_inventory_jobs
from dicommap.planning.package_documents import PackageTables, PlanHeader, build_package_documents
from dicommap.progress import progress_reporter, track_progress
from dicommap.validation.draft_check import (
    check_archived_files,
    check_documents,
    check_override_paths,
    check_repeated_instances,
)
from dicommap.validation.request_check import check_aws_account, reject_drafted_members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.display.draft_report import DisplayablePlan
    from dicommap.display.preview import Preview
    from dicommap.display.report import Report
    from dicommap.edits.edit_result import EditResult
    from dicommap.edits.function_edits import SeriesFunction, StudyFunction
    from dicommap.healthimaging.quotas import Quotas
    from dicommap.inventory import Inventory
    from dicommap.issues import Issue
    from dicommap.overrides.override import Override
    from dicommap.overrides.resolution import Resolution
    from dicommap.overrides.study_resolution import AttributeChange
    from dicommap.package.edit_files import Paths
    from dicommap.planning.inventory_jobs import InventoryJobs
    from dicommap.planning.staging import StagingPolicy
    from dicommap.progress import ProgressOption


@dataclass(frozen=True, kw_only=True, repr=False)
class Draft(Displayable):
    """What a draft came to."""

    overrides: tuple[Override, ...]
    changes: tuple[AttributeChange, ...]
    edit_results: tuple[EditResult, ...]
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
        from dicommap.display.draft_report import DisplayablePlan

        return DisplayablePlan.model_validate_json(self.documents[PLAN_FILE]) if self.documents else None

    def preview(self, *, show_values: bool = False) -> Preview:
        """Return the changes: as rows to go over, and in a notebook with values before and after side by side."""
        from dicommap.display.preview import Preview

        return Preview(self._rows, changes=len(self.changes), overrides=len(self.overrides), show_values=show_values)

    def _rows(self, show_values: bool) -> Iterator[dict[str, str]]:
        return (build_preview_row(change, show_values=show_values) for change in self.changes)

    def edits(self) -> Iterator[dict[str, str]]:
        """Yield what became of each edit as rows: the edit, its outcome, and studies by what it did in them."""
        return map(build_edit_result_row, self.edit_results)

    def edits_by_study(self) -> Iterator[dict[str, str]]:
        """Yield the edits that changed something, study by study, as rows: the edit, where, and which attributes."""
        return build_study_edit_rows(self.changes)

    def edits_of(self, study_instance_uid: str) -> tuple[str, ...]:
        """Return the edits that changed something in a study or its series, each once."""
        changes = (change for change in self.changes if change.study_instance_uid == study_instance_uid)
        return tuple(dict.fromkeys(origin for change in changes for origin in change.origins))

    def forecast(self, *, show_values: bool = False) -> Iterator[dict[str, str]]:
        """Yield the files that are likely to become non-primary image sets as rows: why, and what would cure it."""
        return build_forecast_rows(self.conflicts, show_values=show_values)

    def preview_html(self, *, show_values: bool = False) -> str:
        """Return the preview as an HTML page that stands alone: changes, edits by study, and the forecast."""
        from dicommap.display.draft_report import build_preview_page

        rows = self._rows(show_values)
        return build_preview_page(rows, self.edits_by_study(), self.conflicts, show_values=show_values)

    def _build_report(self) -> Report:
        from dicommap.display.draft_report import DraftReportInput, build_draft_report

        show_values = is_unmasked_in_repr()
        drafted = DraftReportInput(
            overrides=self.overrides,
            changes=len(self.changes),
            rows=self._rows(show_values),
            edit_results=self.edit_results,
            conflicts=self.conflicts,
            issues=self.issues,
            package=None if self.package is None else str(self.package),
            documents=len(self.documents),
            show_values=show_values,
        )
        return build_draft_report(drafted)


DEFAULT_ASSUMPTIONS = Assumptions()


def draft(
    inventory: Inventory,
    *,
    input_s3_uri: str | None = None,
    sheets: Paths = (),
    delimiter: str | None = None,
    rules: Paths = (),
    by_study: StudyFunction | Iterable[StudyFunction] = (),
    by_series: SeriesFunction | Iterable[SeriesFunction] = (),
    harmonize: Iterable[str] = (),
    assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
    quotas: Quotas = DEFAULT_QUOTAS,
    staging: StagingPolicy | str | None = None,
    stage_uri: str | None = None,
    leave_out: bool = False,
    output: StrPath | None = None,
    account: Mapping[str, str] | None = None,
    progress: ProgressOption = None,
) -> Draft:
    """Draft overrides, mappings, import configuration and plan from edits, and write them as a package.

    `sheets` and `rules` are one path or several; `delimiter` stands between the cells of sheets, where it is not to be
    found out. `by_study` and `by_series` are functions that are given each study or series and return new values as
    text by keyword. `harmonize` are keywords whose most frequent value all files of a study, or of a series, are to
    get where no other edit sets them. `assumptions` say how override files are written if AWS leaves it open; the plan
    records it.

    `input_s3_uri` is where the source lies, or will; of a source in S3 it is known. An import job takes everything
    under its prefix, so jobs are the largest folders that obey the `quotas`. What no such job can take, or only by
    cutting a study, is copied to prefixes below `stage_uri` where there is one: `staging` is "where-needed" then unless
    it is "all", and `dicommap.stage` makes the copies. Without, studies may be cut, which is a warning, and that
    instances are in no job is an error unless `leave_out` says that it is meant.

    `output` is the package's directory; without it nothing is written. `account` may hold members of the
    request that only the account's owner knows: datastoreId, dataAccessRoleArn, outputS3Uri, inputOwnerAccountId,
    jobName. What validate would find in the package, notes aside, is among the issues, and with any of severity error
    nothing is written. `progress` is told of studies as that of a scan is of files.

    Raises DocumentError where a sheet or rules file cannot be read, UsageError where a function returns no texts, the
    delimiter is none, `account` has what a draft makes itself or the URIs do not go with the staging, and PackageError
    where the package cannot be written.
    """
    place = None if output is None else Path(output)
    if place is not None:
        require_writable(place)
    settings = JobSettings.of(
        inventory.sources,
        input_s3_uri=input_s3_uri,
        quotas=quotas,
        staging=staging,
        stage_uri=stage_uri,
        leave_out=leave_out,
    )
    request = _PackageSettings(settings, account or {}, assumptions)
    reject_drafted_members(request.account)
    issues = [*settings.uri_issues(inventory.sources, request.account), *check_aws_account(request.account)]
    edits = EditSources(
        sheets=sheets, delimiter=delimiter, rules=rules, by_study=by_study, by_series=by_series, harmonize=harmonize
    )
    resolution = _resolve_edits(inventory, edits, assumptions, progress, looks_only=place is None)
    found, documents = _make_documents(inventory, resolution, request, issues)
    if place is not None and documents:
        write_package(place, documents)
    return Draft(
        overrides=tuple(resolution.overrides),
        changes=tuple(resolution.changes),
        edit_results=tuple(resolution.edit_results),
        conflicts=Conflicts(resolution.conflicts),
        issues=Issues(found),
        package=place if documents else None,
        documents=documents,
    )


@dataclass(frozen=True, slots=True)
class _PackageSettings:
    """What a package is for."""

    settings: JobSettings
    account: Mapping[str, str]
    assumptions: Assumptions


def _resolve_edits(
    inventory: Inventory, edits: EditSources, assumptions: Assumptions, progress: ProgressOption, *, looks_only: bool
) -> Resolution:
    """Return what comes of all edits; the findings of reading them come first.

    Without any edit there may still be something to look at: the forecast. To write, there is nothing.
    """
    providers, found = read_edits(edits, inventory.keywords)
    with progress_reporter(progress, "studies") as report:
        studies = track_progress(inventory.studies(), report, inventory.summary().studies)
        resolution = resolve_edits(
            studies,
            providers,
            inventory.values_by_file,
            found,
            all_studies=inventory.studies,
            same_patient=Severity(assumptions.samePatient),
        )
    if not resolution.overrides and not has_errors(resolution.issues) and (providers or not looks_only):
        resolution.issues += [make_issue("draft.nothing-to-do")]
    return resolution


def _make_documents(
    inventory: Inventory, resolution: Resolution, request: _PackageSettings, in_call: Sequence[Issue]
) -> tuple[list[Issue], Mapping[str, str]]:
    """Return all findings, and the documents of the package unless an error is among them."""
    issues = [*in_call, *resolution.issues]
    documents: Mapping[str, str] = {}
    # With a wrong call no documents can be made, or each of them would repeat it. Errors of edits do not count: what
    # comes of the others is checked as well, so that all is told at once.
    if not has_errors(in_call):
        planned = plan_inventory_jobs(
            inventory.sources, inventory.located, resolution.overrides, request.settings, request.assumptions
        )
        if planned is not None:
            issues += planned.issues
            found, documents = _check_documents(inventory, resolution, request, planned)
            issues += found
    issues += check_archived_files(inventory.count_files_in_archives())
    issues += check_repeated_instances(*inventory.count_duplicates())
    return issues, {} if has_errors(issues) else documents


def _check_documents(
    inventory: Inventory, resolution: Resolution, request: _PackageSettings, planned: InventoryJobs
) -> tuple[list[Issue], Mapping[str, str]]:
    """Return the documents of the package, if there are jobs with any overrides, and what is wrong with them."""
    if not resolution.overrides or not planned.jobs:
        return [], {}
    head = PlanHeader(
        roots=inventory.sources,
        uri=planned.base,
        quotas=request.settings.quotas,
        assumptions=request.assumptions,
        files=planned.counts.files,
        instances=planned.counts.instances,
    )
    documents = build_package_documents(
        planned.jobs, resolution.overrides, head, _make_tables(resolution), request.account
    )
    issues = check_documents(documents, inventory.series_by_study())
    return [*issues, *check_override_paths(documents, planned.base, planned.files.holds)], documents


def _make_tables(resolution: Resolution) -> PackageTables:
    changes = (build_preview_row(change, show_values=True, shorten=False) for change in resolution.changes)
    files = build_forecast_rows(resolution.conflicts, show_values=True)
    return PackageTables(
        preview=_make_csv(changes),
        edits=_make_csv(map(build_edit_result_row, resolution.edit_results)),
        forecast=_make_csv(files, FORECAST_COLUMNS),
    )


def _make_csv(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = ()) -> str:
    """Return rows as CSV for people: a byte order mark comes first, which spreadsheets need to see UTF-8."""
    table = io.StringIO(newline="")  # which holds the text only once, where "".join would hold every line as well
    table.write("\ufeff")
    table.writelines(format_csv_lines(rows, columns))
    return table.getvalue()
