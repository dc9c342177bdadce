"""Texts with escape sequences, and the terms that declare them, are read as pydicom reads them, without pydicom."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.charset import CODES_TO_ENCODINGS, convert_encodings, decode_bytes, python_encoding
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

from dicommap.p10.character_sets import DEFAULT, encodings_of
from dicommap.p10.code_extensions import decode_extended
from tests.effort import examples

DEFINED = sorted(python_encoding)
PIECES = st.one_of(
    st.sampled_from([*CODES_TO_ENCODINGS, b"\x1b", b"\x1b(", b"\x1b$", b"\x1b$)", b"\x1b(X", b"\x1b$(C"]),
    st.sampled_from(["山田", "太郎", "洪吉洞", "Люк", "Äneas", "ﾔﾏﾀﾞ", "قب", "王小东"]).flatmap(
        lambda text: st.sampled_from(sorted({_encoded(text, codec) for codec in set(python_encoding.values())}))
    ),
    st.binary(max_size=6),
    st.sampled_from([b"^", b"\n", b"\r", b"\t", b"\f", b"a", b" ", b"\xa5"]),
)


def _encoded(text: str, codec: str) -> bytes:
    return text.encode(codec, "ignore")


def values(without: bytes) -> st.SearchStrategy[bytes]:
    """Values in which nothing stands that parts values, which pydicom does before it decodes."""
    return st.lists(PIECES, max_size=8).map(b"".join).map(lambda value: value.translate(None, without))


CHARSETS = st.lists(st.sampled_from(DEFINED), min_size=1, max_size=4).map("\\".join)


def pydicoms(value: bytes, encodings: tuple[str, ...], delimiters: set[int]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return decode_bytes(value, encodings, delimiters)


@given(values(b"=\\"), CHARSETS)
@examples(400)
def test_names_are_decoded_as_pydicom_decodes_them(value: bytes, charsets: str) -> None:
    encodings = encodings_of(charsets)
    assert decode_extended("PN", value, encodings) == pydicoms(value, encodings, PN_DELIMS)


@given(values(b"\\"), CHARSETS, st.sampled_from(["LO", "SH", "UC", "LT", "ST", "UT"]))
@examples(400)
def test_texts_are_decoded_as_pydicom_decodes_them(value: bytes, charsets: str, vr: str) -> None:
    encodings = encodings_of(charsets)
    assert decode_extended(vr, value, encodings) == pydicoms(value, encodings, TEXT_VR_DELIMS)


@given(st.lists(values(b"=\\\x24"), min_size=2, max_size=3), CHARSETS)
@examples(200)
def test_each_group_of_a_name_and_each_value_begins_anew(parts: list[bytes], charsets: str) -> None:
    """But for those of two bytes, which Python's codecs read on: their bytes may be those signs."""
    encodings = encodings_of(charsets)
    for vr, sign in (("PN", "="), ("PN", "\\"), ("LO", "\\")):
        delimiters = PN_DELIMS if vr == "PN" else TEXT_VR_DELIMS
        # What pydicom replaces has no beginning of its own any more.
        expected = [pydicoms(part, encodings, delimiters) for part in parts]
        if not any("\x1b" in text or "\ufffd" in text for text in expected):
            assert decode_extended(vr, sign.encode().join(parts), encodings) == sign.join(expected)


def pydicoms_terms(terms: list[str]) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return convert_encodings(terms)


MISSPELT = st.builds(
    lambda term, sign, places: "".join(sign if index in places else one for index, one in enumerate(term)),
    st.sampled_from(DEFINED),
    st.sampled_from(" _-/."),
    st.sets(st.integers(0, 14), max_size=3),
)


@given(st.lists(st.one_of(st.sampled_from(DEFINED), MISSPELT), min_size=1, max_size=4))
@examples(400)
def test_terms_have_the_codecs_that_pydicom_gives_them(terms: list[str]) -> None:
    terms = [term.strip() for term in terms]
    theirs = pydicoms_terms(terms)
    ours = list(encodings_of("\\".join(terms)))
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert one == other or (one == DEFAULT and other in terms)  # pydicom takes the name of any codec


@given(st.text(max_size=20))
@examples(200)
def test_any_text_for_a_term_gives_codecs(charsets: str) -> None:
    for codec in encodings_of(charsets):
        assert b"A".decode(codec) == "A"


@pytest.mark.parametrize("vr", ["LO", "PN", "UT"])
def test_a_korean_name_of_the_standard(vr: str) -> None:
    """The example of PS3.5 section I.2."""
    value = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf"
    assert decode_extended(vr, value, encodings_of("\\ISO 2022 IR 149")) == "Hong^Gildong=洪^吉洞=홍^길동"
