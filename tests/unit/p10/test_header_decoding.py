"""What is remembered of values is bounded, and never more than what nothing is to be said about."""

from __future__ import annotations

import pytest

from dicommap.dicom.character_sets import parse_specific_character_set
from dicommap.p10 import WantedAttributes, header_decoding
from dicommap.p10.data_set_encoding import EXPLICIT_LITTLE_ENDIAN
from dicommap.p10.header_decoding import DecodingContext, TextCache, TextCaches
from dicommap.p10.walk import WalkResult

SOP, NAME, CHARSET = 0x00080018, 0x00100010, 0x00080005


def kind(
    keyword: str = "PatientName", tag: int = NAME, vr: bytes = b"PN", charset: str = "ISO_IR 192"
) -> DecodingContext:
    return DecodingContext(tag, keyword, vr, parse_specific_character_set(charset), "<")


def uid(vr: bytes = b"UI") -> TextCache:
    return TextCache(kind("SOPInstanceUID", SOP, vr))


def test_the_texts_that_are_remembered_are_bounded_and_stay_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header_decoding, "_MAX_CACHED_VALUES", 3)
    monkeypatch.setattr(header_decoding, "_MAX_CACHED_BYTES", 8)
    names = TextCache(kind())
    for number in [*range(9), *range(9)]:
        assert names.decode(b"Doe^%04d" % number) == f"Doe^{number:04}"
        assert names.decode(b"Smith^%04d" % number) == f"Smith^{number:04}"
        assert len(names.texts) <= 3
    assert names.texts
    assert max(map(len, names.texts)) == 8


def test_the_kinds_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header_decoding, "_MAX_CACHED_KINDS", 3)
    remembered = TextCaches(WantedAttributes.default())
    for charset in (b"ISO_IR %d" % number for number in [*range(100, 109), *range(100, 109)]):
        walked = WalkResult({CHARSET: (b"CS", 0, charset), NAME: (b"PN", 20, b"Doe")}, 30, 0x00200032, None)
        found = remembered.get_caches(walked, EXPLICIT_LITTLE_ENDIAN)
        assert [one.keyword for one in found] == ["SpecificCharacterSet", "PatientName"]
        assert len(remembered._contexts) <= 2
        assert len(remembered._by_kind) <= 4


def test_the_same_values_have_the_same_cache() -> None:
    remembered = TextCaches(WantedAttributes.default())
    walked = WalkResult({CHARSET: (b"CS", 0, b"ISO_IR 6"), NAME: (b"PN", 20, b"Doe")}, 30, 0x00200032, None)
    first, again = (remembered.get_caches(walked, EXPLICIT_LITTLE_ENDIAN) for _ in range(2))
    assert [one is other for one, other in zip(first, again, strict=True)] == [True, True]


def test_values_are_shared_where_they_are_decoded_alike_only() -> None:
    remembered = TextCaches(WantedAttributes.default())

    def of(charset: bytes, vr: bytes) -> list[TextCache]:
        walked = WalkResult({CHARSET: (b"CS", 0, charset), NAME: (vr, 20, b"")}, 30, 0x00200032, None)
        return remembered.get_caches(walked, EXPLICIT_LITTLE_ENDIAN)

    assert of(b"ISO_IR 100", b"PN")[1] is of(b"ISO_IR 100 ", b"PN")[1]
    assert of(b"ISO_IR 100", b"PN")[1] is not of(b"ISO_IR 101", b"PN")[1]
    assert of(b"ISO_IR 100", b"PN")[1] is not of(b"ISO_IR 100", b"LO")[1]


def test_what_cannot_be_decoded_is_no_text() -> None:
    assert TextCache(kind()).decode(b"M\xfcller") is None
    assert TextCache(kind(charset="ISO_IR 100")).decode(b"M\xfcller") == "Müller"


@pytest.mark.parametrize("vr", [b"UI", b"", b"UN"])
def test_a_conformant_uid_is_a_text_without_its_padding(vr: bytes) -> None:
    for padding in (b"", b"\0", b" ", b" \0 "):
        assert uid(vr).decode(b"1.2.840" + padding) == "1.2.840"


@pytest.mark.parametrize(
    "raw", [b"", b"1..2", b"1.2.a", b" 1.2", b"\x001.2", b"1.2\\1.3", b"1.2\xff", b"1." * 140 + b"1"]
)
@pytest.mark.parametrize("vr", [b"UI", b"", b"LO"])
def test_of_another_uid_something_is_to_be_said(raw: bytes, vr: bytes) -> None:
    if (vr, raw) != (b"LO", b" 1.2"):  # leading spaces of such a text mean nothing
        assert uid(vr).decode(raw) is None
