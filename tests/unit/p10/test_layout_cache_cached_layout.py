"""What cached share is not judged twice, and what differs is not taken from a neighbour."""

from __future__ import annotations

import pytest

from dicommap.p10 import Header, RejectedFile, WantedAttributes
from dicommap.p10.header_decoding import RawHeader, TextCaches
from dicommap.p10.header_reader import read_header_in_window
from dicommap.p10.layout_cache import CachedLayout, make_layout
from dicommap.p10.recording_window import RecordingWindow
from tests.support.p10_elements import ENCODINGS, SOP_UID, codes, content, element, p10, read
from tests.support.p10_files import EXPLICIT_LITTLE, IMPLICIT_LITTLE

WANTED = WantedAttributes.default()
NAME, ACCESSION, CHARSET, NUMBER = 0x00100010, 0x00080050, 0x00080005, 0x00200011


def of(file: bytes) -> CachedLayout:
    window = RecordingWindow(lambda at, length: file[at : at + length], len(file), file, len(file))
    parts = read_header_in_window(window, WANTED)
    assert isinstance(parts, RawHeader)
    layout = make_layout(window, parts, file)
    assert layout is not None
    return CachedLayout(layout, WANTED, TextCaches(WANTED))


def file_of(
    *,
    name: bytes = b"Doe^Jane",
    study: str = "1.2.3",
    sop: str = SOP_UID,
    stored: str = SOP_UID,
    charset: str = "ISO_IR 192",
    number: bytes | None = None,
) -> bytes:
    more = {
        CHARSET: element(CHARSET, "CS", charset),
        ACCESSION: element(ACCESSION, "SH", "A1"),
        NAME: element(NAME, "PN", name),
    }
    if number is not None:
        more[NUMBER] = element(NUMBER, "FL", number)
    return p10(content(more=more, x0020000D=study, x00080018=sop), instance=stored)


PLAIN = file_of()


def agrees(cached: CachedLayout, file: bytes) -> Header | RejectedFile:
    """Return the header of a neighbour, which must be that of the walk, twice."""
    found = cached.read_header(file)
    assert found is not None
    assert found == read(file) == cached.read_header(file)
    return found


@pytest.mark.parametrize(
    ("file", "found"),
    [
        (PLAIN, []),
        (file_of(name=b"Roe^John"), []),
        (file_of(sop="1.2.3.4.6", stored="1.2.3.4.6"), []),
        (file_of(stored="1.2.3.4.6"), ["p10.sop-instance-uid-mismatch"]),
        (file_of(sop="1.2.3.4.6"), ["p10.sop-instance-uid-mismatch"]),
        (file_of(name=b"Doe^J\xfcrg"), ["p10.undecodable-text"]),
        (file_of(name="Doe^Jön".encode()), []),
        (file_of(name=b"Doe\x00Jane"), ["p10.control-character"]),
        (file_of(name=b"Doe\x7fJane"), ["p10.control-character"]),
        (file_of(study="1.2.a"), ["p10.invalid-uid"]),
        (file_of(study="1.0.3"), []),
        (file_of(study="1.02 "), []),
        (file_of(study="     "), ["p10.missing-uid"]),
    ],
)
def test_each_file_is_judged_by_its_own_values(file: bytes, found: list[str]) -> None:
    cached = of(PLAIN)
    assert cached.layout.fits(file)
    assert codes(agrees(cached, file)) == found
    assert codes(agrees(cached, PLAIN)) == []
    cached = of(file)
    assert codes(agrees(cached, PLAIN)) == []
    assert codes(agrees(cached, file)) == found


def test_a_uid_that_is_written_as_a_number_is_not_compared_as_bytes() -> None:
    """The meta's bytes are those of the data set's UID, but they mean another text."""
    number = b"\0\0\xc0\x3f"  # 1.5
    instance = element(0x00080018, "FL", number)
    file = p10(content(more={0x00080018: instance}), instance=number.decode("latin-1"))
    assert codes(agrees(of(file), file)) == ["p10.sop-instance-uid-mismatch"]


def test_a_data_set_that_is_not_encoded_as_declared_is_reported_for_each_file() -> None:
    for declared, code in ((IMPLICIT_LITTLE, "p10.encoding-mismatch"), (None, "p10.missing-transfer-syntax")):
        file = p10(content(), declared)
        cached = of(file)
        assert [codes(agrees(cached, file)) for _ in range(2)] == [[code]] * 2


@pytest.mark.parametrize("syntax", ENCODINGS)
def test_numbers_are_read_in_the_order_of_bytes(syntax: str) -> None:
    encoding = ENCODINGS[syntax]

    def numbered(number: int) -> bytes:
        vr, raw = ("IS", f"{number} ".encode()) if encoding.implicit else ("US", encoding.short.pack(number))
        return p10(content(encoding, {NUMBER: element(NUMBER, vr, raw, encoding)}), syntax)

    found = agrees(of(numbered(7)), numbered(8))
    assert isinstance(found, Header)
    assert found.values["SeriesNumber"] == "8"


def test_the_meta_may_leave_out_the_instance() -> None:
    file = p10(content(), EXPLICIT_LITTLE)
    assert codes(agrees(of(file), file)) == []


def test_files_of_another_layout_are_none_of_its_neighbours() -> None:
    cached = of(PLAIN)
    assert cached.read_header(file_of(name=b"Doe^Janet ")) is None
    assert cached.read_header(PLAIN[:-10]) is None
    same_landmark = bytearray(PLAIN)
    same_landmark[PLAIN.index(b"SH")] = ord("L")
    assert cached.read_header(bytes(same_landmark)) is None
    agrees(cached, PLAIN)


def test_what_differs_once_is_read_from_each_file_from_then_on() -> None:
    cached = of(PLAIN)
    names = [b"Doe^Jane", b"Roe^John", b"Doe^Jane", b"Poe^Joan"]
    for name in names:
        found = agrees(cached, file_of(name=name))
        assert isinstance(found, Header)
        assert found.values["PatientName"] == name.decode()


def test_headers_do_not_share_what_can_be_changed() -> None:
    cached = of(PLAIN)
    first, second = cached.read_header(PLAIN), cached.read_header(PLAIN)
    assert isinstance(first, Header)
    assert isinstance(second, Header)
    assert first.values is not second.values
    assert first.values["PatientName"] is second.values["PatientName"]
