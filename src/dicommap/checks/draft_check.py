"""A draft before it is written: what one import job can take, and what is already in its way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.issues import Location, issue
from dicommap.model.healthimaging import DEFAULT_JOB_FILES, MAX_JOB_BYTES, MAX_MAPPINGS
from dicommap.model.overridable import level_issues
from dicommap.model.s3_uri import metadata_path_issues
from dicommap.model.tags import keyword_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dicommap.issues import Issue
    from dicommap.model.override import Override
    from dicommap.model.s3_uri import S3Uri


def override_level_issues(overrides: Iterable[Override]) -> Iterator[Issue]:
    """Find attributes of another level than their override's."""
    for override in overrides:
        place = Location(study=override.study_instance_uid, series=override.series_instance_uid)
        for tag in (int(text, 16) for text in override.data_set):
            yield from level_issues(tag, override.level, replace(place, keyword=keyword_of(tag)))


def placement_issues(paths: Sequence[str], uri: S3Uri | None, taken: Callable[[str], bool]) -> Iterator[Issue]:
    """Find what keeps override files from these paths: too many, too long a key, or a source file there already."""
    if len(paths) > MAX_MAPPINGS:
        yield issue("draft.too-many-mappings", count=len(paths), limit=MAX_MAPPINGS)
    for path in paths:
        if taken(path):
            yield issue("draft.path-taken", Location(path=path))
        yield from metadata_path_issues(path, uri, Location(path=path))


def quota_issues(files: int, size: int) -> Iterator[Issue]:
    """Find that a job would scan more files or bytes than its quotas allow."""
    if files > DEFAULT_JOB_FILES:
        yield issue("job.too-many-files", count=files, limit=DEFAULT_JOB_FILES)
    if size > MAX_JOB_BYTES:
        yield issue("job.too-large", size=size, limit=MAX_JOB_BYTES)
