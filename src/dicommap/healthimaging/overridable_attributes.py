"""Find attributes that an override may not set: unknown keywords, forbidden attributes, attributes of another level."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import is_outside_data_sets, keyword_of, tag_of, vrs_of
from dicommap.dicom.instance_content import find_content_module
from dicommap.dicom.keywords import keyword_hint_suffix, mask_unless_attribute, mask_unless_word
from dicommap.healthimaging.levels import ENCODING_TAGS, PER_INSTANCE_TAGS, Level, fits_override_level, level_of
from dicommap.issues import Location, Severity, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue


def unknown_keyword_issues(keyword: str, location: Location, *, is_option: bool = False) -> Iterator[Issue]:
    """Yield an issue if a name is not a keyword of the DICOM dictionary. The issue suggests similar keywords.

    Args:
        keyword: The name to check.
        location: The location of the name, for the issue. In the issue, its `keyword` is masked if it does not look
            like the name of an attribute, because a user may have written a patient's value by mistake.
        is_option: Whether the name is the value of an option of a command. If so, a single word is not masked.

    """
    if tag_of(keyword) is None:
        shown = mask_unless_word if is_option else mask_unless_attribute
        place = replace(location, keyword=shown(location.keyword)) if location.keyword else location
        yield make_issue("attribute.unknown", place, suggestion=keyword_hint_suffix(keyword))


def not_overridable_issues(tag: int, location: Location) -> Iterator[Issue]:
    """Yield an issue if overrides may not set an attribute at all. `tag` is the attribute's tag as an integer."""
    keyword = keyword_of(tag)
    if is_outside_data_sets(tag):
        yield make_issue("attribute.forbidden", location, keyword=keyword)
    elif tag in PER_INSTANCE_TAGS:
        yield make_issue("attribute.per-instance", location, keyword=keyword)
    elif tag in ENCODING_TAGS:
        yield make_issue("attribute.describes-content", location, keyword=keyword)
    elif "UI" in vrs_of(tag):
        yield make_issue("attribute.uid", location, keyword=keyword)


def level_mismatch_issues(
    tag: int, override: Level, location: Location, severity: Severity = Severity.WARNING
) -> Iterator[Issue]:
    """Yield an issue if an override of the level `override` may not contain an attribute, because of its level.

    Args:
        tag: The attribute's tag as an integer.
        override: The level of the override.
        location: The location of the attribute.
        severity: The severity of the issue.

    """
    if not fits_override_level(tag, override):
        keyword = keyword_of(tag)
        yield make_issue(
            "attribute.level", location, severity=severity, keyword=keyword, level=level_of(tag), override=override
        )


def instance_content_issues(
    tag: int, override: Level, location: Location, severity: Severity = Severity.WARNING
) -> Iterator[Issue]:
    """Yield an issue if an attribute describes the content of a single instance, such as RescaleSlope.

    Args:
        tag: The attribute's tag as an integer.
        override: The level of the override.
        location: The location of the attribute.
        severity: The severity of the issue.

    """
    module = find_content_module(tag)
    if module is not None:
        keyword = keyword_of(tag)
        yield make_issue(
            "attribute.instance-content", location, severity=severity, keyword=keyword, module=module, override=override
        )


def override_keyword_issues(keyword: str, place: Location) -> list[Issue]:
    """Return the issues of a keyword that is unknown, or whose attribute no override may set; else an empty list."""
    return list(unknown_keyword_issues(keyword, place)) or list(not_overridable_issues(tag_of(keyword) or 0, place))
