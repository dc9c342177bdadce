"""Draw the thumbnail and montage of a series, and the overview of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.display.formatting import truncate_text
from dicommap.errors import UsageError
from dicommap.issues.wording import format_count
from dicommap.model.masking import Masker
from dicommap.model.picture import Picture
from dicommap.model.study import series_number_sort_key
from dicommap.pictures.drawing import draw_placeholder, draw_tiles, encode_png
from dicommap.pictures.file_to_draw import NoPictureError
from dicommap.pictures.frame_image import render_frame
from dicommap.pictures.slices import read_slices
from dicommap.progress import track_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from dicommap.model.study import Series
    from dicommap.pictures.file_to_draw import FileToDraw
    from dicommap.pictures.slices import Slices
    from dicommap.progress import OnProgress

_MAX_VALUE_CHARACTERS = 64


def format_series_label(series: Series) -> str:
    """Return the label of a series: modality, number and description.

    Values that may identify the patient are left out.
    """
    modality, number, description = (
        _format_value(series, keyword) for keyword in ("Modality", "SeriesNumber", "SeriesDescription")
    )
    parts = (modality, f"series {number}" if number else "series", description)
    return " ".join(part for part in parts if part)


def _format_value(series: Series, keyword: str) -> str:
    masker = Masker()
    text = make_printable(masker.mask_counts(keyword, series.values.get(keyword, {})))
    return "" if masker.example else truncate_text(text, _MAX_VALUE_CHARACTERS)


MIN_SIZE, MAX_SIZE = 32, 2_048
MAX_IMAGES = 400
_PLACEHOLDER_SIZE = 256


def make_thumbnail(series: Series, files: Sequence[FileToDraw], *, size: int | None) -> Picture:
    """Return the middle image of a series.

    Args:
        series: The series.
        files: Its files.
        size: Pixels of the longer side, 32 to 2,048. None keeps the size of the image.

    Raises:
        UsageError: `size` is not from 32 to 2,048.
    """
    require_valid_size(size)
    slices = read_slices(files)
    image, words, drawn = draw_middle_image(slices, size)
    parts = [format_series_label(series), words, _describe_unreadable_files(slices)]
    return make_picture(image, parts, is_placeholder=not drawn)


def make_montage(
    series: Series,
    files: Sequence[FileToDraw],
    *,
    count: int,
    size: int,
    report: OnProgress | None = None,
) -> Picture:
    """Return up to `count` evenly spaced images of a series, side by side in squares of `size` pixels.

    Args:
        series: The series.
        files: Its files.
        count: Number of images, 1 to 400.
        size: Pixels of each square, 32 to 2,048.
        report: A function that is called with the number of images drawn so far.

    Raises:
        UsageError: `count` or `size` is out of range.
    """
    require_valid_size(size)
    if not 1 <= count <= MAX_IMAGES:
        raise UsageError(f"A montage cannot have {format_count(count, 'image')}.", fix=f"Ask for 1 to {MAX_IMAGES}.")
    slices = read_slices(files)
    places = slices.choose_evenly_spaced(count)
    label = format_series_label(series)
    if not places:
        image, words, _ = draw_middle_image(slices, size)
        return make_picture(image, [label, words, _describe_unreadable_files(slices)], is_placeholder=True)
    tiles, drawn = [], 0
    for place in track_progress(places, report, len(places)):
        image, words, is_drawn = _draw_image_or_placeholder(slices, place, size)
        drawn += is_drawn
        tiles.append((image, str(place + 1)))
    columns = next(number for number in range(1, len(tiles) + 1) if number * number >= len(tiles))
    undrawn = f"{len(tiles) - drawn} could not be drawn" if drawn < len(tiles) else ""
    parts = [
        label,
        f"{len(tiles)} of {format_count(slices.image_count, 'image')}",
        undrawn,
        _describe_unreadable_files(slices),
    ]
    return make_picture(draw_tiles(tiles, size, columns), parts, is_placeholder=not drawn)


def draw_middle_image(slices: Slices, size: int | None) -> tuple[Image, str, bool]:
    """Return the middle image, its caption and True.

    If it cannot be drawn, return a placeholder, the reason and False.
    """
    if slices.image_count:
        return _draw_image_or_placeholder(slices, slices.choose_evenly_spaced(1)[0], size)
    words = "No pixel data" if slices.files_without_image else next(iter(slices.unreadable), "No files")
    return draw_placeholder(words, size or _PLACEHOLDER_SIZE), words, False


def _draw_image_or_placeholder(slices: Slices, place: int, size: int | None) -> tuple[Image, str, bool]:
    member, frame = slices.find_image(place)
    words = f"image {place + 1:,} of {slices.image_count:,}"
    try:
        image, remark = render_frame(member.file, frame, size)
    except NoPictureError as error:
        return draw_placeholder(str(error), size or _PLACEHOLDER_SIZE), f"{words}: {error}", False
    return image, f"{words}, {remark}" if remark else words, True


def make_picture(image: Image, parts: list[str], *, is_placeholder: bool) -> Picture:
    """Return an image as a Picture. The caption has all `parts` that are not empty."""
    caption = "; ".join(part for part in parts if part)
    return Picture(
        png=encode_png(image), width=image.width, height=image.height, caption=caption, is_placeholder=is_placeholder
    )


def require_valid_size(size: int | None) -> None:
    """Raise UsageError if `size` is not from 32 to 2,048. None is allowed."""
    if size is not None and not MIN_SIZE <= size <= MAX_SIZE:
        raise UsageError(f"A picture cannot have {size} pixels.", fix=f"Ask for {MIN_SIZE} to {MAX_SIZE:,}.")


def _describe_unreadable_files(slices: Slices) -> str:
    return (
        f"{format_count(len(slices.unreadable), 'file')} could not be read"
        if slices.unreadable and slices.slices
        else ""
    )


MAX_SERIES = 60
_MAX_COLUMNS = 6


def make_study_overview(
    members: Sequence[tuple[Series, Sequence[FileToDraw]]],
    *,
    size: int,
    report: OnProgress | None = None,
) -> Picture:
    """Return the middle images of up to 60 series side by side, in squares of `size` pixels.

    The images are in the order of SeriesNumber.

    Args:
        members: Each series with its files.
        size: Pixels of each square, 32 to 2,048.
        report: A function that is called with the number of series drawn so far.

    Raises:
        UsageError: `size` is out of range.
    """
    require_valid_size(size)
    tiles, drawn = [], 0
    first = sorted(members, key=lambda member: series_number_sort_key(member[0]))[:MAX_SERIES]
    for series, files in track_progress(first, report, len(first)):
        image, _, is_drawn = draw_middle_image(read_slices(files), size)
        drawn += is_drawn
        label = format_series_label(series)
        tiles.append((image, f"{label}\n{format_count(series.instances, 'instance')}"))
    columns = min(_MAX_COLUMNS, len(tiles))
    rest = len(members) - len(tiles)
    more = f"the first {len(tiles)} of them shown" if rest else ""
    parts = [f"study of {format_count(len(members), 'series')}", more]
    return make_picture(draw_tiles(tiles, size, columns), parts, is_placeholder=not drawn)
