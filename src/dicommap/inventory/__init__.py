"""The inventory: the result of a scan in one SQLite file, which has every scanned path exactly once."""

from dicommap.inventory.inventory import Inventory
from dicommap.model.inventory_summary import InventorySummary

__all__ = ["Inventory", "InventorySummary"]
