"""A plain text is decoded by a short cut: it has the text that the whole decoding gives, and no issue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.character_sets import parse_specific_character_set
from dicommap.dicom.dictionary import keyword_of
from dicommap.p10.header_decoding import decode_raw_value, find_text_issues, get_vr
from dicommap.p10.text_decoding import decode_plain_text
from tests.support.example_counts import examples

NAME, ID, NUMBER, STUDY, COMMENTS, ROWS = 0x00100010, 0x00100020, 0x00200013, 0x0020000D, 0x00204000, 0x00280010
ASCII = parse_specific_character_set("ISO_IR 100")
VRS = {NAME: b"PN", ID: b"LO", NUMBER: b"IS", STUDY: b"UI", COMMENTS: b"LT", ROWS: b"US"}


@given(
    st.sampled_from(sorted(VRS)),
    st.sampled_from([None, None, b"", b"UN", b"LO", b"PN"]),
    st.text("aZ09.^= \0\\\n\x1b~\x7f\xfc", max_size=8).map(lambda text: text.encode("latin-1")),
)
@examples(1_000)
def test_it_is_the_text_of_the_whole_decoding(tag: int, written_vr: bytes | None, raw: bytes) -> None:
    vr = VRS[tag] if written_vr is None else written_vr
    text = decode_plain_text(get_vr(tag, vr), raw)
    if text is None:
        return
    assert text == decode_raw_value(tag, vr, raw, ASCII, "<")
    assert not [*find_text_issues(keyword_of(tag), get_vr(tag, vr), text, ASCII)]


@pytest.mark.parametrize(
    ("tag", "raw", "text"),
    [
        (NAME, b" Doe^Jane= \0", " Doe^Jane"),
        (ID, b" 17 \0", "17"),
        (STUDY, b"1.2\0", "1.2"),
        (NUMBER, b" 1 ", "1"),
        (COMMENTS, b" ab ", " ab"),
    ],
)
def test_padding_is_removed(tag: int, raw: bytes, text: str) -> None:
    assert decode_plain_text(get_vr(tag, VRS[tag]), raw) == text
    assert decode_plain_text(get_vr(tag, b""), raw) == text


@pytest.mark.parametrize(
    ("tag", "raw"), [(NAME, b"M\xfcller"), (ID, b"1\\2"), (ID, b"1\n2"), (ID, b"\x1b(B1"), (ROWS, b"ab")]
)
def test_other_values_are_not_plain(tag: int, raw: bytes) -> None:
    assert decode_plain_text(get_vr(tag, VRS[tag]), raw) is None
