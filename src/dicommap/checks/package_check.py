"""A package: its documents against their schemas, against its plan, and against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.checks.configuration_check import configuration_issues
from dicommap.checks.contents import Below, content_issues, hashed_lines, parsed
from dicommap.checks.mapping_check import mappings_of, planned_mapping_issues
from dicommap.checks.objects_check import objects_issues
from dicommap.checks.plan_check import plan_issues
from dicommap.checks.request_check import output_issues, request_issues
from dicommap.checks.schema_check import schema_issues
from dicommap.issues import Issue, Location, has_error, issue
from dicommap.model.package_layout import (
    CONFIGURATION,
    EDITS,
    FORECAST,
    OBJECTS,
    PLAN,
    PREVIEW,
    REQUEST,
    SUBMISSION,
    job_folder,
    limit_at,
)
from dicommap.model.paths import printable
from dicommap.model.plan import Plan
from dicommap.model.profile import Profile
from dicommap.model.s3_uri import S3Uri

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.checks.contents import Contents

    Known = Mapping[str, set[str]] | None

_TABLES = {"preview": PREVIEW, "edits": EDITS, "forecast": FORECAST}
"""Members of the plan that tell of a table -> where it stands."""

_KEPT = ("clientToken", "outputS3Uri")
_Kept = dict[str, Any]
"""Of a job's request what is compared with other jobs' or the plan, so that the file is read once."""


def package_issues(files: Contents, known: Known, input_s3_uri: str | None, *, objects: bool = True) -> list[Issue]:
    """Find everything that is wrong with a package, given every file of it by its path.

    Only files that the plan or a mapping names are read. `known` are the inventory's series by study, where there is
    an inventory; `input_s3_uri` is the URI that the package ought to be for. Without `objects` the tables of objects
    are not read, which are most of a package: whoever has just made them knows them.
    """
    plan, issues = _document("plan", PLAN, files)
    if plan is None:
        return issues
    issues += [found.at(path=PLAN) for found in plan_issues(plan)]
    for member, path in _TABLES.items():
        issues += _table_issues(path, plan[member], _in_plan(f"/{member}"), files)
    profile = Profile.model_validate(plan["profile"])
    asked = S3Uri.parse(input_s3_uri or "")
    if asked is not None and asked != S3Uri.parse(plan["inputS3Uri"]):
        issues.append(issue("s3-uri.mismatch", _in_plan("/inputS3Uri"), other="the call"))
    checked: set[str] = set()
    kept: dict[str, _Kept] = {}
    for index, job in enumerate(plan["jobs"]):
        place = f"/jobs/{index}"
        # Jobs of one id share a folder; that they do is a finding, and the folder is checked once.
        if job["id"] not in checked:
            issues += _job_issues(job, place, files, known, profile, kept)
            issues += _objects_issues(job, plan["sources"], place, files) if objects else ()
        checked.add(job["id"])
    issues += _presence_issues(_expected(plan), files)
    issues += output_issues((job["inputS3Uri"] for job in plan["jobs"]), dict(_outputs(kept)))
    # A plan that is wrong has other tokens than its requests; then what is wrong with it is told, and that is enough.
    return issues if has_error(issues) else [*issues, *_token_issues(Plan.model_validate(plan), kept)]


def _table_issues(path: str, planned: dict[str, Any], place: Location, files: Contents) -> Iterator[Issue]:
    table = hashed_lines(files, path)
    if isinstance(table, Issue):
        yield table.at(path=path)
    elif table is not None:
        table.read_to_end()
        yield from table.issues(path, planned, place)


def _expected(plan: dict[str, Any]) -> set[str]:
    expected = {PLAN, *_TABLES.values()}
    for job in plan["jobs"]:
        folder = job_folder(job["id"])
        expected |= {f"{folder}/{name}" for name in (REQUEST, OBJECTS)}
        expected |= {f"{folder}/{CONFIGURATION}"} if job["mappings"] else set()
        expected |= {f"{folder}/files/{file['path']}" for file in job["files"]}
    return expected


def _presence_issues(expected: set[str], files: Contents) -> Iterator[Issue]:
    for path in sorted(expected - files.keys()):
        yield issue("package.missing-file", Location(path=path))
    for path in sorted(files.keys() - expected):
        if path.startswith(f"{SUBMISSION}/"):
            continue
        yield issue("package.unexpected-file", Location(path=printable(path)))


def _document(schema: str, path: str, files: Contents) -> tuple[Any, list[Issue]]:
    """Return a document that passed its schema, or None; and what is wrong with it."""
    if path not in files:
        return None, [issue("package.missing-file", Location(path=path))]
    document, issues = parsed(files[path], limit_at(path))
    if not issues:
        issues = schema_issues(schema, document)
    failed = has_error(issues)
    return None if failed else document, [found.at(path=path) for found in issues]


def _job_issues(
    job: dict[str, Any], place: str, files: Contents, known: Known, profile: Profile, kept: dict[str, _Kept]
) -> Iterator[Issue]:
    """Find what is wrong with the folder of a job; `place` is where it stands in the plan, `kept` gains its request."""
    path = f"{job_folder(job['id'])}/{CONFIGURATION}"
    configuration, issues = _document("import-configuration", path, files)
    yield from (found for found in issues if found.code != "package.missing-file")
    yield from _request_issues(job, files, configuration, kept)
    overrides = f"{job_folder(job['id'])}/files/"
    for index, planned in enumerate(job["files"]):
        yield from content_issues(files, overrides + planned["path"], planned, _in_plan(f"{place}/files/{index}"))
    if configuration is None:
        return
    planned_paths = {file["path"] for file in job["files"]}
    uri = S3Uri.parse(job["inputS3Uri"])
    for found in configuration_issues(
        configuration, Below(files, overrides), known, uri, profile, absent=planned_paths
    ):
        yield found.at(path=overrides + found.location.path if found.location.path else path)
    yield from planned_mapping_issues(
        job["mappings"], mappings_of(configuration), _in_plan(f"{place}/mappings"), Location(path=path)
    )


def _objects_issues(job: dict[str, Any], sources: list[str], place: str, files: Contents) -> Iterator[Issue]:
    path = f"{job_folder(job['id'])}/{OBJECTS}"
    table = hashed_lines(files, path)
    if isinstance(table, Issue):
        yield table.at(path=path)
    elif table is not None:
        found = list(objects_issues(table, job, sources, path, _in_plan(place)))
        table.read_to_end()
        # What is wrong with a table that was changed is the change.
        yield from list(table.issues(path, job["objects"], _in_plan(f"{place}/objects"))) or found


def _request_issues(
    job: dict[str, Any], files: Contents, configuration: object, kept: dict[str, _Kept]
) -> Iterator[Issue]:
    path = _request_path(job["id"])
    if path not in files:
        return
    request, issues = parsed(files[path], limit_at(path))
    if isinstance(request, dict):
        kept[job["id"]] = {name: request.get(name) for name in _KEPT}
    issues = issues or request_issues(request)
    yield from (found.at(path=path) for found in issues)
    if not isinstance(request, dict) or has_error(issues):
        return
    if request["inputS3Uri"] != job["inputS3Uri"]:
        yield issue("s3-uri.mismatch", Location(path=path, pointer="/inputS3Uri"), other=PLAN)
    unasked = not job["mappings"] and "importConfiguration" in request
    if unasked or (configuration is not None and request.get("importConfiguration") != configuration):
        yield issue("request.configuration", Location(path=path, pointer="/importConfiguration"))


def _outputs(kept: dict[str, _Kept]) -> Iterator[tuple[Location, str]]:
    """Yield each outputS3Uri by where it stands; one that is still to be filled in is no S3 URI."""
    for job_id, request in kept.items():
        if isinstance(request["outputS3Uri"], str):
            yield Location(path=_request_path(job_id), pointer="/outputS3Uri"), request["outputS3Uri"]


def _token_issues(plan: Plan, kept: dict[str, _Kept]) -> Iterator[Issue]:
    for job in plan.jobs:
        if kept[job.id]["clientToken"] != job.client_token(plan.attempt):
            yield issue("request.client-token", Location(path=_request_path(job.id), pointer="/clientToken"))


def _request_path(job_id: str) -> str:
    return f"{job_folder(job_id)}/{REQUEST}"


def _in_plan(pointer: str) -> Location:
    return Location(path=PLAN, pointer=pointer)
