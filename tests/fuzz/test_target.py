"""The fuzz target holds for its seeds and some changes of them, and it does notice a reader that is wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from dicommap.model.study import Disposition
from dicommap.p10 import Header, HeaderReader, ReadAt, RejectedFile, header_reader
from dicommap.p10.byte_window import ByteWindow
from dicommap.p10.layout_cache import HeaderLayout, SharedBytes
from tests.fuzz.seeds import mutated, seeds
from tests.fuzz.target import check, input_of, pair_of
from tests.support.p10_elements import content, p10

FILE = p10(content())
MUTATED = 600


@pytest.fixture(scope="module")
def inputs(pydicom_files: Path) -> list[bytes]:
    return list(seeds(pydicom_files))


def test_it_holds_for_real_files(inputs: list[bytes]) -> None:
    assert len(inputs) > 200
    for data in inputs:
        check(data)


def test_it_holds_for_changes_of_real_files(inputs: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header_reader, "MAX_INFLATED_BYTES", 2**20)
    chance = random.Random(1)
    for _ in range(MUTATED):
        check(mutated(chance, inputs))


def test_an_input_stands_for_a_file_and_its_neighbour() -> None:
    place = FILE.index(b"1.2.3")
    assert pair_of(input_of(FILE)) == (FILE, FILE)
    changed = FILE[:place] + b"0" + FILE[place + 1 :]
    assert pair_of(input_of(FILE, place.to_bytes(2, "little") + b"\1")) == (FILE, changed)
    assert pair_of(b"") == (b"", b"")


@pytest.mark.parametrize(
    ("kind", "name", "lax"),
    [
        (SharedBytes, "matches", lambda self, head: len(head) >= self._size),
        (HeaderLayout, "find_differing_spans", lambda self, head: set() if len(head) >= len(self.head) else None),
    ],
)
def test_it_notices_a_layout_that_fits_too_much(
    monkeypatch: pytest.MonkeyPatch, kind: type, name: str, lax: Callable[..., object]
) -> None:
    monkeypatch.setattr(kind, name, lax)
    vr_of_study = FILE.index(b"\x20\0\x0d\0UI") + 4
    with pytest.raises(AssertionError, match="warm reader differs"):
        check(input_of(FILE, vr_of_study.to_bytes(2, "little") + b"\1"))


def test_it_notices_a_reader_that_loses_values_of_a_cut_file(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = HeaderReader.read

    def losing(self: HeaderReader, read: ReadAt, size: int) -> Header | RejectedFile:
        if len(read(0, size)) == size:
            return honest(self, read, size)
        return Header(disposition=Disposition.INSTANCE, transfer_syntax_uid="", values={})

    monkeypatch.setattr(HeaderReader, "read", losing)
    with pytest.raises(AssertionError, match="lost in silence"):
        check(input_of(FILE))


def test_it_notices_a_reader_that_asks_for_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    def wasting(self: ByteWindow, offset: int, length: int) -> bytes:
        self._read(0, 2**20)
        return self.buffer[offset : offset + length]

    monkeypatch.setattr(ByteWindow, "bytes_at", wasting)
    with pytest.raises(AssertionError, match="asked for"):
        check(input_of(FILE))
