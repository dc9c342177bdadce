"""The numbers of studies, series, instances, files, bytes and issues in a whole inventory."""

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
    """The counts of an inventory, and the cost of its scan: opened files and network traffic."""

    studies: int
    series: int
    instances: int
    files: int
    size: int
    """Total bytes of all files."""
    dispositions: Mapping[str, int]
    """Disposition -> number of paths with this disposition. The sum is `files`."""
    issues: Mapping[tuple[str, Severity], int]
    """(Issue code, severity) -> number of issues."""
    read: int
    """Number of files that the scan opened."""
    unchanged: int
    """Number of files that the scan did not read: they had not changed since an earlier scan."""
    traffic: NetworkTraffic = field(default_factory=NetworkTraffic)
    """Number of requests to S3, and bytes received from S3."""
