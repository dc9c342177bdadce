"""Override files: a data set of the DICOM JSON Model that says only what an override may say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dicommap.checks.contents import parsed
from dicommap.issues import Issue, Location, issue
from dicommap.model.dicom_json import data_set_issues
from dicommap.model.overridable import level_issues, overridable_issues
from dicommap.model.tags import keyword_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.checks.contents import Content
    from dicommap.model.levels import Level

_TAG = re.compile(r"[0-9A-F]{8}")


def override_file_issues(content: Content, level: Level | None) -> list[Issue]:
    """Find everything that is wrong with an override file; `level` is its mapping's, where there is one."""
    document, issues = parsed(content)
    if document is None and issues:
        return issues
    return [*issues, *override_issues(document, level)]


def override_issues(document: object, level: Level | None) -> list[Issue]:
    """Find everything that is wrong with an override's data set.

    override.schema.json is not asked: it rejects nothing that these rules take (tests hold them to it), and says less.
    """
    return [*data_set_issues(document), *_attribute_issues(document, level)]


def _attribute_issues(document: object, level: Level | None) -> Iterator[Issue]:
    if not isinstance(document, dict):
        return
    if not document:
        yield issue("override.empty")
    for member in document:
        if _TAG.fullmatch(member):
            yield from _one_attribute_issues(member, document, level)


def _one_attribute_issues(member: str, document: dict[str, Any], level: Level | None) -> Iterator[Issue]:
    tag = int(member, 16)
    place = Location(pointer=f"/{member}", keyword=keyword_of(tag))
    refused = [found for found in overridable_issues(tag, place) if found.code != "attribute.forbidden"]
    yield from refused
    if level is not None and not refused:
        yield from level_issues(tag, level, place)
