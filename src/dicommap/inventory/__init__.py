"""The inventory: what a scan found, in one SQLite file with every path exactly once."""

from dicommap.inventory.grouping import FileIdentity
from dicommap.inventory.inventory import Inventory, InventorySummary
from dicommap.inventory.previous_scan import PreviousScan
from dicommap.inventory.rows import FileRow, HeaderRow, IssueRow, make_file_row, make_issue_row
from dicommap.inventory.writer import InventoryWriter

__all__ = [
    "Inventory",
    "InventoryWriter",
    "InventorySummary",
    "PreviousScan",
    "FileIdentity",
    "FileRow",
    "HeaderRow",
    "IssueRow",
    "make_file_row",
    "make_issue_row",
]
