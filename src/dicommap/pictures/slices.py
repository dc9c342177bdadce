"""Read the headers of a series' files and sort its images by their position in space."""

from __future__ import annotations

import math
import os
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import TYPE_CHECKING

from dicommap.p10 import Header, HeaderReader, WantedAttributes
from dicommap.pictures.file_to_draw import FileToDraw, NoPictureError, open_file_to_draw

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.p10 import ReadAt, RejectedFile

    Vector = tuple[float, ...]

_KEYWORDS = ("ImagePositionPatient", "ImageOrientationPatient", "NumberOfFrames", "Rows")
_DIRECTION_TOLERANCE = 0.01
"""Maximum difference between the direction cosines of parallel images. Scanners write four to six digits."""
_MAX_POSITION = 1e6
"""Maximum valid coordinate in millimetres. A position with a larger or infinite coordinate is ignored."""
_POSITION_TOLERANCE = 0.01
"""Minimum distance between two different positions in millimetres. Closer images are sorted by InstanceNumber."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One file with images, and its values by which the files of a series are sorted."""

    file: FileToDraw
    frames: int
    number: int | None
    """InstanceNumber. None if it is missing or not an integer."""
    position: Vector | None
    """ImagePositionPatient in millimetres. None if it is missing or not valid."""
    orientation: Vector | None
    """ImageOrientationPatient: direction cosines of the first row, then of the first column. None if not valid."""


@dataclass(frozen=True, slots=True)
class Slices:
    """The files of a series with images, in the order of their position in space, and the number of other files."""

    slices: tuple[Slice, ...]
    files_without_image: int
    """Number of files without Rows, such as RTSTRUCT and SR."""
    unreadable: tuple[str, ...]
    """The reasons why files could not be read, one for each file."""

    @property
    def image_count(self) -> int:
        """Return the number of images: the sum of NumberOfFrames. A file without this attribute has one image."""
        return sum(member.frames for member in self.slices)

    def choose_evenly_spaced(self, count: int) -> list[int]:
        """Return the indices of at most `count` evenly spaced images. For a `count` of 1, return the middle image."""
        count = min(count, self.image_count)
        return [(2 * place + 1) * self.image_count // (2 * count) for place in range(count)]

    def find_image(self, place: int) -> tuple[Slice, int]:
        """Return the image at an index of the sorted series: its file, and the index of its frame in the file.

        All indices begin with 0.
        """
        ends = list(accumulate(member.frames for member in self.slices))
        at = bisect_right(ends, place)
        return self.slices[at], place - (ends[at - 1] if at else 0)


def read_slices(files: Iterable[FileToDraw]) -> Slices:
    """Read the headers of a series' files, and sort the files with images by position."""
    read = HeaderReader(WantedAttributes(_KEYWORDS)).read
    slices, files_without_image, unreadable = [], 0, []
    for file in files:
        try:
            with open_file_to_draw(file.path) as stream:
                header = read(_make_range_reader(stream.fileno()), os.fstat(stream.fileno()).st_size)
            values = _require_header_values(header, file)
        except NoPictureError as error:
            unreadable.append(str(error))
        except OSError:
            unreadable.append("The file cannot be read")
        else:
            if values.get("Rows"):
                slices.append(_make_slice(file, values))
            else:
                files_without_image += 1
    return Slices(tuple(sort_slices(slices)), files_without_image, tuple(unreadable))


def _make_range_reader(descriptor: int) -> ReadAt:
    return lambda offset, length: os.pread(descriptor, length, offset)


def _require_header_values(header: Header | RejectedFile, file: FileToDraw) -> Mapping[str, str]:
    if not isinstance(header, Header) or header.values.get("SOPInstanceUID") != file.sop_instance_uid:
        raise NoPictureError("The file has changed since the scan")
    return header.values


def _make_slice(file: FileToDraw, values: Mapping[str, str]) -> Slice:
    return Slice(
        file=file,
        frames=max(_parse_integer(values.get("NumberOfFrames", "")) or 1, 1),
        number=_parse_integer(values.get("InstanceNumber", "")),
        position=_parse_vector(values.get("ImagePositionPatient", ""), 3),
        orientation=_parse_vector(values.get("ImageOrientationPatient", ""), 6),
    )


def _parse_integer(text: str) -> int | None:
    try:
        return int(text) if len(text) <= 12 else None  # IS has up to 12 characters
    except ValueError:
        return None


def _parse_vector(text: str, length: int) -> Vector | None:
    try:
        numbers = tuple(float(part) for part in text.split("\\"))
    except ValueError:
        return None
    return numbers if len(numbers) == length and all(abs(number) <= _MAX_POSITION for number in numbers) else None


def sort_slices(slices: Sequence[Slice]) -> list[Slice]:
    """Return the slices sorted by position, in the direction perpendicular to their planes, or else by InstanceNumber.

    Positions are used if all slices have one and their planes are parallel (PS3.3 C.7.6.2.1.1). Slices at the same
    position are sorted by InstanceNumber. Slices without a number are last, in the given order.
    """
    normal = _compute_common_normal(slices)
    return sorted(
        slices, key=lambda member: (_compute_position_along(member, normal), member.number is None, member.number or 0)
    )


def _compute_position_along(member: Slice, normal: Vector | None) -> int:
    if normal is None or member.position is None:
        return 0
    return round(float(sum(map(mul, member.position, normal))) / _POSITION_TOLERANCE)


def _compute_common_normal(slices: Sequence[Slice]) -> Vector | None:
    """Return the vector that is perpendicular to the planes of all slices.

    Return None if a slice has no position, or if the planes are not parallel.
    """
    if not slices or (first := slices[0].orientation) is None:
        return None
    for member in slices:
        if member.position is None or member.orientation is None:
            return None
        if any(
            abs(ours - theirs) > _DIRECTION_TOLERANCE for ours, theirs in zip(member.orientation, first, strict=True)
        ):
            return None
    (a, b, c), (d, e, f) = first[:3], first[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    length = math.hypot(*normal)
    return tuple(part / length for part in normal) if length > _DIRECTION_TOLERANCE else None
