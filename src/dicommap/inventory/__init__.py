"""The inventory: what a scan found, in one SQLite file with every path exactly once."""

from dicommap.inventory.inventory import Inventory
from dicommap.model.inventory_summary import InventorySummary

__all__ = ["Inventory", "InventorySummary"]
