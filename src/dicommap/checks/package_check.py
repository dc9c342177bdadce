"""A package: its documents against their schemas, and against each other."""

from __future__ import annotations

import hashlib
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
    from collections.abc import Iterator, Mapping

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
    for index, job in enumerate(plan["jobs"]):
        folder = f"jobs/{job['id']}"
        expected |= {f"{folder}/{name}" for name in (_CONFIGURATION, _REQUEST)}
        expected |= {f"{folder}/files/{file['path']}" for file in job["files"]}
        issues += s3_uri_issues(job["inputS3Uri"], Location(path=PLAN, pointer=f"/jobs/{index}/inputS3Uri"))
        issues += _job_issues(job, folder, files, known)
        if input_s3_uri is not None and S3Uri.parse(input_s3_uri) != S3Uri.parse(job["inputS3Uri"]):
            place = Location(path=PLAN, pointer=f"/jobs/{index}/inputS3Uri")
            issues.append(issue("s3-uri.mismatch", place, other="the call"))
    issues += [issue("package.missing-file", Location(path=path)) for path in sorted(expected - files.keys())]
    issues += [issue("package.unexpected-file", Location(path=printable(path))) for path in sorted(files.keys() - expected)]
    return issues


def configuration_issues(
    document: Any,  # noqa: ANN401  JSON of any type
    overrides: Mapping[str, bytes] | None,
    known: Mapping[str, set[str]] | None,
    uri: S3Uri | None,
    pointer: str = "",
) -> Iterator[Issue]:
    """Find what is wrong with an import configuration and the override files that it names.

    `overrides` are the files under inputS3Uri by their relative path, or None where they are not at hand. Issues
    of an override file have its path as their location's. `pointer` is where the configuration stands in its
    document.
    """
    found = schema_issues("import-configuration", document)
    if found:
        yield from (one.at(pointer=pointer + (one.location.pointer or "")) for one in found)
        return
    mappings = mappings_of(document)
    yield from mapping_issues(mappings, uri, known, pointer)
    if overrides is None:
        yield issue("mapping.files-not-given")
        return
    place = pointer + "/dicomJsonMetadataImportConfiguration/dicomMetadataMappings"
    for index, mapping in enumerate(mappings):
        path = mapping["metadataFilePath"]
        if path not in overrides:
            yield issue("mapping.missing-file", Location(pointer=f"{place}/{index}/metadataFilePath"))
            continue
        level = Level.SERIES if "seriesInstanceUID" in mapping else Level.STUDY
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
    job: dict[str, Any], folder: str, files: Mapping[str, bytes], known: Mapping[str, set[str]] | None
) -> Iterator[Issue]:
    uri = S3Uri.parse(job["inputS3Uri"])
    path = f"{folder}/{_CONFIGURATION}"
    configuration, issues = _document("import-configuration", path, files)
    yield from (found for found in issues if found.code != "package.missing-file")
    yield from _request_issues(job, folder, files, configuration)
    yield from _planned_files_issues(job, folder, files)
    if configuration is None:
        return
    prefix = f"{folder}/files/"
    overrides = {name.removeprefix(prefix): data for name, data in files.items() if name.startswith(prefix)}
    for found in configuration_issues(configuration, overrides, known, uri):
        yield found.at(path=prefix + found.location.path if found.location.path else path)
    yield from _counts_issues(job, mappings_of(configuration), path)


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


def _planned_files_issues(job: dict[str, Any], folder: str, files: Mapping[str, bytes]) -> Iterator[Issue]:
    for planned in job["files"]:
        path = f"{folder}/files/{planned['path']}"
        data = files.get(path)
        if data is None:
            continue
        if hashlib.sha256(data).hexdigest() != planned["sha256"]:
            yield issue("package.changed-file", Location(path=path))
        elif len(data) != planned["size"]:
            yield issue("package.counts", Location(path=path), planned=planned["size"], found=len(data), what="bytes")


def _counts_issues(job: dict[str, Any], mappings: list[dict[str, str]], path: str) -> Iterator[Issue]:
    if len(mappings) != job["mappings"]:
        yield issue(
            "package.counts", Location(path=path), planned=job["mappings"], found=len(mappings), what="mappings"
        )
    named = {mapping["metadataFilePath"] for mapping in mappings}
    for planned in job["files"]:
        if planned["path"] not in named:
            file = path.replace(_CONFIGURATION, f"files/{planned['path']}")
            yield issue("package.unmapped-file", Location(path=file))
