from __future__ import annotations

import pytest

from dicommap.p10.byte_window import FIRST_READ_BYTES, ByteWindow, EndOfFile

DATA = bytes(index % 251 for index in range(3 * FIRST_READ_BYTES))


class Reads:
    """Gives bytes and remembers what was asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []

    def __call__(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        return self.data[offset : offset + length]


def test_the_first_bytes_are_read_once() -> None:
    reads = Reads(DATA)
    window = ByteWindow(reads, len(DATA))
    assert [window.bytes_at(offset, 8) for offset in (0, 500, FIRST_READ_BYTES - 8)] == [
        DATA[offset : offset + 8] for offset in (0, 500, FIRST_READ_BYTES - 8)
    ]
    assert reads.asked == [(0, FIRST_READ_BYTES)]


@pytest.mark.parametrize("offset", [FIRST_READ_BYTES - 7, FIRST_READ_BYTES, 2 * FIRST_READ_BYTES + 1, len(DATA) - 8])
def test_what_lies_behind_is_read_when_it_is_needed(offset: int) -> None:
    reads = Reads(DATA)
    window = ByteWindow(reads, len(DATA))
    assert window.bytes_at(offset, 8) == DATA[offset : offset + 8]
    assert len(reads.asked) == 2


def test_it_goes_back() -> None:
    window = ByteWindow(Reads(DATA), len(DATA))
    window.bytes_at(2 * FIRST_READ_BYTES, 8)
    assert window.bytes_at(10, 100) == DATA[10:110]


def test_more_than_one_window_is_given_at_once() -> None:
    window = ByteWindow(Reads(DATA), len(DATA))
    assert window.bytes_at(5, 2 * FIRST_READ_BYTES) == DATA[5 : 5 + 2 * FIRST_READ_BYTES]


def test_nothing_is_asked_for_behind_the_end() -> None:
    reads = Reads(DATA)
    window = ByteWindow(reads, len(DATA))
    window.bytes_at(len(DATA) - 8, 8)
    assert max(offset + length for offset, length in reads.asked) == len(DATA)


@pytest.mark.parametrize(("offset", "length"), [(len(DATA) - 7, 8), (len(DATA), 1), (2**40, 8), (0, len(DATA) + 1)])
def test_bytes_behind_the_end_are_refused(offset: int, length: int) -> None:
    window = ByteWindow(Reads(DATA), len(DATA))
    with pytest.raises(EndOfFile) as caught:
        window.bytes_at(offset, length)
    assert caught.value.offset == len(DATA)


def test_no_bytes_at_the_end_are_no_bytes() -> None:
    assert ByteWindow(Reads(DATA), len(DATA)).bytes_at(len(DATA), 0) == b""


def test_an_end_inside_the_file_is_allowed_and_one_behind_it_is_not() -> None:
    window = ByteWindow(Reads(DATA), len(DATA))
    window.require_bytes_before(len(DATA))
    with pytest.raises(EndOfFile):
        window.require_bytes_before(len(DATA) + 1)


@pytest.mark.parametrize("left", [0, 10, FIRST_READ_BYTES, FIRST_READ_BYTES + 10])
def test_a_file_that_shrank_ends_where_its_bytes_end(left: int) -> None:
    window = ByteWindow(Reads(DATA[:left]), len(DATA))
    with pytest.raises(EndOfFile):
        window.bytes_at(left - 4 if left else 0, 8)
    assert window.size == left or left > FIRST_READ_BYTES


def test_short_reads_are_taken_for_the_end_and_never_for_a_shorter_value() -> None:
    window = ByteWindow(lambda offset, length: DATA[offset : offset + length // 2], len(DATA))
    with pytest.raises(EndOfFile):
        window.bytes_at(FIRST_READ_BYTES // 2 - 4, 8)
