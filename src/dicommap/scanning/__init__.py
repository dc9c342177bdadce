"""Scan sources into an inventory."""

from dicommap.scanning.duplicates import content_comparer
from dicommap.scanning.pipeline import Batch, FileCounter, enter_archives, walk_in_batches
from dicommap.scanning.tasks import READER_VERSION, ReadTask, TaskRows
from dicommap.scanning.workers import AUTO_JOBS, Workers, run_in_order

__all__ = [
    "AUTO_JOBS",
    "READER_VERSION",
    "ReadTask",
    "TaskRows",
    "Batch",
    "walk_in_batches",
    "enter_archives",
    "Workers",
    "run_in_order",
    "FileCounter",
    "content_comparer",
]
