"""The interface of whatever provides edits, such as a sheet or rule, and a combination of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dicommap.edits.edit import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.edits.edit_result import EditResult
    from dicommap.edits.harmonize_edits import EditedAttribute, HarmonizeEdits
    from dicommap.issues import Issue
    from dicommap.model.study import Study


class EditProvider(Protocol):
    """A way in for edits. A new one is a class with these three methods."""

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits of a study and its series, and what is wrong with them there."""

    def leftovers(self) -> Iterator[Issue]:
        """Yield, after the last study, what came to nothing."""

    def accounts(self) -> Iterator[EditResult]:
        """Yield, after the last study, what became of each part of it: row by row, rule by rule."""


@dataclass(frozen=True, slots=True)
class CombinedEdits:
    """Several editors as one, and after them those that harmonize what the others leave."""

    editors: tuple[EditProvider, ...] = ()
    harmonizing: tuple[HarmonizeEdits, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return bool(self.editors or self.harmonizing)

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield what all editors yield for a study."""
        wished: set[EditedAttribute] = set()
        for editor in self.editors:
            for found in editor.edits_for_study(study):
                if isinstance(found, Edit):
                    wished.add((found.target.series_instance_uid, found.tag))
                yield found
        for one in self.harmonizing:
            yield from one.edits_for_study(study, wished)

    def leftovers(self) -> Iterator[Issue]:
        """Yield what of all editors came to nothing, each finding once: rules may share a lookup."""
        found = (one for editor in (*self.editors, *self.harmonizing) for one in editor.leftovers())
        yield from dict.fromkeys(found)

    def accounts(self) -> Iterator[EditResult]:
        """Yield the accounts of all editors, each once: rules may share a lookup."""
        found = (one for editor in (*self.editors, *self.harmonizing) for one in editor.accounts())
        yield from {id(account): account for account in found}.values()
