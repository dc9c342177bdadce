"""What each Specific Character Set can hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.charset import decode_bytes, encode_string, python_encoding

from dicommap.dicom.character_sets import find_unencodable_characters
from tests.support.example_counts import examples

HELD = {
    "": "Az09~\\^=\n",
    "ISO_IR 6": "Az09",
    "ISO_IR 13": "ﾔﾏﾀﾞ‾",
    "ISO_IR 100": "éßÿ\u00a0",
    "ISO_IR 101": "ąŁž",
    "ISO_IR 109": "Ħğ",
    "ISO_IR 110": "ĶĀŧ",
    "ISO_IR 126": "Ωάς",
    "ISO_IR 127": "عا",
    "ISO_IR 138": "אש",
    "ISO_IR 144": "Яђ",
    "ISO_IR 148": "İşğ",
    "ISO_IR 203": "€Šœ",
    "ISO_IR 166": "กฯ",
    "ISO_IR 192": "é山가😀",
    "GB18030": "é山가😀",
    "GBK": "山丂",
    "\\ISO 2022 IR 87": "山田",
    "\\ISO 2022 IR 159": "丂",
    "\\ISO 2022 IR 149": "가山",
    "\\ISO 2022 IR 58": "山·—",
    "ISO 2022 IR 13\\ISO 2022 IR 87": "ﾔ山",
    "ISO 2022 IR 6\\ISO 2022 IR 100\\ISO 2022 IR 144": "éЯ",
    " ISO_IR 100 ": "é",
    "ISO IR 100": "é",
    "iso_ir 100": "é",
    "UTF-8": "é山",
    "ISO_IR 100\\ISO_IR 144": "éЯ",
    "ISO 2022 IR 149": "가",
}
NOT_HELD = {
    "": "é\x85山",
    "ISO_IR 6": "é",
    "ISO_IR 13": "山é¥~",
    "ISO_IR 100": "€ą山\x85",
    "ISO_IR 101": "ñ山",
    "ISO_IR 126": "é",
    "ISO_IR 144": "é",
    "ISO_IR 166": "é",
    "GBK": "😀",
    "\\ISO 2022 IR 87": "ﾔé가丂",
    "\\ISO 2022 IR 159": "山ﾔ",
    "\\ISO 2022 IR 149": "é😀",
    "\\ISO 2022 IR 58": "丂ß・―",
    "ISO_IR 192": "\ud800",
}


@pytest.mark.parametrize("terms", HELD)
def test_what_a_character_set_holds_is_no_finding(terms: str) -> None:
    assert find_unencodable_characters(HELD[terms], terms) == frozenset()


@pytest.mark.parametrize("terms", NOT_HELD)
def test_each_character_that_it_does_not_hold_is_named(terms: str) -> None:
    text = NOT_HELD[terms]
    assert find_unencodable_characters(f"Roe^Ada {text}", terms) == frozenset(text)


@pytest.mark.parametrize(
    "terms",
    [
        "ISO_IR 1",
        "latin_1",
        "utf-16",
        "ISO 2022 58",
        "ISO_IR 192\\ISO 2022 IR 87",
        "\\",
        "ISO 2022 IR 192",
        "\0",
    ],
)
def test_of_what_is_no_defined_term_nothing_is_known(terms: str) -> None:
    assert find_unencodable_characters("A", terms) is None


SINGLE = [term for term in python_encoding if term.startswith("ISO_IR") or term in ("GBK", "GB18030")]


@pytest.mark.parametrize("term", SINGLE)
@given(text=st.text(max_size=20))
@examples(100)
def test_what_is_held_survives_pydicoms_writing_and_reading(term: str, text: str) -> None:
    lost = find_unencodable_characters(text, term)
    assert lost is not None
    held = "".join(character for character in text if character not in lost and character not in "\x1b\\~‾")
    encodings = [python_encoding[term]]
    # pydicom writes katakana and it writes ASCII, but not both in one text of ISO_IR 13.
    written = held.encode("shift_jis") if term == "ISO_IR 13" else encode_string(held, encodings)
    assert decode_bytes(written, encodings, set()) == held
