"""The order of a series' images, and which of them are chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dicommap.pictures.file_to_draw import FileToDraw, NoPictureError, open_file_to_draw
from dicommap.pictures.slices import Slice, Slices, sort_slices

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def one(
    name: str, number: int | None = None, z: float | None = None, orientation: tuple[float, ...] | None = AXIAL
) -> Slice:
    position = None if z is None else (5.0, 5.0, z)
    return Slice(file=FileToDraw(name, name), frames=1, number=number, position=position, orientation=orientation)


def names(slices: list[Slice]) -> str:
    return "".join(found.file.path for found in sort_slices(slices))


def test_positions_come_before_numbers() -> None:
    assert names([one("a", 1, 30), one("b", 2, -10.5), one("c", 3, 20)]) == "bca"


def test_numbers_order_what_lies_in_one_place() -> None:
    assert names([one("a", 4, 0), one("b", 1, 5), one("c", 2, 0.001), one("d", 3, 5)]) == "cabd"


@pytest.mark.parametrize(
    "odd",
    [
        one("c", 2, 0, CORONAL),
        one("c", 2, None),
        one("c", 2, 0, None),
        one("c", 2, 0, (0.0,) * 6),
    ],
)
def test_numbers_decide_where_planes_cannot_be_compared(odd: Slice) -> None:
    assert names([one("a", 1, 9), one("b", 3, -9), odd]) == "acb"


def test_planes_along_one_line_have_no_normal() -> None:
    flat = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    assert names([one("a", 2, 1, flat), one("b", 1, 2, flat)]) == "ba"


def test_what_has_no_number_comes_last_in_the_order_given() -> None:
    assert names([one("c"), one("b"), one("a", 7)]) == "acb"


def test_the_middle_and_evenly_spaced_images_are_chosen() -> None:
    ten = Slices(tuple(one(str(number)) for number in range(10)), 0, ())
    assert ten.choose_evenly_spaced(1) == [5]
    assert ten.choose_evenly_spaced(2) == [2, 7]
    assert ten.choose_evenly_spaced(99) == list(range(10))
    assert Slices((), 3, ()).choose_evenly_spaced(4) == []


def test_frames_count_as_images() -> None:
    mixed = Slices((one("a"), replace(one("b"), frames=1_000_000_000), one("c")), 0, ())
    assert mixed.image_count == 1_000_000_002
    assert [mixed.find_image(place)[0].file.path for place in (0, 1, 1_000_000_000, 1_000_000_001)] == [
        "a",
        "b",
        "b",
        "c",
    ]
    assert mixed.find_image(1_000_000_000)[1] == 999_999_999
    assert mixed.find_image(0)[1] == 0


def test_a_member_of_an_archive_is_told_from_a_file_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK")
    with pytest.raises(NoPictureError, match="in an archive"):
        open_file_to_draw(f"{tmp_path}/a.zip!/b/c")
    with pytest.raises(NoPictureError, match="not where"):
        open_file_to_draw(f"{tmp_path}/b.zip!/c")


def test_an_object_in_s3_is_told_as_one() -> None:
    with pytest.raises(NoPictureError, match="in S3"):
        open_file_to_draw("s3://bucket/prefix/IM1")
