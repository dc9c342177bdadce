"""Check a package: compare its documents with their schemas, with the plan, and with each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicommap.dicom.printable_text import make_printable
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Issue, Location, has_errors, make_issue
from dicommap.issues.wording import format_count
from dicommap.model.package_layout import (
    CONFIGURATION_FILE,
    EDITS_FILE,
    FORECAST_FILE,
    GROUPING_FILE,
    ISSUES_FILE,
    OBJECTS_FILE,
    PLAN_FILE,
    PREVIEW_FILE,
    REQUEST_FILE,
    SUBMISSION_FOLDER,
    VERIFICATION_FOLDER,
    job_folder,
    limit_at,
)
from dicommap.planning.plan import Plan, PlanJobs, iterate_plan_json
from dicommap.planning.plan_parts import parse_plan_parts
from dicommap.reading.document_limits import PLAN_LIMIT, count_json_separators
from dicommap.validation.configuration_check import check_import_configuration, check_planned_mappings, get_mappings
from dicommap.validation.draft_issues_check import repeat_draft_issues
from dicommap.validation.file_contents import Subfolder, check_size_and_hash, open_hashed_lines, parse_content
from dicommap.validation.objects_csv_check import check_objects_csv
from dicommap.validation.plan_check import check_plan
from dicommap.validation.request_check import check_output_uris, check_request
from dicommap.validation.schema_check import check_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.validation.file_contents import FilesByPath

    Known = Mapping[str, set[str]] | None

_TABLE_PATHS = {
    "preview": PREVIEW_FILE,
    "edits": EDITS_FILE,
    "forecast": FORECAST_FILE,
    "grouping": GROUPING_FILE,
    "issues": ISSUES_FILE,
}
"""Member of the plan -> path of the table that it describes. The members `grouping` and `issues` may be missing."""

_COMPARED_MEMBERS = ("clientToken", "outputS3Uri")
_RequestMembers = dict[str, Any]
"""The clientToken and the outputS3Uri of a job's request. They are kept, so that each request is read only once."""


def check_package(
    files: FilesByPath, known: Known, input_s3_uri: str | None, *, drafted: Plan | None = None
) -> list[Issue]:
    """Return the issues of a package. Only files that the plan or a mapping names are read.

    Args:
        files: All files of the package by path.
        known: Study Instance UID -> Series Instance UIDs of the inventory. None if there is no inventory.
        input_s3_uri: The expected inputS3Uri of the package. None for any URI.
        drafted: The plan, if this process has just made the package; else None. With it, the tables and the lists of
            objects are not read, because the plan was made from them.
    """
    plan, issues, jobs = _read_plan(files, drafted)
    if plan is None:
        return issues
    issues += [issue.with_location(path=PLAN_FILE) for issue in check_plan(plan)]
    for member, path in _list_tables(plan) if drafted is None else ():
        check = repeat_draft_issues if path == ISSUES_FILE else _table_issues
        issues += check(files, path, plan[member], _plan_location(f"/{member}"))
    assumptions = Assumptions.model_validate(plan["assumptions"])
    expected_uri = S3Uri.parse(input_s3_uri or "")
    if expected_uri is not None and expected_uri != S3Uri.parse(plan["inputS3Uri"]):
        issues.append(make_issue("s3-uri.mismatch", _plan_location("/inputS3Uri"), other="the call"))
    checked: set[str] = set()
    kept: dict[str, _RequestMembers] = {}
    for index, job in enumerate(plan["jobs"]):
        place = f"/jobs/{index}"
        # Jobs with the same ID have the same folder, which is checked once. The repeated ID is an issue of the plan.
        if job["id"] not in checked:
            issues += _job_issues(job, place, files, known, assumptions, kept)
            issues += _objects_issues(job, plan["sources"], place, files) if drafted is None else ()
        checked.add(job["id"])
    issues += _presence_issues(plan, files) if drafted is None else ()
    issues += check_output_uris((job["inputS3Uri"] for job in plan["jobs"]), dict(_iterate_output_uris(kept)))
    # A wrong plan gives other client tokens than those in the requests. An issue about tokens would then add nothing.
    issues = _merge_placeholder_notes(issues)
    return issues if has_errors(issues) else [*issues, *_token_issues(jobs, plan["attempt"], kept)]


class _JobValues:
    """The JSON values of the jobs of a plan. They are made anew in each iteration, because they need much memory."""

    def __init__(self, jobs: PlanJobs) -> None:
        self._jobs = jobs

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._jobs.iterate_values()


def _read_plan(files: FilesByPath, drafted: Plan | None) -> tuple[dict[str, Any] | None, list[Issue], PlanJobs]:
    """Return the JSON value of the plan with its jobs as `_JobValues`, its issues, and the jobs.

    If plan.json is missing or has errors, the value is None. A drafted plan is valid for its schema.
    """
    if drafted is not None:
        jobs = PlanJobs.validate(drafted.jobs)
        header = drafted.model_dump(mode="json", exclude_none=True, exclude={"jobs"})
        return {**header, "jobs": _JobValues(jobs)}, list(_value_count_issues(drafted)), jobs
    parts = None
    if PLAN_FILE in files:
        lines = open_hashed_lines(files, PLAN_FILE)
        parts = None if lines is None or isinstance(lines, Issue) else parse_plan_parts(lines)
    # PlanJob has accepted all jobs, so the first job stands for all of them.
    if parts is not None and not check_schema("plan", {**parts[0], "jobs": [next(parts[1].iterate_values())]}):
        return {**parts[0], "jobs": _JobValues(parts[1])}, [], parts[1]
    plan, issues = _read_document("plan", PLAN_FILE, files)
    return plan, issues, PlanJobs() if plan is None else PlanJobs.validate(plan["jobs"])


def _value_count_issues(plan: Plan) -> Iterator[Issue]:
    """Yield an issue if plan.json would have more values than a plan may have."""
    counts = (count_json_separators(piece.encode()) for piece in iterate_plan_json(plan))
    if sum(counts) >= PLAN_LIMIT.values:
        location = Location(path=PLAN_FILE, pointer="")
        yield make_issue("document.too-many-values", location, limit=PLAN_LIMIT.values)


def _list_tables(plan: dict[str, Any]) -> list[tuple[str, str]]:
    return [(member, path) for member, path in _TABLE_PATHS.items() if member in plan]


def _table_issues(files: FilesByPath, path: str, planned: Mapping[str, Any], place: Location) -> Iterator[Issue]:
    """Yield an issue if a table cannot be read, or if its size or hash is not that in the plan."""
    table = open_hashed_lines(files, path)
    if isinstance(table, Issue):
        yield table.with_location(path=path)
    elif table is not None:
        table.read_to_end()
        yield from table.issues(path, planned, place)


def _iterate_expected_paths(plan: dict[str, Any]) -> Iterator[str]:
    yield PLAN_FILE
    yield from (path for _, path in _list_tables(plan))
    for job in plan["jobs"]:
        folder = job_folder(job["id"])
        yield from (f"{folder}/{name}" for name in (REQUEST_FILE, OBJECTS_FILE))
        yield from [f"{folder}/{CONFIGURATION_FILE}"] if job["mappings"] else ()
        yield from (f"{folder}/files/{file['path']}" for file in job["files"])


def _presence_issues(plan: dict[str, Any], files: FilesByPath) -> Iterator[Issue]:
    """Yield an issue for each missing and each unexpected file of the package.

    Most packages have exactly the expected files. Only digests of their paths are kept.
    """
    expected = set(map(hash, _iterate_expected_paths(plan)))
    missing = {path for path in _iterate_expected_paths(plan) if path not in files}
    for path in sorted(missing):
        yield make_issue("package.missing-file", Location(path=path))
    unexpected = [path for path in files if hash(path) not in expected]
    for path in sorted(unexpected):
        if path.startswith((f"{SUBMISSION_FOLDER}/", f"{VERIFICATION_FOLDER}/")):
            continue
        yield make_issue("package.unexpected-file", Location(path=make_printable(path)))


def _read_document(schema: str, path: str, files: FilesByPath) -> tuple[Any, list[Issue]]:
    """Return a document and its issues. The document is None if the file is missing or has errors."""
    if path not in files:
        return None, [make_issue("package.missing-file", Location(path=path))]
    document, issues = parse_content(files[path], limit_at(path))
    if not issues:
        issues = check_schema(schema, document)
    failed = has_errors(issues)
    return None if failed else document, [issue.with_location(path=path) for issue in issues]


def _job_issues(
    job: dict[str, Any],
    place: str,
    files: FilesByPath,
    known: Known,
    assumptions: Assumptions,
    kept: dict[str, _RequestMembers],
) -> Iterator[Issue]:
    """Yield the issues of the files in a job's folder, and add the job's request to `kept`.

    `place` is the JSON Pointer of the job in the plan.
    """
    path = f"{job_folder(job['id'])}/{CONFIGURATION_FILE}"
    configuration, issues = _read_document("import-configuration", path, files)
    yield from (issue for issue in issues if issue.code != "package.missing-file")
    yield from _request_issues(job, files, configuration, kept)
    overrides = f"{job_folder(job['id'])}/files/"
    for index, planned in enumerate(job["files"]):
        yield from check_size_and_hash(
            files, overrides + planned["path"], planned, _plan_location(f"{place}/files/{index}")
        )
    if configuration is None:
        return
    planned_paths = {file["path"] for file in job["files"]}
    uri = S3Uri.parse(job["inputS3Uri"])
    for issue in check_import_configuration(
        configuration, Subfolder(files, overrides), known, uri, assumptions, absent=planned_paths
    ):
        yield issue.with_location(path=overrides + issue.location.path if issue.location.path else path)
    yield from check_planned_mappings(
        job["mappings"], get_mappings(configuration), _plan_location(f"{place}/mappings"), Location(path=path)
    )


def _objects_issues(job: dict[str, Any], sources: list[str], place: str, files: FilesByPath) -> Iterator[Issue]:
    path = f"{job_folder(job['id'])}/{OBJECTS_FILE}"
    table = open_hashed_lines(files, path)
    if isinstance(table, Issue):
        yield table.with_location(path=path)
    elif table is not None:
        issues = list(check_objects_csv(table, job, sources, path, _plan_location(place)))
        table.read_to_end()
        # If the table was changed, this is the cause of its other issues, and only this is reported.
        yield from list(table.issues(path, job["objects"], _plan_location(f"{place}/objects"))) or issues


def _request_issues(
    job: dict[str, Any], files: FilesByPath, configuration: object, kept: dict[str, _RequestMembers]
) -> Iterator[Issue]:
    """Yield the issues of a job's request, and of its differences from the plan and the import configuration.

    The parameters that are checked later are added to `kept`.
    """
    path = _request_path(job["id"])
    if path not in files:
        return
    request, issues = parse_content(files[path], limit_at(path))
    if isinstance(request, dict):
        kept[job["id"]] = {name: request.get(name) for name in _COMPARED_MEMBERS}
    issues = issues or check_request(request)
    yield from (issue.with_location(path=path) for issue in issues)
    if not isinstance(request, dict) or has_errors(issues):
        return
    if request["inputS3Uri"] != job["inputS3Uri"]:
        yield make_issue("s3-uri.mismatch", Location(path=path, pointer="/inputS3Uri"), other=PLAN_FILE)
    unasked = not job["mappings"] and "importConfiguration" in request
    if unasked or (configuration is not None and request.get("importConfiguration") != configuration):
        yield make_issue("request.configuration", Location(path=path, pointer="/importConfiguration"))


def _merge_placeholder_notes(issues: list[Issue]) -> list[Issue]:
    """Return the issues, with one note in place of the equal notes about placeholders in several requests.

    In a new draft, all requests have the same placeholders.
    """
    numbers = Counter(issue.message for issue in issues if issue.code == "request.placeholder")
    merged: list[Issue] = []
    for issue in issues:
        if issue.code != "request.placeholder":
            merged.append(issue)
        elif number := numbers.pop(issue.message, 0):
            of = f", in {format_count(number, 'request')}" if number > 1 else ""
            merged.append(replace(issue, message=issue.message.removesuffix(".") + f"{of}."))
    return merged


def _iterate_output_uris(kept: dict[str, _RequestMembers]) -> Iterator[tuple[Location, str]]:
    """Yield the location and the text of each request's outputS3Uri. The text may be a placeholder."""
    for job_id, request in kept.items():
        if isinstance(request["outputS3Uri"], str):
            yield Location(path=_request_path(job_id), pointer="/outputS3Uri"), request["outputS3Uri"]


def _token_issues(jobs: PlanJobs, attempt: int, kept: dict[str, _RequestMembers]) -> Iterator[Issue]:
    for job in jobs:
        if kept[job.id]["clientToken"] != job.client_token(attempt):
            yield make_issue("request.client-token", Location(path=_request_path(job.id), pointer="/clientToken"))


def _request_path(job_id: str) -> str:
    return f"{job_folder(job_id)}/{REQUEST_FILE}"


def _plan_location(pointer: str) -> Location:
    return Location(path=PLAN_FILE, pointer=pointer)
