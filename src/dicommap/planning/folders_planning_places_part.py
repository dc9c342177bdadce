"""Places: which folders can be the prefix of an import job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.healthimaging.limits import MAX_KEY_BYTES, MAX_S3_URI

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.healthimaging.s3_uri import S3Uri

_FOLDER_NAME = re.compile(r"(?!\.{1,2}/)[^/\\\n\r\u2028\u2029\ud800-\udfff]+/")


class PrefixRules:
    """The folders under a base, of which each that can be an inputS3Uri may become a job.

    One cannot where the URI is too long, has a character that AWS's pattern does not take, or a segment such as `..`,
    of which nobody says what it means. What lies in such a folder can only be imported with the folder around it.
    """

    def __init__(self, base: S3Uri, offsets: Iterable[str] = ("",)) -> None:
        """Take the folders under the base in which all is known: elsewhere there may be anything."""
        self._room = MAX_S3_URI - len(str(base))
        self._known = tuple(offsets)
        self.key_limit = MAX_KEY_BYTES - len(base.prefix.encode())
        """Bytes of UTF-8 that a key below the base has room for."""

    def known(self, folder: str) -> bool:
        """Say whether all that lies in a folder is known, so that a job may take it."""
        return folder.startswith(self._known)

    def can_be_prefix(self, folder: str, name: str) -> bool:
        """Say whether a folder can be an inputS3Uri, given that the one around it can.

        `folder` is its prefix relative to the base; `name` is the last segment of that, slash included.
        """
        return len(folder) <= self._room and _FOLDER_NAME.fullmatch(name) is not None
