"""A new value as somebody wrote it: a keyword and a text, checked once for all ways in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.dictionary_model_tags_part import tag_of
from dicommap.dicom.json_model import Attribute, attribute_from_text
from dicommap.healthimaging.overridable_attributes import not_overridable_issues, unknown_keyword_issues

if TYPE_CHECKING:
    from dicommap.issues import Issue, Location


def override_keyword_issues(keyword: str, place: Location) -> list[Issue]:
    """Return why no override may set what a keyword names; nothing where one may."""
    return list(unknown_keyword_issues(keyword, place)) or list(not_overridable_issues(tag_of(keyword) or 0, place))


def parse_override_attribute(keyword: str, text: str, place: Location) -> Attribute | list[Issue]:
    """Return the attribute that a keyword and a text mean, or what keeps it from being overridden so."""
    return override_keyword_issues(keyword, place) or attribute_from_text(tag_of(keyword) or 0, text, place)
