"""draft(): edits to a package, every effect visible before anything is written."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.authoring.cells import guarded
from dicommap.authoring.placement import metadata_file_path
from dicommap.authoring.planning import SourceCounts, Tables, package_documents
from dicommap.authoring.preview import preview_row
from dicommap.authoring.settlement import settle_all
from dicommap.checks.draft_check import archive_issues, count_issues, document_issues, path_issues, quota_issues
from dicommap.checks.request_check import account_issues, require_account
from dicommap.issues import Location, Severity, issue
from dicommap.model.profile import Profile
from dicommap.model.s3_uri import S3Uri, s3_uri_issues
from dicommap.package.writing import require_writable, write_package
from dicommap.render.accounts import account_row
from dicommap.render.conflicts import FORECAST_COLUMNS, Conflicts, forecast_rows
from dicommap.render.findings import Issues
from dicommap.render.text import csv_lines
from dicommap.workflows.drafted import Draft
from dicommap.workflows.edits import EditSources, read_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.authoring.function_edits import SeriesFunction, StudyFunction
    from dicommap.authoring.settlement import Settlement
    from dicommap.inventory import Inventory
    from dicommap.issues import Issue
    from dicommap.workflows.edits import Paths

__all__ = ["Draft", "draft"]

DEFAULT = Profile()


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
) -> Draft:
    """Draft overrides, mappings, import configuration and plan from edits, and write them as a package.

    `sheets` and `rules` are one path or several; `delimiter` stands between the cells of sheets, where it is not to be
    found out. `by_study` and `by_series` are functions that are given each study or series and return new values as
    text by keyword. `harmonize` are keywords whose most frequent value all files of a study, or of a series, are to
    get where no other edit sets them. `profile` says how override files are written where AWS leaves it open; the plan
    records it. `output` is the package's directory; without it nothing is written. `account` may hold members of the
    request that only the account's owner knows: datastoreId, dataAccessRoleArn, outputS3Uri, inputOwnerAccountId,
    jobName. What validate would find in the package, notes aside, is among the issues, and with any of severity error
    nothing is written.

    Raises DocumentError where a sheet or rules file cannot be read, UsageError where a function returns no texts, the
    delimiter is none or `account` has what a draft makes itself, and PackageError where the package cannot be written.
    """
    place = None if output is None else Path(output)
    if place is not None:
        require_writable(place)
    request = _Request(S3Uri.parse(input_s3_uri), account or {}, profile)
    require_account(request.account)
    issues = _call_issues(input_s3_uri, request.account)
    edits = EditSources(
        sheets=sheets, delimiter=delimiter, rules=rules, by_study=by_study, by_series=by_series, harmonize=harmonize
    )
    settled = _settled(inventory, edits)
    found, documents = _documents(inventory, settled, request, issues)
    if place is not None and documents:
        write_package(place, documents)
    return Draft(
        overrides=tuple(settled.overrides),
        changes=tuple(settled.changes),
        accounts=tuple(settled.accounts),
        conflicts=Conflicts(settled.conflicts),
        issues=Issues(found),
        package=place if documents else None,
        documents=documents,
    )


@dataclass(frozen=True, slots=True)
class _Request:
    """What a package is for."""

    uri: S3Uri | None
    account: Mapping[str, str]
    profile: Profile


def _call_issues(input_s3_uri: str, account: Mapping[str, str]) -> list[Issue]:
    found = [one for one in s3_uri_issues(input_s3_uri, Location()) if one.severity is not Severity.NOTE]
    return [*found, *account_issues(account)]


def _settled(inventory: Inventory, edits: EditSources) -> Settlement:
    """Return what comes of all edits; the findings of reading them come first."""
    editors, found = read_edits(edits, inventory.keywords)
    settled = settle_all(inventory.studies(), editors, inventory.values_by_file, found)
    if not settled.overrides and not _refused(settled.issues):
        settled.issues += [issue("draft.nothing-to-do")]
    return settled


def _documents(
    inventory: Inventory, settled: Settlement, request: _Request, in_call: Sequence[Issue]
) -> tuple[list[Issue], dict[str, str]]:
    """Return all findings, and the documents of the package unless an error is among them."""
    overrides, counts = settled.overrides, _counts(inventory)
    issues = [*in_call, *count_issues(len(overrides))]
    # With an error this early no documents can be made, or each of them would repeat it. Errors of edits do not count:
    # what comes of the others is checked as well, so that all is told at once.
    hopeless = _refused(issues)
    issues += settled.issues
    documents: dict[str, str] = {}
    if request.uri is not None and overrides and not hopeless:
        tables = _tables(settled)
        documents = package_documents(overrides, request.uri, counts, tables, request.account, request.profile)
        issues += document_issues(documents, inventory.series_by_study())
    issues += path_issues(map(metadata_file_path, overrides), inventory.holds_path, inventory.colliding_paths())
    issues += archive_issues(inventory.files_in_archives())
    issues += quota_issues(counts.files, counts.size)
    return issues, {} if _refused(issues) else documents


def _tables(settled: Settlement) -> Tables:
    changes = (preview_row(change, show_values=True, shorten=False) for change in settled.changes)
    files = forecast_rows(settled.conflicts, show_values=True)
    return Tables(
        preview=_table(changes),
        edits=_table(map(account_row, settled.accounts)),
        forecast=_table(files, FORECAST_COLUMNS),
    )


def _table(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = ()) -> str:
    """Return rows as CSV for people: what a spreadsheet would take for a formula has an apostrophe before it.

    A byte order mark comes first, which spreadsheets need to see UTF-8.
    """
    told = ({column: guarded(cell) for column, cell in row.items()} for row in rows)
    table = io.StringIO(newline="")  # which holds the text only once, where "".join would hold every line as well
    table.write("\ufeff")
    table.writelines(csv_lines(told, columns))
    return table.getvalue()


def _refused(issues: Iterable[Issue]) -> bool:
    return any(found.severity is Severity.ERROR for found in issues)


def _counts(inventory: Inventory) -> SourceCounts:
    summary = inventory.summary()
    instances = summary.instances + summary.dispositions.get("duplicate", 0)
    return SourceCounts(roots=inventory.sources, instances=instances, files=summary.files, size=summary.size)
