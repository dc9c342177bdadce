"""What all ways in for edits have in common: asked for each study once, they answer with edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue
    from dicommap.model.edits import Edit
    from dicommap.model.hierarchy import Study


class Editor(Protocol):
    """A way in for edits. A new one is a class with these two methods."""

    def for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits of a study and its series, and what is wrong with them there."""

    def leftovers(self) -> Iterator[Issue]:
        """Yield, after the last study, what came to nothing."""
