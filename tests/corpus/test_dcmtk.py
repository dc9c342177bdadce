"""DCMTK's dcmdump as a second judge of texts, beside pydicom. The standard settles what they do not agree on.

Where DCMTK and pydicom are known to differ from PS3.5 and PS3.3:

- pydicom reads `\\ISO 2022 IR 58` by Python's codec of GB 2312, which knows no escape sequences: they stay in the text.
- pydicom reads bytes beyond ASCII as Latin 1 behind a delimiter, though the default repertoire holds again.
- pydicom divides a PN of GBK or GB18030 at bytes 0x5C, which may be the second half of a character.
- pydicom has no ISO_IR 203, and reads 0x5C and 0x7E of ISO_IR 13 as ASCII. DCMTK reads them as yen sign and overline.
- DCMTK 3.6.7 has no ISO_IR 203; with iconv of the GNU C library it has no `ISO 2022 IR 87` or `ISO 2022 IR 159` either.
- DCMTK refuses a whole file if one text of it cannot be converted.
- iconv has U+30FB and U+2015 for the middle dot and the dash of GB 2312, as a withdrawn table of Unicode. GB 18030
  contains GB 2312 and has U+00B7 and U+2014.
"""

from __future__ import annotations

import re
import subprocess
from itertools import product
from pathlib import Path

import pytest

from dicommap.dicom.character_sets import GB_2312, ISO_8859, KS_X_1001, CodedCharacterSet, parse_specific_character_set
from dicommap.dicom.printable_text import is_undecodable
from dicommap.p10 import Header
from dicommap.p10.text_decoding import decode_value
from tests.support.needed_tools import CORPUS, needs_corpus, needs_dcmtk
from tests.support.p10_elements import content, element, even, p10, read
from tests.support.p10_files import DEFLATED

pytestmark = needs_dcmtk

COMMENTS = 0x00104000
NAME = 0x00100010
CHARSET = 0x00080005
EVERY = 40
"""One of so many files of the corpus is compared."""

_VALUE = re.compile(rb"^\((\w{4},\w{4})\) (?:PN|LO|SH|LT) \[(.*)\] +#", re.MULTILINE)


def dumped(path: Path) -> dict[str, str] | None:
    """Return the texts of a file as dcmdump has them in UTF-8, by their tags; None if it refuses the file."""
    done = subprocess.run(["dcmdump", "+U8", "+L", "-q", path], capture_output=True, check=False)
    if done.returncode:
        return None
    return {tag.decode(): value.decode("utf-8", "replace") for tag, value in _VALUE.findall(done.stdout)}


def judged(directory: Path, declared: str, value: bytes, vr: str = "LT") -> str | None:
    """Return what DCMTK reads of a value; None if it refuses it."""
    tag = NAME if vr == "PN" else COMMENTS
    more = {
        CHARSET: element(CHARSET, "CS", even(declared, " ")),
        tag: element(tag, vr, value + b" " * (len(value) % 2)),
    }
    path = directory / "made.dcm"
    path.write_bytes(p10(content(more=dict(sorted(more.items())))))
    found = dumped(path)
    return None if found is None else found.get(f"{tag >> 16:04x},{tag & 0xFFFF:04x}", "").rstrip(" ")


def ours(declared: str, value: bytes, vr: str = "LT") -> str:
    return decode_value(vr, value, parse_specific_character_set(declared), "<")


def codes_of(coded: CodedCharacterSet) -> list[bytes]:
    places = range(0xA1, 0xFF)
    return [code for code in map(bytes, product(places, repeat=coded.size)) if coded.decode(code) is not None]


NOT_IN_DCMTK = {"203"}
"""Character sets that DCMTK 3.6.7 does not have."""

OF_ICONV = {"·": "・", "—": "―"}
"""Characters of GB 2312 and what iconv reads for them."""


@pytest.mark.parametrize("number", [number for number in ISO_8859 if number not in NOT_IN_DCMTK])
@pytest.mark.parametrize("extended", [False, True])
def test_every_character_of_a_set_of_one_byte(number: str, extended: bool, tmp_path: Path) -> None:
    declared = f"\\ISO 2022 IR {number}" if extended else f"ISO_IR {number}"
    coded = ISO_8859[number]
    start = b"\x1b" + coded.escape if extended else b""
    value = start + b"a" + b"".join(codes_of(coded)) + b"z"
    assert judged(tmp_path, declared, value) == ours(declared, value)


@pytest.mark.parametrize(("number", "coded"), [("149", KS_X_1001), ("58", GB_2312)])
def test_every_character_of_a_set_of_two_bytes(number: str, coded: CodedCharacterSet, tmp_path: Path) -> None:
    declared = f"\\ISO 2022 IR {number}"
    value = b"\x1b" + coded.escape + b"".join(codes_of(coded)) + b"z"
    theirs, text = judged(tmp_path, declared, value), ours(declared, value)
    assert theirs is not None
    assert len(theirs) == len(text)
    different = {one: other for one, other in zip(text, theirs, strict=True) if one != other}
    assert different == (OF_ICONV if coded == GB_2312 else {})


@pytest.mark.parametrize(
    ("declared", "vr", "value"),
    [
        ("ISO_IR 13", "PN", b"\xd4\xcf\xc0\xde^~"),
        ("ISO_IR 13", "LT", b"c\\d~"),
        ("GBK", "PN", b"\x81\x5c=\x81\x5e^A"),
        ("GBK", "LT", b"\x81\x5c\xa1\xa4\xa1\xaa"),
        ("GB18030", "LT", b"\x81\x5c\xa1\xa4\x95\x32\x82\x36"),
        ("ISO_IR 192", "PN", "Дж^山田".encode()),
        ("ISO 2022 IR 100\\ISO 2022 IR 144", "LT", b"\xe4\x1b-L\xe4 \xe4"),
        ("ISO 2022 IR 100\\ISO 2022 IR 144", "PN", b"\xe4\x1b-L\xe4^\xe4=\xe4"),
        ("ISO 2022 IR 100\\ISO 2022 IR 149", "PN", b"a=\x1b$)C\xfb\xf3^\xe4"),
        ("\\ISO 2022 IR 149", "PN", b"a=\x1b$)C\xfb\xf3^\x1b$)C\xfb\xf3"),
        ("\\ISO 2022 IR 58", "PN", b"a=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1"),
    ],
)
def test_delimiters_and_code_extensions(declared: str, vr: str, value: bytes, tmp_path: Path) -> None:
    assert judged(tmp_path, declared, value, vr) == ours(declared, value, vr)


@pytest.mark.parametrize(
    ("declared", "vr", "value"),
    [
        ("", "PN", b"M\xfcller"),
        ("ISO_IR 192", "PN", b"M\xfcller"),
        ("\\ISO 2022 IR 149", "PN", b"a=\x1b$)C\xfb\xf3^\xfb\xf3"),
        ("\\ISO 2022 IR 58", "PN", b"a=\x1b$)A\xd5\xc5^\xd0\xa1"),
        ("\\ISO 2022 IR 58", "LT", b"\x1b$)A\xd5\xc5\r\n\xd0\xa1"),
        ("ISO_IR 192\\ISO 2022 IR 87", "PN", "Ä".encode()),
        ("latin_1", "PN", b"M\xfcller"),
    ],
)
def test_what_is_undecodable_here_dcmtk_refuses(declared: str, vr: str, value: bytes, tmp_path: Path) -> None:
    assert is_undecodable(ours(declared, value, vr))
    assert judged(tmp_path, declared, value, vr) is None


def differing(path: Path) -> dict[str, tuple[str, str]]:
    """Return the names, IDs and descriptions of a file that DCMTK reads otherwise."""
    header = read(path.read_bytes())
    if not isinstance(header, Header) or header.transfer_syntax_uid == DEFLATED:
        return {}
    theirs = dumped(path)
    tags = {"PatientName": "0010,0010", "PatientID": "0010,0020", "StudyDescription": "0008,1030"}
    pairs = {
        keyword: (header.values[keyword], theirs[tag])
        for keyword, tag in tags.items()
        if theirs and keyword in header.values and tag in theirs
    }
    return {keyword: pair for keyword, pair in pairs.items() if pair[0] != pair[1].strip(" ").rstrip("=")}


def test_pydicoms_files_of_character_sets(pydicom_files: Path) -> None:
    paths = sorted(pydicom_files.rglob("charset_files/*.dcm"))
    assert len(paths) > 10
    assert {path.name: found for path in paths if (found := differing(path))} == {}
    assert sum(dumped(path) is not None for path in paths) > 8


@pytest.mark.long
@needs_corpus
def test_files_of_the_corpus() -> None:
    paths = sorted((CORPUS or Path()).rglob("*.dcm"))[::EVERY]
    assert {path.name: found for path in paths if (found := differing(path))} == {}
