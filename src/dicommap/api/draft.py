"""draft(): resolve edits into overrides, and write a package of import jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.draft_documents import DraftSettings, make_issues_and_documents
from dicommap.arguments import (
    convert_arguments,
    to_flag,
    to_functions,
    to_instance,
    to_optional,
    to_path,
    to_paths,
    to_progress,
    to_text,
    to_text_mapping,
    to_texts,
)
from dicommap.display.conflict_report import Conflicts
from dicommap.display.issue_report import Issues
from dicommap.errors import UsageError
from dicommap.healthimaging.assumptions import Assumptions, require_assumptions
from dicommap.healthimaging.data_stores import find_data_store_id
from dicommap.healthimaging.quotas import Quotas
from dicommap.inventory.instance_values import read_study_instances
from dicommap.inventory.inventory_argument import require_inventory
from dicommap.issues import Severity, has_errors, make_issue
from dicommap.model.instance_values import CachedInstanceReader
from dicommap.overrides.resolution import resolve_edits
from dicommap.package.audit_key import choose_audit_value_form
from dicommap.package.draft_inputs import EditSources, read_edits
from dicommap.package.draft_result import Draft
from dicommap.package.original_attributes_file import OriginalAttributesFile
from dicommap.package.package_writer import require_new_package, write_package
from dicommap.package.temporary_store import TemporaryStore
from dicommap.planning.inventory_jobs import (
    DEFAULT_QUOTAS,
    JobSettings,
    missing_prefix_error,
)
from dicommap.planning.source_prefixes import has_only_local_roots
from dicommap.progress import progress_reporter, track_progress
from dicommap.validation.request_check import check_aws_account, require_no_drafted_members

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.display.report import Figure
    from dicommap.edits.function_edits import InstanceFunction, SeriesFunction, StudyFunction
    from dicommap.inventory import Inventory
    from dicommap.model.audit_values import AuditValueMode
    from dicommap.model.item_store import ItemStore
    from dicommap.model.masking import Masker
    from dicommap.overrides.image_set_forecast import StudyFileGroups
    from dicommap.overrides.resolution import Resolution
    from dicommap.package.draft_inputs import Paths
    from dicommap.package.original_attributes_file import ModificationReason
    from dicommap.planning.staging import StagingPolicy
    from dicommap.progress import ProgressOption


def _draw_forecast(studies: Sequence[StudyFileGroups], masker: Masker) -> Figure:
    """Return the figure of the forecast of image sets, for `Conflicts`."""
    from dicommap.plots.forecast_plot import draw_forecast_figure

    return draw_forecast_figure(studies, masker)


DEFAULT_ASSUMPTIONS = Assumptions()

_INVENTED_PREFIX = "s3://no-prefix-is-named/"
"""An invented prefix, for checks of a draft without input_s3_uri. It is not in the resulting draft."""


@convert_arguments(
    input_s3_uri=to_optional(to_text),
    sheets=to_paths,
    delimiter=to_optional(to_text),
    encoding=to_optional(to_text),
    rules=to_paths,
    by_study=to_functions,
    by_series=to_functions,
    by_instance=to_functions,
    harmonize=to_texts,
    quotas=to_instance(Quotas, "a Quotas object, such as Quotas(files=20000)"),
    staging=to_optional(to_text),
    stage_uri=to_optional(to_text),
    leave_out=to_flag,
    updates=to_flag,
    output=to_optional(to_path),
    account=to_optional(to_text_mapping),
    audit_key=to_optional(to_path),
    audit_values=to_optional(to_text),
    reason=to_optional(to_text),
    original_attributes=to_optional(to_path),
    modification_reason=to_text,
    previous_source=to_text,
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
    by_instance: InstanceFunction | Iterable[InstanceFunction] = (),
    harmonize: Iterable[str] = (),
    assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
    quotas: Quotas = DEFAULT_QUOTAS,
    staging: StagingPolicy | str | None = None,
    stage_uri: str | None = None,
    leave_out: bool = False,
    updates: bool = False,
    output: StrPath | None = None,
    account: Mapping[str, str] | None = None,
    audit_key: StrPath | None = None,
    audit_values: AuditValueMode | str | None = None,
    reason: str | None = None,
    original_attributes: StrPath | None = None,
    modification_reason: ModificationReason | str = "CORRECT",
    previous_source: str = "",
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
        by_study: Functions that take a study and return its new values: keyword -> text, or `dicommap.REMOVE` if the
            attribute is removed.
        by_series: Functions that take a series and return its new values in the same form.
        by_instance: Functions that take the values of an instance and return its new values in the same form. All
            instances of the inventory are read for them.
        harmonize: Keywords of attributes that get their most frequent value in all files of a study or series, if no
            other edit sets them.
        assumptions: The assumptions about the form of override files. The plan records them.
        quotas: The size limits of one import job.
        staging: "never", "where-needed" or "all". The default is "where-needed" if there is a `stage_uri`.
        stage_uri: The S3 prefix below which files are staged.
        leave_out: Whether the plan may contain instances that no job imports.
        updates: Whether updates of stored image sets may make the changes that no override can make: edits of single
            instances, removals, and attributes of the instance level. Without it, edits of single instances and
            removals are errors. An inventory of a data store needs it: updates make all of its changes.
        output: The directory of the package. Without it, nothing is written.
        account: Members of the StartDICOMImportJob request that only the owner of the AWS account knows: datastoreId,
            dataAccessRoleArn, outputS3Uri, inputOwnerAccountId, jobName.
        audit_key: A file with the secret key that audit.jsonl hashes values with. The default is the key in the
            environment variable DICOMMAP_AUDIT_KEY, if it is set.
        audit_values: How audit.jsonl has the values before and after each change: "none", "hashed" or "plain". The
            default is "hashed" if there is a key, else "none". With "plain", everybody who can read the package can
            read patient values there.
        reason: The reason for the changes, for audit.jsonl.
        original_attributes: A new file for items of the Original Attributes Sequence (0400,0561), with the values that
            each instance had before. It is written if the package is written.
        modification_reason: The value of ReasonForTheAttributeModification in these items: "COERCE", "CORRECT" or
            "CONVERT".
        previous_source: The value of SourceOfPreviousValues in these items, such as the name of an institution.
        progress: Whether to show the number of resolved studies, or a function that is called with it.

    Returns:
        The draft, with all overrides, changes, edit results, conflicts and issues.

    Raises:
        DocumentError: An edit file cannot be read.
        UsageError: A function returns a value that is not a text, the delimiter or encoding is unknown, `account` has a
            member that the draft sets, the URIs do not match the staging, or the inventory is one of a data store and
            `updates` is false.
        PackageError: The package cannot be written.

    """
    values = choose_audit_value_form(audit_values, audit_key)
    originals = None
    if original_attributes is not None:
        originals = OriginalAttributesFile.make(Path(original_attributes), modification_reason, previous_source)
    require_assumptions(assumptions)
    inventory = require_inventory(inventory)
    directory = None if output is None else Path(output)
    if directory is not None:
        require_new_package(directory)
    data_store = find_data_store_id(inventory.sources)
    if data_store is not None:
        _require_update_settings(updates=updates, has_prefix=bool(input_s3_uri or stage_uri or staging or leave_out))
    is_unplanned = directory is None and input_s3_uri is None and has_only_local_roots(inventory.sources)
    has_no_prefix = input_s3_uri is None and has_only_local_roots(inventory.sources)
    jobs = JobSettings.from_options(
        inventory.sources,
        input_s3_uri=_INVENTED_PREFIX if is_unplanned or (has_no_prefix and updates) else input_s3_uri,
        quotas=quotas,
        staging=staging,
        stage_uri=stage_uri,
        leave_out=leave_out,
    )
    settings = DraftSettings(
        jobs,
        account or {},
        assumptions,
        directory,
        updates=updates,
        is_stored=data_store is not None,
        has_prefix=not has_no_prefix,
        audit_values=values,
        reason=(reason or "").strip() or None,
        originals=originals,
    )
    edits = EditSources(
        sheets=sheets,
        delimiter=delimiter,
        encoding=encoding,
        rules=rules,
        by_study=by_study,
        by_series=by_series,
        by_instance=by_instance,
        harmonize=harmonize,
    )
    return _draft_package(inventory, edits, settings, progress, is_unplanned=is_unplanned)


def _require_update_settings(*, updates: bool, has_prefix: bool) -> None:
    """Raise UsageError if the settings of a draft do not fit an inventory of a data store, which only updates change.

    Args:
        updates: Whether the draft allows updates. It must.
        has_prefix: Whether a setting of import jobs is given, such as an S3 prefix. None must be given.
    """
    if not updates:
        raise UsageError(
            "The inventory is one of a data store: what is stored already can be changed by updates only.",
            fix="Allow them with --updates (updates=True in Python).",
        )
    if has_prefix:
        raise UsageError(
            "The inventory is one of a data store, so that there are no files to import.",
            fix="Leave out the S3 prefix of the files, and the settings of staging.",
        )


def _draft_package(
    inventory: Inventory,
    edits: EditSources,
    settings: DraftSettings,
    progress: ProgressOption,
    *,
    is_unplanned: bool,
) -> Draft:
    """Resolve the edits, plan the jobs, and write the package if no issue is an error.

    If `is_unplanned` is true, the user named no S3 prefix: the documents are checked, but they are not in the draft.
    """
    require_no_drafted_members(settings.account)
    call_issues = [
        *settings.jobs.uri_issues(inventory.sources, settings.account),
        *check_aws_account(settings.account),
    ]
    store = TemporaryStore(settings.directory)
    resolution = _resolve_edits(inventory, edits, settings, progress, store)
    if resolution.overrides and settings.directory is not None and not settings.has_prefix:
        raise missing_prefix_error()
    issues, documents = make_issues_and_documents(inventory, resolution, settings, call_issues, store)
    if settings.directory is not None and documents is not None:
        write_package(settings.directory, documents, settings.make_event())
    if is_unplanned:
        documents = None
    return Draft(
        overrides=resolution.overrides,
        changes=resolution.changes,
        targets=resolution.targets,
        updates=resolution.updates,
        edit_results=resolution.edit_results,
        conflicts=Conflicts.from_forecast(resolution.conflicts, resolution.file_groups, _draw_forecast),
        issues=Issues(issues),
        package=None if documents is None else settings.directory,
        documents={} if documents is None else documents,
        plan=None if documents is None else documents.plan,
    )


def _resolve_edits(
    inventory: Inventory,
    edits: EditSources,
    settings: DraftSettings,
    progress: ProgressOption,
    store: ItemStore,
) -> Resolution:
    """Read and resolve all edits. Issues from reading the edit files come first.

    If there is no override and no error, an issue says so. A dry run without edits gets no such issue, because a user
    may run it to see the forecast.
    """
    instances = CachedInstanceReader(partial(read_study_instances, inventory))
    provider, read_issues = read_edits(edits, inventory.keywords, store, instances)
    with progress_reporter(progress, "studies") as report:
        studies = track_progress(inventory.studies(), report, inventory.summary().studies)
        resolution = resolve_edits(
            studies,
            provider,
            inventory.values_by_file,
            read_issues,
            all_studies=inventory.studies,
            same_patient=Severity(settings.assumptions.samePatient),
            # In some time zones it is tomorrow already.
            latest_birth_date=(datetime.now(UTC) + timedelta(days=1)).date(),
            store=store,
            instances=instances,
            uses_updates=settings.updates,
            is_stored=settings.is_stored,
        )
    has_edits_or_output = provider or settings.directory is not None
    if not resolution.changes and not has_errors(resolution.issues) and has_edits_or_output:
        resolution.issues.add(make_issue("draft.nothing-to-do"))
    return resolution
