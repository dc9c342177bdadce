"""A length that reaches beyond the end: a cut file, or a wrong length. The element is named, and no value is."""

from __future__ import annotations

import pytest

from dicommap.model.study import Disposition
from dicommap.p10 import RejectedFile, WantedAttributes
from dicommap.p10.data_set_encoding import (
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    DataSetEncoding,
)
from dicommap.p10.header import get_max_value_bytes
from dicommap.p10.structure_errors import format_element, format_vr
from tests.support.p10_elements import ENCODINGS, codes, content, element, item, p10, read, sequence

PRIVATE = 0x00091010
ALL = pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=lambda encoding: encoding.name)
SYNTAX_OF = {encoding: syntax for syntax, encoding in ENCODINGS.items()}


def refused(data: bytes, encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN) -> RejectedFile:
    found = read(p10(data, SYNTAX_OF[encoding]))
    assert isinstance(found, RejectedFile)
    return found


def message(found: RejectedFile) -> str:
    (one,) = found.issues
    return one.message


@ALL
@pytest.mark.parametrize("vr", ["UN", "UT", "LT", "OB", "DS"])
def test_a_length_that_hides_the_study_is_wrong_and_the_file_is_not_called_cut(
    encoding: DataSetEncoding, vr: str
) -> None:
    wrong = element(PRIVATE, vr, b"abcd", encoding, length=5_000)
    found = refused(content(encoding, {PRIVATE: wrong}), encoding)
    assert found.disposition is Disposition.MALFORMED
    assert "(0009,1010) claims 5,000 bytes, and " in message(found)
    assert message(found).endswith(" are left.")


@ALL
def test_a_file_cut_inside_an_element_is_truncated_and_both_facts_are_told(encoding: DataSetEncoding) -> None:
    whole = content(encoding, {0x00100010: element(0x00100010, "PN", "Doe^Jane", encoding)})
    end = whole.index(b"Doe^Jane")
    for left in range(8):
        found = refused(whole[: end + left], encoding)
        assert found.disposition is Disposition.TRUNCATED
        assert f"(0010,0010) claims 8 bytes, and {left} {'is' if left == 1 else 'are'} left" in message(found)
        assert "Doe" not in message(found)


def test_a_file_cut_inside_a_sequence_that_names_a_study_is_truncated() -> None:
    for defined in (True, False):
        made = sequence(0x00081111, [item(content()[:-10], defined=defined)] * 3, defined=True)
        whole = content(more={0x00081111: made})
        assert refused(whole[: whole.index(made) + len(made) - 20]).disposition is Disposition.TRUNCATED


@ALL
def test_a_sequence_that_claims_the_elements_behind_its_items_has_a_wrong_length(encoding: DataSetEncoding) -> None:
    items = item(element(0x00081155, "UI", "1.2", encoding), encoding, defined=True) * 2
    length = len(items)
    wrong = element(0x00081111, "SQ", items, encoding, length=length + 5_000)
    found = refused(content(encoding, {0x00081111: wrong}), encoding)
    assert found.disposition is Disposition.MALFORMED
    assert f"(0008,1111) claims {length + 5_000:,} bytes, and " in message(found)


def test_a_file_cut_inside_a_head_names_the_element_before() -> None:
    whole = content()
    end = whole.index(b"\x20\0\x0d\0")
    for more in range(1, 8):
        assert "the element after (0008,0018) is cut" in message(refused(whole[: end + more]))


@pytest.mark.parametrize("vr", ["UN", "UT", "UC", "OB", "SQ"])
def test_a_length_of_two_bytes_where_four_are_due_is_wrong(vr: str) -> None:
    """The two bytes behind such a VR are zero (PS3.5 section 7.1.2); here they are the length."""
    wrong = b"\x09\0\x10\x10" + vr.encode() + b"\4\0" + b"ab\2\0"
    found = refused(content(more={PRIVATE: wrong}))
    assert found.disposition is Disposition.MALFORMED
    assert "(0009,1010) claims " in message(found)


@pytest.mark.parametrize("length", [7, 2**29, 2**32 - 2])
def test_lengths_that_no_header_has_are_wrong(length: int) -> None:
    found = refused(element(PRIVATE, "UN", b"", length=length))
    assert found.disposition is Disposition.MALFORMED
    assert f"(0009,1010) claims {length:,} bytes, and 0 are left" in message(found)


@pytest.mark.parametrize(
    "encoding", [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN], ids=lambda encoding: encoding.name
)
def test_more_than_a_short_text_can_hold_is_wrong(encoding: DataSetEncoding) -> None:
    found = refused(
        element(0x00080081, "LO", b"", encoding) + element(0x00081010, "SH", b"", encoding, length=8_000), encoding
    )
    assert found.disposition is Disposition.MALFORMED


@pytest.mark.parametrize(
    ("vr", "shown"),
    [(b"--", "'--'"), (b"  ", "'  '"), (b"RE", "'RE'"), (b"\x1a\0", "0x1a 0x00"), (b"A\xff", "0x41 0xff")],
)
def test_an_unknown_vr_is_named_with_its_element(vr: bytes, shown: str) -> None:
    found = refused(content(more={0x00081010: b"\x08\0\x10\x10" + vr + b"\4\0STAT"}))
    assert found.disposition is Disposition.MALFORMED
    assert message(found).endswith(f": (0008,1010) has the value representation {shown}.")
    assert format_vr(vr) == shown


def test_an_element_is_named_as_dcmdump_names_it() -> None:
    assert format_element(0x0020000D) == "(0020,000d)"
    assert format_element(0x00081155, 0x00091010) == "(0008,1155) inside (0009,1010)"


@pytest.mark.parametrize(
    ("keyword", "vr", "limit"),
    [
        ("PatientID", "LO", 4_096),
        ("PatientName", "PN", 4_096),
        ("StudyInstanceUID", "UI", 4_096),
        ("AccessionNumber", "SH", 4_096),
        ("StudyDate", "DA", 4_096),
        ("AdditionalPatientHistory", "LT", 65_536),
        ("FrameTimeVector", "DS", 65_536),
        ("SeriesNumber", "IS", 4_096),
        ("PixelDataProviderURL", "UR", 65_536),
        ("RTPlanDescription", "ST", 65_536),
    ],
)
@pytest.mark.parametrize(
    "encoding",
    [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN],
    ids=lambda encoding: encoding.name,
)
def test_a_wanted_value_may_have_so_many_bytes_and_no_more(
    keyword: str, vr: str, limit: int, encoding: DataSetEncoding
) -> None:
    wanted = WantedAttributes((keyword,))
    (tag,) = (tag for tag, name in wanted.tags.items() if name == keyword)
    assert get_max_value_bytes(tag) == limit
    longest = min(limit, 65_534) if vr != "UR" and not encoding.implicit else limit
    for length in (longest, longest + 2) if longest < 65_534 or encoding.implicit or vr == "UR" else (longest,):
        file = p10(content(encoding, {tag: element(tag, vr, b"1" * length, encoding)}), SYNTAX_OF[encoding])
        found = read(file, wanted)
        if length <= limit:
            assert "p10.value-too-long" not in codes(found)
            continue
        assert isinstance(found, RejectedFile)
        assert codes(found) == ["p10.value-too-long"]
        assert f"{keyword} {format_element(tag)} has {length:,} bytes; at most {limit:,} are read." == message(found)
