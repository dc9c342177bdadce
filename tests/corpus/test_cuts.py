"""Real files, cut inside their headers: never a wrong value, never a silent loss."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import pydicom
import pytest

from dicommap.p10 import Header, HeaderReader, RejectedFile, WantedAttributes, read_header
from tests.support.needed_tools import CORPUS, needs_corpus
from tests.support.p10_elements import codes, make_warm_reader, read, read_with_reader
from tests.support.p10_files import DEFLATED

WANTED = WantedAttributes.default()
A_BIT = 64
"""Bytes behind the header that are cut away as well."""

AT_EVERY_BYTE = (
    "CT_small.dcm",  # explicit, private groups
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "SC_rgb_rle.dcm",  # encapsulated pixel data
    "rtplan.dcm",  # implicit
    "ExplVR_LitEndNoMeta.dcm",
    "ExplVR_BigEndNoMeta.dcm",
    "reportsi.dcm",
    "chrH31.dcm",  # ISO 2022
    "image_dfl.dcm",  # deflated
    "no_meta.dcm",
)
SAMPLED = 400 if CORPUS else 100
"""Cuts of every other file; more where a corpus is at hand, and with it time."""
EVERY = 40
"""One of so many files of the corpus is cut at every byte."""


def _header_end(file: bytes) -> int:
    """Return where pydicom finds the first element behind the last wanted one, or the end of the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = pydicom.dcmread(io.BytesIO(file), force=True)
    if data.file_meta.get("TransferSyntaxUID") == DEFLATED:
        return len(file)
    tells = (getattr(data.get_item(tag), "value_tell", None) for tag in sorted(data.keys()) if tag > WANTED.last_tag)
    return min((tell for tell in tells if tell), default=len(file))


def _shrunk(file: bytes, end: int) -> Callable[[HeaderReader | None], Header | RejectedFile]:
    """Return how to read a file that lost its end after its size was taken, alone or on a reader."""
    cut = file[:end]

    def read_at(offset: int, length: int) -> bytes:
        return cut[offset : offset + length]

    return lambda on: read_header(read_at, len(file), WANTED) if on is None else on.read(read_at, len(file))


def _wrong(whole: Header, found: Header | RejectedFile) -> list[str]:
    """Return what is wrong with the header of a cut file."""
    if isinstance(found, RejectedFile):
        return [] if found.issues else ["a refusal without a reason"]
    wrong = [f"{name} differs" for name, value in found.values.items() if value != whole.values.get(name)]
    lost = whole.values.keys() - found.values.keys()
    return [*wrong, *(f"{name} is lost" for name in lost if "p10.ends-early" not in codes(found))]


def _failing(file: bytes, ends: Iterable[int]) -> dict[int, list[str]]:
    """Return what is wrong with the cuts, read alone and on a reader that knows the layout of the whole file."""
    whole, reader = read(file), make_warm_reader(file)
    found = {}
    for end in ends:
        cold, warm = read(file[:end]), read_with_reader(reader, file[:end])
        wrong = [] if warm == cold else ["the warm reader differs"]
        if isinstance(whole, Header):
            cut = _shrunk(file, end)
            wrong += [name for one in (cold, cut(None), cut(reader)) for name in _wrong(whole, one)]
        elif isinstance(cold, Header):
            wrong.append("a header")
        if wrong:
            found[end] = wrong
    return found


def _header_places(file: bytes) -> Iterable[int]:
    """Return every place inside the header, and some behind it."""
    last = min(len(file), _header_end(file) + A_BIT)
    # A deflated file is one header; it is cut at fewer places, and at every one of its last.
    return range(last) if last < 8_192 else [*range(0, last, 97), *range(last - A_BIT, last)]


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", AT_EVERY_BYTE)
def test_a_real_file_cut_at_every_byte_of_its_header(name: str, step: int, pydicom_files: Path) -> None:
    (path,) = pydicom_files.rglob(name)
    file = path.read_bytes()
    assert _failing(file, [*_header_places(file)][::step]) == {}


@needs_corpus
@pytest.mark.long
def test_files_of_the_corpus_cut_at_every_byte_of_their_headers() -> None:
    failing = {}
    for path in sorted((CORPUS or Path()).rglob("*.dcm"))[::EVERY]:
        file = path.read_bytes()
        if found := _failing(file, _header_places(file)):
            failing[path.name] = found
    assert failing == {}


@pytest.mark.long
def test_every_real_file_cut_here_and_there(pydicom_files: Path) -> None:
    failing = {}
    for path in sorted(pydicom_files.rglob("*.dcm")):
        file = path.read_bytes()
        if "p10.unordered" in codes(read(file)):
            continue  # what a lost part held cannot be known; that the elements are out of order is reported
        last = min(len(file), _header_end(file) + A_BIT)
        if found := _failing(file, range(0, last, max(1, last // SAMPLED))):
            failing[path.name] = found
    assert failing == {}


def test_a_header_that_is_whole_is_read_although_the_pixel_data_are_cut(pydicom_files: Path) -> None:
    (path,) = pydicom_files.rglob("CT_small.dcm")
    file = path.read_bytes()
    assert read(file[: _header_end(file) + 8]) == read(file)
