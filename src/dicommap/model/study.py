"""Studies, series, instances and files, with the number of files of each attribute value."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dicommap.dicom.vr import MAX_IS_BYTES
from dicommap.errors import InventoryError
from dicommap.healthimaging.levels import Level
from dicommap.model.displayable import DisplayableInLists
from dicommap.model.extras import require_extra
from dicommap.model.masked_dicts import MaskedValues, copy_counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

    from dicommap.issues import Issue
    from dicommap.model.picture import Picture
    from dicommap.progress import ProgressOption

ValueCounts = Mapping[str, int]
"""Distinct value -> number of files."""

AttributeValues = Mapping[str, ValueCounts]
"""Keyword -> distinct value -> number of files. An absent attribute counts as the empty text."""


class Disposition(StrEnum):
    """The kinds of scanned paths, such as instance, duplicate or archive. Every path has exactly one disposition."""

    INSTANCE = "instance"
    DUPLICATE = "duplicate"
    """A file with the SOP Instance UID of an instance that precedes it in the order of source and path."""
    DICOMDIR = "dicomdir"
    NOT_DICOM = "not-dicom"
    NOT_P10 = "not-p10"
    """A DICOM data set without preamble or file meta information."""
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    MISSING_UID = "missing-uid"
    INVALID_UID = "invalid-uid"
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    LINK = "link"
    """A link to a directory that was not followed."""
    SPECIAL = "special"
    """A FIFO, socket or device."""
    ARCHIVE = "archive"
    """An archive. Its members are separate paths. An archive inside an archive is not opened."""


class SourceFile(NamedTuple):  # a NamedTuple: there are millions, and frozen dataclasses are slower to make
    """One path of a source, as the walk over the source lists it before the file is read."""

    path: str
    """The path relative to the root. Bytes that are not UTF-8 are kept as surrogates (PEP 383)."""

    size: int
    mtime_ns: int
    etag: str = ""
    """The ETag of an S3 object, with its quotation marks. Empty for other files."""
    disposition: Disposition | None = None
    """The disposition if it is known without reading the file, for example for links and special files; else None."""

    issues: tuple[Issue, ...] = ()
    archive: SourceFile | None = None
    """The archive that has this path as a member; None for other files.

    The member has the archive's modification time.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One scanned path of an inventory, with its disposition, size and modification time."""

    source: str
    """The root of the source that has the file, as printable text."""

    path: str
    """The path relative to the root, as printable text."""

    size: int
    """Size in bytes."""

    mtime_ns: int
    """The time of the last modification, in nanoseconds since 1970."""

    disposition: Disposition

    etag: str = ""
    """The ETag of an S3 object, with its quotation marks. Empty for other files."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Instance(DisplayableInLists):
    """One file that is an instance, or a duplicate of an instance. Its fields are never masked."""

    source: str
    """The root of the source that has the file, as printable text."""

    path: str
    """The path relative to the root, as printable text."""

    size: int
    mtime_ns: int
    disposition: Disposition
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    instance_number: str
    etag: str = ""
    """The ETag of an S3 object, with its quotation marks. Empty for other files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The target of an edit: a study, one series of a study, or one instance of a series."""

    study_instance_uid: str
    series_instance_uid: str | None = None
    sop_instance_uid: str | None = None
    """The SOP Instance UID, if the target is one instance; else None."""

    @property
    def level(self) -> Level:
        """Return INSTANCE if the target is an instance, SERIES if it is a series, else STUDY."""
        if self.sop_instance_uid is not None:
            return Level.INSTANCE
        return Level.STUDY if self.series_instance_uid is None else Level.SERIES


class PictureSource(Protocol):
    """The interface of an object that draws pictures of series and studies (see `Series.picture_source`)."""

    def thumbnail(self, series: Series, *, size: int | None) -> Picture:
        """Draw the middle image of a series. `size` is its longer side in pixels; None keeps the size of the image."""

    def montage(self, series: Series, *, count: int, size: int, progress: ProgressOption) -> Picture:
        """Draw up to `count` evenly spaced images of a series, in squares of `size` pixels."""

    def overview(self, study: Study, *, size: int, progress: ProgressOption) -> Picture:
        """Draw the middle image of each series of a study, in squares of `size` pixels."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Series(DisplayableInLists):
    """One series: its counts, and the number of files of each value of each captured attribute.

    To draw a picture, the inventory must be open and the extra `pixels` installed. Pictures show the current content of
    the files.
    """

    study_instance_uid: str
    series_instance_uid: str
    instances: int
    files: int
    """Number of instances and duplicates. An import job would read all of these files."""
    size: int
    """Total bytes of the instances and duplicates."""
    values: AttributeValues = field(repr=False)
    """Keyword -> distinct value -> number of files. An absent attribute counts as the empty text."""
    unmasked: bool = field(default=False, compare=False)
    """Whether the text and HTML of this series show patient values. The repr never shows patient values."""
    picture_source: PictureSource | None = field(default=None, repr=False, compare=False)
    """The object that draws pictures of this series. None if the series does not come from an open inventory."""

    @property
    def target(self) -> Target:
        """Return this series as the target of an edit."""
        return Target(study_instance_uid=self.study_instance_uid, series_instance_uid=self.series_instance_uid)

    def thumbnail(self, size: int | None = 256) -> Picture:
        """Draw the middle image of the series.

        Args:
            size: Pixels of the longer side, 32 to 2,048. None keeps the size of the image.

        Returns:
            The picture. If no image can be drawn, it is a placeholder that gives the reason.

        Raises:
            MissingExtraError: The extra `pixels` is not installed.
            InventoryError: The inventory is closed, or the series was pickled.
            UsageError: `size` is out of range.
        """
        return _require_picture_source(self.picture_source).thumbnail(self, size=size)

    def montage(self, n: int = 9, size: int = 128, *, progress: ProgressOption = None) -> Picture:
        """Draw up to `n` evenly spaced images of the series side by side.

        Args:
            n: Number of images, 1 to 400.
            size: Pixels of each image's square, 32 to 2,048.
            progress: Reports the number of images that are drawn; see `scan`.

        Returns:
            The picture. If no image can be drawn, it is a placeholder that gives the reason.

        Raises:
            MissingExtraError: The extra `pixels` is not installed.
            InventoryError: The inventory is closed, or the series was pickled.
            UsageError: `n` or `size` is out of range.
        """
        source = _require_picture_source(self.picture_source)
        return source.montage(self, count=n, size=size, progress=progress)


def series_number_sort_key(series: Series) -> float:
    """Return the lowest SeriesNumber of a series as a sort key. Return infinity if no file has a valid number."""
    return min(map(_parse_series_number, series.values.get("SeriesNumber") or [""]))


def _parse_series_number(text: str) -> float:
    """Return the number in a value of SeriesNumber; infinity if the value is not a number."""
    try:
        return int(text) if len(text) <= MAX_IS_BYTES else math.inf
    except ValueError:
        return math.inf


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Study(DisplayableInLists):
    """One study: its series, and the number of files of each value of each captured attribute."""

    study_instance_uid: str
    series: tuple[Series, ...]
    values: AttributeValues = field(repr=False)
    """Keyword -> distinct value -> number of files in all series of the study. "" stands for an absent attribute."""

    @property
    def target(self) -> Target:
        """Return this study as the target of an edit."""
        return Target(study_instance_uid=self.study_instance_uid)

    @property
    def instances(self) -> int:
        """Return the number of instances."""
        return sum(series.instances for series in self.series)

    @property
    def files(self) -> int:
        """Return the number of files, duplicates included."""
        return sum(series.files for series in self.series)

    @property
    def size(self) -> int:
        """Return the total bytes of all files."""
        return sum(series.size for series in self.series)

    @classmethod
    def from_series(cls, series: Iterable[Series]) -> Self:
        """Return the study that consists of `series`: at least one series, and all with the same Study Instance UID."""
        first, *others = members = tuple(series)
        values = first.values
        if others:  # no Counter, because there may be millions of studies and it is slower
            totals = {keyword: copy_counts(keyword, counts) for keyword, counts in first.values.items()}
            for member in others:
                for keyword, counts in member.values.items():
                    total = totals.get(keyword)
                    if total is None:
                        total = totals[keyword] = copy_counts(keyword, {})
                    for value, count in counts.items():
                        total[value] = total.get(value, 0) + count
            values = MaskedValues(totals)
        return cls(study_instance_uid=first.study_instance_uid, series=members, values=values)

    def overview(self, size: int = 128, *, progress: ProgressOption = None) -> Picture:
        """Draw the middle images of the study's series side by side, for at most 60 series.

        Args:
            size: Pixels of each image's square, 32 to 2,048.
            progress: Reports the number of series that are drawn; see `scan`.

        Returns:
            The picture. If no image can be drawn, it is a placeholder that gives the reason.

        Raises:
            MissingExtraError: The extra `pixels` is not installed.
            InventoryError: The inventory is closed, or the study was pickled.
            UsageError: `size` is out of range.
        """
        source = _require_picture_source(self.series[0].picture_source if self.series else None)
        return source.overview(self, size=size, progress=progress)


def _require_picture_source(source: PictureSource | None) -> PictureSource:
    """Return the source of pictures. Raises an error if it is None, or if the extra `pixels` is missing."""
    require_extra("pixels")
    if source is None:
        raise InventoryError(
            "The inventory that the series is from is not open here.",
            fix="Open it, and ask for pictures of the series that it yields.",
        )
    return source


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconsistency:
    """An attribute that has different values in one study or in one series."""

    study_instance_uid: str
    series_instance_uid: str | None
    """The series with different values. None if the whole study is compared."""
    keyword: str
    values: ValueCounts = field(repr=False)
    """Distinct value -> number of files, the most frequent value first. "" stands for an absent attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileValues:
    """The values of some attributes in one file. The file is an instance or a duplicate."""

    source: str
    """The root of the source that has the file, as printable text."""
    path: str
    """Path relative to the root, as printable text."""
    series_instance_uid: str
    sop_instance_uid: str
    values: tuple[str, ...] = field(repr=False)
    """The values in the order of the requested keywords. The value of an absent attribute is ""."""


class SingleValueCounts(Mapping[str, int]):
    """A mapping with one item: the only value of an attribute -> number of files.

    It takes less memory than a dict, and is equal to a dict with the same item.
    """

    __slots__ = ("_files", "_value")

    def __init__(self, value: str, files: int) -> None:
        self._value = value
        self._files = files

    def __getitem__(self, value: str) -> int:
        if value != self._value:
            raise KeyError(value)
        return self._files

    def __iter__(self) -> Iterator[str]:
        yield self._value

    def __len__(self) -> int:
        return 1


def compact_counts(counts: Mapping[str, int]) -> Mapping[str, int]:
    """Return a SingleValueCounts with the item of `counts` if it has only one item. Otherwise, return `counts` itself.

    This saves memory, because there may be millions of mappings.
    """
    return SingleValueCounts(*next(iter(counts.items()))) if len(counts) == 1 else counts


def find_most_frequent_value(counts: ValueCounts) -> str | None:
    """Return the most frequent value. Return None if there is no value, or if two values are equally frequent.

    The empty text stands for an absent value and is not counted.
    """
    ranked = Counter({value: files for value, files in counts.items() if value}).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]
