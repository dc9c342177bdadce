"""Limits on archives, so that none can exhaust memory, disk or time."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_P10_BYTES
from dicommap.issues import make_issue
from dicommap.sources.archives.archive_errors import ArchiveError

MAX_ENTRIES = 250_000
"""Entries of one archive: they need some 200 MB of memory in each process, and are the files of fifty import jobs."""

MAX_DIRECTORY_BYTES = 64 * 2**20
"""Bytes of a ZIP file's directory: 250 bytes for each of MAX_ENTRIES entries."""

MAX_TOTAL_NAME_CHARACTERS = MAX_DIRECTORY_BYTES
"""Characters of all names of one archive, which are in memory."""

MAX_MEMBER_BYTES = MAX_P10_BYTES
"""Bytes of one decompressed member: the largest P10 file that an import job takes."""

MAX_RATIO = 200
"""The largest ratio of decompressed to compressed bytes. Images have 2 or 3, and empty masks some hundred."""

ALWAYS_ALLOWED_BYTES = 256 * 2**20
"""Decompressed bytes that are allowed for any ratio: a second's work."""

MAX_UNPACKED_BYTES = 2**40
"""Decompressed bytes of one archive at most: an hour's work for each process, and a hundred import jobs."""

MAX_NAME_CHARACTERS = 4_096
"""Characters of a member's name: Linux allows so many bytes in a path. S3 allows MAX_KEY_BYTES in a key."""

MAX_ZERO_BYTES = 256 * 2**20
"""Zero bytes after the end mark of a tar file that are read to find out whether another tar file follows: a second's
work. tar itself writes some 10 kB, to fill a tape record."""


class UnpackingLimit:
    """The number of decompressed bytes that one archive may have."""

    def __init__(self, size: int) -> None:
        """Compute the limit of an archive of `size` compressed bytes."""
        by_ratio = max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * size)
        self.limit = min(by_ratio, MAX_UNPACKED_BYTES)
        self._issue_code = "archive.ratio" if by_ratio < MAX_UNPACKED_BYTES else "archive.total-size"
        self._size = size

    def require(self, unpacked: int) -> None:
        """Raise ArchiveError if `unpacked`, a number of decompressed bytes, is over the limit."""
        if unpacked > self.limit:
            raise ArchiveError(make_issue(self._issue_code, limit=self.limit, size=self._size))


def require_entry_count(count: int) -> None:
    """Raise ArchiveError if the number of entries of an archive is over MAX_ENTRIES."""
    if count > MAX_ENTRIES:
        raise ArchiveError(make_issue("archive.too-many-entries", limit=MAX_ENTRIES))


def require_name_length(length: int) -> None:
    """Raise ArchiveError if the number of characters of all names is over MAX_TOTAL_NAME_CHARACTERS."""
    if length > MAX_TOTAL_NAME_CHARACTERS:
        require_entry_count(MAX_ENTRIES + 1)
