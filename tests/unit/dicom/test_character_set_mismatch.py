"""Texts that a wrong Specific Character Set can decode as well."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.character_set_mismatch import HAS_CONTROL_CHARACTERS, IS_UTF_8, describe_character_set_mismatch
from dicommap.dicom.character_sets import parse_specific_character_set
from dicommap.dicom.printable_text import is_undecodable
from dicommap.p10.text_decoding import decode_value
from tests.support.example_counts import examples

LATIN = ["ISO_IR 100", "ISO_IR 148", "ISO_IR 203", "ISO 2022 IR 100", "ISO 2022 IR 100\\ISO 2022 IR 87"]


def doubt(value: bytes, declared: str) -> str | None:
    charset = parse_specific_character_set(declared)
    return describe_character_set_mismatch(decode_value("PN", value, charset, "<"), charset)


@pytest.mark.parametrize("declared", LATIN)
@pytest.mark.parametrize("meant", ["Müller^Jörg", "Crème", "日本^太郎", "Łódź", "Ωμέγα", "é"])
def test_utf_8_that_is_declared_as_a_set_of_one_byte_is_doubtful(declared: str, meant: str) -> None:
    assert doubt(meant.encode(), declared) in (IS_UTF_8, HAS_CONTROL_CHARACTERS)


@pytest.mark.parametrize("declared", LATIN)
@pytest.mark.parametrize("meant", ["müller^jörg", "é", "ñandú"])
def test_utf_8_without_control_characters_has_its_reason(declared: str, meant: str) -> None:
    assert doubt(meant.encode(), declared) == IS_UTF_8


@pytest.mark.parametrize(
    ("declared", "meant"),
    [
        ("ISO_IR 101", "Müller"),
        ("ISO_IR 101", "żółw"),
        ("ISO_IR 144", "Ерёма"),
        ("ISO_IR 144", "Müller"),
        ("ISO_IR 126", "Νίκος"),
        ("ISO_IR 138", "שלום"),
        ("ISO_IR 127", "محمد"),
        ("ISO_IR 166", "สมชาย"),
        ("ISO_IR 13", "Müller"),
        ("ISO_IR 148", "Gökçe"),
    ],
)
def test_utf_8_is_found_in_every_set_of_one_byte_unless_it_is_undecodable(declared: str, meant: str) -> None:
    text = decode_value("PN", meant.encode(), parse_specific_character_set(declared), "<")
    assert (
        is_undecodable(text)
        or describe_character_set_mismatch(text, parse_specific_character_set(declared)) is not None
    )


@pytest.mark.parametrize("declared", ["GB18030", "GBK"])
@pytest.mark.parametrize("meant", ["张三", "王小东李", "Müller", "Jürgen^Köhler"])
def test_utf_8_that_is_declared_as_chinese_is_doubtful_unless_it_is_undecodable(declared: str, meant: str) -> None:
    text = decode_value("PN", meant.encode(), parse_specific_character_set(declared), "<")
    assert (
        is_undecodable(text)
        or describe_character_set_mismatch(text, parse_specific_character_set(declared)) == IS_UTF_8
    )


@pytest.mark.parametrize("declared", [*LATIN, "ISO_IR 101", "ISO_IR 144"])
def test_windows_quotation_marks_are_control_characters(declared: str) -> None:
    assert doubt("Knie “links”".encode("cp1252"), declared) == HAS_CONTROL_CHARACTERS


@pytest.mark.parametrize("declared", ["ISO_IR 192", "GB18030"])
def test_control_characters_are_doubtful_whatever_is_declared(declared: str) -> None:
    """Another program has taken UTF-8 for Latin 1, and written that in UTF-8."""
    twice = "Ärzte".encode().decode("latin-1").encode(parse_specific_character_set(declared).whole)
    assert doubt(twice, declared) == HAS_CONTROL_CHARACTERS


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ("", "Doe^Jane"),
        ("ISO_IR 100", "Müller^Jörg"),
        ("ISO_IR 100", "MÜLLER^JÖRG"),
        ("ISO_IR 100", "DÉJÀ VU"),
        ("ISO_IR 100", "«É»"),
        ("ISO_IR 101", "RÓŻYCKI^JAN"),
        ("ISO_IR 101", "STÓŁ"),
        ("ISO_IR 101", "Řehoř"),
        ("ISO_IR 144", "ЯН"),
        ("ISO_IR 144", "ТА"),
        ("ISO_IR 144", "Иванов^Пётр"),
        ("ISO_IR 166", "เดช"),
        ("ISO_IR 166", "ยก"),
        ("ISO_IR 13", "ﾐｷ^ﾘｴ"),
        ("ISO_IR 13", "NAO=ﾅｵ"),
        ("ISO_IR 192", "Müller"),
        ("ISO_IR 192", "Ã¼"),
        ("GB18030", "王^小东"),
        ("GB18030", "茅盾"),
        ("GBK", "茅"),
        ("GB18030", "L1茅"),
        ("GB18030", "胸部正侧位"),
        ("GB18030", "é, ü, 𠀀"),
    ],
)
def test_text_as_people_write_it_is_not_doubtful(declared: str, text: str) -> None:
    assert describe_character_set_mismatch(text, parse_specific_character_set(declared)) is None


def test_undecodable_text_is_told_by_itself() -> None:
    assert describe_character_set_mismatch("\x85\udcff", parse_specific_character_set("ISO_IR 100")) is None
    assert describe_character_set_mismatch("\x85\ufffd", parse_specific_character_set("ISO_IR 100")) is None


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12))
@examples(300)
def test_all_utf_8_in_latin_1_is_doubtful(meant: str) -> None:
    charset = parse_specific_character_set("ISO_IR 100")
    found = describe_character_set_mismatch(meant.encode().decode("latin-1"), charset)
    assert (found is None) == meant.isascii()
