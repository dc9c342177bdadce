"""Limits on archives, so that none can exhaust memory, disk or time."""

from __future__ import annotations

from dicommap.healthimaging.limits import MAX_P10_BYTES
from dicommap.issues import make_issue
from dicommap.sources.archives.archive_errors import ArchiveError

MAX_ENTRIES = 250_000
"""Entries of one archive: some 200 MB of memory in each process that reads it, and the files of fifty import jobs."""

MAX_DIRECTORY_BYTES = 64 * 2**20
"""A ZIP file's directory: 250 bytes for each of so many entries."""

MAX_TOTAL_NAME_CHARACTERS = MAX_DIRECTORY_BYTES
"""Characters of all names of one archive, which are in memory, too."""

MAX_MEMBER_BYTES = MAX_P10_BYTES
"""What a member may unpack to: the largest P10 file that an import job takes."""

MAX_RATIO = 200
"""What an archive may unpack to, as a multiple of its size. Images come to 2 or 3, and empty masks to some hundred."""

ALWAYS_ALLOWED_BYTES = 256 * 2**20
"""What any archive may unpack to: a second's work, whatever the ratio."""

MAX_UNPACKED_BYTES = 2**40
"""What any archive may unpack to at most: an hour's work for each process, and a hundred import jobs."""

MAX_NAME_CHARACTERS = 4_096
"""Characters of a member's name: what Linux takes for a path; S3 takes MAX_KEY_BYTES for a key."""

MAX_ZERO_BYTES = 256 * 2**20
"""Zeros behind the mark of a tar file's end that are read to find out whether another tar file follows: a second's
work. Tapes are filled up with some 10 kB."""


class UnpackingLimit:
    """What one archive may unpack to."""

    def __init__(self, size: int) -> None:
        """Make the allowance of an archive of `size` bytes."""
        by_ratio = max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * size)
        self.limit = min(by_ratio, MAX_UNPACKED_BYTES)
        self._over = "archive.ratio" if by_ratio < MAX_UNPACKED_BYTES else "archive.total-size"
        self._size = size

    def require(self, unpacked: int) -> None:
        """Raise ArchiveError where so many bytes are too many."""
        if unpacked > self.limit:
            raise ArchiveError(make_issue(self._over, limit=self.limit, size=self._size))


def require_entry_count(count: int) -> None:
    """Raise ArchiveError where so many entries are too many."""
    if count > MAX_ENTRIES:
        raise ArchiveError(make_issue("archive.too-many-entries", limit=MAX_ENTRIES))


def require_name_length(length: int) -> None:
    """Raise ArchiveError where names of so many characters are too many."""
    if length > MAX_TOTAL_NAME_CHARACTERS:
        require_entry_count(MAX_ENTRIES + 1)
