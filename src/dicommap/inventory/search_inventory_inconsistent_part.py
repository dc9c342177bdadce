"""Attributes that differ inside a study or series, with their values and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.display.displayable import Displayable
from dicommap.model.masking import is_unmasked_in_repr

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from dicommap.display.report import Report
    from dicommap.model.study import ValueCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconsistency:
    """One attribute that differs inside a study, or inside a series of it."""

    study_instance_uid: str
    series_instance_uid: str | None
    """None where the attribute is one of the whole study."""
    keyword: str
    values: ValueCounts = field(repr=False)
    """Distinct value -> number of files, the most frequent first; an absent attribute counts as the empty text."""


class Inconsistencies(tuple[Inconsistency, ...], Displayable):
    """What differs, in the order of finding."""

    _unmasked: bool

    def __new__(cls, found: Iterable[Inconsistency] = (), *, unmasked: bool = False) -> Self:
        """Take what was found; `unmasked` says whether text and HTML show patient values."""
        made = super().__new__(cls, found)
        made._unmasked = unmasked
        return made

    @property
    def keywords(self) -> tuple[str, ...]:
        """Return the attributes that differ somewhere, each once: what `draft(harmonize=...)` takes."""
        return tuple(dict.fromkeys(one.keyword for one in self))

    # A tuple has both of its own.
    __str__ = Displayable.__str__
    __repr__ = Displayable.__repr__

    def _screen(self) -> Report:
        from dicommap.display.inventory_report_render_inconsistent_screen_part import build_inconsistencies_report

        return build_inconsistencies_report(self, show_values=is_unmasked_in_repr(unmasked=self._unmasked))
