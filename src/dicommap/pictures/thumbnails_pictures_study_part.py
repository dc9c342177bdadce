"""A study at a glance: the middle image of each series, labelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.csv_json import format_count
from dicommap.pictures.drawing import draw_tiles
from dicommap.pictures.slices import read_slices
from dicommap.pictures.thumbnails import draw_middle_image, make_picture, require_size
from dicommap.pictures.thumbnails_pictures_labels_part import format_series_label
from dicommap.progress import track_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.model.study import Series
    from dicommap.pictures.picture import Picture
    from dicommap.pictures.picture_file import PictureFile
    from dicommap.progress import OnProgress

MAX_SERIES = 60
_MAX_COLUMNS = 6


def make_study_overview(
    members: Sequence[tuple[Series, Sequence[PictureFile]]],
    *,
    size: int,
    show_values: bool,
    report: OnProgress | None = None,
) -> Picture:
    """Return the middle image of each series side by side, in squares of `size` pixels, of at most 60 series.

    `report` is told of series. Raises UsageError for a size that is not from 32 to 2,048.
    """
    require_size(size)
    tiles, drawn = [], 0
    first = members[:MAX_SERIES]
    for series, files in track_progress(first, report, len(first)):
        image, _, is_drawn = draw_middle_image(read_slices(files), size)
        drawn += is_drawn
        label = format_series_label(series, show_values=show_values)
        tiles.append((image, f"{label}\n{format_count(series.instances, 'instance')}"))
    columns = min(_MAX_COLUMNS, len(tiles))
    rest = len(members) - len(tiles)
    more = f"the first {len(tiles)} of them shown" if rest else ""
    parts = [f"study of {format_count(len(members), 'series')}", more]
    return make_picture(draw_tiles(tiles, size, columns), parts, is_placeholder=not drawn)
