"""The argument `inventory` of public functions: an open inventory, or the path of an inventory file."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dicommap.inventory.inventory import Inventory
from dicommap.model.arguments import to_path, type_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import StrPath


def require_inventory(inventory: Inventory | StrPath) -> Inventory:
    """Return an open inventory. If the argument is a path, the file is opened, and stays open as long as it is used.

    Raises:
        UsageError: The argument is neither an inventory nor a path.
        InventoryError: The file cannot be opened.

    """
    if isinstance(inventory, Inventory):
        return inventory
    if not isinstance(inventory, str | os.PathLike):
        raise type_error("inventory", inventory, "an open Inventory, or the path of an inventory file")
    return Inventory.open(to_path("inventory", inventory))


@contextmanager
def opened_inventory(inventory: Inventory | StrPath) -> Iterator[Inventory]:
    """Yield an open inventory as `require_inventory` does. A file that was opened here is closed at the end."""
    opened = require_inventory(inventory)
    try:
        yield opened
    finally:
        if opened is not inventory:
            opened.close()
