"""Read and write the states of a package's updates. Each request writes a state before it is sent, and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.errors import PackageError
from dicommap.model.package_layout import (
    UPDATE_ACCOUNT_FILE,
    UPDATE_STATES_FOLDER,
    revert_state_path,
    update_state_path,
)
from dicommap.model.update_state import RevertState, UpdateAwsAccount, UpdateState
from dicommap.package.state_folder import StateFolder
from dicommap.reading.document_limits import UPDATE_STATE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dicommap.package.state_folder import ModelT

_DAMAGED_FIX = (
    "Restore it. Without it nobody knows which requests were sent: ListImageSetVersions shows the versions of an image "
    "set before you remove the file."
)


class UpdateStates:
    """The saved states of the updates and reverts of one package, and the data store that they are for."""

    def __init__(self, package: Path) -> None:
        """Prepare to read and write the states in the directory of a package."""
        self._folder = StateFolder(
            package,
            UPDATE_STATES_FOLDER,
            subject="update",
            busy_message="Another 'dicommap update' uses this package.",
            use="update",
        )

    def read(self, update: str) -> UpdateState | None:
        """Return the saved state of an update. Return None if nothing was sent or checked for it.

        Raises PackageError if the file is damaged.
        """
        state = self._read_model(update_state_path(update), UpdateState)
        if state is not None and state.update != update:
            raise PackageError(f"{update_state_path(update)} is the state of another update.", fix=_DAMAGED_FIX)
        return state

    def read_all(self, updates: Iterable[str]) -> dict[str, UpdateState]:
        """Return the saved states by the number of the update's file. Updates without a state are left out.

        Raises PackageError if a file is damaged.
        """
        states = ((update, self.read(update)) for update in updates)
        return {update: state for update, state in states if state is not None}

    def write(self, state: UpdateState) -> None:
        """Save the state of an update. After a crash, the file has either the old or the new state.

        Raises PackageError if the file cannot be written.
        """
        self._folder.write(update_state_path(state.update), state)

    def read_revert(self, image_set: str) -> RevertState | None:
        """Return the saved state of the revert of an image set. Return None if nothing was reverted.

        Raises PackageError if the file is damaged.
        """
        return self._read_model(revert_state_path(image_set), RevertState)

    def write_revert(self, state: RevertState) -> None:
        """Save the state of the revert of an image set. Raises PackageError if it cannot be written."""
        self._folder.write(revert_state_path(state.imageSetId), state)

    def read_account(self) -> UpdateAwsAccount | None:
        """Return the data store and the settings of the first update. Return None if there was no update.

        Raises PackageError if the file is damaged.
        """
        return self._read_model(UPDATE_ACCOUNT_FILE, UpdateAwsAccount)

    def write_account(self, account: UpdateAwsAccount) -> None:
        """Write account.json. Raises PackageError if the file cannot be written."""
        self._folder.write(UPDATE_ACCOUNT_FILE, account)

    def lock(self) -> AbstractContextManager[None]:
        """Return a context manager that locks the package, so that no second update can run on this machine.

        The lock is released at the end of the `with` block or of the process. Raises PackageError if another update has
        the lock, or if the folder cannot be written to.
        """
        return self._folder.lock()

    def _read_model(self, name: str, model: type[ModelT]) -> ModelT | None:
        return self._folder.read_model(
            name, model, damaged=f"{name} is damaged.", fix=_DAMAGED_FIX, limit=UPDATE_STATE_LIMIT
        )
