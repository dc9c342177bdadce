from __future__ import annotations

import zlib

import pytest

from dicommap.p10 import header_reader
from dicommap.p10.byte_window import ByteWindow, EndOfFile
from dicommap.p10.header_reader import inflate_data_set
from dicommap.p10.structure_errors import MalformedError

DATA = bytes(index * 7 % 256 for index in range(300_000))


def deflated(data: bytes) -> bytes:
    worker = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return worker.compress(data) + worker.flush()


def window_on(file: bytes) -> ByteWindow:
    return ByteWindow(lambda offset, length: file[offset : offset + length], len(file))


def test_the_window_holds_what_was_deflated() -> None:
    found = inflate_data_set(window_on(b"meta" + deflated(DATA)), 4)
    assert found.size == len(DATA)
    assert found.bytes_at(0, len(DATA)) == DATA


def test_an_empty_data_set_is_inflated_to_nothing() -> None:
    assert inflate_data_set(window_on(deflated(b"")), 0).size == 0


def test_padding_behind_the_deflated_data_is_left_alone() -> None:
    assert inflate_data_set(window_on(deflated(DATA) + b"\0"), 0).size == len(DATA)


def test_data_that_cannot_be_compressed_are_inflated_chunk_by_chunk() -> None:
    state, noise = 1, bytearray()
    for _ in range(200_000):
        state = state * 1_103_515_245 + 12_345 & 0x7FFFFFFF
        noise.append(state >> 16 & 0xFF)
    assert inflate_data_set(window_on(deflated(bytes(noise))), 0).bytes_at(0, len(noise)) == bytes(noise)


@pytest.mark.parametrize("lost", [1, 2, 100])
def test_deflated_data_that_are_cut_end_the_file(lost: int) -> None:
    with pytest.raises(EndOfFile):
        inflate_data_set(window_on(deflated(DATA)[:-lost]), 0)


def test_no_deflated_data_at_all_end_the_file() -> None:
    with pytest.raises(EndOfFile):
        inflate_data_set(window_on(b"meta"), 4)


@pytest.mark.parametrize("data", [zlib.compress(DATA), b"\x08\0\x05\0CS\x0a\0ISO_IR 100", b"\xff" * 100])
def test_what_is_not_deflated_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        inflate_data_set(window_on(b"meta" + data), 4)
    assert caught.value.offset == 4


def test_a_bomb_is_inflated_up_to_the_limit_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header_reader, "MAX_INFLATED_BYTES", 100_000)
    found = inflate_data_set(window_on(deflated(bytes(10_000_000))), 0)
    assert found.size == 100_000
