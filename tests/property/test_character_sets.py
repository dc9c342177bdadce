"""Texts of all character sets: no byte is lost, and different characters stay different."""

from __future__ import annotations

import re
import warnings
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.charset import decode_bytes, python_encoding

from dicommap.dicom.character_sets import (
    GB_2312,
    ISO_8859,
    JIS_X_0208,
    JIS_X_0212,
    KATAKANA,
    KS_X_1001,
    ROMAJI,
    CodedCharacterSet,
    SpecificCharacterSet,
    find_unencodable_characters,
    parse_specific_character_set,
)
from dicommap.dicom.printable_text import is_undecodable
from dicommap.p10.text_decoding import decode_value
from tests.support.example_counts import examples

SINGLE = ["", "ISO_IR 6", "ISO_IR 13", *(f"ISO_IR {number}" for number in ISO_8859)]
EXTENDED = [f"ISO 2022 IR {number}" for number in ("6", "13", *ISO_8859, "87", "159", "149", "58")]
WHOLE = ["ISO_IR 192", "GB18030", "GBK"]
SETS = [ROMAJI, KATAKANA, JIS_X_0208, JIS_X_0212, KS_X_1001, GB_2312, *ISO_8859.values()]
ESCAPES = [b"\x1b" + one.escape for one in SETS] + [b"\x1b(B", b"\x1b", b"\x1b$", b"\x1b$(C", b"\x1b%G", b"\x1b$@"]

DECLARED = st.one_of(
    st.sampled_from([*SINGLE, *WHOLE, "nothing known"]),
    st.lists(st.sampled_from(EXTENDED), min_size=1, max_size=3).map("\\".join),
    st.lists(st.sampled_from(EXTENDED), min_size=1, max_size=3).map(lambda terms: "\\".join(["", *terms])),
)
PIECES = st.one_of(
    st.sampled_from([*ESCAPES, b"^", b"=", b"\\", b"\r\n", b"a~", b" ", b"\x81\x5c", b"\xa1\xa4"]),
    st.binary(max_size=6),
    st.sampled_from(["山田", "洪吉洞", "Люк", "Äneas", "ﾔﾏﾀﾞ", "王小东"]).flatmap(
        lambda text: st.sampled_from([text.encode(codec, "ignore") for codec in ("utf-8", "euc_jp", "euc_kr", "gbk")])
    ),
)
VALUES = st.lists(PIECES, max_size=8).map(b"".join)
VRS = st.sampled_from(["PN", "LO", "SH", "UC", "LT", "ST", "UT"])


def read(vr: str, value: bytes, declared: str) -> str:
    return decode_value(vr, value, parse_specific_character_set(declared), "<")


@given(VRS, VALUES, DECLARED)
@examples(400)
def test_any_bytes_are_decoded_and_no_escape_sequence_is_left(vr: str, value: bytes, declared: str) -> None:
    text = read(vr, value, declared)
    assert "\x1b" not in text
    text.encode("utf-8", "surrogatepass")


@given(VRS, VALUES, DECLARED)
@examples(400)
def test_what_could_be_decoded_is_what_the_data_set_can_hold(vr: str, value: bytes, declared: str) -> None:
    """The check of new values and the reader have one table."""
    text = read(vr, value, declared)
    lost = find_unencodable_characters(text, declared)
    if lost is not None and not is_undecodable(text):
        controls = {one for one in text if "\x80" <= one <= "\x9f"}
        assert lost - controls - {"¥"} == frozenset()


@given(VALUES, st.sampled_from([*SINGLE, *WHOLE]))
@examples(400)
def test_without_code_extensions_the_text_gives_the_bytes_back(value: bytes, declared: str) -> None:
    value = b"a" + value + b"z"  # no padding
    text = read("UT", value, declared)
    assert bytes_of(text, parse_specific_character_set(declared)) == value


def bytes_of(text: str, charset: SpecificCharacterSet) -> bytes:
    parts = []
    for one in text:
        if "\udc00" <= one <= "\udcff":
            parts.append(bytes([ord(one) - 0xDC00]))
        elif charset.whole:
            parts.append(one.encode(charset.whole))
        elif charset.g0 is ROMAJI and one in "¥‾":
            parts.append({"¥": b"\\", "‾": b"~"}[one])
        elif one.isascii():
            parts.append(one.encode())
        else:
            assert charset.g1 is not None
            parts.append(one.encode("shift_jis" if charset.g1 is KATAKANA else charset.g1.codec))
    return b"".join(parts)


@pytest.mark.parametrize("coded", SETS, ids=lambda coded: coded.escape.decode())
def test_every_code_of_a_set_has_a_character_of_its_own(coded: CodedCharacterSet) -> None:
    whole = range(0x20, 0x7F) if coded.element == 0 else range(0xA0, 0x100)
    codes = [bytes(code) for code in product(whole, repeat=coded.size)]
    characters = {code: coded.decode(code) for code in codes}
    found = [one for one in characters.values() if one is not None]
    assert len(found) == len(set(found))
    assert all(
        len(one) == 1 and (coded.has_character(one) or one == "~") for one in found
    )  # which JIS X 0212 has as well
    assert len(found) > 50


@pytest.mark.parametrize("term", WHOLE)
def test_no_two_codes_of_a_chinese_or_unicode_set_are_the_same_text(term: str) -> None:
    texts: dict[str, bytes] = {}
    for code in (bytes(pair) for pair in product(range(256), repeat=2)):
        text = read("UT", b"a" + code + b"z", term)
        assert texts.setdefault(text, code) == code


def pydicoms(value: bytes, terms: list[str]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return decode_bytes(value, [python_encoding[term] for term in terms], set(b"\\^=\r\n\t\f"))


@given(VALUES, st.lists(st.sampled_from(["ISO 2022 IR 87", "ISO 2022 IR 149", "ISO 2022 IR 144"]), max_size=2))
@examples(400)
def test_what_pydicom_can_decode_too_it_decodes_alike(value: bytes, more: list[str]) -> None:
    """But for KS X 1001 behind a control character, which it reads on, and for what only one of both takes."""
    terms = ["ISO 2022 IR 100", *more]
    value = value.replace(b"\\", b"")
    if re.search(rb"\x1b(?!\$B|\(B|\$\)C|-[AL])|[\x00-\x1a\x1c-\x1f\x7f-\x9f]", value):
        return
    text = read("PN", value, "\\".join(terms))
    theirs = pydicoms(value, terms).rstrip(" \0=")
    if not is_undecodable(text) and not {"\ufffd", "\x1b"} & set(theirs):
        assert text == theirs
