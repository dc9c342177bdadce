from __future__ import annotations

import pytest

from dicommap.p10.byte_window import FIRST_READ_BYTES, ByteWindow, EndOfFile
from dicommap.p10.data_set_encoding import (
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    DataSetEncoding,
)
from dicommap.p10.item_skipping import MAX_DEPTH
from dicommap.p10.structure_errors import MalformedError
from dicommap.p10.walk import WalkResult, walk_data_set
from tests.support.p10_elements import UNDEFINED, element, item, sequence, tag_bytes

STUDY, SERIES, ROWS = 0x0020000D, 0x0020000E, 0x00280010
LIMIT = 64
ENCODINGS = pytest.mark.parametrize(
    "encoding",
    [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN],
    ids=lambda encoding: encoding.name,
)


def walked(data: bytes, encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN, *, whole: bool = False) -> WalkResult:
    window = ByteWindow(lambda offset, length: data[offset : offset + length], len(data))
    return walk_data_set(window, 0, encoding, {STUDY: LIMIT, SERIES: LIMIT}, SERIES, whole=whole)


def uid(tag: int, value: str, encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN) -> bytes:
    return element(tag, "UI", value, encoding)


def tail(encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN) -> bytes:
    return element(ROWS, "US", b"\1\1", encoding)


@ENCODINGS
def test_wanted_values_are_kept_and_others_are_not(encoding: DataSetEncoding) -> None:
    data = element(0x00100010, "PN", "Doe^Jane", encoding) + uid(STUDY, "1.23", encoding) + tail(encoding)
    found = walked(data, encoding)
    assert found.values == {STUDY: (b"" if encoding.implicit else b"UI", data.index(b"1.23"), b"1.23")}
    assert found.highest_tag == ROWS
    assert found.unordered_at is None


@ENCODINGS
@pytest.mark.parametrize("defined", [True, False])
@pytest.mark.parametrize("item_defined", [True, False])
def test_what_a_sequence_holds_is_not_taken_for_the_top_level(
    encoding: DataSetEncoding, defined: bool, item_defined: bool
) -> None:
    inner = sequence(0x00081115, [item(uid(STUDY, "9.91", encoding), encoding, defined=item_defined)], encoding)
    items = [item(uid(STUDY, "9.92", encoding) + inner, encoding, defined=item_defined)] * 2
    data = sequence(0x00081110, items, encoding, defined=defined) + uid(STUDY, "1.23", encoding) + tail(encoding)
    assert [raw for _, _, raw in walked(data, encoding).values.values()] == [b"1.23"]


@pytest.mark.parametrize("inside", [IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN], ids=lambda encoding: encoding.name)
def test_an_unknown_sequence_is_followed_in_either_encoding(inside: DataSetEncoding) -> None:
    items = [item(uid(STUDY, "9.91", inside), inside, defined=False)]
    data = sequence(0x00091010, items, vr="UN") + uid(STUDY, "1.23") + tail()
    assert walked(data).values[STUDY][2] == b"1.23"


def test_in_a_big_endian_file_an_unknown_sequence_is_implicit_little_endian() -> None:
    inner = item(uid(STUDY, "9.91", IMPLICIT_LITTLE_ENDIAN), IMPLICIT_LITTLE_ENDIAN, defined=False)
    end = tag_bytes(0xFFFEE0DD, IMPLICIT_LITTLE_ENDIAN) + bytes(4)
    unknown = element(0x00091010, "UN", inner, EXPLICIT_BIG_ENDIAN, length=UNDEFINED) + end
    data = unknown + uid(STUDY, "1.23", EXPLICIT_BIG_ENDIAN) + tail(EXPLICIT_BIG_ENDIAN)
    assert walked(data, EXPLICIT_BIG_ENDIAN).values[STUDY][2] == b"1.23"


def test_encapsulated_bytes_are_passed_by() -> None:
    data = sequence(0x00091010, [item(b"\xff" * 9, defined=True)], vr="OB") + uid(STUDY, "1.23") + tail()
    assert walked(data).values[STUDY][2] == b"1.23"


def test_the_walk_stops_behind_the_last_wanted_element() -> None:
    header = uid(STUDY, "1.23") + uid(SERIES, "1.24")
    found = walked(header + tail() + b"\xff" * 100)
    assert (found.end, found.highest_tag) == (len(header), ROWS)


@pytest.mark.parametrize("last", [STUDY, SERIES, ROWS])
def test_the_highest_tag_that_was_met_is_kept(last: int) -> None:
    data = b"".join(uid(tag, "1.23") for tag in (STUDY, SERIES, ROWS) if tag <= last)
    assert walked(data).highest_tag == last


@pytest.mark.parametrize("order", [(0x00100020, STUDY, 0x00100020), (STUDY, STUDY), (SERIES, STUDY)])
def test_the_first_element_out_of_order_is_noted(order: tuple[int, ...]) -> None:
    data = b"".join(uid(tag, "1.23") for tag in order)
    first = next(index for index in range(1, len(order)) if order[index] <= max(order[:index]))
    assert walked(data + tail()).unordered_at == first * 12


def test_the_whole_walk_goes_to_the_end_and_keeps_the_last_of_a_repeated_element() -> None:
    data = uid(STUDY, "1.23") + tail() + uid(STUDY, "1.24")
    assert walked(data, whole=True).values[STUDY][2] == b"1.24"
    assert walked(data).values[STUDY][2] == b"1.23"


def test_a_huge_element_before_the_uids_makes_the_window_move() -> None:
    data = element(0x00091010, "OB", bytes(5 * FIRST_READ_BYTES)) + uid(STUDY, "1.23") + tail()
    asked = 0

    def read(offset: int, length: int) -> bytes:
        nonlocal asked
        asked += length
        return data[offset : offset + length]

    found = walk_data_set(ByteWindow(read, len(data)), 0, EXPLICIT_LITTLE_ENDIAN, {STUDY: LIMIT}, STUDY)
    assert found.values[STUDY][2] == b"1.23"
    assert asked < 2 * FIRST_READ_BYTES, "a skipped value is not read"


def test_a_value_across_the_edge_of_the_window_is_whole() -> None:
    for shift in range(12):
        filler = element(0x00091010, "OB", bytes(FIRST_READ_BYTES - 12 - shift))
        assert walked(filler + uid(STUDY, "1.23") + tail()).values[STUDY][2] == b"1.23"


@ENCODINGS
def test_a_length_of_four_gigabytes_is_wrong(encoding: DataSetEncoding) -> None:
    with pytest.raises(MalformedError, match=r"\(0009,1010\) claims 4,294,967,294 bytes, and 2 are left"):
        walked(element(0x00091010, "OB", b"ab", encoding, length=UNDEFINED - 1), encoding)


@ENCODINGS
def test_every_cut_of_a_value_ends_the_file(encoding: DataSetEncoding) -> None:
    data = uid(STUDY, "1.23", encoding)
    for end in range(1, len(data)):
        with pytest.raises(EndOfFile):
            walked(data[:end], encoding)


def test_sequences_of_undefined_length_are_followed_up_to_a_limit() -> None:
    def nested(depth: int) -> bytes:
        content = b""
        for _ in range(depth):
            content = sequence(0x00081110, [item(content, defined=False)])
        return content + uid(STUDY, "1.23") + tail()

    assert walked(nested(MAX_DEPTH)).values[STUDY][2] == b"1.23"
    with pytest.raises(MalformedError, match="nested deeper"):
        walked(nested(MAX_DEPTH + 1))


def test_ten_thousand_nested_items_are_refused_without_recursion() -> None:
    opening = element(0x00081110, "SQ", b"", length=UNDEFINED) + tag_bytes(0xFFFEE000) + b"\xff" * 4
    with pytest.raises(MalformedError, match="nested deeper"):
        walked(opening * 10_000)


def test_ten_thousand_items_side_by_side_are_followed() -> None:
    data = sequence(0x00081110, [item(uid(STUDY, "9.91"), defined=False)] * 10_000) + uid(STUDY, "1.23") + tail()
    assert walked(data).values[STUDY][2] == b"1.23"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (element(0x00080005, "??", b"ab"), "(0008,0005) has the value representation '??'"),
        (
            tag_bytes(0xFFFEE000) + bytes(4),
            "(fffe,e000) stands at the beginning of the data set, outside of a sequence",
        ),
        (uid(0x00080005, "") + tag_bytes(0xFFFEE000) + bytes(4), "(fffe,e000) stands after (0008,0005), outside"),
        (bytes(8), "no element has the tag (0000,0000)"),
        (element(0x00080016, "UT", b"", length=UNDEFINED), "(0008,0016) has an undefined length, which the VR 'UT'"),
        (sequence(0x00080005, [], vr="SQ")[:-8] + uid(STUDY, "1.23"), "an element stands in (0008,0005) instead of"),
        (
            element(STUDY, "UN", b"", length=UNDEFINED) + tag_bytes(0xFFFEE0DD) + bytes(4),
            "(0020,000d) has an undefined length, and its value is wanted",
        ),
        (element(STUDY, "UT", bytes(LIMIT + 1)), "(0020,000d) has 65 bytes, and at most 64 are read"),
    ],
)
def test_what_the_standard_does_not_allow_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedError) as caught:
        walked(data + bytes(64))
    assert reason in caught.value.reason


def test_an_unfinished_sequence_ends_the_file() -> None:
    whole = sequence(0x00081110, [item(uid(STUDY, "9.91"), defined=False)])
    between = {12, 20, 32, 40}
    for end in range(12, len(whole)):
        with pytest.raises(MalformedError if end in between else EndOfFile, match=r"\(0008,1110\)"):
            walked(whole[:end])


def test_an_item_longer_than_the_file_ends_it() -> None:
    too_long = element(0x00081110, "SQ", tag_bytes(0xFFFEE000) + (1_000).to_bytes(4, "little"), length=UNDEFINED)
    with pytest.raises(EndOfFile):
        walked(too_long + bytes(20))
