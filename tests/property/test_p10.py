"""Reading headers: made data sets of all shapes agree with pydicom, and no bytes crash the reader."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from dicommap.dicom.dictionary import vrs_of
from dicommap.inventory.cells import decode_value, encode_value
from dicommap.p10 import Header, RejectedFile, WantedAttributes, read_header
from dicommap.p10.data_set_encoding import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, DataSetEncoding
from tests.corpus.oracle import differences, pydicom_values
from tests.support.example_counts import examples
from tests.support.p10_elements import (
    ENCODINGS,
    SYNTAXES,
    codes,
    content,
    element,
    even,
    item,
    p10,
    read,
    sequence,
    uid_elements,
)
from tests.support.p10_files import EXPLICIT_BIG

WANTED = WantedAttributes.default()
LEAKED = "1.9.9.9"
"""The StudyInstanceUID of every nested item: never the study's."""

Build = Callable[[DataSetEncoding], bytes]
"""Makes an element in an encoding."""

_PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="\\="), max_size=21)
_PADDING = st.sampled_from(["", " ", "  ", "\0"])
_TEXT_TAGS = [
    tag for tag in WANTED.tags if vrs_of(tag)[0] in {"LO", "PN", "SH", "CS", "DA", "TM"} and tag != 0x00080005
]
_STRING_VRS = ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"]


def _made(tag: int, vr: str, value: bytes | str) -> Build:
    return lambda encoding: element(tag, vr, value, encoding)


@st.composite
def _texts(draw: st.DrawFn) -> tuple[int, Build]:
    """A captured text, padded or odd, with its own VR, or UN."""
    tag = draw(st.sampled_from(_TEXT_TAGS))
    vr = draw(st.sampled_from([vrs_of(tag)[0], vrs_of(tag)[0], "UN"]))
    values = draw(st.lists(_PRINTABLE, min_size=1, max_size=2))
    return tag, _made(tag, vr, "\\".join(values) + draw(_PADDING))


@st.composite
def _numbers(draw: st.DrawFn) -> tuple[int, Build]:
    """SeriesNumber or InstanceNumber as text."""
    tag = draw(st.sampled_from([0x00200011, 0x00200013]))
    number = draw(st.integers(-(2**31), 2**31 - 1))
    return tag, _made(tag, "IS", even(str(number), " "))


@functools.cache
@st.composite
def _others(draw: st.DrawFn) -> tuple[int, Build]:
    """An element that nobody wants: private, or of any string VR, or binary."""
    tag = draw(st.sampled_from([0x00080012, 0x00090010, 0x00091001, 0x00180050, 0x00191008, 0x00200052, 0x00100099]))
    vr = draw(st.sampled_from([*_STRING_VRS, "OB", "OW", "UN", "US", "FD"]))
    return tag, _made(tag, vr, draw(st.binary(max_size=40)))


@functools.cache
def _nested(depth: int) -> st.SearchStrategy[Build]:
    """The content of an item: UIDs of another study, and maybe sequences inside."""
    plain = st.lists(_others().map(lambda pair: pair[1]), max_size=2)
    if depth == 0:
        return plain.map(lambda inner: lambda encoding: _leak(encoding) + b"".join(build(encoding) for build in inner))
    return st.one_of(
        _nested(0), _sequences(depth - 1).map(lambda pair: lambda encoding: _leak(encoding) + pair[1](encoding))
    )


def _leak(encoding: DataSetEncoding) -> bytes:
    return element(0x0020000D, "UI", even(LEAKED), encoding) + element(0x00100020, "LO", "leaked", encoding)


@functools.cache
@st.composite
def _sequences(draw: st.DrawFn, depth: int = 2) -> tuple[int, Build]:
    """A sequence of defined or undefined length, before the UIDs; also as UN with implicit items."""
    tag = draw(st.sampled_from([0x00081032, 0x00081110, 0x00091002, 0x00191010]))
    items = draw(st.lists(st.tuples(_nested(depth), st.booleans()), max_size=3))
    defined = draw(st.booleans())
    vr = draw(st.sampled_from(["SQ", "SQ", "UN"]))

    def build(encoding: DataSetEncoding) -> bytes:
        # In UN the items are implicit little endian; pydicom does not know that in a big endian file.
        unknown = vr == "UN" and encoding is EXPLICIT_LITTLE_ENDIAN
        inside = IMPLICIT_LITTLE_ENDIAN if unknown else encoding
        made = [item(make(inside), inside, defined=size) for make, size in items]
        return sequence(tag, made, encoding, defined=defined, vr="UN" if unknown else "SQ")

    return tag, build


_ELEMENTS = st.lists(st.one_of(_texts(), _numbers(), _others(), _sequences()), max_size=8)


@st.composite
def data_sets(draw: st.DrawFn, *, shuffled: bool = False) -> tuple[str, bytes]:
    """A transfer syntax and a data set with all UIDs; in order, or with elements repeated and out of order."""
    syntax = draw(st.sampled_from(SYNTAXES))
    encoding = ENCODINGS[syntax]
    found = draw(_ELEMENTS)
    chosen = list({tag: (tag, build(encoding)) for tag, build in found}.values())
    if shuffled:
        chosen = [(tag, build(encoding)) for tag, build in found]
        chosen += draw(st.lists(st.sampled_from(chosen), max_size=3)) if chosen else []
    ordered = sorted([*uid_elements(encoding).items(), *chosen], key=lambda pair: pair[0])
    head = [pair for pair in ordered if pair[0] <= WANTED.last_tag]
    # Behind the first element after the last wanted one nothing is read, so disorder is made before it.
    tail = [*ordered[len(head) :], (0x00280010, element(0x00280010, "US", encoding.short.pack(1), encoding))]
    if shuffled:
        head = draw(st.permutations(head))
    return syntax, b"".join(made for _, made in [*head, *tail])


@given(data_sets())
@examples(300)
def test_every_data_set_in_order_is_read_as_pydicom_reads_it(made: tuple[str, bytes]) -> None:
    syntax, data = made
    file = p10(data, syntax)
    found = read(file)
    assert isinstance(found, Header), [issue.message for issue in found.issues]
    assert codes(found) == []
    assert differences(found.values, pydicom_values(file, WANTED.tags.values())) == {}


@given(data_sets(shuffled=True))
@examples(200)
def test_repeated_and_reordered_elements_are_read_as_pydicom_reads_them(made: tuple[str, bytes]) -> None:
    syntax, data = made
    file = p10(data, syntax)
    found = read(file)
    if isinstance(found, Header):
        assert differences(found.values, pydicom_values(file, WANTED.tags.values())) == {}
    else:
        assert codes(found) != []


@given(data_sets(), data_sets(shuffled=True))
@examples(200)
def test_a_nested_study_is_never_taken_for_the_files(one: tuple[str, bytes], other: tuple[str, bytes]) -> None:
    for syntax, data in (one, other):
        found = read(p10(data, syntax))
        assert isinstance(found, RejectedFile) or found.values["StudyInstanceUID"] != LEAKED


@given(data_sets(), st.randoms(use_true_random=False))
@examples(100)
def test_a_cut_never_gives_a_wrong_value(made: tuple[str, bytes], choice: random.Random) -> None:
    syntax, data = made
    file = p10(data, syntax)
    whole = read(file)
    assert isinstance(whole, Header)
    for end in choice.sample(range(132, len(file)), 40):
        found = read(file[:end])
        if isinstance(found, Header):
            assert found.values.items() <= whole.values.items()
            assert found.values == whole.values or "p10.ends-early" in codes(found)


_STARTS = st.sampled_from([b"", b"DICM", bytes(128) + b"DICM", p10(b""), p10(b"", EXPLICIT_BIG), p10(content())[:250]])


def _counted(file: bytes, size: int) -> tuple[Header | RejectedFile, int]:
    """Read a header, and count how often bytes were asked for."""
    calls = 0

    def read_at(offset: int, length: int) -> bytes:
        nonlocal calls
        calls += 1
        return file[offset : offset + length]

    return read_header(read_at, size, WANTED), calls


@given(_STARTS, st.binary(max_size=400), st.integers(0, 2**40))
@example(b"", b"\x08\x00\x05\x00CS\x04\x00a\0\xff\x1b", 0)
@examples(500)
def test_arbitrary_bytes_give_a_header_or_a_refusal(start: bytes, more: bytes, beyond: int) -> None:
    file = start + more
    for size in (len(file), len(file) + beyond):
        found, calls = _counted(file, size)
        assert isinstance(found, Header | RejectedFile)
        assert isinstance(found, Header) or found.issues
        assert calls <= 4 + len(file)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid file with some bytes changed, taken out and put in."""
    syntax, data = draw(data_sets())
    charset: Any = draw(st.sampled_from([b"", b"ISO_IR 100", b"\\ISO 2022 IR 87", b"GB18030", b"idna ", b"a\0b\\c "]))
    extra = element(0x00080005, "CS", charset, ENCODINGS[syntax]) if charset else b""
    file = bytearray(p10(extra + data, syntax))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(128, len(file) - 1))
        kind = draw(st.integers(0, 2))
        if kind == 0:
            file[place] = draw(st.one_of(st.sampled_from([0x00, 0xFF, 0x1B, 0x5C]), st.integers(0, 255)))
        elif kind == 1:
            del file[place : place + draw(st.integers(1, 9))]
            file += bytes(136)
        else:
            file[place:place] = draw(st.binary(min_size=1, max_size=9))
    return bytes(file)


def is_kept(text: str) -> bool:
    """Return whether an inventory that stores a value gives the same value again."""
    stored = encode_value(text)
    return (decode_value(stored) if isinstance(stored, bytes) else (stored or "").encode().decode()) == text


@given(mutated())
@examples(300)
def test_a_damaged_file_gives_a_header_or_a_refusal(file: bytes) -> None:
    found, calls = _counted(file, len(file))
    assert isinstance(found, Header) or found.issues
    assert calls <= 4 + len(file)
    if isinstance(found, Header):
        assert all(map(is_kept, found.values.values()))


@given(
    st.binary(max_size=60),
    st.lists(st.sampled_from(["", "ISO_IR 192", "ISO 2022 IR 87", "utf-7", "idna", "hex", "unicode_escape", "x\0y"])),
)
@examples(300)
def test_any_bytes_in_any_character_set_become_text_that_can_be_stored(value: bytes, terms: list[str]) -> None:
    encoding = EXPLICIT_LITTLE_ENDIAN
    charset = element(0x00080005, "CS", "\\".join(terms))
    file = p10(content(encoding, {0x00080005: charset, 0x00100020: element(0x00100020, "LO", value)}))
    found = read(file)
    assert isinstance(found, Header)
    assert is_kept(found.values["PatientID"])
