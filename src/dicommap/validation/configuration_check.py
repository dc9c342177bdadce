"""An import configuration and the override files that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.issues import Issue, Location, make_issue
from dicommap.model.study import Target
from dicommap.validation.configuration_check_checks_mapping_check_part import (
    MAPPINGS_POINTER,
    check_mappings,
    get_mappings,
)
from dicommap.validation.override_check import check_override_file
from dicommap.validation.schema_check import check_schema

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.validation.file_contents import FilesByPath


def check_import_configuration(
    document: Any,  # noqa: ANN401  JSON of any type
    overrides: FilesByPath | None,
    known: Mapping[str, set[str]] | None,
    uri: S3Uri | None,
    profile: Assumptions,
    pointer: str = "",
    absent: Container[str] = (),
) -> Iterator[Issue]:
    """Find what is wrong with an import configuration and the override files that it names.

    `overrides` are the files under inputS3Uri by their relative path, or None where they are not at hand; only those
    that a mapping names are read, and checked by the profile. Issues of an override file have its path as their
    location's, and are found once for all mappings that share it and ask the same of it. `pointer` is where the
    configuration stands in its document. `absent` are paths of which something else says that their file is missing.
    """
    found = check_schema("import-configuration", document)
    if found:
        yield from (one.at(pointer=pointer + (one.location.pointer or "")) for one in found)
        return
    mappings = get_mappings(document)
    found = list(check_mappings(mappings, uri, known, profile, pointer))
    yield from found
    if overrides is None:
        yield make_issue("mapping.files-not-given")
        return
    # What a path that leaves the prefix would lead to is not looked for.
    strays = {one.location.pointer for one in found if one.code == "mapping.path"}
    yield from _override_files_issues(mappings, overrides, profile)
    for index, mapping in enumerate(mappings):
        path, place = mapping["metadataFilePath"], f"{pointer}{MAPPINGS_POINTER}/{index}/metadataFilePath"
        if path not in overrides and path not in absent and place not in strays:
            yield make_issue("mapping.missing-file", Location(pointer=place))


def _override_files_issues(
    mappings: list[dict[str, str]], overrides: FilesByPath, profile: Assumptions
) -> Iterator[Issue]:
    seen: set[tuple[object, ...]] = set()
    for mapping in mappings:
        path, target = mapping["metadataFilePath"], _mapping_target(mapping)
        asked = (path, target.level if profile.identifyingUids == "absent" else target)
        if path in overrides and asked not in seen:
            seen.add(asked)
            yield from (one.at(path=path) for one in check_override_file(overrides[path], target, profile))


def _mapping_target(mapping: Mapping[str, str]) -> Target:
    return Target(study_instance_uid=mapping["studyInstanceUID"], series_instance_uid=mapping.get("seriesInstanceUID"))
