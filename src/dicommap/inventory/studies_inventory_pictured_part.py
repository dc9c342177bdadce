"""Studies and series as an inventory yields them: their pictures can be asked for, and nothing is read before."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.errors import InventoryError
from dicommap.inventory.cells import read_rows, read_system_path, read_text
from dicommap.inventory.studies_inventory_shown_part import ShownSeries, ShownStudy
from dicommap.progress import progress_reporter

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from dicommap.model.study import Series
    from dicommap.pictures import Picture, PictureFile
    from dicommap.progress import ProgressOption

_SERIES_FILES_QUERY = """
SELECT root, path, SOPInstanceUID FROM header JOIN file ON file.header = header.id JOIN source ON source.id = source
WHERE StudyInstanceUID = ? AND SeriesInstanceUID = ? AND disposition = 'instance' ORDER BY source, path
"""


class SeriesFiles:
    """Tells where the files of a series are, for as long as the inventory is open in this process."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection | None = None) -> None:
        self._connection = connection

    def of(self, series: Series) -> list[PictureFile]:
        """Return the files of a series, without duplicates. Raises InventoryError where the inventory is not open."""
        uids = (series.study_instance_uid, series.series_instance_uid)
        if self._connection is None:
            raise InventoryError(
                "The inventory that the series is from is not open here.",
                fix="Open it, and ask for pictures of the series that it yields.",
            )
        rows = list(
            read_rows(self._connection, _SERIES_FILES_QUERY, (read_system_path, read_system_path, read_text), uids)
        )
        from dicommap.pictures import PictureFile

        return [PictureFile(os.path.join(root, path), instance) for root, path, instance in rows]

    def __reduce__(self) -> tuple[Any, ...]:
        # An open file does not travel to other processes; the series does, without its pictures.
        return SeriesFiles, ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PicturedSeries(ShownSeries):
    """A series of an inventory. Its pictures are read from its files as they are now, and from nothing else's."""

    files_of: SeriesFiles = field(default_factory=SeriesFiles, repr=False, compare=False)

    def thumbnail(self, size: int | None = 256, *, show_values: bool = False) -> Picture:
        """Return the middle image, its longer side `size` pixels (32 to 2,048); with None, pixel by pixel.

        Where nothing can be drawn the picture says why. `show_values` puts SeriesDescription into the caption.
        Raises MissingExtraError without the extra `pixels`, and InventoryError where the inventory is closed.
        """
        from dicommap.model.extras_pictures_extra_part import require_pixels

        require_pixels()
        from dicommap.pictures.thumbnails import make_thumbnail

        return make_thumbnail(self, self.files_of.of(self), size=size, show_values=show_values)

    def montage(
        self, n: int = 9, size: int = 128, *, show_values: bool = False, progress: ProgressOption = None
    ) -> Picture:
        """Return up to `n` evenly spaced images (1 to 400) in squares of `size` pixels; otherwise as a thumbnail.

        `progress` is told of images as that of a scan is of files.
        """
        from dicommap.model.extras_pictures_extra_part import require_pixels

        require_pixels()
        from dicommap.pictures.thumbnails import make_montage

        with progress_reporter(progress, "images") as report:
            return make_montage(
                self, self.files_of.of(self), count=n, size=size, show_values=show_values, report=report
            )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PicturedStudy(ShownStudy):
    """A study of an inventory."""

    series: tuple[PicturedSeries, ...]

    def overview(self, size: int = 128, *, show_values: bool = False, progress: ProgressOption = None) -> Picture:
        """Return the middle image of each series, of at most 60, in squares of `size` pixels; else as a thumbnail.

        `progress` is told of series as that of a scan is of files.
        """
        from dicommap.model.extras_pictures_extra_part import require_pixels

        require_pixels()
        from dicommap.pictures.thumbnails_pictures_study_part import make_study_overview

        members = [(one, one.files_of.of(one)) for one in self.series]
        with progress_reporter(progress, "series") as report:
            return make_study_overview(members, size=size, show_values=show_values, report=report)
