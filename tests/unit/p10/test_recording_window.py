from __future__ import annotations

from collections.abc import Callable

import pytest

from dicommap.p10.byte_window import FIRST_READ_BYTES, EndOfFile
from dicommap.p10.recording_window import MAX_LAYOUT_BYTES, RecordingWindow

DATA = bytes(index % 251 for index in range(2 * MAX_LAYOUT_BYTES))


def watched(data: bytes = DATA) -> RecordingWindow:
    return RecordingWindow(
        lambda at, length: data[at : at + length], len(data), data[:FIRST_READ_BYTES], FIRST_READ_BYTES
    )


def test_the_bytes_that_decide_are_noted_and_values_are_not() -> None:
    window = watched()
    assert window.bytes_at(10, 4) == DATA[10:14]
    assert window.value_at(20, 4) == DATA[20:24]
    assert window.bytes_at(FIRST_READ_BYTES + 1, 2) == DATA[FIRST_READ_BYTES + 1 : FIRST_READ_BYTES + 3]
    assert window.deciding_spans == [(10, 14), (FIRST_READ_BYTES + 1, FIRST_READ_BYTES + 3)]


def test_the_furthest_place_that_had_to_exist_is_noted() -> None:
    window = watched()
    window.bytes_at(10, 4)
    assert window.required_size == 14
    window.require_bytes_before(500)
    window.bytes_at(10, 4)
    assert window.required_size == 500
    window.bytes_at(600, 100)
    assert window.required_size == 700
    window.value_at(2 * FIRST_READ_BYTES, 100)
    assert window.required_size == 2 * FIRST_READ_BYTES + 100


@pytest.mark.parametrize(
    "ask",
    [lambda window: window.require_bytes_before(101), lambda window: window.bytes_at(100, 1)],
    ids=["require", "bytes_at"],
)
def test_a_place_behind_the_end_that_was_asked_for_is_noted_as_well(ask: Callable[[RecordingWindow], object]) -> None:
    window = watched(DATA[:100])
    with pytest.raises(EndOfFile):
        ask(window)
    assert window.required_size == 101


def test_what_is_noted_is_bounded() -> None:
    window = watched()
    for offset in range(0, len(DATA), 8):
        window.bytes_at(offset, 8)
    assert len(window.deciding_spans) == MAX_LAYOUT_BYTES // 8
    assert window.required_size == len(DATA)
