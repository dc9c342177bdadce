"""What a scan found, in one SQLite file: every path exactly once, headers stored once for all that share them."""

from dicommap.inventory.inventory import Inventory, Summary
from dicommap.inventory.writer import InventoryWriter

__all__ = ["Inventory", "InventoryWriter", "Summary"]
