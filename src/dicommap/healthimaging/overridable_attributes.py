"""Issues of attributes that an override must not set, or that belong to another level."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import is_outside_data_sets, keyword_of, tag_of, vrs_of
from dicommap.dicom.keywords import keyword_hint_suffix, mask_unless_attribute, mask_unless_word
from dicommap.healthimaging.levels import CONTENT_TAGS, PER_INSTANCE_TAGS, Level, fits_override_level, level_of
from dicommap.issues import Location, Severity, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue


def unknown_keyword_issues(keyword: str, location: Location, *, is_option: bool = False) -> Iterator[Issue]:
    """Yield an issue if a name is not a keyword of the dictionary, with a suggestion of similar keywords.

    Args:
        keyword: The name.
        location: Where the name is. Its `keyword` is masked unless the name looks like an attribute's, since somebody
            may have put a patient's value there.
        is_option: Whether the name was typed as an option of a command; then a single word is not masked.

    """
    if tag_of(keyword) is None:
        shown = mask_unless_word if is_option else mask_unless_attribute
        place = replace(location, keyword=shown(location.keyword)) if location.keyword else location
        yield make_issue("attribute.unknown", place, suggestion=keyword_hint_suffix(keyword))


def not_overridable_issues(tag: int, location: Location) -> Iterator[Issue]:
    """Yield an issue if no override may set this attribute, at any level."""
    keyword = keyword_of(tag)
    if is_outside_data_sets(tag):
        yield make_issue("attribute.forbidden", location, keyword=keyword)
    elif tag in PER_INSTANCE_TAGS:
        yield make_issue("attribute.per-instance", location, keyword=keyword)
    elif tag in CONTENT_TAGS:
        yield make_issue("attribute.describes-content", location, keyword=keyword)
    elif "UI" in vrs_of(tag):
        yield make_issue("attribute.uid", location, keyword=keyword)


def level_mismatch_issues(
    tag: int, override: Level, location: Location, severity: Severity = Severity.WARNING
) -> Iterator[Issue]:
    """Yield an issue if the level of an attribute differs from the level of its override."""
    if not fits_override_level(tag, override):
        keyword = keyword_of(tag)
        yield make_issue(
            "attribute.level", location, severity=severity, keyword=keyword, level=level_of(tag), override=override
        )


def override_keyword_issues(keyword: str, place: Location) -> list[Issue]:
    """Return why no override may set what a keyword names; nothing where one may."""
    return list(unknown_keyword_issues(keyword, place)) or list(not_overridable_issues(tag_of(keyword) or 0, place))
