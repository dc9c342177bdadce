"""An edit: the new value of one attribute of a study or series, as a user requests it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import is_undecodable
from dicommap.issues import Location

if TYPE_CHECKING:
    from dicommap.dicom.json_model import Attribute
    from dicommap.edits.edit_result import EditResult
    from dicommap.model.study import Target


_NO_LOCATION = Location()

CurrentValue = tuple[str, str]
"""A keyword, and a value that some files of the target have now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A requested change: the new value of one attribute in all files of a study or series."""

    target: Target
    tag: int
    attribute: Attribute = field(repr=False)
    """The new value in the DICOM JSON Model (PS3.18 Annex F)."""

    origin: str
    """The source of the edit as messages name it: `sheet.csv row 3`, `rules.toml rule 'pilot site'`."""

    location: Location = field(default=_NO_LOCATION, repr=False, compare=False)
    """The column of the sheet, or the rule and keyword; the same for all studies."""
    edit_results: tuple[EditResult, ...] = field(default=(), repr=False, compare=False)
    """The results that count this edit: of its sheet row, or of its rule and lookup row."""
    computed_from: tuple[CurrentValue, ...] = field(default=(), repr=False, compare=False)
    """The current values that the new value was computed from; empty if a person typed the value.

    If one of these values could not be decoded, the edit is refused, and `attribute` may be `NOT_COMPUTED_ATTRIBUTE`.
    """

    @property
    def undecodable_source(self) -> CurrentValue | None:
        """Return the first value in `computed_from` that could not be decoded, or None."""
        return next((source for source in self.computed_from if is_undecodable(source[1])), None)


NOT_COMPUTED_ATTRIBUTE: Attribute = {"vr": "UN"}
"""Placeholder for the new value of a refused edit: no value was computed."""
