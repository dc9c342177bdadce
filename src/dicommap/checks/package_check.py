"""A package: its documents against their schemas, and against each other."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicommap.checks.mapping_check import mapping_issues, mappings_of
from dicommap.checks.override_check import override_file_issues
from dicommap.checks.request_check import request_issues
from dicommap.checks.schema_check import schema_issues
from dicommap.issues import Issue, Location, Severity, issue
from dicommap.model.levels import Level
from dicommap.model.paths import printable
from dicommap.model.s3_uri import S3Uri, s3_uri_issues
from dicommap.model.strict_json import parse_json

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

PLAN, PREVIEW = "plan.json", "preview.csv"
_CONFIGURATION, _REQUEST = "import-configuration.json", "start-dicom-import-job.json"


def package_issues(
    files: Mapping[str, bytes], known: Mapping[str, set[str]] | None, input_s3_uri: str | None
) -> list[Issue]:
    """Find everything that is wrong with a package, given every file of it by its path.

    `known` are the inventory's series by study, where there is an inventory; `input_s3_uri` is the URI that the
    package ought to be for.
    """
    plan, issues = _document("plan", PLAN, files)
    if plan is None:
        return issues
    expected = {PLAN, PREVIEW}
    asked = S3Uri.parse(input_s3_uri or "")
    for index, job in enumerate(plan["jobs"]):
        folder, place = f"jobs/{job['id']}", Location(path=PLAN, pointer=f"/jobs/{index}")
        expected |= {f"{folder}/{name}" for name in (_CONFIGURATION, _REQUEST)}
        expected |= {f"{folder}/files/{file['path']}" for file in job["files"]}
        issues += s3_uri_issues(job["inputS3Uri"], _member(place, "inputS3Uri"))
        issues += _job_issues(job, folder, files, known, place)
        if asked is not None and asked != S3Uri.parse(job["inputS3Uri"]):
            issues.append(issue("s3-uri.mismatch", _member(place, "inputS3Uri"), other="the call"))
    issues += [issue("package.missing-file", Location(path=path)) for path in sorted(expected - files.keys())]
    issues += [
        issue("package.unexpected-file", Location(path=printable(path))) for path in sorted(files.keys() - expected)
    ]
    return issues


def configuration_issues(
    document: Any,  # noqa: ANN401  JSON of any type
    overrides: Mapping[str, bytes] | None,
    known: Mapping[str, set[str]] | None,
    uri: S3Uri | None,
    pointer: str = "",
    absent: Container[str] = (),
) -> Iterator[Issue]:
    """Find what is wrong with an import configuration and the override files that it names.

    `overrides` are the files under inputS3Uri by their relative path, or None where they are not at hand. Issues
    of an override file have its path as their location's, and are found once for all mappings of a level that share
    it. `pointer` is where the configuration stands in its document. `absent` are paths of which something else says
    that their file is missing.
    """
    found = schema_issues("import-configuration", document)
    if found:
        yield from (one.at(pointer=pointer + (one.location.pointer or "")) for one in found)
        return
    mappings = mappings_of(document)
    found = list(mapping_issues(mappings, uri, known, pointer))
    yield from found
    if overrides is None:
        yield issue("mapping.files-not-given")
        return
    yield from _override_files_issues(mappings, overrides)
    # What a path that leaves the prefix would lead to is not looked for.
    strays = {one.location.pointer for one in found if one.code == "mapping.path"}
    for index, mapping in enumerate(mappings):
        path = mapping["metadataFilePath"]
        place = f"{pointer}/dicomJsonMetadataImportConfiguration/dicomMetadataMappings/{index}/metadataFilePath"
        if path not in overrides and path not in absent and place not in strays:
            yield issue("mapping.missing-file", Location(pointer=place))


def _override_files_issues(mappings: list[dict[str, str]], overrides: Mapping[str, bytes]) -> Iterator[Issue]:
    levels = (
        (one["metadataFilePath"], Level.SERIES if "seriesInstanceUID" in one else Level.STUDY) for one in mappings
    )
    for path, level in dict.fromkeys(levels):
        if path in overrides:
            yield from (one.at(path=path) for one in override_file_issues(overrides[path], level))


def _document(schema: str, path: str, files: Mapping[str, bytes]) -> tuple[Any, list[Issue]]:
    """Return a document that passed its schema, or None; and what is wrong with it."""
    if path not in files:
        return None, [issue("package.missing-file", Location(path=path))]
    document, issues = parse_json(files[path])
    if not issues:
        issues = schema_issues(schema, document)
    failed = any(found.severity is Severity.ERROR for found in issues)
    return None if failed else document, [found.at(path=path) for found in issues]


def _job_issues(
    job: dict[str, Any],
    folder: str,
    files: Mapping[str, bytes],
    known: Mapping[str, set[str]] | None,
    place: Location,
) -> Iterator[Issue]:
    """Find what is wrong with a job; `place` is where it stands in the plan."""
    uri = S3Uri.parse(job["inputS3Uri"])
    path = f"{folder}/{_CONFIGURATION}"
    configuration, issues = _document("import-configuration", path, files)
    yield from (found for found in issues if found.code != "package.missing-file")
    yield from _request_issues(job, folder, files, configuration)
    yield from _planned_files_issues(job, folder, files, place)
    if configuration is None:
        return
    prefix = f"{folder}/files/"
    overrides = {name.removeprefix(prefix): data for name, data in files.items() if name.startswith(prefix)}
    planned = {file["path"] for file in job["files"]}
    for found in configuration_issues(configuration, overrides, known, uri, absent=planned):
        yield found.at(path=prefix + found.location.path if found.location.path else path)
    yield from _mappings_issues(job, mappings_of(configuration), folder, place)


def _request_issues(
    job: dict[str, Any], folder: str, files: Mapping[str, bytes], configuration: object
) -> Iterator[Issue]:
    path = f"{folder}/{_REQUEST}"
    if path not in files:
        return
    request, issues = parse_json(files[path])
    issues = issues or request_issues(request)
    yield from (found.at(path=path) for found in issues)
    if not isinstance(request, dict) or any(found.severity is Severity.ERROR for found in issues):
        return
    if request["inputS3Uri"] != job["inputS3Uri"]:
        yield issue("s3-uri.mismatch", Location(path=path, pointer="/inputS3Uri"), other=PLAN)
    if configuration is not None and request.get("importConfiguration") != configuration:
        yield issue("request.configuration", Location(path=path, pointer="/importConfiguration"))


def _planned_files_issues(
    job: dict[str, Any], folder: str, files: Mapping[str, bytes], place: Location
) -> Iterator[Issue]:
    for index, planned in enumerate(job["files"]):
        path = f"{folder}/files/{planned['path']}"
        data = files.get(path)
        if data is None:
            continue
        if hashlib.sha256(data).hexdigest() != planned["sha256"]:
            yield issue("package.changed-file", Location(path=path))
        elif len(data) != planned["size"]:
            size = _member(place, f"files/{index}/size")
            yield issue("package.counts", size, planned=planned["size"], found=len(data), what="bytes")


def _mappings_issues(
    job: dict[str, Any], mappings: list[dict[str, str]], folder: str, place: Location
) -> Iterator[Issue]:
    if len(mappings) != job["mappings"]:
        count = _member(place, "mappings")
        yield issue("package.counts", count, planned=job["mappings"], found=len(mappings), what="mappings")
    named = {mapping["metadataFilePath"] for mapping in mappings}
    for planned in job["files"]:
        if planned["path"] not in named:
            yield issue("package.unmapped-file", Location(path=f"{folder}/files/{planned['path']}"))


def _member(place: Location, name: str) -> Location:
    return replace(place, pointer=f"{place.pointer}/{name}")
