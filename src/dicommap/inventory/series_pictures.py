"""Draw pictures of an inventory's series and studies from the files that the inventory lists."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicommap.inventory.cells import read_rows, read_system_path, read_text
from dicommap.progress import progress_reporter

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from dicommap.model.picture import Picture
    from dicommap.model.study import Series, Study
    from dicommap.pictures.file_to_draw import FileToDraw
    from dicommap.progress import ProgressOption

_SERIES_FILES_QUERY = """
SELECT root, path, SOPInstanceUID FROM header JOIN file ON file.header = header.id JOIN source ON source.id = source
WHERE StudyInstanceUID = ? AND SeriesInstanceUID = ? AND disposition = 'instance' ORDER BY source, path
"""


class InventoryPictureSource:
    """A `PictureSource` that draws pictures of the series and studies of one open inventory.

    The package `pictures`, numpy and Pillow are imported when the first picture is drawn.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def thumbnail(self, series: Series, *, size: int | None) -> Picture:
        """Draw the middle image of a series. `size` is its longer side in pixels; None keeps the size of the image."""
        from dicommap.pictures.thumbnails import make_thumbnail

        return make_thumbnail(series, self._list_files_to_draw(series), size=size)

    def montage(self, series: Series, *, count: int, size: int, progress: ProgressOption) -> Picture:
        """Draw up to `count` evenly spaced images of a series, in squares of `size` pixels."""
        from dicommap.pictures.thumbnails import make_montage

        files = self._list_files_to_draw(series)
        with progress_reporter(progress, "images") as report:
            return make_montage(series, files, count=count, size=size, report=report)

    def overview(self, study: Study, *, size: int, progress: ProgressOption) -> Picture:
        """Draw the middle image of each series of a study, in squares of `size` pixels."""
        from dicommap.pictures.thumbnails import make_study_overview

        members = [(series, self._list_files_to_draw(series)) for series in study.series]
        with progress_reporter(progress, "series") as report:
            return make_study_overview(members, size=size, report=report)

    def _list_files_to_draw(self, series: Series) -> list[FileToDraw]:
        """Return the instances of a series, without duplicates. Raises InventoryError if the inventory is closed."""
        from dicommap.pictures.file_to_draw import FileToDraw

        uids = (series.study_instance_uid, series.series_instance_uid)
        readers = (read_system_path, read_system_path, read_text)
        rows = read_rows(self._connection, _SERIES_FILES_QUERY, readers, uids)
        return [FileToDraw(os.path.join(root, path), instance) for root, path, instance in rows]

    def __reduce__(self) -> tuple[Any, ...]:
        # A connection cannot be pickled. An unpickled series therefore has None as its picture source.
        return _restore_no_picture_source, ()


def _restore_no_picture_source() -> None:
    return None
