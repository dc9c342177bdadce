"""From sources to rows of an inventory: batches, who reads them, and in which order they come back."""

from dicommap.scanning.duplicates import content_comparer
from dicommap.scanning.pipeline import Batch, enter_archives, walk_in_batches
from dicommap.scanning.pipeline_scanning_counting_part import FileCounter
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
