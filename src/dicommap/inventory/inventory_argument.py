"""The argument `inventory` of public functions: an open inventory, or the path of an inventory file."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dicommap.arguments import make_type_error, to_path
from dicommap.inventory.inventory import Inventory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _typeshed import StrPath


def require_inventory(inventory: Inventory | StrPath) -> Inventory:
    """Return an open inventory. If the argument is a path, open the file.

    The file stays open as long as the inventory object exists.

    Raises:
        UsageError: The argument is neither an inventory nor a path.
        InventoryError: The file cannot be opened.
    """
    checked = to_inventory_or_path("inventory", inventory)
    return checked if isinstance(checked, Inventory) else Inventory.open(checked)


def to_inventory_or_path(name: str, value: object) -> Inventory | Path:
    """Return an argument if it is an open inventory, or convert it to a path. Raises UsageError for any other type.

    Args:
        name: The name of the parameter, for the error message.
        value: The argument.
    """
    if isinstance(value, Inventory):
        return value
    if not isinstance(value, str | os.PathLike):
        raise make_type_error(name, value, "an open Inventory, or the path of an inventory file")
    return to_path(name, value)


@contextmanager
def open_inventory_argument(inventory: Inventory | StrPath) -> Iterator[Inventory]:
    """Return a context manager with an open inventory. At its end, close the file if the argument was a path."""
    opened = require_inventory(inventory)
    try:
        yield opened
    finally:
        if opened is not inventory:
            opened.close()
