"""From parts to values and findings, without any bytes of a file."""

from __future__ import annotations

from dicommap.model.character_set import specific_character_set
from dicommap.model.hierarchy import Disposition
from dicommap.p10 import Header, Wanted
from dicommap.p10.encoding import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Encoding
from dicommap.p10.judgement import Parts, charset_in, judged, text_of
from dicommap.p10.meta import Meta
from dicommap.p10.stride import Value
from dicommap.p10.walk import Walked
from tests import making
from tests.unit.p10.elements import UID_TAGS, codes

WANTED = Wanted.usual()
DEFAULT = specific_character_set("")
META = Meta("", making.EXPLICIT_LITTLE, None, 200)


def values(more: dict[int, bytes] | None = None) -> dict[int, Value]:
    raws = {tag: value.encode() for tag, value in UID_TAGS.items()} | (more or {})
    return {tag: (b"CS" if tag == 0x00080005 else b"UI" if tag in UID_TAGS else b"LO", 0, raws[tag]) for tag in raws}


def parts(
    more: dict[int, bytes] | None = None,
    *,
    meta: Meta = META,
    encoding: Encoding = EXPLICIT_LITTLE,
    highest: int = 0x00200032,
    unordered_at: int | None = None,
) -> Parts:
    return Parts(meta, encoding, Walked(values(more), 400, highest, unordered_at))


def test_what_is_in_order_is_a_header_without_findings() -> None:
    found = judged(parts({0x00100020: b"P1 "}), WANTED)
    assert isinstance(found, Header)
    assert found.issues == ()
    assert found.values["PatientID"] == "P1"


def test_everything_there_is_to_say_is_said_in_one_order() -> None:
    meta = Meta("", making.IMPLICIT_LITTLE, (b"UI", 0, b"9.9\0"), 200)
    found = judged(
        parts(
            {0x00100020: b"\xff", 0x0020000D: b"1.02"},
            meta=meta,
            highest=0x00200011,
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
    assert judged(parts({0x0020000D: b" \0"}), WANTED).disposition is Disposition.MISSING_UID
    assert judged(parts({0x0020000D: b"1.x"}), WANTED).disposition is Disposition.INVALID_UID


def test_the_character_set_is_the_data_sets_own() -> None:
    assert charset_in(parts().walked) == specific_character_set("")
    assert charset_in(parts({0x00080005: b"ISO_IR 192 "}).walked) == specific_character_set("ISO_IR 192")


def test_a_vr_that_is_not_written_is_looked_up_and_un_is_little_endian() -> None:
    assert text_of(0x00280010, b"", b"\1\0", DEFAULT, IMPLICIT_LITTLE.order) == "1"
    assert text_of(0x00280010, b"UN", b"\1\0", DEFAULT, EXPLICIT_BIG.order) == "1"
    assert text_of(0x00280010, b"US", b"\0\1", DEFAULT, EXPLICIT_BIG.order) == "1"
