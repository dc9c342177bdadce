"""A data set without preamble is no P10 file, whatever stands at byte 128 by chance."""

from __future__ import annotations

import struct

import pytest

from dicommap.model.study import Disposition
from dicommap.p10 import Header
from tests.support import p10_files
from tests.support.p10_elements import (
    ENCODINGS,
    codes,
    content,
    element,
    header_of,
    make_warm_reader,
    meta,
    p10,
    read,
    read_with_reader,
)

CHARSET, IMAGE_TYPE = 0x00080005, 0x00080008


def with_dicm(syntax: str, behind: bytes = b" IN A LONG TEXT ") -> bytes:
    """Return a data set that has DICM at byte 128, inside of ImageType."""
    encoding = ENCODINGS[syntax]
    start = len(element(CHARSET, "CS", "ISO_IR 100", encoding)) + 8
    text = b"A" * (128 - start) + b"DICM" + behind
    more = {
        CHARSET: element(CHARSET, "CS", "ISO_IR 100", encoding),
        IMAGE_TYPE: element(IMAGE_TYPE, "CS", text, encoding),
        0x00100010: element(0x00100010, "PN", "M\xfcller", encoding),
    }
    return content(encoding, more)


@pytest.mark.parametrize("syntax", ENCODINGS)
@pytest.mark.parametrize("behind", [b" IN A LONG TEXT ", b""])
def test_letters_at_byte_128_make_no_p10_file(syntax: str, behind: bytes) -> None:
    data = with_dicm(syntax, behind)
    assert data[128:132] == b"DICM"
    found = header_of(data)
    assert found.disposition is Disposition.NOT_P10
    assert codes(found) == ["p10.not-p10"]
    assert found.values["PatientName"] == "Müller"  # by the character set in front of byte 128
    assert read_with_reader(make_warm_reader(p10(content()), data), data) == found


def test_a_file_meta_without_preamble_may_have_them_too() -> None:
    private = element(0x00020100, "UI", "1.2.3.4.5.6 ")
    beginning = meta()
    text = b"x" * (128 - len(beginning) - len(private) - 12) + b"DICM" + b"\x02\0\x03\x01UI\x02\x001\0"
    data = beginning + private + element(0x00020102, "OB", text) + content()
    assert data[128:134] == b"DICM\x02\0"
    found = header_of(data)
    assert found.disposition is Disposition.NOT_P10
    assert found.transfer_syntax_uid == p10_files.EXPLICIT_LITTLE


@pytest.mark.parametrize(
    "preamble",
    [
        struct.pack("<2sHL", b"II", 42, 8).ljust(128, b"\1"),  # a TIFF file as well (PS3.10 section 7.1)
        element(CHARSET, "CS", "ISO_IR 100").ljust(128, b"\0"),
        element(CHARSET, "UT", bytes(200))[:128],
        b"\x02\0".ljust(128, b"\0"),
        b"\xff" * 128,
    ],
)
def test_a_p10_file_may_have_any_preamble(preamble: bytes) -> None:
    file = preamble + p10(content())[128:]
    assert read(file) == read(p10(content()))


def test_a_file_with_the_letters_and_no_data_set_before_is_malformed() -> None:
    found = read(bytes(128) + b"DICM" + b"\1\0" * 9)
    assert not isinstance(found, Header)
    assert found.disposition is Disposition.MALFORMED
