"""What is wrong with an archive or a member: one kind of error, whichever library found it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicommap.issues import Issue


class ArchiveError(OSError):
    """Bytes of an archive cannot be had; `found` is the finding that says why."""

    def __init__(self, found: Issue) -> None:
        super().__init__(found.message)
        self.found = found
