"""draft(): edits to a package, every effect visible before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.authoring.forecast import forecast
from dicommap.authoring.placement import metadata_file_path
from dicommap.authoring.planning import SourceCounts, package_documents
from dicommap.authoring.preview import preview_row
from dicommap.authoring.settling import Change, settle
from dicommap.checks.draft_check import archive_issues, count_issues, document_issues, path_issues, quota_issues
from dicommap.checks.request_check import account_issues
from dicommap.issues import Issue, Location, Severity, issue
from dicommap.model.s3_uri import S3Uri, s3_uri_issues
from dicommap.package.writing import require_writable, write_package
from dicommap.render.preview_html import preview_fragment, preview_page
from dicommap.render.text import csv_lines
from dicommap.workflows.edits import EditSources, read_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from _typeshed import StrPath

    from dicommap.authoring.function_edits import SeriesFunction, StudyFunction
    from dicommap.inventory import Inventory
    from dicommap.model.edits import Edit
    from dicommap.model.override import Override
    from dicommap.workflows.edits import Paths


CHANGES_SHOWN = 200
"""Changes that a notebook shows; `preview_html` has all."""


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
        return not _refused(self.issues)

    def __repr__(self) -> str:
        return f"<Draft: {len(self.changes)} changes in {len(self.overrides)} overrides, {len(self.issues)} issues>"

    def preview(self, *, show_values: bool = False) -> Iterator[dict[str, str]]:
        """Yield the changes as rows: UIDs, tag, keyword, value before and after, and the edit behind it."""
        return (preview_row(change, show_values=show_values) for change in self.changes)

    def preview_html(self, *, show_values: bool = False) -> str:
        """Return the preview as an HTML page that stands alone."""
        return preview_page(self.preview(show_values=show_values))

    def _repr_html_(self) -> str:
        return preview_fragment(islice(self.preview(), CHANGES_SHOWN))


def draft(
    inventory: Inventory,
    *,
    input_s3_uri: str,
    sheets: Paths = (),
    rules: Paths = (),
    by_study: StudyFunction | Iterable[StudyFunction] = (),
    by_series: SeriesFunction | Iterable[SeriesFunction] = (),
    harmonize: Iterable[str] = (),
    output: StrPath | None = None,
    account: Mapping[str, str] | None = None,
) -> Draft:
    """Draft overrides, mappings, import configuration and plan from edits, and write them as a package.

    `sheets` and `rules` are one path or several. `by_study` and `by_series` are functions that are given each study or
    series and return new values as text by keyword. `harmonize` are keywords whose most frequent value all files of a
    study, or of a series, are to get. `output` is the package's directory; without it nothing is written.
    `account` may hold members of the request that only the account's owner knows: datastoreId, dataAccessRoleArn,
    outputS3Uri, jobName. What validate would find in the package, notes aside, is among the issues, and with any of
    severity error nothing is written.

    Raises DocumentError where a sheet or rules file cannot be read, and PackageError where the package cannot be
    written.
    """
    if output is not None:
        require_writable(Path(output))
    uri, counts = S3Uri.parse(input_s3_uri), _counts(inventory)
    issues = [found for found in s3_uri_issues(input_s3_uri, Location()) if found.severity is not Severity.NOTE]
    issues += account_issues(account or {})
    asked = EditSources(sheets=sheets, rules=rules, by_study=by_study, by_series=by_series, harmonize=harmonize)
    overrides, changes, found_in_edits = _settle_all(inventory, asked)
    issues += count_issues(len(overrides))
    # With an error this early no documents can be made, or each of them would repeat it. Errors of edits do not count:
    # what comes of the others is checked as well, so that all is told at once.
    hopeless = _refused(issues)
    issues += found_in_edits
    documents: dict[str, str] = {}
    if uri is not None and overrides and not hopeless:
        preview_csv = "".join(csv_lines(preview_row(change, show_values=True) for change in changes))
        documents = package_documents(overrides, uri, counts, preview_csv, account or {})
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
        changes=tuple(changes),
        issues=tuple(issues),
        package=Path(output) if output is not None and documents else None,
        documents=documents,
    )


def _refused(issues: Iterable[Issue]) -> bool:
    return any(found.severity is Severity.ERROR for found in issues)


def _settle_all(inventory: Inventory, asked: EditSources) -> tuple[list[Override], list[Change], list[Issue]]:
    overrides: list[Override] = []
    changes: list[Change] = []
    editors, issues = read_edits(asked, inventory.keywords)
    for study in inventory.studies():
        edits: list[Edit] = []
        for found in (one for editor in editors for one in editor.for_study(study)):
            if isinstance(found, Issue):
                issues.append(found)
            else:
                edits.append(found)
        settled = settle(study, edits)
        overrides += settled.overrides
        changes += settled.changes
        issues += settled.issues
        issues += [conflict.to_issue() for conflict in forecast(study, settled.changes)]
    issues += [found for editor in editors for found in editor.leftovers()]
    if not overrides and not _refused(issues):
        issues.append(issue("draft.nothing-to-do"))
    return overrides, changes, issues


def _counts(inventory: Inventory) -> SourceCounts:
    summary = inventory.summary()
    instances = summary.instances + summary.dispositions.get("duplicate", 0)
    return SourceCounts(roots=inventory.sources, instances=instances, files=summary.files, size=summary.size)
