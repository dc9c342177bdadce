from __future__ import annotations

import pytest

from dicommap.p10.encoding import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Encoding, encoding_of, looks_like
from tests.unit.p10.elements import element

ALL = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, EXPLICIT_BIG)


@pytest.mark.parametrize(
    ("syntax", "encoding"),
    [
        ("1.2.840.10008.1.2", IMPLICIT_LITTLE),
        ("1.2.840.113619.5.2", IMPLICIT_LITTLE),
        ("1.2.840.10008.1.2.1", EXPLICIT_LITTLE),
        ("1.2.840.10008.1.2.2", EXPLICIT_BIG),
        ("1.2.840.10008.1.2.4.90", EXPLICIT_LITTLE),
        ("", EXPLICIT_LITTLE),
    ],
)
def test_each_transfer_syntax_has_its_encoding(syntax: str, encoding: Encoding) -> None:
    assert encoding_of(syntax) is encoding


@pytest.mark.parametrize("written", ALL, ids=lambda encoding: encoding.name)
@pytest.mark.parametrize("tag", [0x00080005, 0x00080016, 0x00090010, 0x00100010])
def test_a_first_element_looks_like_its_own_encoding_only(written: Encoding, tag: int) -> None:
    head = element(tag, "LO", "value!", written)
    assert [encoding for encoding in ALL if looks_like(encoding, head)] == [written]


@pytest.mark.parametrize("head", [b"", b"\x08\0\x05\0CS\x02", bytes(8), b"\x02\0\x10\0UI\x04\0"])
def test_what_is_no_first_element_looks_like_no_encoding(head: bytes) -> None:
    assert not any(looks_like(encoding, head) for encoding in ALL)
