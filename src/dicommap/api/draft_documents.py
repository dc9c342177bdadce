"""The settings of a draft, and the documents of its package: import jobs with overrides, and updates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dicommap.inventory.instance_values import read_study_instances
from dicommap.issues import has_errors
from dicommap.model.audit import AuditAction, AuditEvent
from dicommap.model.instance_values import CachedInstanceReader
from dicommap.overrides.update_changes import iterate_update_changes
from dicommap.package.audit_changes import UpdateFileIndex
from dicommap.package.review_tables import build_tables
from dicommap.planning.inventory_jobs import (
    JobSettings,
    plan_inventory_jobs,
)
from dicommap.planning.package_documents import PlanHeader, build_package_documents
from dicommap.updates.update_builder import build_updates, find_update_issues
from dicommap.validation.draft_check import (
    check_archived_files,
    check_drafted_documents,
    check_override_paths,
    check_repeated_instances,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.inventory import Inventory
    from dicommap.issues import Issue
    from dicommap.model.audit_values import AuditValueForm
    from dicommap.model.item_store import ItemList, ItemStore
    from dicommap.overrides.resolution import Resolution
    from dicommap.package.original_attributes_file import OriginalAttributesFile
    from dicommap.planning.package_documents import PackageDocuments
    from dicommap.updates.update import Update


@dataclass(frozen=True, slots=True)
class DraftSettings:
    """Settings of a package: the job settings, members of the requests, assumptions, and the directory to write."""

    jobs: JobSettings
    account: Mapping[str, str]
    """Member of StartDICOMImportJob requests -> value, for the members that depend on the AWS account."""
    assumptions: Assumptions
    """The assumptions about override files."""
    directory: Path | None
    """The directory of the package; None for a dry run, which writes nothing."""
    updates: bool
    """Whether updates may make changes that no override can make."""
    is_stored: bool
    """Whether the instances are in a data store already, so that updates make all changes."""
    has_prefix: bool
    """Whether the S3 prefix of the files is known. Without it, a package can have updates only."""
    audit_values: AuditValueForm
    """The form in which audit.jsonl has values."""
    reason: str | None
    """The reason for the changes; None if the user gave none."""
    originals: OriginalAttributesFile | None = None
    """The file for items of Original Attributes Sequences; None if the user named no file."""

    def make_event(self) -> AuditEvent:
        """Return the event for audit.jsonl which says that the package was drafted."""
        values = self.audit_values
        return AuditEvent(
            action=AuditAction.DRAFTED,
            reason=self.reason,
            values=values.mode,
            keyId=None if values.key is None else values.key.id,
        )


def make_issues_and_documents(
    inventory: Inventory,
    resolution: Resolution,
    settings: DraftSettings,
    call_issues: Sequence[Issue],
    store: ItemStore,
) -> tuple[list[Issue], PackageDocuments | None]:
    """Return the issues of a draft, and the documents of its package; None for the documents if an issue is an error.

    `call_issues` are the issues about the arguments of `draft`. They are the first of the returned issues.
    """
    issues = [*call_issues, *resolution.issues]
    # An instance of a data store that is in two image sets is not imported twice.
    repeated = [] if settings.is_stored else list(check_repeated_instances(*inventory.count_duplicates()))
    documents: PackageDocuments | None = None
    # With a wrong URI, each document would repeat the same error, so no documents are built. If an edit has an error,
    # they are built: so the other overrides are checked too, and the user sees all issues at once.
    if not has_errors(call_issues):
        update_issues = list(find_update_issues(resolution.changes, settings.assumptions)) if settings.updates else []
        issues += update_issues
        if settings.updates and resolution.updates and not resolution.overrides:
            if not has_errors(update_issues):  # else there may be no update, and a package needs at least one
                documents = _make_update_documents(inventory, resolution, settings, [*issues, *repeated], store)
                issues += check_drafted_documents(documents)
        else:
            job_issues, documents = _make_job_issues_and_documents(
                inventory, resolution, settings, issues, repeated, store
            )
            issues += job_issues
    issues += [*check_archived_files(inventory.count_files_in_archives()), *repeated]
    if settings.originals is not None and documents is not None and not has_errors(issues):
        is_dry = settings.directory is None
        issues += settings.originals.write(resolution.changes, inventory.values_by_file, is_dry=is_dry)
    return issues, None if has_errors(issues) else documents


def _make_job_issues_and_documents(
    inventory: Inventory,
    resolution: Resolution,
    settings: DraftSettings,
    earlier_issues: Sequence[Issue],
    repeated: Sequence[Issue],
    store: ItemStore,
) -> tuple[list[Issue], PackageDocuments | None]:
    """Return the issues of the plan and its documents, and the documents of a package with import jobs.

    None replaces the documents if there is no override or no job.

    Args:
        inventory: The inventory.
        resolution: The resolved edits.
        settings: The settings of the package.
        earlier_issues: The issues of the draft until now, for issues.jsonl.
        repeated: The issues of repeated instances, for issues.jsonl.
        store: The store that keeps the documents.
    """
    planned = plan_inventory_jobs(
        inventory.sources, inventory.s3_objects, resolution.overrides, settings.jobs, settings.assumptions, store
    )
    if planned is None:
        return [], None
    issues = list(planned.issues)
    if not (resolution.overrides and planned.jobs):
        return issues, None
    all_issues = [*earlier_issues, *issues]
    # If there is an error, the package is not written, and all changes by updates were checked already.
    updates = [] if has_errors(all_issues) else _build_updates(inventory, resolution, settings, store)
    tables = build_tables(
        resolution,
        [*all_issues, *repeated],
        settings.audit_values,
        settings.assumptions,
        store,
        UpdateFileIndex(updates, store),
    )
    header = planned.make_plan_header(inventory.sources, settings.jobs.quotas, settings.assumptions)
    documents = build_package_documents(
        planned.jobs, resolution.overrides, header, tables, settings.account, store, updates
    )
    issues += check_drafted_documents(documents)
    issues += check_override_paths(documents.plan, planned.base, planned.files.has_key)
    return issues, documents


def _make_update_documents(
    inventory: Inventory,
    resolution: Resolution,
    settings: DraftSettings,
    issues: Sequence[Issue],
    store: ItemStore,
) -> PackageDocuments:
    """Return the documents of a package that has updates and no import job. `issues` are the issues of the draft."""
    header = PlanHeader(
        roots=tuple(inventory.sources),
        uri=None,
        quotas=settings.jobs.quotas,
        assumptions=settings.assumptions,
        files=0,
        instances=0,
    )
    updates = _build_updates(inventory, resolution, settings, store)
    files = UpdateFileIndex(updates, store)
    tables = build_tables(resolution, issues, settings.audit_values, settings.assumptions, store, files)
    return build_package_documents((), (), header, tables, settings.account, store, updates)


def _build_updates(
    inventory: Inventory, resolution: Resolution, settings: DraftSettings, store: ItemStore
) -> Sequence[Update]:
    """Return the updates for the changes that no override makes; none if the draft does not allow updates."""
    updates: ItemList[Update] = store.make_list()
    if settings.updates and resolution.updates:
        instances = CachedInstanceReader(partial(read_study_instances, inventory))
        updates.extend(build_updates(iterate_update_changes(resolution.changes, instances), settings.assumptions))
    return updates
