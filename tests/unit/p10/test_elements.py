"""Plain elements are passed at once; whatever is not plain is left where it is."""

from __future__ import annotations

import pytest

from dicommap.p10.byte_window import ByteWindow
from dicommap.p10.data_set_encoding import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, DataSetEncoding
from dicommap.p10.elements import RawValue, walk_plain_elements
from dicommap.p10.recording_window import RecordingWindow
from tests.support.p10_elements import ENCODINGS, UNDEFINED, element, item, sequence

NAME, ID, STUDY = 0x00100010, 0x00100020, 0x0020000D
ALL = pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=lambda encoding: encoding.name)
REST = bytes(12)
LIMIT = 64


def window_on(data: bytes, kind: type[ByteWindow] = ByteWindow) -> ByteWindow:
    if kind is ByteWindow:
        return ByteWindow(lambda at, length: data[at : at + length], len(data))
    return RecordingWindow(lambda at, length: data[at : at + length], len(data), data, len(data))


def passed(
    data: bytes, encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN, *, above: int = 0, last: int = STUDY
) -> tuple[int, int, dict[int, RawValue]]:
    into: dict[int, RawValue] = {}
    offset, tag, _ = walk_plain_elements(window_on(data), 0, encoding, {NAME: 4_096, STUDY: LIMIT}, above, last, into)
    return offset, tag, into


@ALL
def test_plain_elements_are_passed_and_wanted_values_kept(encoding: DataSetEncoding) -> None:
    name = element(NAME, "PN", "Doe^Jane", encoding)
    data = name + element(ID, "LO", "12", encoding) + element(0x00101002, "SQ", b"", encoding)
    start = len(name) - 8
    vr = b"" if encoding.implicit else b"PN"
    assert passed(data + REST, encoding) == (len(data), 0x00101002, {NAME: (vr, start, b"Doe^Jane")})


@ALL
def test_what_is_behind_the_last_wanted_is_left(encoding: DataSetEncoding) -> None:
    study = element(STUDY, "UI", "1.2 ", encoding)
    data = study + element(0x0020000E, "UI", "1.2 ", encoding) + REST
    offset, tag, into = passed(data, encoding)
    assert (offset, tag, list(into)) == (len(study), STUDY, [STUDY])


@ALL
def test_what_is_not_plain_is_left(encoding: DataSetEncoding) -> None:
    plain = element(NAME, "PN", "Doe^Jane", encoding)
    odd = [
        plain,  # repeated
        element(0x00080005, "CS", "ab", encoding),  # out of order
        element(ID, "UN", b"", encoding, length=UNDEFINED),
        element(ID, "LO", b"1234", encoding)[:-1],  # cut
        element(STUDY, "UT", bytes(LIMIT + 1), encoding),
        bytes(12),
        b"\xfe\xff\x00\xe0" + bytes(8),
    ]
    if not encoding.implicit:
        odd.append(plain[:4].replace(b"\x10\0\x10\0", b"\x10\0\x20\0") + b"??" + plain[6:])
    for other in odd:
        offset, tag, into = passed(plain + other, encoding)
        assert (offset, tag, list(into)) == (len(plain), NAME, [NAME])


def test_what_is_before_the_buffered_bytes_is_left() -> None:
    data = element(NAME, "PN", "Doe^Jane") * 2_000
    window = window_on(data)
    window.bytes_at(len(data) - 8, 8)
    assert walk_plain_elements(window, 0, EXPLICIT_LITTLE_ENDIAN, {}, 0, STUDY, {}) == (0, 0, [])


@ALL
def test_plain_elements_are_passed_also_after_the_window_has_moved(encoding: DataSetEncoding) -> None:
    pixels = element(0x00091010, "OB", bytes(100_000), encoding)
    data = pixels + element(NAME, "PN", "Doe^Jane", encoding) + element(STUDY, "UI", "1.2 ", encoding) + REST
    window = RecordingWindow(lambda at, length: data[at : at + length], len(data), data[:1_000], 1_000)
    window.bytes_at(len(pixels), 8)
    into: dict[int, RawValue] = {}
    wanted = {NAME: 64, STUDY: 64}
    offset, tag, heads = walk_plain_elements(window, len(pixels), encoding, wanted, 0, STUDY, into)
    assert (offset, tag, len(heads)) == (len(data) - len(REST), STUDY, 2)
    assert [(data[start : start + len(raw)], raw) for _, start, raw in into.values()] == [
        (b"Doe^Jane",) * 2,
        (b"1.2 ",) * 2,
    ]
    assert window.deciding_spans == []


def test_what_decided_is_noted_and_values_are_not() -> None:
    data = element(NAME, "PN", "Doe^Jane") + element(ID, "UT", "12") + REST
    window = window_on(data, RecordingWindow)
    assert isinstance(window, RecordingWindow)
    walk_plain_elements(window, 0, EXPLICIT_LITTLE_ENDIAN, {}, 0, STUDY, {})
    assert window.deciding_spans == [(0, 8), (16, 28)]
    assert window.required_size == 30


@ALL
@pytest.mark.parametrize("defined", [True, False])
def test_a_sequence_is_passed_if_its_first_item_begins_with_an_element(
    encoding: DataSetEncoding, defined: bool
) -> None:
    inner = item(element(NAME, "PN", "Doe^Jane", encoding), encoding, defined=defined)
    data = sequence(ID, [inner], encoding, defined=True)
    assert passed(data + REST, encoding)[:2] == (len(data), ID)


def test_a_sequence_whose_item_begins_in_implicit_vr_is_left() -> None:
    inner = item(element(NAME, "PN", "Doe^Jane", IMPLICIT_LITTLE_ENDIAN), defined=True)
    assert passed(sequence(ID, [inner], defined=True) + REST)[:2] == (0, 0)


def test_where_the_first_element_of_a_sequence_has_its_vr_is_noted() -> None:
    data = sequence(ID, [item(element(NAME, "PN", "Doe^Jane"), defined=True)], defined=True) + REST
    window = window_on(data, RecordingWindow)
    assert isinstance(window, RecordingWindow)
    walk_plain_elements(window, 0, EXPLICIT_LITTLE_ENDIAN, {}, 0, STUDY, {})
    assert sorted(window.deciding_spans) == [(0, 12), (24, 26)]
