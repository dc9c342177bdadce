"""A layout fits the files of which a walk takes the same steps, and no others."""

from __future__ import annotations

import pytest

from dicommap.p10 import WantedAttributes
from dicommap.p10.byte_window import FIRST_READ_BYTES
from dicommap.p10.data_set_encoding import DataSetEncoding
from dicommap.p10.header_decoding import RawHeader
from dicommap.p10.header_reader import read_header_in_window
from dicommap.p10.layout_cache import HeaderLayout, make_layout
from dicommap.p10.recording_window import RecordingWindow
from tests.support import p10_files
from tests.support.p10_elements import (
    ENCODINGS,
    SOP_UID,
    codes,
    content,
    element,
    even,
    item,
    make_warm_reader,
    p10,
    read,
    read_with_reader,
    sequence,
    uid_elements,
)

WANTED = WantedAttributes.default()
SOP_CLASS = even(p10_files.CT_IMAGE_STORAGE).encode()
NAME, CHARSET, MODALITY = 0x00100010, 0x00080005, 0x00080060


def learned(file: bytes, wanted: WantedAttributes = WANTED) -> HeaderLayout | None:
    window = window_on(file)
    parts = read_header_in_window(window, wanted)
    return make_layout(window, parts, file[:FIRST_READ_BYTES]) if isinstance(parts, RawHeader) else None


def window_on(file: bytes) -> RecordingWindow:
    return RecordingWindow(
        lambda at, length: file[at : at + length], len(file), file[:FIRST_READ_BYTES], FIRST_READ_BYTES
    )


def layout(file: bytes, wanted: WantedAttributes = WANTED) -> HeaderLayout:
    found = learned(file, wanted)
    assert found is not None
    return found


def skipped(encoding: DataSetEncoding) -> bytes:
    """Return the content of an item whose length is given: only the first VR in it is looked at."""
    return element(0x00080100, "SH", "skipped!", encoding)


def nested(encoding: DataSetEncoding) -> bytes:
    inner = element(0x00080005, "CS", "inside", encoding) + element(0x00081155, "UI", "1.2.4.5 ", encoding)
    unknown = sequence(0x00091001, [item(inner, encoding, defined=False)], encoding)
    items = [item(inner + unknown, encoding, defined=False), item(skipped(encoding), encoding, defined=True)]
    return sequence(0x00081140, items, encoding)


def file_of(syntax: str, *, name: str = "Doe^Jane", sop: str = SOP_UID) -> bytes:
    encoding = ENCODINGS[syntax]
    more = {
        CHARSET: element(CHARSET, "CS", "ISO_IR 100", encoding),
        0x00081140: nested(encoding),
        NAME: element(NAME, "PN", name, encoding),
    }
    data = content(encoding, more, x00080018=sop)
    return p10(data, syntax, instance=sop, sop_class=p10_files.CT_IMAGE_STORAGE)


ALL = pytest.mark.parametrize("syntax", ENCODINGS)


@ALL
def test_other_values_of_the_same_lengths_fit(syntax: str) -> None:
    found = layout(file_of(syntax))
    other = file_of(syntax, name="Roe^John", sop="1.2.3.9.9")
    assert found.fits(other)
    assert found.fits(other + b"pixels")
    assert found.read_raw_header(other) == read_parts(other)


def read_parts(file: bytes) -> object:
    return read_header_in_window(window_on(file), WANTED)


@ALL
def test_every_byte_is_structure_or_value_and_a_changed_structure_never_fits(syntax: str) -> None:
    """The values are named here, so that nothing of the structure is left out."""
    file = file_of(syntax)
    found = layout(file)
    values = [b"Doe^Jane", b"inside", b"1.2.4.5 ", even(SOP_UID).encode(), SOP_CLASS]
    values += [b"1.2.3\0", b"1.2.3.4\0", b"skipped!"]
    free = set(range(2, 128))  # the preamble; its first bytes tell whether the file meta begins there
    free |= set(range(140, 144))  # the value of the group length
    for value in values:
        start = file.find(value, 144)
        while start >= 0:
            free |= set(range(start, start + len(value)))
            start = file.find(value, start + 1)
    in_meta = file.find(SOP_CLASS)
    free -= set(range(in_meta, in_meta + len(SOP_CLASS)))  # a DICOMDIR is told by it
    charset = file.find(b"ISO_IR 100")
    assert not free & set(range(charset, charset + 10))
    passed = file.find(skipped(ENCODINGS[syntax]))
    head = set(range(passed, passed + 8))
    free |= head if syntax == p10_files.EXPLICIT_BIG else head - {passed + 4, passed + 5}  # where a VR may be
    for place in range(len(found.head)):
        changed = bytearray(file)
        changed[place] ^= 0x01
        reserved = _reserved(file, place)
        if not reserved:
            differing = found.find_differing_spans(bytes(changed))
            assert (differing is not None) is found.fits(bytes(changed)) is (place in free), place
            assert differing is None or [begin <= place < end for begin, end in differing] == [True]


def _reserved(file: bytes, place: int) -> bool:
    """Say whether the byte is one of the two that nobody reads behind a VR of a long length."""
    return file[place - 2 : place] in (b"SQ",) or file[place - 3 : place - 1] in (b"SQ",)


@ALL
def test_a_file_that_ends_before_the_walk_does_not_fit(syntax: str) -> None:
    file = file_of(syntax)
    found = layout(file)
    assert found.fits(file[: len(found.head)])
    assert not any(found.fits(file[:end]) for end in range(len(found.head)))


ENDS_WITH_LAST = p10(b"".join(uid_elements().values()) + element(0x00200013, "IS", "1 "))


def test_of_a_file_that_ends_with_the_last_wanted_element_a_longer_one_is_no_neighbour() -> None:
    assert ENDS_WITH_LAST[-2:] == b"1 "
    reader = make_warm_reader(ENDS_WITH_LAST)
    longer = ENDS_WITH_LAST + element(0x00080060, "CS", "CT")
    assert read_with_reader(reader, longer) == read(longer)
    assert codes(read(longer)) == ["p10.unordered"]


def test_a_place_that_had_to_exist_is_asked_for_also_where_nobody_looked_behind_it() -> None:
    file = p10(content())
    window = window_on(file)
    parts = read_header_in_window(window, WANTED)
    assert isinstance(parts, RawHeader)
    window.require_bytes_before(len(file))
    found = make_layout(window, parts, file)
    assert found is not None
    assert found.fits(file)
    assert not found.fits(file[:-1])


def test_what_tells_the_encoding_of_an_unknown_sequence_is_structure() -> None:
    """The first item is passed by its length, yet its first element tells whether the file is warned of."""
    inner = element(0x00080100, "SH", "ab")
    items = [item(inner, defined=True), item(inner + inner, defined=False)]
    file = p10(content(more={0x00091001: sequence(0x00091001, items, vr="UN")}))
    vr = file.index(b"SH")
    changed = file[:vr] + b"??" + file[vr + 2 :]
    assert not layout(file).fits(changed)
    assert codes(read(file)) == codes(read(changed)) == ["p10.item-encoding-mismatch"]
    assert read_with_reader(make_warm_reader(file), changed) == read(changed)


@pytest.mark.parametrize(
    "file",
    [
        p10(b"".join(uid_elements().values())),  # ends with the last UID
        ENDS_WITH_LAST,
        p10(content(more={MODALITY: element(MODALITY, "CS", "CT") * 2})),  # repeated
        p10(b"".join(made for tag, made in uid_elements().items() if tag != 0x0020000D) + content()[-10:]),
        content(),
        p10(content())[:-3],
        p10(content(), sop_class="1.2.840.10008.1.3.10"),
        p10(content(more={0x00080006: element(0x00080006, "UT", bytes(FIRST_READ_BYTES))})),
        b"",
        b"no DICOM",
    ],
)
def test_where_more_than_the_header_decides_there_is_no_layout(file: bytes) -> None:
    assert learned(file) is None


def test_a_header_that_goes_on_behind_the_bytes_at_hand_has_no_layout() -> None:
    file = p10(content())
    window = window_on(file)
    parts = read_header_in_window(window, WANTED)
    assert isinstance(parts, RawHeader)
    end = len(file) - 2  # Rows has a value of two bytes, which the walk does not look at
    assert make_layout(window, parts, file[:end]) is not None
    assert make_layout(window, parts, file[: end - 1]) is None


def test_no_representation_shows_a_value() -> None:
    assert "Doe" not in repr(layout(file_of(p10_files.EXPLICIT_LITTLE)))
