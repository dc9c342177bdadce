"""The dictionary is pydicom's, got without importing pydicom."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydicom import datadict

from dicommap.dicom.dictionary import ENTRY_BY_TAG, TAG_BY_KEYWORD, entry_of

REPEATING = [0x50000005, 0x501E3000, 0x60000010, 0x60FE0010, 0x002031AA, 0x00280402, 0x1010FFFF, 0x10000010]


@pytest.mark.parametrize("tag", [*REPEATING, 0x60010010, 0x00091001, 0x00080000, 0xFFFFFFFF, 0x00101010])
def test_an_entry_is_what_pydicom_says(tag: int) -> None:
    try:
        expected = datadict.get_entry(tag)
    except KeyError:
        expected = None
    assert entry_of(tag) == expected


def test_all_entries_and_keywords_are_there() -> None:
    assert len(ENTRY_BY_TAG) > 5_000
    assert all(datadict.get_entry(tag) == entry for tag, entry in ENTRY_BY_TAG.items())
    assert all(datadict.tag_for_keyword(keyword) == tag for keyword, tag in TAG_BY_KEYWORD.items())


@pytest.mark.parametrize("before", ["", "import pydicom; "])
@pytest.mark.usefixtures("counted")
def test_pydicom_is_imported_by_whoever_needs_it(before: str) -> None:
    code = "import sys; from dicommap.dicom.dictionary import tag_of; assert tag_of('PatientID') == 0x100020"
    code += "" if before else "; assert 'pydicom' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", before + code], check=False).returncode == 0
