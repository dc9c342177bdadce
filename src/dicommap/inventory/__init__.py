"""What a scan found, in one SQLite file: every path exactly once, headers stored once for all that share them."""

from dicommap.inventory.grouping import Place
from dicommap.inventory.inventory import Inventory, Summary
from dicommap.inventory.previous import Previous
from dicommap.inventory.rows import FileRow, HeaderRow, IssueRow, file_row, issue_row
from dicommap.inventory.writer import InventoryWriter

__all__ = [
    "Inventory",
    "InventoryWriter",
    "Summary",
    "Previous",
    "Place",
    "FileRow",
    "HeaderRow",
    "IssueRow",
    "file_row",
    "issue_row",
]
