"""Located files: where the files of an inventory lie, or will, as objects under one S3 prefix."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import merge
from typing import TYPE_CHECKING

from dicommap.inventory.reading import member, optional_text, read_rows, text, whole
from dicommap.model.hierarchy import Disposition
from dicommap.model.planned_object import PlannedObject

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_NO_FILES = (Disposition.LINK, Disposition.SPECIAL)
"""Paths that are no files, so that no object is made of them."""

# The empty path is a root that could not be listed. Names that are not UTF-8 are blobs, and no object has one.
_OBJECTS = f"""
SELECT path, size, disposition, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID
FROM file LEFT JOIN header ON header.id = file.header
WHERE source = ? AND path != '' AND typeof(path) = 'text'
    AND disposition NOT IN ({", ".join(f"'{disposition}'" for disposition in _NO_FILES)})
ORDER BY path
"""  # noqa: S608  our own words only

_ARCHIVES = "SELECT path FROM file WHERE source = ? AND disposition = 'archive' AND typeof(path) = 'text'"


class LocatedFiles(Iterable[PlannedObject]):
    """The files of an inventory as objects under one prefix, in the order of their keys' UTF-8.

    Members of archives are no objects: the archive is. Can be gone through as often as the inventory is open.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __iter__(self) -> Iterator[PlannedObject]:
        sources = [number for (number,) in read_rows(self._connection, "SELECT id FROM source ORDER BY id", (whole,))]
        streams = [self._objects(root, source) for root, source in enumerate(sources)]
        return streams[0] if len(streams) == 1 else merge(*streams, key=lambda one: one.key.encode())

    def _objects(self, root: int, source: int) -> Iterator[PlannedObject]:
        archives = {path for (path,) in read_rows(self._connection, _ARCHIVES, (text,), (source,))}
        kinds = (text, whole, member(Disposition), optional_text, optional_text, optional_text)
        for path, size, disposition, study, series, instance in read_rows(self._connection, _OBJECTS, kinds, (source,)):
            if archives and _inside(path, archives):
                continue
            known = disposition in (Disposition.INSTANCE, Disposition.DUPLICATE)
            yield PlannedObject(
                key=path,
                size=size,
                disposition=disposition,
                study_instance_uid=study or "" if known else "",
                series_instance_uid=series or "" if known else "",
                sop_instance_uid=instance or "" if known else "",
                root=root,
                source=path,
            )


def _inside(path: str, archives: set[str]) -> bool:
    """Say whether a path is that of an archive's member: `ARCHIVE!/NAME`."""
    end = path.find("!/")
    while end >= 0:
        if path[:end] in archives:
            return True
        end = path.find("!/", end + 1)
    return False
