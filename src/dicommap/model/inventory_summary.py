"""The counts of a whole inventory: studies, series, instances, files, bytes, issues."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.model.displayable import Displayable
from dicommap.model.source_files import NetworkTraffic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.issues import Severity


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class InventorySummary(Displayable):
    """The counts of an inventory, and the number of files and bytes that its scan read."""

    studies: int
    series: int
    instances: int
    files: int
    size: int
    """Bytes of all files."""
    dispositions: Mapping[str, int]
    """Disposition -> number of paths that have it; the sum is `files`."""
    issues: Mapping[tuple[str, Severity], int]
    """(Issue code, severity) -> number of issues."""
    read: int
    """Files that the scan opened."""
    unchanged: int
    """Files that the scan took from an earlier inventory: neither size and time, nor size and ETag, had changed."""
    traffic: NetworkTraffic = field(default_factory=NetworkTraffic)
    """Requests to S3, and bytes received from S3."""
