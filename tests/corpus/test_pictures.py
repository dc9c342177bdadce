"""Every real file at hand: its picture is what pydicom and some numpy make of it, or it says why there is none."""

from __future__ import annotations

import io
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom import Dataset, dcmread

import dicommap
from dicommap.pictures.windowing import WINDOW_INSTEAD_OF_FILE

WITHOUT_PICTURE = {
    "JPEG-lossy.dcm": "cannot be decoded",
    "JPEG2000-embedded-sequence-delimiter.dcm": "another size",
    "JPGExtended.dcm": "cannot be decoded",
    "MR_truncated.dcm": "cannot be decoded",
    "badVR.dcm": "cannot be decoded",
}
"""Files of the wheel with pixels that no codec at hand reads; pydicom does not either."""

Array = np.ndarray[Any, np.dtype[Any]]


def straightforward(data: Dataset) -> Array | None:
    """Return the middle frame as pydicom and numpy show it, or None where pydicom has no pixels."""
    try:
        frames = data.pixel_array
    except Exception:  # noqa: BLE001  pydicom and the codecs raise all kinds
        return None
    if int(data.get("NumberOfFrames") or 1) > 1:
        frames = frames[int(data.NumberOfFrames) // 2]
    values = frames.astype("float64")
    if data.PhotometricInterpretation == "PALETTE COLOR":
        return palette(data, frames)
    if data.SamplesPerPixel > 1:
        return np.asarray(values / (2**data.BitsStored - 1) * 255)
    shown = windowed(data, values * float(data.get("RescaleSlope", 1)) + float(data.get("RescaleIntercept", 0)))
    if data.PhotometricInterpretation == "MONOCHROME1":
        shown = 255 - shown
    return np.asarray(np.where(frames == data.get("PixelPaddingValue", np.inf), 0, shown))


def windowed(data: Dataset, values: Array) -> Array:
    if "WindowWidth" in data:
        center, width = (np.atleast_1d(data[name].value)[0] for name in ("WindowCenter", "WindowWidth"))
        return np.asarray(np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1) * 255)  # PS3.3 C.11.2.1.2.1
    low, high = np.percentile(values, [1, 99])
    if low == high:
        low, high = values.min(), values.max()
    return np.asarray(np.clip((values - low) / (high - low), 0, 1) * 255)


def palette(data: Dataset, stored: Array) -> Array:
    colours = []
    for name in ("Red", "Green", "Blue"):
        entries, first, bits = data[f"{name}PaletteColorLookupTableDescriptor"].value
        table = np.frombuffer(data[f"{name}PaletteColorLookupTableData"].value, f"u{bits // 8}")
        colours.append(table[np.clip(stored.astype(int) - first, 0, entries - 1)] >> (bits - 8))
    return np.stack(colours, axis=-1)


def test_each_file_has_the_picture_that_pydicom_and_numpy_make(directory: Path, tmp_path: Path) -> None:
    drawn = replaced = 0
    for path in (path for path in sorted(directory.rglob("*")) if path.is_file()):
        place = tmp_path / "file"
        shutil.copyfile(path, place)
        with dicommap.scan(tmp_path) as inventory:
            for series in inventory.series():
                picture = series.thumbnail(None)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    expected = straightforward(dcmread(place))
                if expected is None:
                    assert picture.is_placeholder, path.name
                    assert WITHOUT_PICTURE.get(path.name, "o pixel data") in picture.caption, path.name
                    continue
                assert not picture.is_placeholder, (path.name, picture.caption)
                if WINDOW_INSTEAD_OF_FILE in picture.caption:
                    replaced += 1
                    continue
                shown = np.asarray(Image.open(io.BytesIO(picture.png))).astype("float64")
                assert shown.shape == expected.shape, path.name
                assert np.abs(shown - expected).max() <= 1, path.name
                drawn += 1
    assert drawn > 90
    assert replaced < drawn / 20


def test_each_series_has_a_thumbnail_and_each_study_an_overview(directory: Path) -> None:
    with dicommap.scan(directory) as inventory:
        for study in inventory.studies():
            assert study.overview(32).png
            for series in study.series:
                thumbnail, montage = series.thumbnail(32), series.montage(4, 32)
                assert thumbnail.is_placeholder or max(thumbnail.width, thumbnail.height) == 32
                assert montage.is_placeholder or not thumbnail.is_placeholder or "could not" in montage.caption
