"""The change of one attribute, which an override or an update makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicommap.dicom.json_model import Attribute
    from dicommap.model.study import ValueCounts


class UpdateReason(StrEnum):
    """The reason why an update of stored image sets makes a change, because no override can make it."""

    INSTANCE = "instance"
    """The edit is for a single instance. Overrides are for a study or a series."""
    REMOVAL = "removal"
    """The edit removes the attribute. An override can only set or empty an attribute."""
    LEVEL = "level"
    """No override of a study or series may contain an attribute of this level."""
    STORED = "stored"
    """The instances are in a data store already, so that no import job can change them."""


# A draft stores each change. Without slots, pickle restores the fields without a call of Python for each of them.
@dataclass(frozen=True, kw_only=True)
class AttributeChange:
    """The change of one attribute in a study, series or instance: its values before and after, and its edits."""

    study_instance_uid: str
    series_instance_uid: str | None
    sop_instance_uid: str | None = None
    """The SOP Instance UID, if the change is for a single instance; else None."""
    tag: int
    before: ValueCounts | None = field(repr=False)
    """Current value -> number of files. None if the inventory did not capture the attribute."""
    after: Attribute | None = field(repr=False)
    """The new value in the DICOM JSON Model; None if the attribute is removed."""
    origins: tuple[str, ...]
    update_reason: UpdateReason | None = None
    """The reason why an update makes the change; None if an override makes it."""
    can_be_shown: bool = field(default=False, compare=False)
    """Whether outputs may show the new value, if its attribute is unmasked.

    It is False if a function or lookup table computed the value from masked values, or if the value contains a masked
    value of the study.
    """


def has_only_value(before: ValueCounts | None, text: str | None) -> bool:
    """Return whether all files already have the value `text`, so that an edit would change nothing.

    An inventory does not distinguish an absent attribute from an empty one: the value of both is the empty text.
    `before` is None if the inventory did not capture the attribute.
    """
    return before is not None and list(before) == [text]
