"""Read and write the states of the promotions of a package. A state is written before each request and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.errors import PackageError
from dicommap.model.package_layout import PROMOTIONS_FOLDER, promotion_state_path
from dicommap.model.promotion_state import PromotionState
from dicommap.package.state_folder import StateFolder

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path


_DAMAGED_FIX = (
    "Restore it. Without it nobody knows which requests were sent: look at the image sets of the study with "
    "SearchImageSets before you remove the file."
)


class PromotionStates:
    """The saved states of the promotions of one package."""

    def __init__(self, package: Path) -> None:
        """Prepare to read and write the states in the directory of a package."""
        self._folder = StateFolder(
            package,
            PROMOTIONS_FOLDER,
            subject="promotion",
            busy_message="Another 'dicommap promote' uses this package.",
            use="promote",
        )

    def read(self, image_set: str) -> PromotionState | None:
        """Return the saved state of an image set. Return None if nothing was sent for it.

        Raises PackageError if the file is damaged.
        """
        damaged = f"{promotion_state_path(image_set)} is not the state of a promotion."
        state = self._folder.read_model(
            promotion_state_path(image_set), PromotionState, damaged=damaged, fix=_DAMAGED_FIX
        )
        if state is not None and state.imageSetId != image_set:
            raise PackageError(damaged, fix=_DAMAGED_FIX)
        return state

    def write(self, state: PromotionState) -> None:
        """Save a state. After a crash, the file has either the old or the new state. Raises PackageError."""
        self._folder.write(promotion_state_path(state.imageSetId), state)

    def lock(self) -> AbstractContextManager[None]:
        """Return a context manager that locks the folder, so that no second promotion can run on this machine."""
        return self._folder.lock()
