"""Which attributes an override may set: no UIDs, nothing that is the file's own, and at its own level."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.issues import Location, Severity, issue
from dicommap.model.attribute_names import shown_name, shown_word, suggestion
from dicommap.model.levels import CONTENT_TAGS, PER_INSTANCE_TAGS, Level, fits, level_of
from dicommap.model.tags import in_no_data_set, keyword_of, tag_of, vrs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue


def keyword_issues(keyword: str, location: Location, *, is_option: bool = False) -> Iterator[Issue]:
    """Find that a name is no keyword of the dictionary, and say which one may be meant.

    The location's keyword is masked unless the name looks like that of an attribute, or is a word typed as an option.
    """
    if tag_of(keyword) is None:
        shown = shown_word if is_option else shown_name
        place = replace(location, keyword=shown(location.keyword)) if location.keyword else location
        yield issue("attribute.unknown", place, suggestion=suggestion(keyword))


def overridable_issues(tag: int, location: Location) -> Iterator[Issue]:
    """Find why no override may set this attribute, whatever its level."""
    keyword = keyword_of(tag)
    if in_no_data_set(tag):
        yield issue("attribute.forbidden", location, keyword=keyword)
    elif tag in PER_INSTANCE_TAGS:
        yield issue("attribute.per-instance", location, keyword=keyword)
    elif tag in CONTENT_TAGS:
        yield issue("attribute.describes-content", location, keyword=keyword)
    elif "UI" in vrs_of(tag):
        yield issue("attribute.uid", location, keyword=keyword)


def level_issues(
    tag: int, override: Level, location: Location, severity: Severity = Severity.WARNING
) -> Iterator[Issue]:
    """Find that an attribute is of another level than the override that sets it."""
    if not fits(tag, override):
        keyword = keyword_of(tag)
        yield issue(
            "attribute.level", location, severity=severity, keyword=keyword, level=level_of(tag), override=override
        )
