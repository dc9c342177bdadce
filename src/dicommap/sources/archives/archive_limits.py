"""Limits on archives. They prevent an archive from using all memory, disk space or time."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_P10_BYTES
from dicommap.issues import make_issue
from dicommap.sources.archives.archive_errors import ArchiveError

MAX_ENTRIES = 250_000
"""The maximum number of entries in one archive. They need about 200 MB of memory in each process."""

MAX_DIRECTORY_BYTES = 64 * 2**20
"""The maximum size of a ZIP file's directory in bytes: about 250 bytes for each of MAX_ENTRIES entries."""

MAX_TOTAL_NAME_CHARACTERS = MAX_DIRECTORY_BYTES
"""The maximum number of characters in all names of one archive. The names are kept in memory."""

MAX_MEMBER_BYTES = MAX_P10_BYTES
"""The maximum size of a decompressed member in bytes.

It is the size of the largest P10 file that import jobs accept.
"""

MAX_RATIO = 200
"""The maximum ratio of decompressed to compressed bytes. It is 2 or 3 for images, and about 100 for empty masks."""

ALWAYS_ALLOWED_BYTES = 256 * 2**20
"""Number of decompressed bytes for which every ratio is allowed. Decompressing them takes about a second."""

MAX_UNPACKED_BYTES = 2**40
"""The maximum number of decompressed bytes of one archive. Decompressing them takes about an hour."""

MAX_NAME_CHARACTERS = 4_096
"""The maximum number of characters in a member's name. Linux allows the same number of bytes in a path."""

MAX_ZERO_BYTES = 256 * 2**20
"""The maximum number of zero bytes that are read after the end mark of a tar file. Another tar file may follow them.

Reading them takes about a second. tar itself writes about 10 kB of zero bytes to fill a tape record.
"""


class UnpackingLimit:
    """The maximum number of decompressed bytes of one archive."""

    def __init__(self, size: int) -> None:
        """Compute the limit for an archive of `size` compressed bytes."""
        by_ratio = max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * size)
        self.limit = min(by_ratio, MAX_UNPACKED_BYTES)
        self._issue_code = "archive.ratio" if by_ratio < MAX_UNPACKED_BYTES else "archive.total-size"
        self._size = size

    def require_within(self, unpacked: int) -> None:
        """Raise ArchiveError if `unpacked`, a number of decompressed bytes, is over the limit."""
        if unpacked > self.limit:
            raise ArchiveError(make_issue(self._issue_code, limit=self.limit, size=self._size))


def require_entry_count(count: int) -> None:
    """Raise ArchiveError if `count`, the number of an archive's entries, is over MAX_ENTRIES."""
    if count > MAX_ENTRIES:
        raise ArchiveError(make_issue("archive.too-many-entries", limit=MAX_ENTRIES))


def require_total_name_length(length: int) -> None:
    """Raise ArchiveError if `length`, the total of all names in an archive, is over MAX_TOTAL_NAME_CHARACTERS."""
    if length > MAX_TOTAL_NAME_CHARACTERS:
        require_entry_count(MAX_ENTRIES + 1)
