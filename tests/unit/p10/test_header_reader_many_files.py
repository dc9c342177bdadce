"""The reader of many files: each is read as if it were the only one."""

from __future__ import annotations

import random
import zlib

import pytest

from dicommap.model.study import Disposition
from dicommap.p10 import Header, HeaderReader, WantedAttributes, header_reader
from dicommap.p10.byte_window import FIRST_READ_BYTES
from dicommap.p10.header_reader import MAX_LAYOUTS
from dicommap.p10.recording_window import MAX_LAYOUT_BYTES
from tests.support.p10_elements import (
    UNDEFINED,
    codes,
    content,
    element,
    make_warm_reader,
    p10,
    read,
    read_with_reader,
    tag_bytes,
)
from tests.support.p10_files import DEFLATED
from tests.unit.p10.test_header_reader import CASES

PLAIN = p10(content())
FILLER = 0x00080006


def long(length: int) -> bytes:
    """Return a file whose header has this many bytes more."""
    return p10(content(more={FILLER: element(FILLER, "UT", b"x" * length)}))


class Asked:
    """Reads a file with a reader, and remembers the bytes that were asked for."""

    def __init__(self, reader: HeaderReader, file: bytes, size: int | None = None) -> None:
        self.calls: list[tuple[int, int]] = []
        self._file = file
        self.found = reader.read(self._read, len(file) if size is None else size)

    def _read(self, offset: int, length: int) -> bytes:
        self.calls.append((offset, length))
        return self._file[offset : offset + length]


def test_each_finding_is_the_same_whatever_came_before() -> None:
    files = [file for file, _ in CASES.values()]
    for seed in range(20):
        random.Random(seed).shuffle(files)
        reader = make_warm_reader()
        assert [read_with_reader(reader, file) for file in files * 3] == [read(file) for file in files * 3]


def test_a_neighbour_is_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = make_warm_reader(PLAIN)
    monkeypatch.setattr("dicommap.p10.header_reader.read_header_in_window", None)
    found = read_with_reader(reader, p10(content(x0020000D="9.8.7")))
    assert isinstance(found, Header)
    assert found.values["StudyInstanceUID"] == "9.8.7"


def test_more_layouts_than_are_kept_are_read_as_well() -> None:
    files = [long(length) for length in range(0, 4 * MAX_LAYOUTS, 2)]
    reader = make_warm_reader(*files)
    assert [read_with_reader(reader, file) for file in files] == [read(file) for file in files]
    assert len(reader._layouts) == MAX_LAYOUTS


def test_the_layout_used_last_comes_first_and_the_oldest_goes() -> None:
    reader = make_warm_reader(*(long(length) for length in range(0, 2 * MAX_LAYOUTS, 2)))
    first = reader._layouts[-1]
    read_with_reader(reader, long(0))
    assert reader._layouts[0] is first
    oldest = reader._layouts[-1]
    read_with_reader(reader, long(3 * MAX_LAYOUTS))
    assert oldest not in reader._layouts


def test_the_first_read_is_as_long_as_the_headers_that_were_met() -> None:
    reader = make_warm_reader()
    pixels = bytes(4 * FIRST_READ_BYTES)
    assert Asked(reader, PLAIN + pixels).calls == [(0, FIRST_READ_BYTES)]
    assert Asked(reader, PLAIN + pixels).calls == [(0, 1_024)]
    assert Asked(reader, PLAIN).calls == [(0, len(PLAIN))]
    assert len(Asked(reader, long(20_000) + pixels).calls) > 1
    assert Asked(reader, long(20_000) + pixels).calls == [(0, 20 * 1_024)]


def test_a_layout_is_kept_where_one_read_gives_the_whole_header() -> None:
    reader = make_warm_reader(long(20_000))
    assert reader._layouts == []
    read_with_reader(reader, long(20_000))
    assert len(reader._layouts) == 1


def test_a_header_longer_than_the_limit_is_walked_each_time() -> None:
    room = MAX_LAYOUT_BYTES - len(long(0)) + 2  # Rows has a value of two bytes, which the walk does not look at
    for length, kept in ((room, 1), (room + 1, 0)):
        file = long(length)
        reader = make_warm_reader(file, file)
        assert read_with_reader(reader, file) == read(file)
        assert len(reader._layouts) == kept
        assert Asked(reader, file).calls[0] == (0, MAX_LAYOUT_BYTES if kept else FIRST_READ_BYTES)


def test_long_and_short_headers_in_turn_are_known_before_long() -> None:
    files = [long(20_000), long(0)]
    reader = make_warm_reader(*files * 2)
    assert [len(Asked(reader, file + bytes(FIRST_READ_BYTES)).calls) for file in files] == [1, 1]
    assert len(reader._layouts) == 2


def test_an_empty_file_is_not_read() -> None:
    asked = Asked(make_warm_reader(PLAIN), b"")
    assert (asked.found.disposition, asked.calls) == (Disposition.EMPTY, [])


def test_a_dicomdir_among_instances_is_one() -> None:
    one, other = (p10(content(), sop_class="1.2.840.10008.1.3." + end) for end in ("10", "11"))
    for first, second in ((one, other), (other, one)):
        reader = make_warm_reader(first)
        assert read_with_reader(reader, second) == read(second)


def test_what_the_read_function_raises_passes_through_and_the_reader_goes_on() -> None:
    def failing(offset: int, length: int) -> bytes:
        raise OSError(5, "Input/output error")

    reader = make_warm_reader(PLAIN)
    with pytest.raises(OSError, match="Input/output"):
        reader.read(failing, 1_000)
    assert read_with_reader(reader, PLAIN) == read(PLAIN)


@pytest.mark.parametrize("warm", [False, True])
def test_a_file_that_shrank_is_complete_or_reported(warm: bool) -> None:
    file = long(9_000)
    whole = read(file)
    assert isinstance(whole, Header)
    size = len(file) + 10_000
    for left in [*range(0, len(file), 61), *range(len(file) - 120, len(file))]:
        reader = make_warm_reader(PLAIN, file) if warm else make_warm_reader(PLAIN)
        found = Asked(reader, file[:left], size).found
        if isinstance(found, Header):
            assert found.values.items() <= whole.values.items()
            assert found.values == whole.values or "p10.ends-early" in codes(found)
        else:
            assert found.issues
        assert read_with_reader(reader, file) == whole


def test_a_file_that_grew_ends_at_its_size() -> None:
    reader = make_warm_reader(PLAIN)
    for size in range(1, len(PLAIN)):
        asked = Asked(reader, PLAIN, size)
        assert asked.found == read(PLAIN[:size])
        assert max(offset + length for offset, length in asked.calls) <= size


def deflated(data: bytes) -> bytes:
    worker = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return worker.compress(data) + worker.flush()


def test_of_a_deflate_bomb_no_more_than_the_limit_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header_reader, "MAX_INFLATED_BYTES", 100_000)
    bomb = p10(deflated(element(FILLER, "UT", bytes(10**7)) + content()), DEFLATED)
    reader = make_warm_reader(PLAIN, bomb)
    assert codes(read_with_reader(reader, bomb)) == ["p10.malformed"]
    assert read_with_reader(reader, PLAIN) == read(PLAIN)


OPENING = element(0x00081140, "SQ", b"", length=UNDEFINED) + tag_bytes(0xFFFEE000) + b"\xff" * 4
BAD = {
    "10,000 nested items": (p10(OPENING * 10_000), Disposition.MALFORMED),
    "a length of four gigabytes": (p10(element(FILLER, "UT", b"", length=UNDEFINED - 1)), Disposition.MALFORMED),
    "a wanted length of four gigabytes": (
        p10(element(0x00080018, "UT", b"", length=UNDEFINED - 1)),
        Disposition.MALFORMED,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_before_and_behind_good_input(name: str) -> None:
    file, disposition = BAD[name]
    reader = make_warm_reader(PLAIN)
    for _ in range(2):
        asked = Asked(reader, file)
        assert asked.found.disposition is disposition
        assert asked.found == read(file)
        assert sum(length for _, length in asked.calls) <= 2 * len(file)
        assert read_with_reader(reader, PLAIN) == read(PLAIN)


def test_a_wanted_value_of_four_gigabytes_that_the_file_may_hold_is_not_read() -> None:
    asked = Asked(make_warm_reader(PLAIN), p10(element(0x00080018, "UT", b"", length=2**31)), 2**32)
    assert asked.found.disposition in (Disposition.MALFORMED, Disposition.TRUNCATED)
    assert sum(length for _, length in asked.calls) <= 2 * FIRST_READ_BYTES


def test_readers_of_other_attributes_do_not_know_of_each_other() -> None:
    file = p10(content(more={0x00280011: element(0x00280011, "US", b"\2\0")}))
    more = make_warm_reader(file, wanted=WantedAttributes(("Rows",)))
    assert read_with_reader(more, file) == read(file, WantedAttributes(("Rows",)))
    assert read_with_reader(make_warm_reader(file), file) == read(file)
