"""From parts to values and findings, without any bytes of a file."""

from __future__ import annotations

from dicommap.dicom.character_sets import parse_specific_character_set
from dicommap.model.study import Disposition
from dicommap.p10 import Header, WantedAttributes
from dicommap.p10.data_set_encoding import (
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    DataSetEncoding,
)
from dicommap.p10.elements import RawValue
from dicommap.p10.file_meta import FileMeta
from dicommap.p10.header_decoding import RawHeader, decode_header, decode_raw_value, get_character_set
from dicommap.p10.walk import WalkResult
from tests.support import p10_files
from tests.support.p10_elements import UID_TAGS, codes

WANTED = WantedAttributes.default()
DEFAULT = parse_specific_character_set("")
META = FileMeta("", p10_files.EXPLICIT_LITTLE, None, 200)


def values(more: dict[int, bytes] | None = None) -> dict[int, RawValue]:
    raws = {tag: value.encode() for tag, value in UID_TAGS.items()} | (more or {})
    return {tag: (b"CS" if tag == 0x00080005 else b"UI" if tag in UID_TAGS else b"LO", 0, raws[tag]) for tag in raws}


def parts(
    more: dict[int, bytes] | None = None,
    *,
    meta: FileMeta = META,
    encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN,
    highest_tag: int = 0x00200032,
    unordered_at: int | None = None,
) -> RawHeader:
    return RawHeader(meta, encoding, WalkResult(values(more), 400, highest_tag, unordered_at))


def test_what_is_in_order_is_a_header_without_findings() -> None:
    found = decode_header(parts({0x00100020: b"P1 "}), WANTED)
    assert isinstance(found, Header)
    assert found.issues == ()
    assert found.values["PatientID"] == "P1"


def test_everything_there_is_to_say_is_said_in_one_order() -> None:
    meta = FileMeta("", p10_files.IMPLICIT_LITTLE, (b"UI", 0, b"9.9\0"), 200)
    found = decode_header(
        parts(
            {0x00100020: b"\xff", 0x0020000D: b"1.02"},
            meta=meta,
            highest_tag=0x00200011,
            unordered_at=300,
        ),
        WANTED,
    )
    assert codes(found) == [
        "p10.encoding-mismatch",
        "p10.unordered",
        "p10.undecodable-text",
        "p10.sop-instance-uid-mismatch",
        "p10.ends-early",
    ]


def test_a_uid_that_is_missing_or_that_no_mapping_names_refuses_the_file() -> None:
    assert decode_header(parts({0x0020000D: b" \0"}), WANTED).disposition is Disposition.MISSING_UID
    assert decode_header(parts({0x0020000D: b"1.x"}), WANTED).disposition is Disposition.INVALID_UID


def test_the_character_set_is_the_data_sets_own() -> None:
    assert get_character_set(parts().walked) == parse_specific_character_set("")
    assert get_character_set(parts({0x00080005: b"ISO_IR 192 "}).walked) == parse_specific_character_set("ISO_IR 192")


def test_a_vr_that_is_not_written_is_looked_up_and_un_is_little_endian() -> None:
    assert decode_raw_value(0x00280010, b"", b"\1\0", DEFAULT, IMPLICIT_LITTLE_ENDIAN.order) == "1"
    assert decode_raw_value(0x00280010, b"UN", b"\1\0", DEFAULT, EXPLICIT_BIG_ENDIAN.order) == "1"
    assert decode_raw_value(0x00280010, b"US", b"\0\1", DEFAULT, EXPLICIT_BIG_ENDIAN.order) == "1"
