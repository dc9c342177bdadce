"""From sources to rows of an inventory: batches, who reads them, and in which order they come back."""

from dicommap.scanning.batch import Batch, enter_archives, walk_in_batches
from dicommap.scanning.content import content_comparer
from dicommap.scanning.counting import FileCounter
from dicommap.scanning.reading import READER_VERSION, ReadTask, TaskRows
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
