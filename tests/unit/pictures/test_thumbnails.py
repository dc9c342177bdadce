"""Pictures of series and studies, from files good and bad: a picture or a placeholder that says why, never an error."""

from __future__ import annotations

import os
import shutil
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ImageFont
from pydicom import dcmread
from pydicom.encaps import encapsulate, get_frame

import dicommap
from dicommap.errors import UsageError
from dicommap.model.picture import Picture
from dicommap.pictures.drawing import draw_placeholder, wrap_label
from dicommap.pictures.thumbnails import MAX_SERIES
from tests.support.image_files import STUDY, make_image_file, make_ramp, pixels, series_of, thumbnail
from tests.support.p10_files import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, p10, uid, write_tree

WINDOW = {"WindowCenter": 128, "WindowWidth": 256}
EIGHT = make_ramp(0, 255, "uint8")
JPEG2000 = "1.2.840.10008.1.2.4.90"


def told(picture: Picture) -> str:
    """Return what a placeholder says, and that it is one that can be drawn."""
    assert picture.is_placeholder
    assert picture.png.startswith(b"\x89PNG")
    return picture.caption


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG])
def test_pixels_are_what_the_file_holds(tmp_path: Path, syntax: str) -> None:
    picture = thumbnail(tmp_path, make_image_file(EIGHT, transfer_syntax=syntax, **WINDOW))
    assert np.abs(pixels(picture).astype(int) - EIGHT).max() <= 1
    assert picture.caption == "CT series 1; image 1 of 1, window from the file"


def test_bytes_that_are_big_endian(tmp_path: Path) -> None:
    stored = make_ramp(-1000, 1000)
    window = {"WindowCenter": 0, "WindowWidth": 2001}
    big = thumbnail(
        tmp_path / "big",
        make_image_file(stored, PixelData=stored.astype(">i2").tobytes(), transfer_syntax=EXPLICIT_BIG, **window),
    )
    assert big.png == thumbnail(tmp_path / "little", make_image_file(stored, **window)).png


def test_colour_by_plane_is_colour_by_pixel(tmp_path: Path) -> None:
    colours = np.stack([EIGHT, EIGHT[::-1], 255 - EIGHT], axis=-1)
    by_plane = make_image_file(colours, PlanarConfiguration=1, PixelData=np.moveaxis(colours, -1, 0).tobytes())
    assert (pixels(thumbnail(tmp_path, by_plane)) == colours).all()


def test_ybr_becomes_rgb(tmp_path: Path) -> None:
    red = np.tile(np.array([76, 85, 255], "uint8"), (4, 4, 1))  # PS3.3 C.7.6.3.1.2
    found = pixels(thumbnail(tmp_path, make_image_file(red, PhotometricInterpretation="YBR_FULL"))).astype(int)
    assert np.abs(found - [254, 0, 0]).max() <= 1


def test_bits_are_unpacked(tmp_path: Path) -> None:
    mask = np.zeros((16, 16), "uint8")
    mask[2:5, 3:9] = 1
    packed = np.packbits(mask.ravel(), bitorder="little").tobytes()
    file = make_image_file(mask, BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=packed)
    assert (pixels(thumbnail(tmp_path, file)) == mask * 255).all()


def test_floats_are_drawn(tmp_path: Path) -> None:
    values = np.linspace(0, 1, 64, dtype="float32").reshape(8, 8)
    file = make_image_file(
        values, PixelData=None, FloatPixelData=values.tobytes(), BitsStored=None, PixelRepresentation=None
    )
    assert (
        np.abs(pixels(thumbnail(tmp_path, file)).astype(int) - np.clip((values - 0.01) / 0.98, 0, 1) * 255).max() <= 1
    )


def test_the_middle_slice_is_that_of_positions(tmp_path: Path) -> None:
    files = [
        make_image_file(
            np.full((8, 8), number, "uint8"),
            number,
            ImagePositionPatient=[0, 0, z],
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
            WindowCenter=128,
            WindowWidth=256,
        )
        for number, z in enumerate([50, 10, 30, 20, 40], 1)
    ]
    assert np.unique(pixels(thumbnail(tmp_path, *files))).tolist() == [3]


def test_a_frame_of_thousands_is_read_alone(tmp_path: Path) -> None:
    frames = np.arange(2_000, dtype="uint16")[:, None, None] * np.ones((1, 64, 64), "uint16")
    file = make_image_file(
        frames[0], NumberOfFrames=2_000, PixelData=frames.tobytes(), WindowCenter=1000, WindowWidth=2001
    )
    with series_of(tmp_path, file) as series:
        series.thumbnail(None)  # what is imported and cached is no part of the measure
        tracemalloc.start()
        picture = series.thumbnail(None)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert picture.caption == "CT series 1; image 1,001 of 2,000, window from the file"
    assert np.unique(pixels(picture)).tolist() == [128]
    assert peak < len(file) / 10


def test_pixels_that_are_not_square_get_their_shape(tmp_path: Path) -> None:
    with series_of(tmp_path, make_image_file(EIGHT, PixelSpacing=[2, 1])) as series:
        picture = series.thumbnail(64)
    assert (picture.width, picture.height) == (32, 64)


@pytest.mark.parametrize("size", [32, 100, 2_048])
def test_the_longer_side_has_the_size(tmp_path: Path, size: int) -> None:
    with series_of(tmp_path, make_image_file(make_ramp(0, 255, "uint8", (40, 50)))) as series:
        picture = series.thumbnail(size)
    assert picture.width == size
    assert picture.height == round(size * 0.8)


@pytest.mark.parametrize("size", [0, 31, 2_049])
def test_sizes_have_bounds(tmp_path: Path, size: int) -> None:
    with series_of(tmp_path, make_image_file(EIGHT)) as series:
        with pytest.raises(UsageError, match="pixels"):
            series.thumbnail(size)
        with pytest.raises(UsageError, match="pixels"):
            series.montage(size=size)


@pytest.mark.parametrize("count", [0, 401])
def test_a_montage_has_bounds(tmp_path: Path, count: int) -> None:
    with series_of(tmp_path, make_image_file(EIGHT)) as series, pytest.raises(UsageError, match="images"):
        series.montage(count)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "cut pixels": ({"PixelData": bytes(20)}, "cannot be decoded"),
    "no pixel data": ({"PixelData": None}, "no pixel data"),
    "no rows": ({"Rows": None, "Columns": None, "PixelData": None}, "No pixel data"),
    "no columns": ({"Columns": None}, "no columns"),
    "huge": ({"Rows": 65_535, "Columns": 65_535}, "too large"),
    "odd colours": ({"PhotometricInterpretation": "HSV"}, "PhotometricInterpretation"),
    "no palette": ({"PhotometricInterpretation": "PALETTE COLOR"}, "cannot be decoded"),
    "bits that cannot be": ({"BitsAllocated": 13}, "cannot be decoded"),
    "more frames than pixels": ({"NumberOfFrames": 1_000_000}, "cannot be decoded"),
    "two samples": ({"SamplesPerPixel": 2}, "cannot be decoded"),
    "not compressed": ({"transfer_syntax": JPEG2000, "PixelData": encapsulate([b"no image"])}, "cannot be decoded"),
    "run lengths that are cut": (
        {
            "transfer_syntax": "1.2.840.10008.1.2.5",
            "PixelData": encapsulate([struct.pack("<16L", 1, 64, *[0] * 14) + b"\x05a"]),
        },
        "cannot be decoded",
    ),
    "film": ({"transfer_syntax": "1.2.840.10008.1.2.4.102", "PixelData": encapsulate([b"film"])}, "no decoder"),
}


@pytest.mark.parametrize(("attributes", "words"), BAD.values(), ids=BAD)
def test_what_cannot_be_drawn_is_told(tmp_path: Path, attributes: dict[str, Any], words: str) -> None:
    compressed = attributes.get("transfer_syntax")
    file = (
        make_image_file(EIGHT, **attributes)
        if not compressed
        else p10(dataset_of(EIGHT, **attributes), transfer_syntax=compressed)
    )
    assert words in told(thumbnail(tmp_path, file))
    with series_of(tmp_path, file) as series:
        assert words in told(series.montage(4)) or "could not be drawn" in told(series.montage(4))


def dataset_of(array: Any, **attributes: Any) -> Any:
    import io

    attributes = {key: value for key, value in attributes.items() if key != "transfer_syntax"}
    made = dcmread(
        io.BytesIO(make_image_file(array, **{key: value for key, value in attributes.items() if key != "PixelData"}))
    )
    made.PixelData = attributes["PixelData"]
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    return made


def test_a_data_set_that_is_not_encoded_as_it_says_is_drawn(tmp_path: Path) -> None:
    explicit, implicit = (
        make_image_file(EIGHT, transfer_syntax=syntax, **WINDOW) for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE)
    )
    start = implicit.index(b"\x08\x00\x16\x00")
    mixed = explicit[: explicit.index(b"\x08\x00\x16\x00UI")] + implicit[start:]
    assert thumbnail(tmp_path, mixed).png == thumbnail(tmp_path / "explicit", explicit).png


def test_what_goes_wrong_is_told_on_the_picture_and_not_in_logs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    file = p10(dataset_of(EIGHT, PixelData=encapsulate([b"no image"])), transfer_syntax=JPEG2000)
    with series_of(tmp_path, file) as series, caplog.at_level(0):
        caplog.clear()
        told(series.thumbnail())
    assert not caplog.records
    assert not recwarn.list


@pytest.mark.parametrize("size", [(60_000, 60_000), (1_024, 0), (1_023, 256)])
def test_a_compressed_image_of_another_size_is_not_decoded(
    pydicom_files: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    real = dcmread(pydicom_files / "test_files" / "JPEG2000.dcm")
    codestream = bytearray(get_frame(real.PixelData, 0))
    struct.pack_into(">2L", codestream, 8, *size)
    real.PixelData = encapsulate([bytes(codestream)])
    real["PixelData"].is_undefined_length = True
    real.save_as(tmp_path / "bomb")
    with dicommap.scan(tmp_path) as inventory:
        (series,) = inventory.series()
        assert "another size" in told(series.thumbnail())


def test_a_transfer_syntax_that_is_none_is_not_repeated(tmp_path: Path) -> None:
    file = make_image_file(EIGHT).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840\x1b[1m08.1.2.1\0", 1)
    caption = told(thumbnail(tmp_path, file))
    assert caption.endswith("pydicom has no decoder for a file without a valid transfer syntax")


def test_a_data_set_that_inflates_without_end_is_not_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicommap.pictures.decodable_file.MAX_INFLATED_BYTES", 1_000)
    stored = np.zeros((100, 100), "uint8")
    assert "too large when inflated" in told(thumbnail(tmp_path, make_image_file(stored, transfer_syntax=DEFLATED)))


def replaced_by_other(path: Path) -> None:
    path.write_bytes(make_image_file(EIGHT, SOPInstanceUID="1.2.3"))


def replaced_by_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replaced_by_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replaced_by_text(path: Path) -> None:
    path.write_text("no DICOM")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Path.unlink, "not where it was scanned"),
        (replaced_by_other, "changed since the scan"),
        (replaced_by_text, "changed since the scan"),
        (replaced_by_fifo, "not a regular file"),
        (replaced_by_directory, "not a regular file"),
    ],
)
def test_a_file_that_is_not_the_scanned_one_is_not_drawn(tmp_path: Path, change: Any, words: str) -> None:
    with series_of(tmp_path, make_image_file(EIGHT)) as series:
        change(tmp_path / "IM0000")
        assert words in told(series.thumbnail())
        assert words in told(series.montage())


def test_other_files_are_drawn_where_some_are_lost(tmp_path: Path) -> None:
    with series_of(tmp_path, *(make_image_file(EIGHT, number) for number in (1, 2, 3))) as series:
        (tmp_path / "IM0001").unlink()
        picture = series.thumbnail()
    assert not picture.is_placeholder
    assert picture.caption.endswith("image 2 of 2, window by percentiles; 1 file could not be read")


def test_a_montage_tells_how_many_images_could_not_be_drawn(tmp_path: Path) -> None:
    with series_of(tmp_path, make_image_file(EIGHT), make_image_file(EIGHT, 2, PixelData=bytes(4))) as series:
        picture = series.montage()
    assert not picture.is_placeholder
    assert picture.caption == "CT series 1; 2 of 2 images; 1 could not be drawn"


def test_duplicates_are_not_drawn_twice(tmp_path: Path) -> None:
    with series_of(tmp_path, make_image_file(EIGHT), make_image_file(EIGHT)) as series:
        assert series.montage().caption == "CT series 1; 1 of 1 image"


def test_a_name_that_is_not_utf8_is_found(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xff")).write_bytes(make_image_file(EIGHT))
    with dicommap.scan(tmp_path) as inventory:
        (series,) = inventory.series()
        assert not series.thumbnail().is_placeholder


def test_a_montage_shows_evenly_spaced_images(tmp_path: Path) -> None:
    files = [make_image_file(np.full((40, 40), 20 * number, "uint8"), number, **WINDOW) for number in range(1, 11)]
    with series_of(tmp_path, *files) as series:
        picture = series.montage(4, 32)
    assert picture.caption == "CT series 1; 4 of 10 images"
    shown = pixels(picture)
    corners = [shown[20 + row * (picture.height // 2), 20 + column * 36, 0] for row in (0, 1) for column in (0, 1)]
    assert corners == sorted(set(corners))
    assert picture.width == 2 * 36 + 4


def test_an_overview_has_a_tile_for_each_series(tmp_path: Path) -> None:
    files = {
        "a": make_image_file(EIGHT),
        "b": make_image_file(EIGHT, SeriesInstanceUID=uid(STUDY, 2), SOPInstanceUID=uid(STUDY, 2, 1), PixelData=None),
    }
    with dicommap.scan(write_tree(tmp_path, files)) as inventory:
        (study,) = inventory.studies()
        picture = study.overview(64)
        assert not picture.is_placeholder
        assert picture.caption == "study of 2 series"
        assert picture.width == 2 * 68 + 4
        shutil.rmtree(tmp_path)
        assert study.overview(64).is_placeholder


def test_an_overview_is_in_the_order_of_series_number(tmp_path: Path) -> None:
    greys = {"10": 250, "2": 100, "": 30, "1": 180}
    files = {
        f"file{place}": make_image_file(
            np.full((8, 8), grey, "uint8"),
            SeriesInstanceUID=uid(STUDY, place),
            SOPInstanceUID=uid(STUDY, place, 1),
            SeriesNumber=number,
            **WINDOW,
        )
        for place, (number, grey) in enumerate(greys.items(), 1)
    }
    with dicommap.scan(write_tree(tmp_path, files)) as inventory:
        (study,) = inventory.studies()
        shown = pixels(study.overview(64))
        html = inventory._repr_html_()
    assert [int(shown[30, 34 + 68 * place, 0]) for place in range(4)] == [180, 100, 250, 30]
    uids = [uid(STUDY, place) for place in (4, 2, 1, 3)]
    for report in (html, study._repr_html_()):
        assert sorted(uids, key=report.index) == uids


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_the_reason_on_a_placeholder_is_not_clipped(size: int) -> None:
    words = "The pixels need a codec for 1.2.840.10008.1.2.4.105 (HTJ2KLosslessRPCLImageCompression), which is missing"
    image = np.asarray(draw_placeholder(words, size).convert("L"))
    ground = image[2, 2]
    assert (image[1:3, 1:-1] == ground).all()
    assert (image[-3:-1, 1:-1] == ground).all()
    assert (image[1:-1, 1:3] == ground).all()
    assert (image[1:-1, -3:-1] == ground).all()
    assert (image[3:-3, 3:-3] != ground).any()


def test_a_label_keeps_the_number_of_instances_below_a_long_description(tmp_path: Path) -> None:
    font = ImageFont.load_default(9)
    lines = wrap_label("MR series 3 axial T2 fat saturated with a long remark\n24 instances", font, 64)
    assert lines[-1] == "24 instances"
    assert len(lines) == 3
    assert lines[1].endswith("...")
    assert all(font.getlength(line) <= 64 for line in lines)


def test_an_overview_has_bounds(tmp_path: Path) -> None:
    files = {
        str(number): make_image_file(EIGHT, SeriesInstanceUID=uid(STUDY, number), SOPInstanceUID=uid(STUDY, number, 1))
        for number in range(MAX_SERIES + 2)
    }
    with dicommap.scan(write_tree(tmp_path, files)) as inventory:
        (study,) = inventory.studies()
        assert study.overview(32).caption == "study of 62 series; the first 60 of them shown"


def test_a_caption_has_the_description_of_the_series_but_no_value_of_the_patient(tmp_path: Path) -> None:
    names: dict[str, Any] = {"PatientName": "Secret^Name", "SeriesDescription": "left knee", "PatientID": "Secret"}
    with series_of(
        tmp_path, make_image_file(EIGHT, **names), make_image_file(EIGHT, 2, PixelData=None, **names)
    ) as series:
        pictures = [series.thumbnail(), series.montage()]
        assert not [picture.caption for picture in pictures if "Secret" in picture.caption + repr(picture)]
        assert series.thumbnail().caption.startswith("CT series 1 left knee; ")
