"""Items that are encoded unlike their data set are read with a warning, and so are delimiters that end nothing."""

from __future__ import annotations

import time
from itertools import product

import pytest

from dicommap.model.study import Disposition
from dicommap.p10 import Header, RejectedFile, item_skipping
from dicommap.p10.data_set_encoding import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, DataSetEncoding
from dicommap.p10.item_skipping import ITEM_ENCODING, MAX_DEPTH, MAX_ELEMENTS, STRAY_DELIMITER
from tests.support import p10_files
from tests.support.p10_elements import (
    UNDEFINED,
    codes,
    content,
    element,
    header_of,
    item,
    make_warm_reader,
    p10,
    read,
    read_with_reader,
    sequence,
    tag_bytes,
)

SEQUENCE, PRIVATE = 0x00081111, 0x00091010
END_OF_ITEM, END_OF_SEQUENCE = tag_bytes(0xFFFEE00D) + bytes(4), tag_bytes(0xFFFEE0DD) + bytes(4)
SYNTAXES = {EXPLICIT_LITTLE_ENDIAN: p10_files.EXPLICIT_LITTLE, IMPLICIT_LITTLE_ENDIAN: p10_files.IMPLICIT_LITTLE}
OTHERS = {EXPLICIT_LITTLE_ENDIAN: IMPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN: EXPLICIT_LITTLE_ENDIAN}
LITTLE = pytest.mark.parametrize("encoding", SYNTAXES, ids=lambda encoding: encoding.name)


def elements_of_item(encoding: DataSetEncoding) -> bytes:
    """Return elements that would be another study's, if they were taken for the top level."""
    return element(0x00081150, "UI", "1.2.840.1\0", encoding) + element(0x0020000D, "UI", "9.9 ", encoding)


def file_with(made: bytes, encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN, tag: int = SEQUENCE) -> bytes:
    return p10(content(encoding, {tag: made}), SYNTAXES[encoding])


def message(found: Header | RejectedFile) -> str:
    (one,) = found.issues
    return one.message


@LITTLE
@pytest.mark.parametrize("tag", [SEQUENCE, PRIVATE])
@pytest.mark.parametrize(("defined", "item_defined"), [*product([True, False], repeat=2)])
def test_items_in_the_other_encoding_are_passed_and_told(
    encoding: DataSetEncoding, tag: int, defined: bool, item_defined: bool
) -> None:
    inner = item(elements_of_item(OTHERS[encoding]), defined=item_defined)
    file = file_with(sequence(tag, [inner, inner], encoding, defined=defined), encoding, tag)
    found = header_of(file)
    assert found.values == header_of(p10(content())).values
    if encoding.implicit and defined:  # nothing in implicit VR shows that this is a sequence
        assert codes(found) == []
    else:
        assert codes(found) == [ITEM_ENCODING]
        assert f"({tag >> 16:04x},{tag & 0xFFFF:04x})" in message(found)
    assert read_with_reader(make_warm_reader(file), file) == found


@LITTLE
def test_each_item_and_each_level_may_have_the_other_encoding(encoding: DataSetEncoding) -> None:
    other = OTHERS[encoding]
    innermost = sequence(PRIVATE, [item(elements_of_item(encoding), defined=False)], other)
    middle = item(elements_of_item(other) + innermost, defined=False)
    plain = item(elements_of_item(encoding), defined=False)
    found = header_of(file_with(sequence(SEQUENCE, [plain, middle, plain], encoding), encoding))
    assert codes(found) == [ITEM_ENCODING]
    assert found.values == header_of(p10(content())).values


@pytest.mark.parametrize("inside", SYNTAXES, ids=lambda encoding: encoding.name)
@pytest.mark.parametrize("item_defined", [True, False])
def test_items_of_an_unknown_of_undefined_length_should_be_in_implicit_vr(
    inside: DataSetEncoding, item_defined: bool
) -> None:
    """PS3.5 section 6.2.2, note 2, since CP-246."""
    made = sequence(PRIVATE, [item(elements_of_item(inside), defined=item_defined)], vr="UN")
    assert codes(read(file_with(made, tag=PRIVATE))) == ([] if inside is IMPLICIT_LITTLE_ENDIAN else [ITEM_ENCODING])


@LITTLE
@pytest.mark.parametrize("inner", [b"", END_OF_ITEM])
def test_items_without_elements_tell_no_encoding(encoding: DataSetEncoding, inner: bytes) -> None:
    empty = tag_bytes(0xFFFEE000) + (UNDEFINED if inner else 0).to_bytes(4, "little") + inner
    for defined in (True, False):
        assert codes(read(file_with(sequence(SEQUENCE, [empty], encoding, defined=defined), encoding))) == []


@pytest.mark.parametrize("letters", [b"LO", b"FD", b"PN", b"UI"])
def test_a_length_that_looks_like_a_vr_is_a_length_if_the_element_does_not_lead_on_without(letters: bytes) -> None:
    length = int.from_bytes(letters, "little")
    long = element(0x00081150, "LT", b"x" * length, IMPLICIT_LITTLE_ENDIAN)
    inner = item(long + element(0x00081155, "UI", "1.2 ", IMPLICIT_LITTLE_ENDIAN), defined=False)
    file = file_with(sequence(SEQUENCE, [inner], IMPLICIT_LITTLE_ENDIAN), IMPLICIT_LITTLE_ENDIAN)
    assert codes(header_of(file)) == []


def test_fragments_of_pixel_data_are_no_elements() -> None:
    fragment = (
        tag_bytes(0xFFFEE000) + (12).to_bytes(4, "little") + element(0x00081155, "UI", "1.2 ", IMPLICIT_LITTLE_ENDIAN)
    )
    assert codes(header_of(file_with(sequence(PRIVATE, [fragment], vr="OB"), tag=PRIVATE))) == []


@LITTLE
def test_delimiters_behind_what_has_a_length_are_passed_and_told(encoding: DataSetEncoding) -> None:
    inner = item(elements_of_item(encoding), defined=True)
    nested = sequence(PRIVATE, [inner], encoding, defined=True) + END_OF_SEQUENCE
    whole = [
        sequence(SEQUENCE, [inner], encoding, defined=True) + END_OF_SEQUENCE,
        sequence(SEQUENCE, [inner], encoding, defined=True) + END_OF_ITEM + END_OF_SEQUENCE,
        sequence(SEQUENCE, [], encoding, defined=True) + END_OF_SEQUENCE,
        sequence(SEQUENCE, [inner + END_OF_ITEM, inner], encoding),
        sequence(SEQUENCE, [item(nested, defined=False)], encoding),
    ]
    for made in whole:
        file = file_with(made, encoding)
        found = header_of(file)
        assert codes(found) == [STRAY_DELIMITER]
        assert "(0008,1111)" in message(found)
        assert found.values == header_of(p10(content())).values
        assert read_with_reader(make_warm_reader(file), file) == found


@LITTLE
def test_an_item_without_an_end_is_refused_by_name(encoding: DataSetEncoding) -> None:
    opened = tag_bytes(0xFFFEE000) + b"\xff" * 4 + elements_of_item(encoding)
    for inner in (opened, opened + opened + END_OF_ITEM):
        found = read(file_with(sequence(SEQUENCE, [inner], encoding), encoding))
        assert found.disposition is Disposition.MALFORMED
        assert message(found).endswith("an item of (0008,1111) has no end.")


def test_a_sequence_that_takes_in_the_rest_of_the_file_is_refused_by_name() -> None:
    opened = tag_bytes(0xFFFEE000) + b"\xff" * 4 + elements_of_item(EXPLICIT_LITTLE_ENDIAN)
    found = read(file_with(element(SEQUENCE, "SQ", opened, length=UNDEFINED)))
    assert found.disposition is Disposition.MALFORMED
    assert "(0008,1111) has no end" in message(found)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (element(0x00081150, "??", b"ab"), "(0008,1150) has the value representation '??'"),
        (
            element(0x00081150, "LO", b"", length=UNDEFINED & 0xFFFF),
            "(0008,1150) inside (0008,1111) claims 65,535 bytes",
        ),
        (element(0x00081150, "UT", b"", length=UNDEFINED), "(0008,1150) inside (0008,1111) has an undefined length"),
    ],
)
def test_what_is_wrong_in_an_item_is_named(inner: bytes, expected: str) -> None:
    found = read(file_with(sequence(SEQUENCE, [item(inner, defined=False)])))
    assert found.disposition is Disposition.MALFORMED
    assert expected in message(found)


def test_an_item_that_claims_more_than_the_file_has_is_named() -> None:
    too_long = tag_bytes(0xFFFEE000) + (1_000).to_bytes(4, "little") + b"ab"
    found = read(file_with(element(SEQUENCE, "SQ", too_long, length=UNDEFINED)))
    assert found.disposition is Disposition.TRUNCATED
    assert "(fffe,e000) inside (0008,1111) claims 1,000 bytes, and " in message(found)


def test_the_limits_are_those_that_are_documented() -> None:
    assert (MAX_DEPTH, MAX_ELEMENTS) == (64, 4_194_304)


def test_a_header_of_more_elements_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_skipping, "MAX_ELEMENTS", 1_000)
    many = {
        "items": sequence(SEQUENCE, [item(b"", defined=True)] * 999),
        "delimiters": sequence(SEQUENCE, [], defined=True) + END_OF_SEQUENCE * 999,
        "elements": element(SEQUENCE, "SH", b"") * 1_000,
        "elements of an item": sequence(SEQUENCE, [item(element(SEQUENCE, "SH", b"") * 999, defined=False)]),
    }
    for name, made in many.items():
        found = read(file_with(made))
        assert found.disposition is Disposition.MALFORMED, name
        assert "the header has more than 1,000 elements and items" in message(found)
    assert codes(read(file_with(sequence(SEQUENCE, [item(b"", defined=True)] * 990)))) == []


def test_the_time_for_each_item_does_not_grow_with_their_number() -> None:
    """No item is looked at twice: twice as many take about twice as long, with much room for a busy machine."""

    def seconds(count: int) -> float:
        made = item(element(SEQUENCE, "SH", b""), defined=False)
        file = file_with(sequence(SEQUENCE, [made] * count))
        begun = time.process_time()
        assert codes(read(file)) == []
        return time.process_time() - begun

    few = min(seconds(10_000) for _ in range(3))
    assert seconds(80_000) < 8 * 4 * few
