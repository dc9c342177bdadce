"""draft(): sheets and rules to a package, every effect visible before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.authoring.placement import metadata_file_path
from dicommap.authoring.planning import SourceCounts, package_documents
from dicommap.authoring.preview import preview_row
from dicommap.authoring.rule_edits import RuleEdits, parse_toml, rules_issues
from dicommap.authoring.settling import Change, settle
from dicommap.authoring.sheet_edits import SheetEdits
from dicommap.authoring.sheet_reading import read_sheet
from dicommap.checks.schema_check import schema_issues
from dicommap.issues import Issue, Location, Severity, issue
from dicommap.model.edits import Edit, Rules
from dicommap.model.healthimaging import DEFAULT_JOB_FILES, MAX_JOB_BYTES, MAX_MAPPINGS
from dicommap.model.overridable import level_issues
from dicommap.model.s3_uri import S3Uri, metadata_path_issues, s3_uri_issues
from dicommap.package.reading import read_document
from dicommap.package.writing import require_writable, write_package
from dicommap.render.text import csv_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.inventory import Inventory
    from dicommap.model.override import Override


@dataclass(frozen=True, kw_only=True, repr=False)
class Draft:
    """What a draft came to."""

    overrides: tuple[Override, ...]
    changes: tuple[Change, ...]
    issues: tuple[Issue, ...]
    package: Path | None
    """Where the package was written; None where it was not asked for or an error kept it from being."""

    documents: Mapping[str, str]
    """Every file of the package by its path; empty where an error stands in the way."""

    @property
    def ok(self) -> bool:
        """Say whether no issue is an error."""
        return not any(found.severity is Severity.ERROR for found in self.issues)

    def __repr__(self) -> str:
        return f"<Draft: {len(self.changes)} changes in {len(self.overrides)} overrides, {len(self.issues)} issues>"

    def preview(self, *, show_values: bool = False) -> Iterator[dict[str, str]]:
        """Yield the changes as rows: UIDs, tag, keyword, value before and after, and the edit behind it."""
        return (preview_row(change, show_values=show_values) for change in self.changes)


def draft(
    inventory: Inventory,
    *,
    input_s3_uri: str,
    sheets: Sequence[StrPath] = (),
    rules: Sequence[StrPath] = (),
    output: StrPath | None = None,
    account: Mapping[str, str] | None = None,
) -> Draft:
    """Draft overrides, mappings, import configuration and plan from edits, and write them as a package.

    `output` is the package's directory; without it nothing is written. `account` may hold the request's
    datastoreId, dataAccessRoleArn and outputS3Uri. With any issue of severity error nothing is written.

    Raises DocumentError where a sheet or rules file cannot be read, and PackageError where the package cannot be
    written.
    """
    if output is not None:
        require_writable(Path(output))
    issues = [found for found in s3_uri_issues(input_s3_uri, Location()) if found.severity is not Severity.NOTE]
    editors: list[SheetEdits | RuleEdits] = []
    for editor in (*_sheet_editors(sheets, inventory), *_rule_editors(rules, inventory)):
        (issues if isinstance(editor, Issue) else editors).append(editor)  # type: ignore[arg-type]
    overrides, changes, found = _settle_all(inventory, editors)
    issues += found
    uri = S3Uri.parse(input_s3_uri)
    issues += _override_issues(overrides)
    issues += _job_issues(inventory, overrides, uri, empty=not issues)
    refused = uri is None or not overrides or any(one.severity is Severity.ERROR for one in issues)
    documents: dict[str, str] = {}
    if not refused and uri is not None:
        preview_csv = "".join(csv_lines(preview_row(change, show_values=True) for change in changes))
        documents = package_documents(overrides, uri, _counts(inventory), preview_csv, account or {})
        if output is not None:
            write_package(Path(output), documents)
    return Draft(
        overrides=tuple(overrides),
        changes=tuple(changes),
        issues=tuple(issues),
        package=Path(output) if output is not None and documents else None,
        documents=documents,
    )


def _sheet_editors(paths: Sequence[StrPath], inventory: Inventory) -> Iterator[SheetEdits | Issue]:
    for path in map(Path, paths):
        sheet, issues = read_sheet(path.name, read_document(path), inventory.keywords)
        yield from issues
        if sheet is not None:
            yield SheetEdits(sheet)


def _rule_editors(paths: Sequence[StrPath], inventory: Inventory) -> Iterator[RuleEdits | Issue]:
    for path in map(Path, paths):
        rules, issues = read_rules(path)
        yield from issues
        if rules is not None:
            yield from (RuleEdits(path.name, rule, inventory.keywords) for rule in rules.rule)


def read_rules(path: Path) -> tuple[Rules | None, list[Issue]]:
    """Read and check a rules file; None where it cannot be used."""
    document, issues = parse_toml(path.name, read_document(path))
    if document is None:
        return None, issues
    issues += [found.at(path=path.name) for found in schema_issues("rules", document)]
    if issues:
        return None, issues
    rules = Rules.model_validate(document)
    issues = list(rules_issues(path.name, rules))
    return None if issues else rules, issues


def _settle_all(
    inventory: Inventory, editors: Sequence[SheetEdits | RuleEdits]
) -> tuple[list[Override], list[Change], list[Issue]]:
    overrides: list[Override] = []
    changes: list[Change] = []
    issues: list[Issue] = []
    for study in inventory.studies():
        edits: list[Edit] = []
        for editor in editors:
            for found in editor.for_study(study):
                (issues if isinstance(found, Issue) else edits).append(found)  # type: ignore[arg-type]
        if edits:
            settled = settle(study, edits)
            overrides += settled.overrides
            changes += settled.changes
            issues += settled.issues
    for editor in editors:
        issues += editor.leftovers()
    return overrides, changes, issues


def _override_issues(overrides: Sequence[Override]) -> Iterator[Issue]:
    for override in overrides:
        for tag in override.data_set:
            place = Location(study=override.study_instance_uid, series=override.series_instance_uid)
            yield from level_issues(int(tag, 16), override.level, place)


def _job_issues(
    inventory: Inventory, overrides: Sequence[Override], uri: S3Uri | None, *, empty: bool
) -> Iterator[Issue]:
    if not overrides and empty:
        yield issue("draft.nothing-to-do")
    if len(overrides) > MAX_MAPPINGS:
        yield issue("draft.too-many-mappings", count=len(overrides), limit=MAX_MAPPINGS)
    for override in overrides:
        path = metadata_file_path(override)
        if inventory.holds_path(path):
            yield issue("draft.path-taken", Location(path=path))
        yield from metadata_path_issues(path, uri, Location(path=path))
    counts = _counts(inventory)
    if counts.files > DEFAULT_JOB_FILES:
        yield issue("job.too-many-files", count=counts.files, limit=DEFAULT_JOB_FILES)
    if counts.size > MAX_JOB_BYTES:
        yield issue("job.too-large", size=counts.size, limit=MAX_JOB_BYTES)


def _counts(inventory: Inventory) -> SourceCounts:
    summary = inventory.summary()
    instances = summary.instances + summary.dispositions.get("duplicate", 0)
    return SourceCounts(roots=inventory.sources, instances=instances, files=summary.files, size=summary.size)
