"""P10 files of images, inventories of them, and the pixels of pictures."""

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
from dicommap.model.picture import Picture
from dicommap.model.study import Series
from tests.support.p10_files import p10, uid, write_tree

STUDY = "1.2.826.0.1.3680043.10.7"
Array = np.ndarray[Any, np.dtype[Any]]


def make_image_file(pixels: Array, number: int = 1, **attributes: Any) -> bytes:
    """Return a P10 file of an image with shape (rows, columns) or (rows, columns, 3); keywords set attributes."""
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


def make_ramp(low: int, high: int, dtype: str = "int16", shape: tuple[int, int] = (16, 16)) -> Array:
    """Return an image whose pixel values rise from `low` to `high`."""
    return np.linspace(low, high, shape[0] * shape[1]).reshape(shape).round().astype(dtype)


def attributes(**values: Any) -> Dataset:
    """Return a data set with attributes of a monochrome image."""
    made = Dataset()
    made.PhotometricInterpretation = "MONOCHROME2"
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


@contextmanager
def series_of(root: Path, *files: bytes) -> Iterator[Series]:
    """Scan files that are one series, and yield the series with an open inventory."""
    write_tree(root, {f"IM{number:04}": content for number, content in enumerate(files)})
    with dicommap.scan(root) as inventory:
        (series,) = inventory.series()
        yield series


def thumbnail(root: Path, *files: bytes) -> Picture:
    """Return the thumbnail of files that are one series."""
    with series_of(root, *files) as series:
        return series.thumbnail(None)


def pixels(picture: Picture) -> Array:
    """Return the pixels of a picture."""
    assert not picture.is_placeholder, picture.caption
    return np.asarray(Image.open(io.BytesIO(picture.png)))
