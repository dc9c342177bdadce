from __future__ import annotations

import struct

import pytest

from dicommap.dicom.character_sets import parse_specific_character_set
from dicommap.dicom.printable_text import convert_bytes_to_surrogates, is_undecodable
from dicommap.p10.text_decoding import decode_value

DEFAULT = parse_specific_character_set("")


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
    assert decode_value(vr, value, DEFAULT, "<") == text


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("vr", "code", "number"),
    [("US", "H", 513), ("SS", "h", -2), ("UL", "L", 2**31), ("SL", "l", -3), ("SV", "q", -4), ("UV", "Q", 2**63)],
)
def test_binary_numbers_become_text_in_either_order_of_bytes(order: str, vr: str, code: str, number: int) -> None:
    assert decode_value(vr, struct.pack(order + code * 2, number, 1), DEFAULT, order) == f"{number}\\1"


def test_floating_point_numbers_become_text() -> None:
    assert decode_value("FD", struct.pack("<d", 0.1), DEFAULT, "<") == "0.1"


def test_tags_become_eight_digits() -> None:
    assert decode_value("AT", b"\x10\0\x20\0", DEFAULT, "<") == "00100020"


@pytest.mark.parametrize(("vr", "value"), [("US", b"\1"), ("FD", b"1234567"), ("AT", b"\1\2\3")])
def test_numbers_of_odd_length_are_kept_as_bytes(vr: str, value: bytes) -> None:
    assert decode_value(vr, value, DEFAULT, "<") == convert_bytes_to_surrogates(value)


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
    assert decode_value("PN", value, parse_specific_character_set(terms), "<") == text


UNDECODABLE = [
    ("", "LO", b"\xc4neas", "\udcc4neas"),
    ("ISO_IR 6", "LO", b"\xc4neas", "\udcc4neas"),
    ("no such term", "LO", b"\xc4neas", "\udcc4neas"),
    ("ISO_IR 192", "LO", b"\xc4neas", "\udcc4neas"),
    ("ISO_IR 192", "LO", b"A\x1b(BA", "A\udc1b(BA"),
    ("ISO_IR 192", "LO", "A\ufffd".encode(), "A\ufffd"),
    ("GB18030", "LO", b"\xff", "\udcff"),
    ("", "PN", b"\x1b$B;3ED\x1b(BA", convert_bytes_to_surrogates(b"\x1b$B;3ED\x1b(B") + "A"),
    ("", "PN", b"\x1b(BM\xfcller", convert_bytes_to_surrogates(b"\x1b(B") + "M\udcfcller"),
    ("\\ISO 2022 IR 87", "PN", b"\x1b(BM\xfcller", "M\udcfcller"),
    ("ISO_IR 100", "PN", b"\x1b$B;3ED\x1b(B", convert_bytes_to_surrogates(b"\x1b$B;3ED\x1b(B")),
    ("ISO_IR 100", "CS", b"\xc4", "\udcc4"),
    ("ISO_IR 100", "CS", b"A\x1b(B", "A\udc1b(B"),
    ("ISO_IR 100", "UI", b"1.2.\xff", "1.2.\udcff"),
    ("ISO_IR 13", "LO", b"\x81\xe0", "\udc81\udce0"),
    ("ISO_IR 192\\ISO 2022 IR 87", "LO", "Ä".encode(), "\udcc3\udc84"),
    ("\\ISO 2022 IR 149", "PN", b"\x1b$)C\xfb\xf3^\xd1\xce", "洪^\udcd1\udcce"),
    ("\\ISO 2022 IR 149", "PN", b"\x1b$)C\xfb\xf3=\xd1\xce", "洪=\udcd1\udcce"),
    ("\\ISO 2022 IR 149", "LO", b"\x1b$)C\xfb\xf3\\\xd1\xce", "洪\\\udcd1\udcce"),
    ("\\ISO 2022 IR 149", "LT", b"\x1b$)C\xfb\xf3\r\n\xd1\xce", "洪\r\n\udcd1\udcce"),
    ("\\ISO 2022 IR 149", "LO", b"\x1b$)C\xfb", "\udcfb"),
    ("\\ISO 2022 IR 149", "LO", b"\x1b$)C\xfbA", "\udcfbA"),
    ("\\ISO 2022 IR 58", "LO", b"\x1b$)C\xfb\xf3", convert_bytes_to_surrogates(b"\x1b$)C\xfb\xf3")),
    ("\\ISO 2022 IR 87", "LO", b"\x1b(Ja~", convert_bytes_to_surrogates(b"\x1b(Ja~")),
    ("\\ISO 2022 IR 87", "LO", b"\x1b$B;3E", "山\udc45"),
    ("\\ISO 2022 IR 87", "LO", b"a\x1b", "a\udc1b"),
    ("\\ISO 2022 IR 87", "LO", b"\x1bN\x1b$B;3", convert_bytes_to_surrogates(b"\x1bN") + "山"),
    ("ISO 2022 IR 149", "LO", b"\xfb\xf3", "\udcfb\udcf3"),
]


@pytest.mark.parametrize(("terms", "vr", "value", "text"), UNDECODABLE)
def test_bytes_that_no_declared_character_set_has_are_kept_as_undecodable(
    terms: str, vr: str, value: bytes, text: str
) -> None:
    assert decode_value(vr, value, parse_specific_character_set(terms), "<") == text
    assert is_undecodable(text)


@pytest.mark.parametrize(
    ("terms", "vr", "value", "text"),
    [
        ("ISO 2022 IR 100\\ISO 2022 IR 149", "PN", b"\x1b$)C\xfb\xf3^\xe4", "洪^ä"),
        ("ISO 2022 IR 100\\ISO 2022 IR 144", "PN", b"\xe4\x1b-L\xe4^\xe4", "äф^ä"),
        ("\\ISO 2022 IR 149", "LO", b"\x1b$)C\xfb\xf3^\xfb\xf3=\xfb\xf3", "洪^洪=洪"),
        ("\\ISO 2022 IR 149", "LT", b"\x1b$)C\xfb\xf3\\\xfb\xf3", "洪\\洪"),
        ("\\ISO 2022 IR 58", "LO", b"\x1b$)A\xd0\xd8\xb2\xbfCT", "胸部CT"),
        ("\\ISO 2022 IR 58", "LO", b"\x1b$)A\xa1\xa4\xa1\xaa", "·—"),
        ("\\ISO 2022 IR 87", "LO", b"\x1b$B!@!A\x1b(B\\B", "＼〜\\B"),
        ("\\ISO 2022 IR 87", "PN", b"\x1b$B^\\=^\x1b(B^A", "湃殉^A"),
        ("ISO_IR 13", "LO", b"a~b\\c~", "a‾b\\c‾"),
        ("ISO_IR 13", "LT", b"a~b\\c", "a‾b¥c"),
        ("ISO_IR 13", "CS", b"a~", "a~"),
        ("ISO 2022 IR 13\\ISO 2022 IR 87", "LO", b"\x1b$B;3\x1b(J~\xd4\x1b(B~", "山‾ﾔ~"),
        ("ISO_IR 203", "LO", b"\xa4", "€"),
        ("\\ISO 2022 IR 203", "LO", b"\x1b-b\xa4", "€"),
        ("GBK", "LO", b"\x81\x5c\\\x81\x5e\x81\x3d"[:5], "乗\\乛"),
        ("GBK", "PN", b"\x81\x5c=\x81\x5e^", "乗=乛^"),
        ("GB18030", "LO", b"\x81\x30\x81\x30\\\x81\x5c", "\x80\\乗"),
        ("ISO_IR 100\\ISO 2022 IR 87", "LO", b"\xe4\x1b$B;3\x1b(B", "ä山"),
    ],
)
def test_delimiters_and_code_extensions_are_those_of_the_standard(terms: str, vr: str, value: bytes, text: str) -> None:
    assert decode_value(vr, value, parse_specific_character_set(terms), "<") == text


@pytest.mark.parametrize("term", ["latin_1", "cp1252", "shift_jis", "hex", "utf-7", "utf-16", "ISO_IR 999", "a\0b"])
def test_a_term_that_the_standard_does_not_define_declares_nothing(term: str) -> None:
    text = decode_value("LO", b"\xe4A\x1b-A\xe4", parse_specific_character_set(term), "<")
    assert text == "\udce4A\udc1b\udc2d\udc41\udce4"
