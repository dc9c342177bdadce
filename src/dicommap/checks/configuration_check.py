"""An import configuration and the override files that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.checks.mapping_check import MAPPINGS, mapping_issues, mappings_of
from dicommap.checks.override_check import override_file_issues
from dicommap.checks.schema_check import schema_issues
from dicommap.issues import Issue, Location, issue
from dicommap.model.hierarchy import Target

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from dicommap.checks.contents import Contents
    from dicommap.model.profile import Profile
    from dicommap.model.s3_uri import S3Uri


def configuration_issues(
    document: Any,  # noqa: ANN401  JSON of any type
    overrides: Contents | None,
    known: Mapping[str, set[str]] | None,
    uri: S3Uri | None,
    profile: Profile,
    pointer: str = "",
    absent: Container[str] = (),
) -> Iterator[Issue]:
    """Find what is wrong with an import configuration and the override files that it names.

    `overrides` are the files under inputS3Uri by their relative path, or None where they are not at hand; only those
    that a mapping names are read, and checked by the profile. Issues of an override file have its path as their
    location's, and are found once for all mappings that share it and ask the same of it. `pointer` is where the
    configuration stands in its document. `absent` are paths of which something else says that their file is missing.
    """
    found = schema_issues("import-configuration", document)
    if found:
        yield from (one.at(pointer=pointer + (one.location.pointer or "")) for one in found)
        return
    mappings = mappings_of(document)
    found = list(mapping_issues(mappings, uri, known, profile, pointer))
    yield from found
    if overrides is None:
        yield issue("mapping.files-not-given")
        return
    # What a path that leaves the prefix would lead to is not looked for.
    strays = {one.location.pointer for one in found if one.code == "mapping.path"}
    yield from _override_files_issues(mappings, overrides, profile)
    for index, mapping in enumerate(mappings):
        path, place = mapping["metadataFilePath"], f"{pointer}{MAPPINGS}/{index}/metadataFilePath"
        if path not in overrides and path not in absent and place not in strays:
            yield issue("mapping.missing-file", Location(pointer=place))


def _override_files_issues(mappings: list[dict[str, str]], overrides: Contents, profile: Profile) -> Iterator[Issue]:
    seen: set[tuple[object, ...]] = set()
    for mapping in mappings:
        path, target = mapping["metadataFilePath"], _target(mapping)
        asked = (path, target.level if profile.identifyingUids == "absent" else target)
        if path in overrides and asked not in seen:
            seen.add(asked)
            yield from (one.at(path=path) for one in override_file_issues(overrides[path], target, profile))


def _target(mapping: Mapping[str, str]) -> Target:
    return Target(study_instance_uid=mapping["studyInstanceUID"], series_instance_uid=mapping.get("seriesInstanceUID"))
