from __future__ import annotations

import struct

import pytest
from pydicom import config
from pydicom.charset import convert_encodings, python_encoding

from dicommap.p10.character_sets import encodings_of
from dicommap.p10.text import decode

DEFAULT = encodings_of("")


@pytest.mark.parametrize(
    ("vr", "value", "text"),
    [
        ("LO", b"value ", "value"),
        ("LO", b" value\0", "value"),
        ("CS", b" CT \\ MR ", "CT\\MR"),
        ("UI", b"1.2.3\0\0", "1.2.3"),
        ("UI", b"1.2.3 ", "1.2.3"),
        ("IS", b" 12", "12"),
        ("LT", b"  kept\\whole  ", "  kept\\whole"),
        ("PN", b"Doe^Jane^^^== ", "Doe^Jane^^^"),
        ("LO", b"", ""),
        ("LO", b"  \0", ""),
    ],
)
def test_padding_is_left_out(vr: str, value: bytes, text: str) -> None:
    assert decode(vr, value, DEFAULT, "<") == (text, True)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("vr", "code", "number"),
    [("US", "H", 513), ("SS", "h", -2), ("UL", "L", 2**31), ("SL", "l", -3), ("SV", "q", -4), ("UV", "Q", 2**63)],
)
def test_binary_numbers_become_text_in_either_order_of_bytes(order: str, vr: str, code: str, number: int) -> None:
    assert decode(vr, struct.pack(order + code * 2, number, 1), DEFAULT, order) == (f"{number}\\1", True)


def test_floating_point_numbers_become_text() -> None:
    assert decode("FD", struct.pack("<d", 0.1), DEFAULT, "<") == ("0.1", True)


def test_tags_become_eight_digits() -> None:
    assert decode("AT", b"\x10\0\x20\0", DEFAULT, "<") == ("00100020", True)


@pytest.mark.parametrize(("vr", "value"), [("US", b"\1"), ("FD", b"1234567"), ("AT", b"\1\2\3")])
def test_numbers_of_odd_length_are_reported(vr: str, value: bytes) -> None:
    assert decode(vr, value, DEFAULT, "<") == ("\ufffd", False)


@pytest.mark.parametrize(
    ("terms", "value", "text"),
    [
        ("ISO_IR 100", "Äneas".encode("latin-1"), "Äneas"),
        ("ISO_IR 144", "Люк".encode("iso8859-5"), "Люк"),
        ("ISO_IR 192", "Дж^山田".encode(), "Дж^山田"),
        ("ISO_IR 13", b"\xd4\xcf\xc0\xde", "ﾔﾏﾀﾞ"),
        ("GB18030", "王^小东".encode("gb18030"), "王^小东"),
        ("\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Yamada^Tarou=山田^太郎"),
        ("\\ISO 2022 IR 149", b"Hong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "Hong=洪^吉洞"),
        ("ISO 2022 IR 6\\ISO 2022 IR 127", b"\x1b-G\xe2\xc8", "قب"),
        ("UTF-8", "Ä".encode(), "Ä"),
        ("ISO IR 100 ", "Ä".encode("latin-1"), "Ä"),
    ],
)
def test_text_is_decoded_with_its_declared_character_sets(terms: str, value: bytes, text: str) -> None:
    assert decode("PN", value, encodings_of(terms), "<") == (text, True)


@pytest.mark.parametrize(
    ("terms", "vr", "value"),
    [
        ("", "LO", b"\xc4neas"),
        ("ISO_IR 6", "LO", b"\xc4neas"),
        ("no such term", "LO", b"\xc4neas"),
        ("ISO_IR 192", "LO", b"\xc4neas"),
        ("", "PN", b"\x1b$B;3ED\x1b(B"),
        ("", "PN", b"\x1b(BM\xfcller"),
        ("\\ISO 2022 IR 87", "PN", b"\x1b(BM\xfcller"),
        ("ISO_IR 100", "PN", b"\x1b$B;3ED\x1b(B"),
        ("ISO_IR 100", "CS", b"\xc4"),
        ("ISO_IR 100", "UI", b"1.2.\xff"),
    ],
)
def test_bytes_that_the_character_set_cannot_hold_are_reported(terms: str, vr: str, value: bytes) -> None:
    assert decode(vr, value, encodings_of(terms), "<")[1] is False


@pytest.mark.parametrize("term", ["idna", "hex", "rot13", "undefined", "unicode_escape", "utf-7", "utf-16", "a\0b"])
def test_a_python_codec_that_is_no_character_set_of_dicom_is_taken_for_the_default(term: str) -> None:
    encodings = encodings_of(term)
    assert encodings == DEFAULT
    assert decode("LO", b"\xffA\x1b(BA", encodings, "<")[0]


@pytest.mark.parametrize(
    ("terms", "value"), [("ISO_IR 192", b"\xff"), ("ISO_IR 100", b"\x1b(?A"), ("nothing", b"\xff")]
)
def test_pydicoms_strict_mode_changes_nothing_but_the_text(
    terms: str, value: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings, "_reading_validation_mode", config.RAISE)
    encodings_of.cache_clear()
    assert decode("LO", value, encodings_of(terms), "<")[1] is False
    encodings_of.cache_clear()


@pytest.mark.parametrize("first", ["", *(term for term in python_encoding if term)])
@pytest.mark.parametrize("second", [None, "ISO 2022 IR 87", "ISO_IR 100", "ISO_IR 192", ""])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_character_sets_have_the_codecs_that_pydicom_gives_them(first: str, second: str | None) -> None:
    terms = [first] if second is None else [first, second]
    assert list(encodings_of("\\".join(terms))) == convert_encodings(terms)
