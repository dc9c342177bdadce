"""draft(): resolve edits into overrides, and write a package of import jobs. Draft is its result."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.arguments import (
    convert_arguments,
    optional,
    to_flag,
    to_functions,
    to_instance,
    to_path,
    to_paths,
    to_progress,
    to_text,
    to_text_mapping,
    to_texts,
)
from dicommap.display.conflict_report import Conflicts, build_forecast_rows
from dicommap.display.edit_result_rows import build_edit_result_row
from dicommap.display.issue_report import Issues
from dicommap.display.preview import build_preview_row, build_study_edit_rows
from dicommap.healthimaging.assumptions import Assumptions, require_assumptions
from dicommap.healthimaging.quotas import Quotas
from dicommap.inventory.inventory_argument import require_inventory
from dicommap.issues import Severity, has_errors, make_issue
from dicommap.issues.wording import format_count
from dicommap.model.displayable import Displayable
from dicommap.model.masking import Masker, is_unmasked_in_repr
from dicommap.overrides.resolution import resolve_edits
from dicommap.package.draft_inputs import EditSources, read_edits
from dicommap.package.package_writer import require_writable, write_package
from dicommap.package.review_tables import build_tables
from dicommap.planning.inventory_jobs import DEFAULT_QUOTAS, JobSettings, plan_inventory_jobs
from dicommap.planning.package_documents import build_package_documents
from dicommap.planning.source_prefixes import has_only_local_roots
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

    from dicommap.display.preview import Preview
    from dicommap.display.report import Figure, Report
    from dicommap.edits.edit_result import EditResult
    from dicommap.edits.function_edits import SeriesFunction, StudyFunction
    from dicommap.inventory import Inventory
    from dicommap.issues import Issue
    from dicommap.overrides.image_set_forecast import StudyFileGroups
    from dicommap.overrides.override import Override
    from dicommap.overrides.resolution import Resolution
    from dicommap.overrides.study_resolution import AttributeChange
    from dicommap.package.draft_inputs import Paths
    from dicommap.planning.package_documents import PackageDocuments
    from dicommap.planning.plan import Plan
    from dicommap.planning.staging import StagingPolicy
    from dicommap.plots.svg import Plot
    from dicommap.progress import ProgressOption


@dataclass(frozen=True, kw_only=True, repr=False)
class Draft(Displayable):
    """The result of `draft`: overrides, changes, edit results, issues, and the package if `draft` wrote one."""

    overrides: tuple[Override, ...]
    changes: tuple[AttributeChange, ...]
    """Each attribute that an override changes, with its values before and after the change."""
    edit_results: tuple[EditResult, ...]
    """One result for each source of edits: a sheet row, lookup row, rule, function or harmonized keyword."""
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
        from dicommap.display.preview import Preview

        masker = self.masker(show_values=show_values)
        return Preview(self._build_rows, changes=len(self.changes), overrides=len(self.overrides), masker=masker)

    def masker(self, *, show_values: bool = False) -> Masker:
        """Return the Masker for this draft's outputs. If `show_values` is true, return a Masker that masks nothing."""
        return Masker(show_values=True) if show_values else self._masker

    def _build_rows(self, masker: Masker) -> Iterator[dict[str, str]]:
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
        return "not written: no output and no input_s3_uri were named" if self.overrides else "none: nothing to write"


def _draw_forecast(studies: Sequence[StudyFileGroups], masker: Masker) -> Figure:
    from dicommap.plots.forecast_plot import draw_forecast_figure

    return draw_forecast_figure(studies, masker)


DEFAULT_ASSUMPTIONS = Assumptions()

_INVENTED_PREFIX = "s3://no-prefix-is-named/"
"""An invented prefix, for checks of a draft without input_s3_uri. It is not in the resulting draft."""


@convert_arguments(
    input_s3_uri=optional(to_text),
    sheets=to_paths,
    delimiter=optional(to_text),
    encoding=optional(to_text),
    rules=to_paths,
    by_study=to_functions,
    by_series=to_functions,
    harmonize=to_texts,
    quotas=to_instance(Quotas, "a Quotas object, such as Quotas(files=20000)"),
    staging=optional(to_text),
    stage_uri=optional(to_text),
    leave_out=to_flag,
    output=optional(to_path),
    account=optional(to_text_mapping),
    progress=to_progress,
)
def draft(
    inventory: Inventory | StrPath,
    *,
    input_s3_uri: str | None = None,
    sheets: Paths = (),
    delimiter: str | None = None,
    encoding: str | None = None,
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
    """Draft overrides, mappings, import configurations and a plan from edits, and write them as a package.

    An import job imports all files under its S3 prefix. So each job imports one folder, the largest that the `quotas`
    allow. Some files fit into no such job. Other files fit only if their study is divided among jobs. Both can be
    staged: `dicommap.stage` copies them to prefixes below `stage_uri`. Without staging, a divided study is a warning.
    Instances that are in no job are an error unless `leave_out` is true.

    The issues of the draft include the issues that `validate` would find in the package. If an issue is an error,
    nothing is written.

    Args:
        inventory: The inventory to edit, or the path of an inventory file.
        input_s3_uri: The S3 prefix where the source's files are, or will be. It is not needed if the source is in S3.
            Without it and without `output`, a draft of local files has no documents and no plan.
        sheets: The paths of edited sheets, or one path: workbooks (.xlsx) or CSV files.
        delimiter: The character between the cells of CSV sheets. By default it is detected.
        encoding: The encoding of CSV sheets: "utf-8", "latin-1" or "cp1252". The default is UTF-8, or UTF-16 with a
            byte order mark.
        rules: The paths of rules files, or one path.
        by_study: Functions that take a study and return its new values: keyword -> text.
        by_series: Functions that take a series and return its new values: keyword -> text.
        harmonize: Keywords of attributes that get their most frequent value in all files of a study or series, if no
            other edit sets them.
        assumptions: The assumptions about the form of override files. The plan records them.
        quotas: The size limits of one import job.
        staging: "never", "where-needed" or "all". The default is "where-needed" if there is a `stage_uri`.
        stage_uri: The S3 prefix below which files are staged.
        leave_out: Whether the plan may contain instances that no job imports.
        output: The directory of the package. Without it, nothing is written.
        account: Members of the StartDICOMImportJob request that only the owner of the AWS account knows: datastoreId,
            dataAccessRoleArn, outputS3Uri, inputOwnerAccountId, jobName.
        progress: Whether to show the number of resolved studies, or a function that is called with it.

    Returns:
        The draft, with all overrides, changes, edit results, conflicts and issues.

    Raises:
        DocumentError: An edit file cannot be read.
        UsageError: A function returns a value that is not a text, the delimiter or encoding is unknown, `account` has a
            member that the draft sets, or the URIs do not match the staging.
        PackageError: The package cannot be written.

    """
    require_assumptions(assumptions)
    inventory = require_inventory(inventory)
    directory = None if output is None else Path(output)
    if directory is not None:
        require_writable(directory)
    is_unplanned = directory is None and input_s3_uri is None and has_only_local_roots(inventory.sources)
    settings = JobSettings.from_options(
        inventory.sources,
        input_s3_uri=_INVENTED_PREFIX if is_unplanned else input_s3_uri,
        quotas=quotas,
        staging=staging,
        stage_uri=stage_uri,
        leave_out=leave_out,
    )
    package_settings = _PackageSettings(settings, account or {}, assumptions)
    reject_drafted_members(package_settings.account)
    issues = [
        *settings.uri_issues(inventory.sources, package_settings.account),
        *check_aws_account(package_settings.account),
    ]
    edits = EditSources(
        sheets=sheets,
        delimiter=delimiter,
        encoding=encoding,
        rules=rules,
        by_study=by_study,
        by_series=by_series,
        harmonize=harmonize,
    )
    resolution = _resolve_edits(inventory, edits, assumptions, progress, is_dry_run=directory is None)
    all_issues, documents = _make_documents(inventory, resolution, package_settings, issues)
    if directory is not None and documents is not None:
        write_package(directory, documents)
    if is_unplanned:  # the documents have been checked, but they name a prefix that does not exist
        documents = None
    return Draft(
        overrides=tuple(resolution.overrides),
        changes=tuple(resolution.changes),
        edit_results=tuple(resolution.edit_results),
        conflicts=Conflicts.from_forecast(resolution.conflicts, resolution.file_groups, _draw_forecast),
        issues=Issues(all_issues),
        package=None if documents is None else directory,
        documents={} if documents is None else documents,
        plan=None if documents is None else documents.plan,
    )


@dataclass(frozen=True, slots=True)
class _PackageSettings:
    """Settings of a package: the job settings, members of the requests, and assumptions about override files."""

    jobs: JobSettings
    account: Mapping[str, str]
    assumptions: Assumptions


def _resolve_edits(
    inventory: Inventory, edits: EditSources, assumptions: Assumptions, progress: ProgressOption, *, is_dry_run: bool
) -> Resolution:
    """Read and resolve all edits. The issues of reading the edit files come first.

    If there is no override, an issue says so. A dry run without edits has no such issue: it may be run only to see the
    forecast.
    """
    provider, read_issues = read_edits(edits, inventory.keywords)
    with progress_reporter(progress, "studies") as report:
        studies = track_progress(inventory.studies(), report, inventory.summary().studies)
        resolution = resolve_edits(
            studies,
            provider,
            inventory.values_by_file,
            read_issues,
            all_studies=inventory.studies,
            same_patient=Severity(assumptions.samePatient),
            # In some time zones it is tomorrow already.
            latest_birth_date=(datetime.now(UTC) + timedelta(days=1)).date(),
        )
    if not resolution.overrides and not has_errors(resolution.issues) and (provider or not is_dry_run):
        resolution.issues.add(make_issue("draft.nothing-to-do"))
    return resolution


def _make_documents(
    inventory: Inventory, resolution: Resolution, settings: _PackageSettings, call_issues: Sequence[Issue]
) -> tuple[list[Issue], PackageDocuments | None]:
    """Return all issues, and the documents of the package. The documents are None if an issue is an error.

    `call_issues` are the issues of the arguments of `draft`.
    """
    issues = [*call_issues, *resolution.issues]
    repeated = list(check_repeated_instances(*inventory.count_duplicates()))
    documents: PackageDocuments | None = None
    # With a wrong URI, each document would repeat the same error, so no documents are built. If an edit has an error,
    # they are built: so the other overrides are checked too, and the user sees all issues at once.
    if not has_errors(call_issues):
        planned = plan_inventory_jobs(
            inventory.sources, inventory.s3_objects, resolution.overrides, settings.jobs, settings.assumptions
        )
        if planned is not None:
            issues += planned.issues
            if resolution.overrides and planned.jobs:
                tables = build_tables(resolution, [*issues, *repeated])
                header = planned.make_plan_header(inventory.sources, settings.jobs.quotas, settings.assumptions)
                documents = build_package_documents(
                    planned.jobs, resolution.overrides, header, tables, settings.account
                )
                issues += check_documents(documents, inventory.series_by_study())
                issues += check_override_paths(documents.plan, planned.base, planned.files.has_key)
    issues += [*check_archived_files(inventory.count_files_in_archives()), *repeated]
    return issues, None if has_errors(issues) else documents
