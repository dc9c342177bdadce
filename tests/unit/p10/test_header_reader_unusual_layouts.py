"""Files that are laid out in ways that the standard does not foresee, or hardly does."""

from __future__ import annotations

import zlib
from functools import partial

import pytest

from dicommap.model.study import Disposition
from dicommap.p10 import Header, header_reader, read_header
from dicommap.p10.data_set_encoding import DataSetEncoding
from dicommap.p10.header import WantedAttributes
from tests.support import p10_files
from tests.support.p10_elements import (
    ENCODINGS,
    SYNTAXES,
    UNDEFINED,
    codes,
    content,
    element,
    header_of,
    item,
    meta,
    p10,
    read,
    sequence,
    tag_bytes,
)
from tests.support.p10_files import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE


def deflated(data: bytes) -> bytes:
    worker = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return worker.compress(data) + worker.flush()


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=lambda encoding: encoding.name)
def test_a_data_set_alone_is_read_and_is_no_p10_file(encoding: DataSetEncoding) -> None:
    found = header_of(content(encoding))
    assert found.disposition is Disposition.NOT_P10
    assert codes(found) == ["p10.not-p10"]
    assert found.values["StudyInstanceUID"] == "1.2.3"


@pytest.mark.parametrize("start", [b"", b"DICM"])
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_meta_without_preamble_is_read_and_is_no_p10_file(start: bytes, syntax: str) -> None:
    found = header_of(start + meta(syntax) + content(ENCODINGS[syntax]))
    assert found.disposition is Disposition.NOT_P10
    assert found.transfer_syntax_uid == syntax


def test_the_prefix_alone_before_a_data_set_is_passed_by() -> None:
    assert header_of(b"DICM" + content()).disposition is Disposition.NOT_P10


def test_a_meta_without_preamble_and_group_length_is_read() -> None:
    syntax = element(0x00020010, "UI", EXPLICIT_LITTLE + "\0")
    assert header_of(syntax + content()).disposition is Disposition.NOT_P10


@pytest.mark.parametrize(
    "file",
    [
        bytes(128) + b"xxxx" + meta() + content(),
        b" " + content(),
        content()[:-12],
        content()[:40],
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"<?xml version='1.0'?>" * 50,
        b"\xff" * 1_000,
        bytes(1_000),
        bytes(131),
        b"D",
        b"DICM",
        b"\x02\0\0\0",
    ],
)
def test_other_files_and_pieces_of_data_sets_are_not_dicom(file: bytes) -> None:
    found = read(file)
    assert found.disposition is Disposition.NOT_DICOM
    assert codes(found) == ["p10.not-dicom"]


@pytest.mark.parametrize("end", [132, 136, 150, len(p10(b"")) - 1])
def test_a_file_cut_inside_its_meta_is_truncated(end: int) -> None:
    assert read(p10(content())[:end]).disposition is Disposition.TRUNCATED


def test_a_meta_without_data_set_names_no_instance() -> None:
    found = read(p10(b""))
    assert found.disposition is Disposition.MISSING_UID
    assert codes(found) == ["p10.ends-early", *["p10.missing-uid"] * 4]


@pytest.mark.parametrize("actual", SYNTAXES)
@pytest.mark.parametrize("declared", [None, *SYNTAXES])
def test_a_data_set_is_read_as_it_is_encoded_whatever_the_meta_says(declared: str | None, actual: str) -> None:
    found = header_of(p10(content(ENCODINGS[actual]), declared))
    expected = "p10.encoding-mismatch" if declared else "p10.missing-transfer-syntax"
    assert codes(found) == ([] if declared == actual else [expected])
    assert found.values == header_of(p10(content(ENCODINGS[actual]), actual)).values


def test_a_meta_in_big_endian_is_refused() -> None:
    group = element(0x00020010, "UI", EXPLICIT_BIG + "\0", ENCODINGS[EXPLICIT_BIG])
    assert read(bytes(128) + b"DICM" + group + content()).disposition is Disposition.MALFORMED


def test_ges_private_transfer_syntax_is_implicit() -> None:
    found = header_of(p10(content(ENCODINGS[IMPLICIT_LITTLE]), "1.2.840.113619.5.2"))
    assert codes(found) == []


def test_a_deflated_data_set_is_read() -> None:
    found = header_of(p10(deflated(content()), DEFLATED))
    assert codes(found) == []
    assert found.values == header_of(p10(content())).values


def test_pydicoms_deflated_file_is_read() -> None:
    assert header_of(p10_files.p10(transfer_syntax=DEFLATED)).values["PatientName"] == "Doe^Jane"


@pytest.mark.parametrize("data", [content(), zlib.compress(content()), b"\xff" * 50])
def test_a_data_set_that_is_not_deflated_is_malformed(data: bytes) -> None:
    assert read(p10(data, DEFLATED)).disposition is Disposition.MALFORMED


def test_a_deflated_data_set_cut_anywhere_is_truncated() -> None:
    data = deflated(content())
    for end in range(len(data)):
        assert read(p10(data[:end], DEFLATED)).disposition is Disposition.TRUNCATED


def test_of_a_bomb_the_header_is_read_and_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header_reader, "MAX_INFLATED_BYTES", 100_000)
    data = content()
    assert codes(header_of(p10(deflated(data + bytes(10**7)), DEFLATED))) == []
    filler = element(0x00080005, "UT", bytes(10**7))
    assert read(p10(deflated(filler + data), DEFLATED)).disposition is Disposition.MALFORMED


@pytest.mark.parametrize("tag", [0x00080018, 0x0020000D, 0x00100010])
def test_the_unknown_vr_of_a_known_attribute_is_looked_up(tag: int) -> None:
    found = header_of(p10(content(more={tag: element(tag, "UN", "1.2.9\0")})))
    assert "1.2.9" in found.values.values()
    assert codes(found) == []


def test_a_number_in_a_binary_vr_is_text() -> None:
    for syntax in (EXPLICIT_LITTLE, EXPLICIT_BIG):
        encoding = ENCODINGS[syntax]
        number = element(0x00200011, "US", encoding.short.pack(7), encoding)
        assert header_of(p10(content(encoding, {0x00200011: number}), syntax)).values["SeriesNumber"] == "7"


@pytest.mark.parametrize(
    ("charset", "raw", "text", "found"),
    [
        ("ISO_IR 100", "Müller".encode("latin-1"), "Müller", []),
        ("ISO_IR 192", "山田^太郎".encode(), "山田^太郎", []),
        ("\\ISO 2022 IR 87", b"Y=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Y=山田^太郎", []),
        ("", b"M\xfcller", "M\udcfcller", ["p10.undecodable-text"]),
        ("idna", b"M\xfcller", "M\udcfcller", ["p10.undecodable-text"]),
        ("a\0b\\c", b"\x1b(BM\xfcller", "M\udcfcller", ["p10.undecodable-text"]),
    ],
)
def test_names_are_decoded_with_the_declared_character_set(
    charset: str, raw: bytes, text: str, found: list[str]
) -> None:
    more = {0x00080005: element(0x00080005, "CS", charset), 0x00100010: element(0x00100010, "PN", raw)}
    header = header_of(p10(content(more=more)))
    assert header.values["PatientName"] == text
    assert [code for code in codes(header) if code in found] == found


def test_a_huge_element_before_the_uids_is_passed_by() -> None:
    filler = element(0x00080006, "UT", bytes(300_000))
    found = header_of(p10(content(more={0x00080006: filler})))
    assert found.values["StudyInstanceUID"] == "1.2.3"


def test_ten_thousand_nested_items_are_malformed() -> None:
    opening = element(0x00080006, "SQ", b"", length=UNDEFINED) + tag_bytes(0xFFFEE000) + b"\xff" * 4
    assert read(p10(opening * 10_000)).disposition is Disposition.MALFORMED


def test_a_length_of_four_gigabytes_is_malformed() -> None:
    assert read(p10(element(0x00080006, "UT", b"", length=UNDEFINED - 1))).disposition is Disposition.MALFORMED


def test_a_made_file_cut_or_shrunk_at_every_byte_never_gives_a_wrong_value() -> None:
    for syntax, encoding in ENCODINGS.items():
        nested = sequence(0x00081110, [item(content(encoding, x0020000D="9.9"), encoding, defined=False)], encoding)
        name = element(0x00100010, "PN", "Doe^Jane", encoding)
        file = p10(content(encoding, {0x00081110: nested, 0x00100010: name}), syntax)
        whole = header_of(file)
        for end in range(len(file)):
            cut = file[:end]
            shrunk = read_header(partial(_slice, cut), len(file), WantedAttributes.default())
            for found in (read(cut), shrunk):
                if isinstance(found, Header):
                    assert found.values.items() <= whole.values.items()
                    assert found.values == whole.values
                else:
                    assert found.issues


def _slice(data: bytes, offset: int, length: int) -> bytes:
    return data[offset : offset + length]
