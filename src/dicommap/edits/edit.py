"""An edit: the new value that a user requests for one attribute of a study, series or instance, or its removal."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import is_undecodable
from dicommap.issues import Location

if TYPE_CHECKING:
    from dicommap.dicom.json_model import Attribute
    from dicommap.edits.edit_result import EditResult
    from dicommap.model.study import Target


_NO_LOCATION = Location()


class Removal(Enum):
    """The class of `REMOVE`, the value that removes an attribute instead of giving it a new value."""

    REMOVE = "remove"

    def __repr__(self) -> str:
        return "dicommap.REMOVE"


REMOVE = Removal.REMOVE
"""The value that a function returns for an attribute that is removed. The empty text makes an attribute empty."""

EditScope = tuple[str | None, str | None, int]
"""Series and SOP Instance UID, or None for all series and instances, and the tag of the changed attribute."""

CurrentValue = tuple[str, str]
"""A keyword, and a value that its attribute has in some files of a study or series, before the edits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A requested change of one attribute in all files of a study, series or instance: a new value, or its removal."""

    target: Target
    tag: int
    attribute: Attribute | None = field(repr=False)
    """The new value in the DICOM JSON Model (PS3.18 Annex F). None removes the attribute."""

    origin: str
    """The source of the edit for messages, such as `sheet.csv row 3` or `rules.toml rule 'pilot site'`."""

    location: Location = field(default=_NO_LOCATION, repr=False, compare=False)
    """The location of the edit for issues: the column of a sheet, or a rule and a keyword. It names no study."""
    edit_results: tuple[EditResult, ...] = field(default=(), repr=False, compare=False)
    """The edit results that count this edit.

    An edit from a sheet has the result of its row. An edit from a rule has the result of the rule, and of the lookup
    row if the rule has a lookup.
    """
    computed_from: tuple[CurrentValue, ...] = field(default=(), repr=False, compare=False)
    """The current values from which the new value was computed; empty if no current value was used.

    If one of these values could not be decoded, the edit is refused, and `attribute` may be `NOT_COMPUTED_ATTRIBUTE`.
    """

    can_be_shown: bool = field(default=False, compare=False)
    """Whether outputs may show the new value. Values of masked attributes are never shown.

    True for fixed values of a sheet or rule, and for values that were computed only from unmasked values.
    """

    @property
    def is_removal(self) -> bool:
        """Return whether the edit removes the attribute, which is not the same as making it empty."""
        return self.attribute is None

    def scopes(self) -> tuple[EditScope, ...]:
        """Return the attribute changes that this edit may be part of: of its study, its series and its instance.

        Each scope is a tuple: Series Instance UID, SOP Instance UID, tag. A UID is None if the scope is a whole study
        or series. If the edit is for a study, only the scope of the study is returned.
        """
        series, instance = self.target.series_instance_uid, self.target.sop_instance_uid
        of_study = (None, None, self.tag)
        if series is None:
            return (of_study,)
        of_series = (series, None, self.tag)
        return (of_study, of_series) if instance is None else (of_study, of_series, (series, instance, self.tag))

    @property
    def undecodable_source(self) -> CurrentValue | None:
        """Return the first value in `computed_from` that could not be decoded; None if all were decoded."""
        return next((source for source in self.computed_from if is_undecodable(source[1])), None)


NOT_COMPUTED_ATTRIBUTE: Attribute = {"vr": "UN"}
"""The placeholder for the new value of a refused edit. No value was computed for such an edit."""
