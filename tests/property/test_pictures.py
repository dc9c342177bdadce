"""Whatever bytes a file has: a picture of it is drawn, or it is said why not; nothing else is ever raised."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dicommap.pictures.file_to_draw import FileToDraw, NoPictureError
from dicommap.pictures.frame_image import render_frame
from dicommap.pictures.slices import read_slices
from tests.support.example_counts import examples
from tests.support.image_files import STUDY, make_image_file, make_ramp
from tests.support.p10_files import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, uid

UID = uid(STUDY, 1, 1)
SYNTAXES = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED)
GREY = {
    "WindowCenter": [20, 40],
    "WindowWidth": [200, 100],
    "RescaleSlope": 2,
    "RescaleIntercept": -5,
    "PixelPaddingValue": 3,
    "PixelSpacing": [1, 2],
}
FILES = [
    *(make_image_file(make_ramp(-50, 100), transfer_syntax=syntax, **GREY) for syntax in SYNTAXES),  # type: ignore[arg-type]
    make_image_file(np.zeros((6, 6, 3), "uint8"), PhotometricInterpretation="YBR_FULL", NumberOfFrames=1),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures") / "file"


def look(place: Path, content: bytes) -> None:
    place.write_bytes(content)
    file = FileToDraw(str(place), UID)
    read_slices([file])
    with contextlib.suppress(NoPictureError):
        drawn, _ = render_frame(file, 0, 48)
        assert max(drawn.size) == 48


@examples(150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.sampled_from(FILES),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_changed_bytes(place: Path, content: bytes, changes: list[tuple[float, int]]) -> None:
    changed = bytearray(content)
    for where, byte in changes:
        changed[132 + int(where * (len(changed) - 133))] = byte
    look(place, bytes(changed))


@examples(100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.sampled_from(FILES), kept=st.floats(0, 1))
def test_cut_files(place: Path, content: bytes, kept: float) -> None:
    look(place, content[: int(kept * len(content))])
