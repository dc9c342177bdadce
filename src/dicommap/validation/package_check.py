"""Check a package: compare its documents with their schemas, with the plan, and with each other."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from dicommap.dicom.printable_text import make_printable
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Issue, Location, has_errors, make_issue
from dicommap.model.package_layout import (
    AUDIT_FILE,
    CONFIGURATION_FILE,
    EDITS_FILE,
    FORECAST_FILE,
    GROUPING_FILE,
    ISSUES_FILE,
    OBJECTS_FILE,
    PLAN_FILE,
    PREVIEW_FILE,
    PROMOTIONS_FOLDER,
    REQUEST_FILE,
    SUBMISSION_FOLDER,
    UPDATE_STATES_FOLDER,
    VERIFICATION_FOLDER,
    choose_document_limit,
    job_folder,
)
from dicommap.planning.plan import Plan, PlanJobs, iterate_plan_json
from dicommap.planning.plan_parts import parse_plan_parts
from dicommap.reading.document_limits import PLAN_LIMIT, count_json_separators
from dicommap.validation.audit_check import check_audit
from dicommap.validation.configuration_check import check_mappings_and_files, check_planned_mappings, get_mappings
from dicommap.validation.draft_issues_check import repeat_draft_issues
from dicommap.validation.file_contents import (
    CachedFiles,
    SubfolderFiles,
    check_size_and_hash,
    open_hashed_lines,
    parse_content,
)
from dicommap.validation.objects_csv_check import check_objects_csv
from dicommap.validation.plan_check import check_plan
from dicommap.validation.request_check import check_output_uris, check_request, merge_placeholder_notes
from dicommap.validation.schema_check import check_schema
from dicommap.validation.update_check import check_update

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _CheckedPackage:
    """A package with a valid plan, and the data with which the checks compare its jobs."""

    plan: dict[str, Any]
    """The JSON value of the plan, with its jobs as `_JobJsonValues`."""
    plan_hash: str | None
    """The SHA-256 of plan.json; None if this process has just made the package."""
    jobs: PlanJobs
    files: FilesByPath
    known: Known
    assumptions: Assumptions
    is_drafted: bool
    """Whether this process has just made the package."""
    requests: dict[str, _RequestMembers] = field(default_factory=dict)
    """Id of a job -> members of its request, for each job whose request was read."""


def check_package(
    files: FilesByPath, known: Known, input_s3_uri: str | None, *, drafted: Plan | None = None
) -> list[Issue]:
    """Return the issues of a package. Only files that the plan or a mapping names are read.

    Args:
        files: All files of the package by path.
        known: Study Instance UID -> Series Instance UIDs of the inventory. None if there is no inventory.
        input_s3_uri: The expected inputS3Uri of the package. None for any URI.
        drafted: The plan, if this process has just made the package; else None. In such a package, these are right and
            are not checked: schemas, hashes, tables, lists of objects, client tokens, and which files exist.
    """
    return check_and_read_package(files, known, input_s3_uri, drafted=drafted)[0]


def check_and_read_package(
    files: FilesByPath, known: Known, input_s3_uri: str | None, *, drafted: Plan | None = None
) -> tuple[list[Issue], Plan | None]:
    """Check a package like `check_package`. Return its issues, and its plan, so that callers need not read it again.

    If the plan cannot be read as the model `Plan`, None replaces it.
    """
    read_plan = _read_plan(files, drafted)
    plan, issues, jobs = read_plan.value, read_plan.issues, read_plan.jobs
    if plan is None:
        return issues, None
    is_drafted, assumptions = drafted is not None, Assumptions.model_validate(plan["assumptions"])
    package = _CheckedPackage(
        plan=plan,
        plan_hash=read_plan.sha256,
        jobs=jobs,
        files=files,
        known=known,
        assumptions=assumptions,
        is_drafted=is_drafted,
    )
    issues += _plan_issues(package, input_s3_uri)
    issues += _jobs_issues(package)
    issues += _updates_issues(package) if not is_drafted else ()
    issues += _missing_or_unexpected_file_issues(plan, files) if not is_drafted else ()
    issues += check_output_uris((job["inputS3Uri"] for job in plan["jobs"]), dict(_iterate_output_uris(package)))
    issues = merge_placeholder_notes(issues)
    # Client tokens are computed from the plan. If the plan is wrong, all tokens differ, and issues about them would not
    # help.
    if not is_drafted and not has_errors(issues):
        issues += _client_token_issues(package)
    return issues, read_plan.model


def _plan_issues(package: _CheckedPackage, input_s3_uri: str | None) -> Iterator[Issue]:
    """Yield the issues of the plan, of the tables that it describes, and of an unexpected inputS3Uri."""
    for issue in check_plan(package.plan):
        yield issue.with_location(path=PLAN_FILE)
    for member, path in _list_tables(package.plan) if not package.is_drafted else ():
        check = repeat_draft_issues if path == ISSUES_FILE else _table_issues
        yield from check(package.files, path, package.plan[member], _locate_in_plan(f"/{member}"))
    if not package.is_drafted:
        yield from check_audit(package.files, package.plan.get("audit"), package.plan_hash)
    expected_uri = S3Uri.parse(input_s3_uri or "")
    if expected_uri is not None and expected_uri != S3Uri.parse(package.plan.get("inputS3Uri", "")):
        yield make_issue("s3-uri.mismatch", _locate_in_plan("/inputS3Uri"), other="the call")


def _jobs_issues(package: _CheckedPackage) -> Iterator[Issue]:
    """Yield the issues of all jobs.

    Jobs with the same id have the same folder, which is checked once. The repeated id is an issue of the plan.
    """
    checked: set[str] = set()
    for index, job in enumerate(package.plan["jobs"]):
        place = f"/jobs/{index}"
        if job["id"] not in checked:
            yield from _job_issues(job, place, package)
            if not package.is_drafted:
                yield from _objects_csv_issues(job, place, package)
        checked.add(job["id"])


def _updates_issues(package: _CheckedPackage) -> Iterator[Issue]:
    """Yield the issues of the updates, and of their differences from the plan. A draft makes only valid updates."""
    for index, planned in enumerate(package.plan.get("updates", ())):
        path = planned["path"]
        if path not in package.files:
            continue
        content = package.files[path]
        changed = list(check_size_and_hash({path: content}, path, planned, _locate_in_plan(f"/updates/{index}")))
        document, issues = parse_content(content, choose_document_limit(path))
        issues = issues or check_update(document, package.known, package.assumptions)
        yield from changed
        yield from (issue.with_location(path=path) for issue in issues)


_CHANGING_FOLDERS = tuple(
    f"{folder}/" for folder in (SUBMISSION_FOLDER, VERIFICATION_FOLDER, UPDATE_STATES_FOLDER, PROMOTIONS_FOLDER)
)
"""Prefixes of the paths of files that commands write after the draft."""


class _JobJsonValues:
    """The JSON values of a plan's jobs. Each iteration makes them again, because keeping all needs much memory."""

    def __init__(self, jobs: PlanJobs) -> None:
        self._jobs = jobs

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._jobs.iterate_json_values()


class _PlanWithIssues(NamedTuple):
    """The plan as it was read from plan.json, or as this process has made it."""

    value: dict[str, Any] | None
    """The JSON value of the plan with its jobs as `_JobJsonValues`; None if plan.json is missing or has errors."""
    issues: list[Issue]
    jobs: PlanJobs = PlanJobs()
    sha256: str | None = None
    """The SHA-256 of plan.json; None if this process has just made the plan."""
    model: Plan | None = None
    """The plan; None if plan.json cannot be read as a plan."""


def _read_plan(files: FilesByPath, drafted: Plan | None) -> _PlanWithIssues:
    """Read plan.json and check it, or take the plan `drafted`, which is not checked against its schema again."""
    if drafted is not None:
        jobs = PlanJobs.validate(drafted.jobs)
        header = drafted.model_dump(mode="json", exclude_none=True, exclude={"jobs"})
        value = {**header, "jobs": _JobJsonValues(jobs)}
        return _PlanWithIssues(value, list(_plan_value_count_issues(drafted)), jobs, model=drafted)
    parts = plan_hash = None
    lines = open_hashed_lines(files, PLAN_FILE)
    if lines is not None and not isinstance(lines, Issue):
        parts = parse_plan_parts(lines)
        plan_hash = lines.read_to_end()
    # The model PlanJob has accepted all jobs, so it is enough to check the first job.
    if parts is not None and not check_schema(
        "plan", {**parts[0], "jobs": list(islice(parts[1].iterate_json_values(), 1))}
    ):
        model = None
        with suppress(ValidationError):
            model = Plan.model_validate({**parts[0], "jobs": parts[1]})
        return _PlanWithIssues({**parts[0], "jobs": _JobJsonValues(parts[1])}, [], parts[1], plan_hash, model)
    plan, issues = _read_document("plan", PLAN_FILE, files, is_valid=False)
    return _PlanWithIssues(plan, issues, PlanJobs() if plan is None else PlanJobs.validate(plan["jobs"]), plan_hash)


def _plan_value_count_issues(plan: Plan) -> Iterator[Issue]:
    """Yield an issue if plan.json would have more values than a plan may have."""
    counts = (count_json_separators(piece.encode()) for piece in iterate_plan_json(plan))
    if sum(counts) >= PLAN_LIMIT.values:
        location = Location(path=PLAN_FILE, pointer="")
        yield make_issue("document.too-many-values", location, limit=PLAN_LIMIT.values)


def _list_tables(plan: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the tables that a plan describes: pairs of a member of the plan and a path."""
    return [(member, path) for member, path in _TABLE_PATHS.items() if member in plan]


def _table_issues(files: FilesByPath, path: str, planned: Mapping[str, Any], place: Location) -> Iterator[Issue]:
    """Yield an issue if a table cannot be read, or if its size or hash differs from the plan."""
    table = open_hashed_lines(files, path)
    if isinstance(table, Issue):
        yield table.with_location(path=path)
    elif table is not None:
        table.read_to_end()
        yield from table.issues(path, planned, place)


def _iterate_expected_paths(plan: dict[str, Any]) -> Iterator[str]:
    """Yield the paths of all files that a package with this plan must have."""
    yield PLAN_FILE
    yield from (path for _, path in _list_tables(plan))
    yield from (update["path"] for update in plan.get("updates", ()))
    yield from [AUDIT_FILE] if "audit" in plan else ()
    for job in plan["jobs"]:
        folder = job_folder(job["id"])
        yield from (f"{folder}/{name}" for name in (REQUEST_FILE, OBJECTS_FILE))
        yield from [f"{folder}/{CONFIGURATION_FILE}"] if job["mappings"] else ()
        yield from (f"{folder}/files/{file['path']}" for file in job["files"])


def _missing_or_unexpected_file_issues(plan: dict[str, Any], files: FilesByPath) -> Iterator[Issue]:
    """Yield an issue for each missing and each unexpected file of the package.

    Most packages have exactly the expected files. To save memory, only digests of the paths are kept.
    """
    expected = set(map(hash, _iterate_expected_paths(plan)))
    missing = {path for path in _iterate_expected_paths(plan) if path not in files}
    for path in sorted(missing):
        yield make_issue("package.missing-file", Location(path=path))
    unexpected = [path for path in files if hash(path) not in expected]
    for path in sorted(unexpected):
        if path == AUDIT_FILE or path.startswith(_CHANGING_FOLDERS):
            continue
        yield make_issue("package.unexpected-file", Location(path=make_printable(path)))


def _read_document(schema: str, path: str, files: FilesByPath, *, is_valid: bool) -> tuple[Any, list[Issue]]:
    """Return a document and its issues. The document is None if the file is missing or has errors.

    Args:
        schema: The name of the document's schema.
        path: The path of the document.
        files: The files of the package.
        is_valid: Whether a pydantic model has made the document, so that it is valid for the schema.
    """
    if path not in files:
        return None, [make_issue("package.missing-file", Location(path=path))]
    document, issues = parse_content(files[path], choose_document_limit(path))
    if not issues and not is_valid:
        issues = check_schema(schema, document)
    failed = has_errors(issues)
    return None if failed else document, [issue.with_location(path=path) for issue in issues]


def _job_issues(job: dict[str, Any], place: str, package: _CheckedPackage) -> Iterator[Issue]:
    """Yield the issues of the files in a job's folder. `place` is the JSON Pointer of the job in the plan."""
    folder = job_folder(job["id"])
    path, overrides_path = f"{folder}/{CONFIGURATION_FILE}", f"{folder}/files/"
    configuration, issues = _read_document("import-configuration", path, package.files, is_valid=package.is_drafted)
    yield from (issue for issue in issues if issue.code != "package.missing-file")
    yield from _request_issues(job, configuration, package)
    files = CachedFiles(package.files)
    for index, planned in enumerate(job["files"]) if not package.is_drafted else ():
        in_plan = _locate_in_plan(f"{place}/files/{index}")
        yield from check_size_and_hash(files, overrides_path + planned["path"], planned, in_plan)
    if configuration is None:
        return
    mappings = get_mappings(configuration)
    planned_paths = {file["path"] for file in job["files"]}
    uri = S3Uri.parse(job["inputS3Uri"])
    overrides = SubfolderFiles(files, overrides_path)
    for issue in check_mappings_and_files(
        mappings, overrides, package.known, uri, package.assumptions, absent=planned_paths
    ):
        yield issue.with_location(path=overrides_path + issue.location.path if issue.location.path else path)
    yield from check_planned_mappings(
        job["mappings"], mappings, _locate_in_plan(f"{place}/mappings"), Location(path=path)
    )


def _objects_csv_issues(job: dict[str, Any], place: str, package: _CheckedPackage) -> Iterator[Issue]:
    """Yield the issues of a job's objects.csv. `place` is the JSON Pointer of the job in the plan."""
    path = f"{job_folder(job['id'])}/{OBJECTS_FILE}"
    table = open_hashed_lines(package.files, path)
    if isinstance(table, Issue):
        yield table.with_location(path=path)
    elif table is not None:
        issues = list(check_objects_csv(table, job, package.plan["sources"], path, _locate_in_plan(place)))
        table.read_to_end()
        # If the table was changed, its other issues are a consequence. So only the change is reported.
        yield from list(table.issues(path, job["objects"], _locate_in_plan(f"{place}/objects"))) or issues


def _request_issues(job: dict[str, Any], configuration: object, package: _CheckedPackage) -> Iterator[Issue]:
    """Yield the issues of a job's request, and of its differences from the plan and the import configuration.

    The parameters that are checked later are added to `package.requests`.
    """
    path = _request_path(job["id"])
    if path not in package.files:
        return
    request, issues = parse_content(package.files[path], choose_document_limit(path))
    if isinstance(request, dict):
        package.requests[job["id"]] = {name: request.get(name) for name in _COMPARED_MEMBERS}
    issues = issues or check_request(request)
    yield from (issue.with_location(path=path) for issue in issues)
    if not isinstance(request, dict) or has_errors(issues):
        return
    if request["inputS3Uri"] != job["inputS3Uri"]:
        yield make_issue("s3-uri.mismatch", Location(path=path, pointer="/inputS3Uri"), other=PLAN_FILE)
    unasked = not job["mappings"] and "importConfiguration" in request
    if unasked or (configuration is not None and request.get("importConfiguration") != configuration):
        yield make_issue("request.configuration", Location(path=path, pointer="/importConfiguration"))


def _iterate_output_uris(package: _CheckedPackage) -> Iterator[tuple[Location, str]]:
    """Yield the location and the text of each request's outputS3Uri. The text may be a placeholder."""
    for job_id, request in package.requests.items():
        if isinstance(request["outputS3Uri"], str):
            yield Location(path=_request_path(job_id), pointer="/outputS3Uri"), request["outputS3Uri"]


def _client_token_issues(package: _CheckedPackage) -> Iterator[Issue]:
    """Yield an issue for each request whose client token is not that of the job in the plan."""
    for job in package.jobs:
        if package.requests[job.id]["clientToken"] != job.client_token(package.plan["attempt"]):
            yield make_issue("request.client-token", Location(path=_request_path(job.id), pointer="/clientToken"))


def _request_path(job_id: str) -> str:
    return f"{job_folder(job_id)}/{REQUEST_FILE}"


def _locate_in_plan(pointer: str) -> Location:
    return Location(path=PLAN_FILE, pointer=pointer)
