"""An edit: the new value that somebody wants for one attribute of a study or series."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import is_undecodable
from dicommap.issues import Location

if TYPE_CHECKING:
    from dicommap.dicom.json_model import Attribute
    from dicommap.edits.edit_result import EditResult
    from dicommap.model.study import Target


_NOWHERE = Location()

CurrentValue = tuple[str, str]
"""A keyword, and a value that some files of the target have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One wish: the target's attribute gets this value."""

    target: Target
    tag: int
    attribute: Attribute = field(repr=False)
    """The new value, as the DICOM JSON Model writes it."""

    origin: str
    """What asks for it, for people: `sheet.csv row 3`, `rules.toml rule 'pilot site'`."""

    location: Location = field(default=_NOWHERE, repr=False, compare=False)
    """Where it is asked for, the same for all studies: a column of a sheet, a rule and keyword."""
    edit_results: tuple[EditResult, ...] = field(default=(), repr=False, compare=False)
    """Those of the sheet row, of the rule, of the lookup row that it comes from."""
    computed_from: tuple[CurrentValue, ...] = field(default=(), repr=False, compare=False)
    """The current values that the new one was computed from; none if somebody typed it.

    If one of them could not be decoded the edit is refused, and `attribute` may be `NOT_COMPUTED_ATTRIBUTE`.
    """

    @property
    def undecodable_source(self) -> CurrentValue | None:
        """Return the first current value that it was computed from and that could not be decoded."""
        return next((source for source in self.computed_from if is_undecodable(source[1])), None)


NOT_COMPUTED_ATTRIBUTE: Attribute = {"vr": "UN"}
"""Stands for the new value of an edit that is refused, so that nothing was computed for it."""
