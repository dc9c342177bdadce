"""Studies that were picked from an inventory: to look at, to count, and to edit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dicommap.display.displayable import Displayable
from dicommap.inventory.studies_inventory_pictured_part import PicturedStudy
from dicommap.model.masking import is_unmasked_in_repr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

    from dicommap.display.report import Report
    from dicommap.model.study import Study


class Studies(tuple[PicturedStudy, ...], Displayable):
    """Studies in order of their UIDs, held in memory."""

    _unmasked: bool

    def __new__(cls, studies: Iterable[PicturedStudy] = (), *, unmasked: bool = False) -> Self:
        """Take the studies; `unmasked` says whether text and HTML show patient values."""
        found = super().__new__(cls, studies)
        found._unmasked = unmasked
        return found

    def distinct(self, keyword: str) -> dict[str, int]:
        """Return the values of a captured attribute in these studies, each with its files, the most frequent first."""
        total: Counter[str] = Counter()
        for study in self:
            total.update(study.values[keyword])
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))

    def edit(self, **values: str) -> Callable[[Study], dict[str, str]]:
        """Return the edit that gives these studies new values, for `draft(by_study=...)`.

        `found.edit(PatientID="P-1", StudyTime="")` sets the one and empties the other.
        """
        uids = frozenset(study.study_instance_uid for study in self)

        def edit(study: Study) -> dict[str, str]:
            return values if study.study_instance_uid in uids else {}

        edit.__name__ = f"edit of {', '.join(values)}"
        return edit

    # A tuple has both of its own.
    __str__ = Displayable.__str__
    __repr__ = Displayable.__repr__

    def _screen(self) -> Report:
        from dicommap.display.study_report import build_studies_report

        return build_studies_report(self, show_values=is_unmasked_in_repr(unmasked=self._unmasked))
