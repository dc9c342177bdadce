"""Images as P10 files and inventories of them, made for tests; and pictures as arrays again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom import Dataset

import dicommap
from dicommap.inventory.studies import PicturedSeries
from dicommap.pictures import Picture
from tests.support.p10_files import p10, uid, write_tree

STUDY = "1.2.826.0.1.3680043.10.7"
Array = np.ndarray[Any, np.dtype[Any]]


def image(pixels: Array, number: int = 1, **attributes: Any) -> bytes:
    """Return a P10 file of an image: (rows, columns), or (rows, columns, 3); attributes replace or add."""
    bits = 8 * pixels.dtype.itemsize
    values: dict[str, Any] = {
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": uid(STUDY, 1),
        "SOPInstanceUID": uid(STUDY, 1, number),
        "InstanceNumber": number,
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "SamplesPerPixel": 3 if pixels.ndim == 3 else 1,
        "PhotometricInterpretation": "RGB" if pixels.ndim == 3 else "MONOCHROME2",
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        "PixelData": pixels.tobytes() + bytes(pixels.nbytes % 2),
    }
    if pixels.ndim == 3:
        values["PlanarConfiguration"] = 0
    return p10(**(values | attributes))


def ramp(low: int, high: int, dtype: str = "int16", shape: tuple[int, int] = (16, 16)) -> Array:
    """Return an image whose values rise from `low` to `high`."""
    return np.linspace(low, high, shape[0] * shape[1]).reshape(shape).round().astype(dtype)


def attributes(**values: Any) -> Dataset:
    """Return the attributes of an image of one sample."""
    made = Dataset()
    made.PhotometricInterpretation = "MONOCHROME2"
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


@contextmanager
def series_of(root: Path, *files: bytes) -> Iterator[PicturedSeries]:
    """Yield the only series of some files, its inventory open."""
    write_tree(root, {f"IM{number:04}": content for number, content in enumerate(files)})
    with dicommap.scan(root) as inventory:
        (series,) = inventory.series()
        yield series


def thumbnail(root: Path, *files: bytes) -> Picture:
    """Return the thumbnail of some files that are one series, pixel by pixel."""
    with series_of(root, *files) as series:
        return series.thumbnail(None)


def pixels(picture: Picture) -> Array:
    """Return what a picture shows."""
    assert not picture.is_placeholder, picture.caption
    return np.asarray(Image.open(io.BytesIO(picture.png)))
