"""Sequences of any shape whose items are encoded one way or the other: the top level is read all the same."""

from __future__ import annotations

import io
import warnings

import pydicom
from hypothesis import given
from hypothesis import strategies as st
from pydicom.tag import Tag

from dicommap.p10 import Header, WantedAttributes
from dicommap.p10.data_set_encoding import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, DataSetEncoding
from dicommap.p10.item_skipping import ITEM_ENCODING, STRAY_DELIMITER
from tests.support import p10_files
from tests.support.example_counts import examples
from tests.support.p10_elements import (
    codes,
    content,
    element,
    item,
    make_warm_reader,
    p10,
    read,
    read_with_reader,
    sequence,
    tag_bytes,
)

WANTED = WantedAttributes.default()
SYNTAXES = {EXPLICIT_LITTLE_ENDIAN: p10_files.EXPLICIT_LITTLE, IMPLICIT_LITTLE_ENDIAN: p10_files.IMPLICIT_LITTLE}
BEFORE, PRIVATE = (0x00081111, 0x00081140), (0x00091010, 0x00191011)
DELIMITER = tag_bytes(0xFFFEE0DD) + bytes(4)


@st.composite
def elements(draw: st.DrawFn, encoding: DataSetEncoding, depth: int) -> bytes:
    """Return what an item holds: elements in order, with UIDs of another study, and maybe a sequence."""
    made = {
        0x00081150: element(0x00081150, "UI", "1.2.840.10008.5.1.4.1.1.2\0", encoding),
        0x0020000D: element(0x0020000D, "UI", "9.9.9.9\0", encoding),
    }
    for tag in draw(st.lists(st.sampled_from([0x00080050, 0x00100010, 0x00100020, 0x00280010]), max_size=3)):
        made[tag] = element(tag, "LO", draw(st.binary(max_size=6)).ljust(6), encoding)
    if depth and draw(st.booleans()):
        tag = draw(st.sampled_from([0x00081199, 0x00091010]))
        made[tag] = draw(sequences(tag, encoding, depth - 1))
    return b"".join(made[tag] for tag in sorted(made))


@st.composite
def sequences(draw: st.DrawFn, tag: int, encoding: DataSetEncoding, depth: int = 2) -> bytes:
    """Return a sequence of undefined length, whose items are in either encoding and of either length."""
    items = []
    for _ in range(draw(st.integers(1, 3))):
        inner = draw(st.sampled_from([EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN]))
        items.append(item(draw(elements(inner, depth)), defined=draw(st.booleans())))
    return sequence(tag, items, encoding)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    encoding = draw(st.sampled_from([EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN]))
    more = {0x00100010: element(0x00100010, "PN", "Doe^Jane", encoding)}
    for tag in draw(st.lists(st.sampled_from([*BEFORE, *PRIVATE]), min_size=1, max_size=2, unique=True)):
        more[tag] = draw(sequences(tag, encoding))
    return p10(content(encoding, more), SYNTAXES[encoding])


@given(files())
@examples(150)
def test_items_in_either_encoding_never_reach_the_top_level_and_never_hide_it(file: bytes) -> None:
    found = read(file)
    assert isinstance(found, Header), [one.message for one in found.issues]
    assert found.values["StudyInstanceUID"] == "1.2.3"
    assert found.values["PatientName"] == "Doe^Jane"
    assert set(codes(found)) <= {ITEM_ENCODING}
    reader = make_warm_reader(file)
    assert read_with_reader(reader, file) == found
    assert read_with_reader(reader, file.replace(b"Doe^Jane", b"Roe^John")).values["PatientName"] == "Roe^John"  # type: ignore[union-attr]


@given(st.data(), st.sampled_from(BEFORE), st.booleans())
@examples(60)
def test_what_pydicom_reads_of_implicit_items_in_an_explicit_file_is_read(
    data: st.DataObject, tag: int, defined: bool
) -> None:
    items = [
        item(data.draw(elements(IMPLICIT_LITTLE_ENDIAN, 0)), defined=data.draw(st.booleans()))
        for _ in range(data.draw(st.integers(1, 3)))
    ]
    file = p10(content(more={tag: sequence(tag, items, defined=defined)}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = pydicom.dcmread(io.BytesIO(file))
        assert len(oracle[Tag(tag)].value) == len(items)
    found = read(file)
    assert isinstance(found, Header)
    assert codes(found) == [ITEM_ENCODING]
    assert found.values["StudyInstanceUID"] == oracle.StudyInstanceUID


@given(st.data(), st.sampled_from([EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN]))
@examples(60)
def test_a_delimiter_behind_a_sequence_of_defined_length_changes_no_value(
    data: st.DataObject, encoding: DataSetEncoding
) -> None:
    inner = item(data.draw(elements(encoding, 0)), defined=True)
    made = sequence(0x00081111, [inner], encoding, defined=True)
    without = read(p10(content(encoding, {0x00081111: made}), SYNTAXES[encoding]))
    found = read(p10(content(encoding, {0x00081111: made + DELIMITER}), SYNTAXES[encoding]))
    assert isinstance(found, Header)
    assert isinstance(without, Header)
    assert (found.values, codes(found)) == (without.values, [STRAY_DELIMITER])
