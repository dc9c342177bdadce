"""Check an import configuration: its mappings, and the override files that they name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID, hex_of
from dicommap.healthimaging.limits import describe_uid_mapping_problem
from dicommap.healthimaging.s3_uri import metadata_path_issues
from dicommap.issues import Issue, Location, make_issue
from dicommap.issues.wording import format_count
from dicommap.model.study import Target
from dicommap.overrides.override_check import check_override
from dicommap.validation.file_contents import parse_content
from dicommap.validation.schema_check import check_schema

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.validation.file_contents import FileContent, FilesByPath

MAPPINGS_POINTER = "/dicomJsonMetadataImportConfiguration/dicomMetadataMappings"
"""JSON Pointer of the mappings in an import configuration."""

_IDENTIFYING_TAGS = {hex_of(STUDY_INSTANCE_UID), hex_of(SERIES_INSTANCE_UID)}
"""Tags of the UIDs that the override file of a study and the override files of its series may both have."""

_MappingKey = tuple[str, str | None]


def get_mappings(document: Any) -> list[dict[str, str]]:  # noqa: ANN401  JSON of any type
    """Return the mappings of an import configuration. `document` must be valid for the schema."""
    mappings: list[dict[str, str]] = document["dicomJsonMetadataImportConfiguration"]["dicomMetadataMappings"]
    return mappings


def check_mappings(
    mappings: list[dict[str, str]],
    uri: S3Uri | None,
    known: Mapping[str, set[str]] | None,
    assumptions: Assumptions,
    pointer: str = "",
) -> Iterator[Issue]:
    """Yield the issues of mappings: wrong members, equal targets or paths, and targets that are not in the inventory.

    The target of a mapping is its study or series.

    Args:
        mappings: The mappings of an import configuration.
        uri: The inputS3Uri of the job. None if it is not known.
        known: Study Instance UID -> Series Instance UIDs of the inventory. None if there is no inventory.
        assumptions: The assumptions about override files, such as whether mappings may share a file.
        pointer: The JSON Pointer of the import configuration in its document.
    """
    first_indexes: dict[_MappingKey, int] = {}
    files: dict[str, int] = {}
    of_series = _index_series_mappings(mappings)
    for index, mapping in enumerate(mappings):
        place = f"{pointer}{MAPPINGS_POINTER}/{index}"
        study, series = mapping["studyInstanceUID"], mapping.get("seriesInstanceUID")
        path = mapping["metadataFilePath"]
        yield from uid_member_issues(mapping, place)
        yield from metadata_path_issues(path, uri, Location(pointer=f"{place}/metadataFilePath"))
        first = first_indexes.setdefault((study, series), index)
        if first != index:
            yield make_issue("mapping.duplicate", Location(pointer=place), first=first)
        elif series is None and study in of_series:
            yield make_issue(
                "mapping.study-and-series",
                Location(pointer=place),
                count=len(of_series[study]),
                first=of_series[study][0],
            )
        if files.setdefault(path, index) != index and assumptions.overrideFiles == "separate":
            yield make_issue("mapping.shared-file", Location(pointer=f"{place}/metadataFilePath"), first=files[path])
        if known is not None:
            yield from _unknown_target_issues(study, series, known, place)


def make_mapping_key(mapping: Mapping[str, str]) -> tuple[str, str | None, str]:
    """Return a mapping as a tuple for comparison: Study Instance UID, Series Instance UID or None, and file path."""
    return mapping["studyInstanceUID"], mapping.get("seriesInstanceUID"), mapping["metadataFilePath"]


def check_planned_mappings(
    planned: list[dict[str, str]], mappings: list[dict[str, str]], in_plan: Location, in_configuration: Location
) -> Iterator[Issue]:
    """Yield an issue for each mapping that is in the plan or in the import configuration, but not in both.

    An import configuration in which two mappings have exchanged their studies is still valid. Only the plan shows this
    error.

    Args:
        planned: The mappings in the plan.
        mappings: The mappings in the import configuration.
        in_plan: The location of the list of mappings in the plan.
        in_configuration: The location of the import configuration.
    """
    plan, configuration = set(map(make_mapping_key, planned)), set(map(make_mapping_key, mappings))
    for index, mapping in enumerate(mappings):
        if make_mapping_key(mapping) not in plan:
            yield make_issue("mapping.not-planned", replace(in_configuration, pointer=f"{MAPPINGS_POINTER}/{index}"))
    for index, mapping in enumerate(planned):
        if make_mapping_key(mapping) not in configuration:
            yield make_issue("mapping.planned-missing", replace(in_plan, pointer=f"{in_plan.pointer}/{index}"))


def _index_series_mappings(mappings: list[dict[str, str]]) -> dict[str, list[int]]:
    """Return a dict: Study Instance UID -> indexes of the mappings of its series."""
    indexes: dict[str, list[int]] = {}
    for index, mapping in enumerate(mappings):
        if mapping.get("seriesInstanceUID") is not None:
            indexes.setdefault(mapping["studyInstanceUID"], []).append(index)
    return indexes


def uid_member_issues(members: Mapping[str, str], pointer: str) -> Iterator[Issue]:
    """Yield an issue for a Study or Series Instance UID that HealthImaging cannot store.

    Args:
        members: The members of a mapping or update. Members with other names are ignored.
        pointer: The JSON Pointer of the object with these members.

    """
    for member in ("studyInstanceUID", "seriesInstanceUID"):
        problem = describe_uid_mapping_problem(members[member]) if member in members else None
        if problem:
            yield make_issue(
                "mapping.invalid-uid", Location(pointer=f"{pointer}/{member}"), member=member, problem=problem
            )


def _unknown_target_issues(
    study: str, series: str | None, known: Mapping[str, set[str]], pointer: str
) -> Iterator[Issue]:
    """Yield an issue if the inventory does not have the study or the series."""
    if study not in known:
        yield make_issue("mapping.unknown-study", Location(pointer=f"{pointer}/studyInstanceUID"))
    elif series is not None and series not in known[study]:
        yield make_issue("mapping.unknown-series", Location(pointer=f"{pointer}/seriesInstanceUID"))


def check_import_configuration(
    document: Any,  # noqa: ANN401  JSON of any type
    overrides: FilesByPath | None,
    known: Mapping[str, set[str]] | None,
    uri: S3Uri | None,
    assumptions: Assumptions,
    pointer: str = "",
) -> Iterator[Issue]:
    """Yield the issues of an import configuration, and of the override files that it names.

    The location of an issue of an override file is the path of the file.

    Args:
        document: The import configuration as a JSON value.
        overrides: Path relative to inputS3Uri -> content of the file. None if the files are not available.
        known: Study Instance UID -> Series Instance UIDs of the inventory. None if there is no inventory.
        uri: The inputS3Uri of the job. None if it is not known.
        assumptions: The assumptions about override files.
        pointer: The JSON Pointer of the import configuration in its document.
    """
    schema_issues = check_schema("import-configuration", document)
    if schema_issues:
        yield from (issue.with_location(pointer=pointer + (issue.location.pointer or "")) for issue in schema_issues)
        return
    mappings = get_mappings(document)
    if overrides is None:
        yield from check_mappings(mappings, uri, known, assumptions, pointer)
        yield make_issue("mapping.files-not-given")
    else:
        yield from check_mappings_and_files(mappings, overrides, known, uri, assumptions, pointer)


def check_mappings_and_files(
    mappings: list[dict[str, str]],
    overrides: FilesByPath,
    known: Mapping[str, set[str]] | None,
    uri: S3Uri | None,
    assumptions: Assumptions,
    pointer: str = "",
    absent: Container[str] = (),
) -> Iterator[Issue]:
    """Yield the issues of mappings, and of the override files that they name.

    A file that several mappings share is checked only once if the same rules apply to all of these mappings.

    Args:
        mappings: The mappings of an import configuration that is valid for its schema.
        overrides: Path relative to inputS3Uri -> content of the file. Only the files that a mapping names are read.
        known: Study Instance UID -> Series Instance UIDs of the inventory. None if there is no inventory.
        uri: The inputS3Uri of the job. None if it is not known.
        assumptions: The assumptions about override files.
        pointer: The JSON Pointer of the import configuration in its document.
        absent: Paths of missing files that another check reports.
    """
    issues = list(check_mappings(mappings, uri, known, assumptions, pointer))
    yield from issues
    # An invalid path may name a file outside the prefix, so this file is not searched.
    strays = {issue.location.pointer for issue in issues if issue.code == "mapping.path"}
    yield from _override_files_issues(mappings, overrides, assumptions)
    yield from _precedence_issues(mappings, overrides, assumptions, pointer)
    for index, mapping in enumerate(mappings):
        path, place = mapping["metadataFilePath"], f"{pointer}{MAPPINGS_POINTER}/{index}/metadataFilePath"
        if path not in overrides and path not in absent and place not in strays:
            yield make_issue("mapping.missing-file", Location(pointer=place))


def check_override_file(content: FileContent, target: Target | None, assumptions: Assumptions) -> list[Issue]:
    """Return the issues of an override file.

    `target` is the study or series of the mapping that names the file; None if no mapping names it.
    """
    document, issues = parse_content(content)
    if document is None and issues:
        return issues
    return [*issues, *_size_issues(content, assumptions), *check_override(document, target, assumptions)]


def _size_issues(content: FileContent, assumptions: Assumptions) -> Iterator[Issue]:
    """Yield an issue if the assumptions say that the data store does not apply override files of this size."""
    limit = assumptions.largest_file_bytes
    if limit is None or isinstance(content, Issue):
        return
    size = len(content) if isinstance(content, bytes) else len(content.text.encode())
    if size > limit:
        setting = f"largestFile={assumptions.largestFile}"
        yield make_issue(
            "override.not-applied",
            Location(pointer=""),
            setting=setting,
            what=f"a file of {format_count(size, 'byte')}",
        )


def _precedence_issues(
    mappings: list[dict[str, str]], overrides: FilesByPath, assumptions: Assumptions, pointer: str
) -> Iterator[Issue]:
    """Yield an issue for each series if its override file and its study's override file change the same attribute.

    There is no issue if `assumptions` define which of the two values the data store keeps.
    """
    if assumptions.precedence != "unavailable":
        return
    paths = {
        mapping["studyInstanceUID"]: mapping["metadataFilePath"]
        for mapping in mappings
        if not _is_series_mapping(mapping)
    }
    for index, mapping in enumerate(mappings):
        study_path = paths.get(mapping["studyInstanceUID"])
        if study_path is None or not _is_series_mapping(mapping):
            continue
        tags = [_read_override_tags(overrides, path) for path in (study_path, mapping["metadataFilePath"])]
        if tags[0] & tags[1] - _IDENTIFYING_TAGS:
            place = Location(pointer=f"{pointer}{MAPPINGS_POINTER}/{index}")
            what = "an attribute that is in the override of the series and in that of its study"
            yield make_issue("override.not-applied", place, setting="precedence=unavailable", what=what)


def _is_series_mapping(mapping: Mapping[str, str]) -> bool:
    return mapping.get("seriesInstanceUID") is not None


def _read_override_tags(overrides: FilesByPath, path: str) -> set[str]:
    """Return the tags of the data set in an override file. Return an empty set if the file cannot be read."""
    document = parse_content(overrides[path])[0] if path in overrides else None
    data_set = document[0] if isinstance(document, list) and document else document
    return set(data_set) if isinstance(data_set, dict) else set()


def _override_files_issues(
    mappings: list[dict[str, str]], overrides: FilesByPath, assumptions: Assumptions
) -> Iterator[Issue]:
    """Yield the issues of each override file. A file is checked for each study or series that its mappings name."""
    checked: set[tuple[object, ...]] = set()
    last_checked: dict[object, tuple[FileContent, list[Issue]]] = {}
    """Level of a target -> the content that was checked last, and its issues.

    Equal content is not checked again, because one rule makes many files with equal content.
    """
    for mapping in mappings:
        path, target = mapping["metadataFilePath"], _make_mapping_target(mapping)
        scope = target.level if assumptions.identifyingUids == "absent" else target
        if path in overrides and (path, scope) not in checked:
            checked.add((path, scope))
            content = overrides[path]
            last_content, issues = last_checked.get(target.level, (None, []))
            if content != last_content or scope is target:
                issues = check_override_file(content, target, assumptions)
                last_checked[target.level] = content, issues
            yield from (issue.with_location(path=path) for issue in issues)


def _make_mapping_target(mapping: Mapping[str, str]) -> Target:
    return Target(study_instance_uid=mapping["studyInstanceUID"], series_instance_uid=mapping.get("seriesInstanceUID"))
