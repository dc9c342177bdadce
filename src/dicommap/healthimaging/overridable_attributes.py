"""Find attributes that an override may not set: unknown keywords, forbidden attributes, attributes of another level."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import is_outside_data_sets, keyword_of, tag_of, vrs_of
from dicommap.dicom.instance_content import find_content_module
from dicommap.dicom.keywords import make_keyword_hint_suffix, mask_unless_attribute, mask_unless_word
from dicommap.healthimaging.levels import ENCODING_TAGS, PER_INSTANCE_TAGS, Level, fits_override_level, level_of
from dicommap.issues import Location, Severity, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue


_SOP_INSTANCE_UID = 0x00080018
_POSITION_TAGS = frozenset({0x00200013, 0x00200032, 0x00201041})
"""Tags of attributes that differ between instances and can be edited for each: InstanceNumber, ImagePositionPatient and
SliceLocation."""
_CONTENT_TAGS = PER_INSTANCE_TAGS - _POSITION_TAGS - {_SOP_INSTANCE_UID}
"""Tags of pixel data, waveforms, documents and similar content, which edits cannot change."""


def unknown_keyword_issues(keyword: str, location: Location, *, is_option: bool = False) -> Iterator[Issue]:
    """Yield an issue if a text is not a keyword of the DICOM dictionary. The issue suggests similar keywords.

    Args:
        keyword: The name to check.
        location: The location of the name, for the issue. In the issue, its `keyword` is masked if it does not look
            like the name of an attribute, because a user may have written a patient's value by mistake.
        is_option: Whether the name is the value of an option of a command. If so, a single word is not masked.

    """
    if tag_of(keyword) is None:
        shown = mask_unless_word if is_option else mask_unless_attribute
        place = replace(location, keyword=shown(location.keyword)) if location.keyword else location
        yield make_issue("attribute.unknown", place, suggestion=make_keyword_hint_suffix(keyword))


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


def edited_attribute_issues(tag: int, level: Level, location: Location, *, is_removal: bool = False) -> Iterator[Issue]:
    """Yield an issue if edits at a level may not set an attribute, or may not remove it.

    Attributes that differ between instances, such as InstanceNumber, can be set for single instances only.

    Args:
        tag: The attribute's tag as an integer.
        level: The level of the edit: STUDY, SERIES or INSTANCE.
        location: The location of the issue.
        is_removal: Whether the edit removes the attribute.

    """
    if level is not Level.INSTANCE and not is_removal:
        yield from not_overridable_issues(tag, location)
    elif tag in _CONTENT_TAGS:
        yield make_issue("attribute.content", location, keyword=keyword_of(tag))
    elif tag == _SOP_INSTANCE_UID:
        yield make_issue("attribute.uid", location, keyword=keyword_of(tag))
    elif tag not in _POSITION_TAGS:
        yield from not_overridable_issues(tag, location)


def edit_keyword_issues(keyword: str, level: Level, place: Location, *, is_removal: bool = False) -> list[Issue]:
    """Return the issues of a keyword that is unknown, or whose attribute edits at a level may not set or remove."""
    unknown = list(unknown_keyword_issues(keyword, place))
    return unknown or list(edited_attribute_issues(tag_of(keyword) or 0, level, place, is_removal=is_removal))


def override_keyword_issues(keyword: str, place: Location) -> list[Issue]:
    """Return the issues of a keyword that is unknown, or whose attribute no override may set; else an empty list."""
    return list(unknown_keyword_issues(keyword, place)) or list(not_overridable_issues(tag_of(keyword) or 0, place))
