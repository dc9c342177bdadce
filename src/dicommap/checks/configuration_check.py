"""An import configuration and the override files that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.checks.mapping_check import MAPPINGS, mapping_issues, mappings_of
from dicommap.checks.override_check import override_file_issues
from dicommap.checks.schema_check import schema_issues
from dicommap.issues import Issue, Location, issue
from dicommap.model.levels import Level

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from dicommap.checks.contents import Contents
    from dicommap.model.s3_uri import S3Uri


def configuration_issues(
    document: Any,  # noqa: ANN401  JSON of any type
    overrides: Contents | None,
    known: Mapping[str, set[str]] | None,
    uri: S3Uri | None,
    pointer: str = "",
    absent: Container[str] = (),
) -> Iterator[Issue]:
    """Find what is wrong with an import configuration and the override files that it names.

    `overrides` are the files under inputS3Uri by their relative path, or None where they are not at hand; only those
    that a mapping names are read. Issues of an override file have its path as their location's, and are found once
    for all mappings of a level that share it. `pointer` is where the configuration stands in its document. `absent`
    are paths of which something else says that their file is missing.
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
    # What a path that leaves the prefix would lead to is not looked for.
    strays = {one.location.pointer for one in found if one.code == "mapping.path"}
    yield from _override_files_issues(mappings, overrides)
    for index, mapping in enumerate(mappings):
        path, place = mapping["metadataFilePath"], f"{pointer}{MAPPINGS}/{index}/metadataFilePath"
        if path not in overrides and path not in absent and place not in strays:
            yield issue("mapping.missing-file", Location(pointer=place))


def _override_files_issues(mappings: list[dict[str, str]], overrides: Contents) -> Iterator[Issue]:
    levels = (
        (one["metadataFilePath"], Level.SERIES if "seriesInstanceUID" in one else Level.STUDY) for one in mappings
    )
    for path, level in dict.fromkeys(levels):
        if path in overrides:
            yield from (one.at(path=path) for one in override_file_issues(overrides[path], level))
