"""A warm reader gives what a cold one gives: over similar files, files that differ in one byte, and damaged files."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.uid import describe_uid_violation
from dicommap.healthimaging.limits import describe_uid_mapping_problem
from dicommap.p10 import Header
from tests.property.test_p10 import data_sets, mutated
from tests.support.example_counts import examples
from tests.support.p10_elements import make_warm_reader, p10, read, read_with_reader
from tests.unit.p10.test_layout_cache import ALL, file_of, learned


def agreeing(files: list[bytes]) -> None:
    """Assert that each file is read on one reader, in this order, as it is read alone."""
    reader = make_warm_reader()
    for file in files:
        assert read_with_reader(reader, file) == read(file)


@st.composite
def neighbours(draw: st.DrawFn) -> list[bytes]:
    """Files that resemble each other: values, lengths, single bytes changed, elements swapped, ends cut."""
    syntax, data = draw(data_sets())
    file = p10(data, syntax, instance="1.2.3.4.5", sop_class="1.2.840.10008.5.1.4.1.1.2")
    made = [file]
    for _ in range(draw(st.integers(1, 6))):
        made.append(
            draw(st.sampled_from([_changed, _flipped, _swapped, _cut, _grown]))(draw, draw(st.sampled_from(made)))
        )
    return made


def _changed(draw: st.DrawFn, file: bytes) -> bytes:
    """Change a text in place: digits for digits, and letters for letters."""
    places = [place for place in range(132, len(file)) if chr(file[place]).isalnum()]
    changed = bytearray(file)
    for place in draw(st.lists(st.sampled_from(places), max_size=8)) if places else []:
        changed[place] = draw(st.sampled_from(b"0123456789ABCUI.\\ \0"))
    return bytes(changed)


def _flipped(draw: st.DrawFn, file: bytes) -> bytes:
    place = draw(st.integers(0, max(0, len(file) - 1)))
    changed = bytearray(file or b"\0")
    changed[place] ^= 1 << draw(st.integers(0, 7))
    return bytes(changed)


def _swapped(draw: st.DrawFn, file: bytes) -> bytes:
    """Swap two pieces of the file, which now and then are whole elements."""
    one, two, three = sorted(draw(st.tuples(*[st.integers(132, max(132, len(file)))] * 3)))
    return file[:one] + file[two:three] + file[one:two] + file[three:]


def _cut(draw: st.DrawFn, file: bytes) -> bytes:
    return file[: draw(st.integers(0, len(file)))]


def _grown(draw: st.DrawFn, file: bytes) -> bytes:
    """Put bytes in, and make the length before them right where it looks like one."""
    place = draw(st.integers(min(140, len(file)), len(file)))
    more = draw(st.binary(min_size=1, max_size=4))
    changed = bytearray(file[:place] + more + file[place:])
    if place >= 2 and changed[place - 2] <= 0xFB:
        changed[place - 2] += len(more)
    return bytes(changed)


@given(neighbours(), st.randoms(use_true_random=False))
@examples(150)
def test_neighbours_are_read_as_if_alone(files: list[bytes], order: random.Random) -> None:
    agreeing(files + order.sample(files, len(files)))


@given(st.lists(st.one_of(mutated(), data_sets(shuffled=True).map(lambda made: p10(made[1], made[0]))), max_size=4))
@examples(80)
def test_damaged_and_reordered_files_are_read_as_if_alone(files: list[bytes]) -> None:
    agreeing(files * 2)


@given(data_sets(), st.data())
@examples(150)
def test_layouts_that_differ_in_a_structural_byte_never_fit_each_others_files(
    made: tuple[str, bytes], data: st.DataObject
) -> None:
    file = p10(made[1], made[0])
    layout = learned(file)
    assert layout is not None, "every data set in order has a layout"
    structure = sorted({place for begin, end in layout.deciding_spans for place in range(begin, end)})
    place = data.draw(st.sampled_from(structure))
    changed = bytearray(file)
    changed[place] ^= data.draw(st.integers(1, 255))
    other = bytes(changed)
    assert not layout.fits(other)
    if (theirs := learned(other)) is not None:
        assert theirs.fits(other)
        assert not theirs.fits(file)


def test_the_first_bytes_of_an_item_decide_also_if_they_are_no_vr() -> None:
    """Found by the test above: the 2 bytes were recorded only if they were a VR."""
    first = b"\x00\x08\x00\x16UI\x00\x1a1.2.840.10008.5.1.4.1.1.2\x00\x00\x08\x00\x18UI\x00\n1.2.3.4.5\x00"
    empty = b"\x00\x08\x102SQ\x00\x00\xff\xff\xff\xff\xff\xfe\xe0\xdd\x00\x00\x00\x00"
    patient = b"\x00\x10\x00\x10PN\x00\x00\x00\x10\x00 LO\x00\x00"
    item = b"\x00 \x00\rUI\x00\x081.9.9.9\x00\x00\x10\x00 LO\x00\x06leaked\xff\xfe\xe0\r\x00\x00\x00\x00"
    sequence = b"\x00\x19\x10\x10SQ\x00\x00\x00\x00\x00.\xff\xfe\xe0\x00\xff\xff\xff\xff" + item
    last = b"\x00 \x00\rUI\x00\x061.2.3\x00\x00 \x00\x0eUI\x00\x081.2.3.4\x00\x00(\x00\x10US\x00\x02\x00\x01"
    file = p10(first + empty + patient + sequence + last, "1.2.840.10008.1.2.2")
    theirs = learned(file.replace(item, item.replace(b"UI\x00\x08", b"TI\x00\x08")))
    assert theirs is not None
    assert not theirs.fits(file)


@ALL
@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.long)])
def test_no_flipped_bit_makes_the_warm_reader_differ(syntax: str, every: int) -> None:
    """Each bit of a file with sequences, or every seventh, after the file itself, so that its layout is at hand."""
    file = file_of(syntax)
    reader = make_warm_reader()
    whole = read(file)
    assert isinstance(whole, Header)
    for number in range(0, 8 * len(file), every):
        place, bit = divmod(number, 8)
        changed = bytearray(file)
        changed[place] ^= 1 << bit
        assert read_with_reader(reader, file) == whole
        assert read_with_reader(reader, bytes(changed)) == read(bytes(changed)), (place, bit)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_no_cut_makes_the_warm_reader_differ(syntax: str) -> None:
    file = file_of(syntax) + b"\1\0" * 20
    reader = make_warm_reader(file)
    for end in range(len(file)):
        assert read_with_reader(reader, file[:end]) == read(file[:end]), end
        assert read_with_reader(reader, file) == read(file)


@given(st.one_of(st.from_regex(r"[0-9.]{0,70}"), st.text("012.\n\\ ٣", max_size=70)))
@examples(100)
def test_a_mapping_can_name_every_conformant_uid(uid: str) -> None:
    """So a UID is never both refused and told as not conformant."""
    assert describe_uid_violation(uid) is not None or describe_uid_mapping_problem(uid) is None


@given(st.lists(st.from_regex(r"\A(0|[1-9][0-9]{0,3})\Z"), min_size=1, max_size=80), st.sampled_from("012"))
@examples(100)
def test_a_mapping_can_name_every_uid_of_conformant_components(components: list[str], root: str) -> None:
    uid = ".".join([root, *components])
    assert describe_uid_violation(uid) is not None or describe_uid_mapping_problem(uid) is None
