"""Values that are decoded together have the same texts as values that are decoded one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.character_sets import parse_specific_character_set
from dicommap.p10 import WantedAttributes
from dicommap.p10.header_decoding import _decode_plain_values, decode_raw_value, find_text_issues, get_vr
from dicommap.p10.walk import WalkResult
from tests.support.example_counts import examples

NAME, ID, NUMBER, STUDY, COMMENTS, ROWS = 0x00100010, 0x00100020, 0x00200013, 0x0020000D, 0x00204000, 0x00280010
WANTED = WantedAttributes(("PatientName", "PatientID", "ImageComments", "Rows"))
ASCII = parse_specific_character_set("ISO_IR 100")
VRS = {NAME: b"PN", ID: b"LO", NUMBER: b"IS", STUDY: b"UI", COMMENTS: b"LT", ROWS: b"US"}


def walked(values: dict[int, tuple[bytes, bytes]]) -> WalkResult:
    return WalkResult({tag: (vr, 0, raw) for tag, (vr, raw) in values.items()}, 30, 0x00280010, None)


@given(
    st.dictionaries(
        st.sampled_from(sorted(VRS)),
        st.tuples(
            st.sampled_from([None, None, b"", b"UN", b"LO", b"PN"]),
            st.text("aZ09.^= \0\\\n\x1b~\x7f\xfc", max_size=8).map(lambda text: text.encode("latin-1")),
        ),
    )
)
@examples(300)
def test_together_is_as_one_by_one(values: dict[int, tuple[bytes | None, bytes]]) -> None:
    made = {tag: (VRS[tag] if vr is None else vr, raw) for tag, (vr, raw) in values.items()}
    together = _decode_plain_values(walked(made), WANTED)
    if together is None:
        return
    texts = {WANTED.tags[tag]: decode_raw_value(tag, vr, raw, ASCII, "<") for tag, (vr, raw) in made.items()}
    assert together == texts
    for tag, (vr, _) in made.items():
        assert not [*find_text_issues(WANTED.tags[tag], get_vr(tag, vr), texts[WANTED.tags[tag]], ASCII)]


@pytest.mark.parametrize(
    ("tag", "raw", "text"),
    [(NAME, b" Doe^Jane= \0", " Doe^Jane"), (ID, b" 17 \0", "17"), (STUDY, b"1.2\0", "1.2"), (NUMBER, b" 1 ", "1")],
)
def test_padding_is_removed(tag: int, raw: bytes, text: str) -> None:
    assert _decode_plain_values(walked({tag: (VRS[tag], raw)}), WANTED) == {WANTED.tags[tag]: text}
    assert _decode_plain_values(walked({tag: (b"", raw)}), WANTED) == {WANTED.tags[tag]: text}


@pytest.mark.parametrize(
    ("tag", "raw"),
    [(NAME, b"M\xfcller"), (ID, b"1\\2"), (ID, b"1\n2"), (ID, b"\x1b(B1"), (COMMENTS, b"ab"), (ROWS, b"ab")],
)
def test_other_values_are_decoded_one_by_one(tag: int, raw: bytes) -> None:
    assert _decode_plain_values(walked({tag: (VRS[tag], raw)}), WANTED) is None
