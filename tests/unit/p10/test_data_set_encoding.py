from __future__ import annotations

import pytest

from dicommap.p10.data_set_encoding import (
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    DataSetEncoding,
    get_encoding,
    is_likely_encoding,
)
from tests.support.p10_elements import element

ALL = (EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN)


@pytest.mark.parametrize(
    ("syntax", "encoding"),
    [
        ("1.2.840.10008.1.2", IMPLICIT_LITTLE_ENDIAN),
        ("1.2.840.113619.5.2", IMPLICIT_LITTLE_ENDIAN),
        ("1.2.840.10008.1.2.1", EXPLICIT_LITTLE_ENDIAN),
        ("1.2.840.10008.1.2.2", EXPLICIT_BIG_ENDIAN),
        ("1.2.840.10008.1.2.4.90", EXPLICIT_LITTLE_ENDIAN),
        ("", EXPLICIT_LITTLE_ENDIAN),
    ],
)
def test_each_transfer_syntax_has_its_encoding(syntax: str, encoding: DataSetEncoding) -> None:
    assert get_encoding(syntax) is encoding


@pytest.mark.parametrize("written", ALL, ids=lambda encoding: encoding.name)
@pytest.mark.parametrize("tag", [0x00080005, 0x00080016, 0x00090010, 0x00100010])
def test_a_first_element_looks_like_its_own_encoding_only(written: DataSetEncoding, tag: int) -> None:
    head = element(tag, "LO", "value!", written)
    assert [encoding for encoding in ALL if is_likely_encoding(encoding, head)] == [written]


@pytest.mark.parametrize("head", [b"", b"\x08\0\x05\0CS\x02", bytes(8), b"\x02\0\x10\0UI\x04\0"])
def test_what_is_no_first_element_looks_like_no_encoding(head: bytes) -> None:
    assert not any(is_likely_encoding(encoding, head) for encoding in ALL)
