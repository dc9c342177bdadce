"""From sources to rows of an inventory: batches, who reads them, and in which order they come back."""

from dicommap.scanning.batch import Batch, batches, with_archives
from dicommap.scanning.content import same_content
from dicommap.scanning.counting import Counting
from dicommap.scanning.reading import READING, Rows, Task
from dicommap.scanning.workers import AUTO_JOBS, Workers, in_order

__all__ = [
    "AUTO_JOBS",
    "READING",
    "Task",
    "Rows",
    "Batch",
    "batches",
    "with_archives",
    "Workers",
    "in_order",
    "Counting",
    "same_content",
]
