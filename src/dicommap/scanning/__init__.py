"""Scanning: find the files of sources, read their headers, and write an inventory."""

from dicommap.scanning.pipeline import scan_sources
from dicommap.scanning.task_runner import AUTO_JOBS, TaskRunner
from dicommap.scanning.tasks import READER_VERSION

__all__ = ["AUTO_JOBS", "READER_VERSION", "TaskRunner", "scan_sources"]
