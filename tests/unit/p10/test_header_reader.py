"""Dispositions and issue codes: each of them once."""

from __future__ import annotations

import pytest

from dicommap.issues import CATALOGUE
from dicommap.model.study import Disposition
from dicommap.p10 import Header, RejectedFile, WantedAttributes
from dicommap.p10.file_meta import DICOMDIR_SOP_CLASS
from tests.support.p10_elements import (
    ENCODINGS,
    SOP_UID,
    codes,
    content,
    element,
    header_of,
    item,
    meta,
    p10,
    read,
    sequence,
    tag_bytes,
    uid_elements,
)
from tests.support.p10_files import DEFLATED, EXPLICIT_LITTLE, IMPLICIT_LITTLE

_ROWS = element(0x00280010, "US", b"\1\0")


def _without(tag: int) -> bytes:
    return b"".join(made for key, made in uid_elements().items() if key != tag) + _ROWS


def _last(*tags: int) -> bytes:
    """Return a data set in which these elements come last."""
    made = uid_elements()
    return b"".join(made[tag] for tag in sorted(made, key=lambda tag: (tag in tags, tag)))


def test_an_instance_in_order_has_no_issue() -> None:
    found = header_of(p10(content(), instance=SOP_UID))
    assert found.disposition is Disposition.INSTANCE
    assert found.issues == ()
    assert found.transfer_syntax_uid == EXPLICIT_LITTLE


OTHER_ITEMS = sequence(0x00081111, [item(element(0x00081150, "UI", "1.2 ", ENCODINGS[IMPLICIT_LITTLE]), defined=False)])
WITH_DELIMITER = sequence(0x00081111, [], defined=True) + tag_bytes(0xFFFEE0DD) + bytes(4)

CASES: dict[str, tuple[bytes, Disposition]] = {
    "source.empty-file": (b"", Disposition.EMPTY),
    "p10.not-dicom": (b"plain text", Disposition.NOT_DICOM),
    "p10.not-p10": (content(), Disposition.NOT_P10),
    "p10.dicomdir": (p10(content(), sop_class=DICOMDIR_SOP_CLASS), Disposition.DICOMDIR),
    "p10.truncated": (p10(content())[:-20], Disposition.TRUNCATED),
    "p10.ends-early": (p10(b"".join(uid_elements().values())), Disposition.INSTANCE),
    "p10.malformed": (p10(element(0x00080005, "CS", "") + b"\x08\0\x06\0??\0\0" + bytes(99)), Disposition.MALFORMED),
    "p10.value-too-long": (p10(element(0x00080005, "CS", bytes(4_098)) + content()), Disposition.MALFORMED),
    "p10.item-encoding-mismatch": (p10(content(more={0x00081111: OTHER_ITEMS})), Disposition.INSTANCE),
    "p10.stray-delimiter": (p10(content(more={0x00081111: WITH_DELIMITER})), Disposition.INSTANCE),
    "p10.missing-uid": (p10(_without(0x0020000D)), Disposition.MISSING_UID),
    "p10.invalid-uid": (p10(content(x0020000D="1.2.a")), Disposition.INVALID_UID),
    "p10.sop-instance-uid-mismatch": (p10(content(), instance="1.2"), Disposition.INSTANCE),
    "p10.missing-transfer-syntax": (p10(content(), None), Disposition.INSTANCE),
    "p10.encoding-mismatch": (p10(content(), IMPLICIT_LITTLE), Disposition.INSTANCE),
    "p10.doubtful-text": (
        p10(
            content(
                more={
                    0x00080005: element(0x00080005, "CS", "ISO_IR 100"),
                    0x00100010: element(0x00100010, "PN", "Müller".encode()),
                }
            )
        ),
        Disposition.INSTANCE,
    ),
    "p10.undecodable-text": (
        p10(content(more={0x00100010: element(0x00100010, "PN", b"M\xfcller")})),
        Disposition.INSTANCE,
    ),
    "p10.compressed-file": (b"\x1f\x8b\x08" + bytes(200), Disposition.NOT_DICOM),
    "p10.archive-file": (b"PK\x03\x04" + bytes(200), Disposition.NOT_DICOM),
    "p10.control-character": (
        p10(content(more={0x00100010: element(0x00100010, "PN", b"Doe\x00Jane")})),
        Disposition.INSTANCE,
    ),
    "p10.unordered": (p10(_last(0x00080016) + _ROWS), Disposition.INSTANCE),
}


@pytest.mark.parametrize("code", CASES)
def test_each_finding_has_its_code_and_disposition(code: str) -> None:
    file, disposition = CASES[code]
    found = read(file)
    assert found.disposition is disposition
    assert codes(found).count(code) == 1


def test_every_code_of_this_room_has_a_case() -> None:
    grouping = {"p10.nonconformant-uid"}  # found when files are grouped, once for many of them
    assert {code for code in CATALOGUE if code.startswith("p10.")} - grouping <= CASES.keys()


def test_every_disposition_that_a_header_can_have_has_a_case() -> None:
    of_the_walk = {Disposition.LINK, Disposition.SPECIAL, Disposition.ARCHIVE}
    not_of_a_header = {Disposition.DUPLICATE, Disposition.UNREADABLE} | of_the_walk
    assert {disposition for _, disposition in CASES.values()} == set(Disposition) - not_of_a_header


@pytest.mark.parametrize(
    ("tag", "keyword"),
    [
        (0x00080016, "SOPClassUID"),
        (0x00080018, "SOPInstanceUID"),
        (0x0020000D, "StudyInstanceUID"),
        (0x0020000E, "SeriesInstanceUID"),
    ],
)
def test_each_identifying_uid_may_be_the_missing_one(tag: int, keyword: str) -> None:
    for file in (p10(_without(tag)), p10(content(more={tag: element(tag, "UI", "\0\0")}))):
        found = read(file)
        assert found.disposition is Disposition.MISSING_UID
        assert [issue.location.keyword for issue in found.issues] == [keyword]


@pytest.mark.parametrize(
    ("uid", "code"),
    [
        ("1.2.3 ", None),
        ("1.2.3\0\0\0", None),
        (" 1.2.3", None),
        ("1.2.\0" + "3", "p10.invalid-uid"),
        ("1.2.3\\1.2.4", "p10.invalid-uid"),
        ("1..2", "p10.invalid-uid"),
        ("1.2.3.", "p10.invalid-uid"),
        ("1." * 128 + "1", "p10.invalid-uid"),
        ("1.2.\xff3", "p10.invalid-uid"),
        ("1.02", None),
        ("3.2", None),
        ("1." * 32 + "1", None),
        ("12345", None),
        ("1." * 31 + "10", None),
    ],
)
def test_odd_uids_are_refused_or_reported(uid: str, code: str | None) -> None:
    found = read(p10(content(x0020000D=uid)))
    assert [name for name in codes(found) if "uid" in name] == ([code] if code else [])
    assert isinstance(found, RejectedFile) is (code == "p10.invalid-uid")
    if isinstance(found, Header):
        assert found.values["StudyInstanceUID"] == uid.strip(" \0")


def test_no_message_holds_a_value_of_the_file() -> None:
    for file, _ in CASES.values():
        for issue in read(file).issues:
            assert SOP_UID not in issue.message
            assert "ller" not in issue.message


@pytest.mark.parametrize(
    "rest",
    [b"\xff" * 50, element(0x7FE00010, "OW", b"", length=2**31), b"\x08\0\x05\0??" + bytes(50)],
)
def test_what_lies_behind_a_header_in_order_does_not_matter(rest: bytes) -> None:
    assert codes(read(p10(content() + rest))) == []


def test_out_of_order_elements_are_found_behind_the_pixel_data() -> None:
    made = uid_elements()
    pixels = element(0x7FE00010, "OB", bytes(20_000))
    study = made.pop(0x0020000D)
    found = header_of(p10(b"".join(made.values()) + _ROWS + pixels + study))
    assert found.values["StudyInstanceUID"] == "1.2.3"
    assert codes(found) == ["p10.unordered"]


def test_an_unordered_data_set_that_is_cut_is_truncated() -> None:
    file = p10(_last(0x00080016) + _ROWS + element(0x7FE00010, "OW", b"", length=1_000))
    assert read(file).disposition is Disposition.TRUNCATED


def test_of_a_repeated_element_the_last_one_counts() -> None:
    twice = element(0x00100020, "LO", "P1") + element(0x00100020, "LO", "P2")
    found = header_of(p10(content(more={0x00100020: twice})))
    assert found.values["PatientID"] == "P2"
    assert codes(found) == ["p10.unordered"]


def test_a_missing_uid_is_reported_also_where_the_rest_cannot_be_followed() -> None:
    assert read(p10(_without(0x0020000D) + b"\xff" * 50)).disposition is Disposition.MISSING_UID


def test_values_are_those_of_the_top_level_in_each_encoding() -> None:
    for syntax, encoding in ENCODINGS.items():
        found = header_of(p10(content(encoding), syntax))
        assert found.values["StudyInstanceUID"] == "1.2.3"
        assert codes(found) == []


def test_a_deflated_data_set_needs_its_meta() -> None:
    assert read(bytes(128) + b"DICM" + meta(DEFLATED)).disposition is Disposition.TRUNCATED


def test_the_read_function_may_fail_and_its_error_passes_through() -> None:
    def failing(offset: int, length: int) -> bytes:
        raise OSError(5, "Input/output error")

    from dicommap.p10 import read_header

    with pytest.raises(OSError, match="Input/output"):
        read_header(failing, 1_000, WantedAttributes.default())
