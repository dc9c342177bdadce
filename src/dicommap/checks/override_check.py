"""Override files: a data set of the DICOM JSON Model that says only what an override may say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dicommap.checks.schema_check import schema_issues
from dicommap.issues import Issue, Location, Severity, issue
from dicommap.model.dicom_json import data_set_issues
from dicommap.model.overridable import level_issues, overridable_issues
from dicommap.model.strict_json import parse_json
from dicommap.model.tags import keyword_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.model.levels import Level

_TAG = re.compile(r"[0-9A-F]{8}")


def override_file_issues(data: bytes, level: Level | None) -> list[Issue]:
    """Find everything that is wrong with an override file; `level` is its mapping's, where there is one."""
    document, issues = parse_json(data)
    if any(found.code in ("json.not-json", "json.not-utf8", "json.too-deep") for found in issues):
        return issues
    return [*issues, *override_issues(document, level)]


def override_issues(document: object, level: Level | None) -> list[Issue]:
    """Find everything that is wrong with an override's data set, in the order of its attributes."""
    exact = [*data_set_issues(document), *_attribute_issues(document, level)]
    # The schema sees the same faults more coarsely: it is heard where the exact rules found no error nearby.
    errors = [found.location.pointer or "" for found in exact if found.severity is Severity.ERROR]
    coarse = [
        found for found in schema_issues("override", document) if not _nearby(found.location.pointer or "", errors)
    ]
    return [*exact, *coarse]


def _nearby(pointer: str, errors: list[str]) -> bool:
    return any(_within(pointer, error) or _within(error, pointer) for error in errors)


def _within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith(outer + "/")


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
