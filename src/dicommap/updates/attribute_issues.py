"""Issues of attributes that no update can change, or that updates cannot change at a given level.

Sources: developer guide, "DICOM metadata constraints", "Updating image set metadata" and "Understanding image sets".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import is_outside_data_sets, is_private, keyword_of
from dicommap.healthimaging.levels import ENCODING_TAGS, Level, level_of
from dicommap.issues import make_issue
from dicommap.updates.stored_form import allows_several_values, has_known_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.dicom.json_model import Attribute
    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.issues import Issue, Location

UID_TAGS = frozenset({0x00080018, 0x0020000D, 0x0020000E})
"""Tags of the SOP, Study and Series Instance UID. Not even `force` changes them in primary image sets."""

STUDY_ID = 0x00200010
_PIXEL_DATA_GROUP = 0x7FE0


def needs_force(tag: int, attribute: Attribute | None) -> bool:
    """Return whether an update of an attribute needs the parameter `force`.

    Private elements, StudyID, sequences and attributes that may have several values need it.

    Args:
        tag: The tag of the attribute.
        attribute: The new value; None if the attribute is removed or if only its name is known.

    """
    if is_private(tag) or tag == STUDY_ID or allows_several_values(tag):
        return True
    return attribute is not None and (attribute["vr"] == "SQ" or len(attribute.get("Value", ())) > 1)


def forbidden_attribute_issues(tag: int, location: Location) -> Iterator[Issue]:
    """Yield an issue if no update may change or remove the attribute with this tag."""
    keyword = keyword_of(tag)
    if tag in UID_TAGS:
        yield make_issue("update-document.uid", location, keyword=keyword)
    elif tag >> 16 == _PIXEL_DATA_GROUP:
        yield make_issue("update-document.pixel-data", location, keyword=keyword)
    elif tag in ENCODING_TAGS:
        yield make_issue("update-document.describes-content", location, keyword=keyword)
    elif is_outside_data_sets(tag):
        yield make_issue("attribute.forbidden", location, keyword=keyword)


def level_issues(tag: int, place: Level, location: Location, *, is_one_series: bool) -> Iterator[Issue]:
    """Yield an issue if updates cannot change an attribute at a level, or for one series only.

    Args:
        tag: The tag of the attribute.
        place: The level at which the attribute is changed.
        location: The location of the attribute.
        is_one_series: Whether the update is for the image set of one series, and not for all of the study.

    """
    level, keyword = level_of(tag), keyword_of(tag)
    if level is not place:
        yield make_issue("update-document.level", location, keyword=keyword, level=level, place=place)
    elif is_one_series and level in (Level.PATIENT, Level.STUDY):
        yield make_issue("update-document.divides-study", location, keyword=keyword, level=level)


def value_issues(tag: int, attribute: Attribute | None, location: Location) -> Iterator[Issue]:
    """Yield an issue if the form of a new value is not known, so that an update cannot contain it.

    `attribute` is None if the attribute is removed.
    """
    if attribute is not None and not has_known_form(attribute):
        yield make_issue("update-document.unknown-form", location, keyword=keyword_of(tag))


def unavailable_issues(
    tag: int, attribute: Attribute | None, assumptions: Assumptions, location: Location
) -> Iterator[Issue]:
    """Yield an issue for each setting of `assumptions` that refuses the update of an attribute.

    Args:
        tag: The tag of the attribute.
        attribute: The new value; None if the attribute is removed.
        assumptions: The assumptions.
        location: The location of the attribute.

    """
    refusals = (
        (assumptions.updateForce, "updateForce", "an update with force", needs_force(tag, attribute)),
        (assumptions.updateSeries, "updateSeries", "an attribute of the series level", level_of(tag) is Level.SERIES),
        (
            assumptions.updateEmpty,
            "updateEmpty",
            "an emptied attribute",
            attribute is not None and attribute.keys() == {"vr"},
        ),
    )
    for setting, name, what, is_refused in refusals:
        if setting == "unavailable" and is_refused:
            yield make_issue(
                "update-document.unavailable",
                location,
                keyword=keyword_of(tag),
                what=what,
                setting=f"{name}=unavailable",
            )
