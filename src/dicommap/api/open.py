"""open(): open an inventory file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.inventory import Inventory

if TYPE_CHECKING:
    import os


def open(path: str | os.PathLike[str]) -> Inventory:  # noqa: A001  the verb is called dicommap.open
    """Open an inventory file that a scan has written: `with dicommap.open("incoming.db") as inventory: ...`.

    Args:
        path: The inventory file.

    Returns:
        The inventory. Close it, or use it as a context manager.

    Raises:
        InventoryError: The file is missing, damaged or not an inventory, has another format version, or was not
            finished.
        UsageError: `path` is not a path.
    """
    return Inventory(path)
