"""Scan sources into an inventory."""

from dicommap.scanning.pipeline import write_inventory
from dicommap.scanning.tasks import READER_VERSION
from dicommap.scanning.workers import AUTO_JOBS, Workers

__all__ = ["AUTO_JOBS", "READER_VERSION", "Workers", "write_inventory"]
