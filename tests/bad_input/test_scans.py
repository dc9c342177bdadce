"""Trees that are hard on a scan, within bounds of memory and time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.p10.data_set_encoding import IMPLICIT_LITTLE_ENDIAN as IMPLICIT
from tests.bad_input.worker import bounded
from tests.support.p10_elements import content, element
from tests.support.p10_elements import p10 as made_p10
from tests.support.p10_files import IMPLICIT_LITTLE, p10, uid


@pytest.mark.parametrize("entries", [20_000, pytest.param(200_000, marks=pytest.mark.long)])
def test_a_directory_of_many_entries(tmp_path: Path, entries: int) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "instance").write_bytes(p10(SOPInstanceUID=uid("1.5")))
    for start in range(0, entries - 1, 16_000):  # a file has room for so many links only
        first = tree / f"{start:06}"
        first.touch()
        for number in range(start + 1, min(start + 16_000, entries - 1)):
            os.link(first, tree / f"{number:06}")
    ran = bounded("scan", source=tree, output=tmp_path / "i.db")
    assert ran.codes() == ["source.empty-file"]
    assert ran.files == {"files": f"{entries:,}".replace(",", ""), "instances": "1"}


LONG = {"AdditionalPatientHistory": 65_534, "PatientComments": 65_534}


def _long_file(number: int, sizes: dict[str, int]) -> bytes:
    """Return an instance whose values are as long as may be, and other ones than in every other file."""
    more = {}
    for keyword, size in sizes.items():
        tag = tag_of(keyword)
        assert tag is not None
        more[tag] = element(tag, vrs_of(tag)[0], f"{number:08}".ljust(size, "x"), IMPLICIT)
    return made_p10(content(IMPLICIT, more, x00080018=f"1.2.3.{number + 1}"), IMPLICIT_LITTLE)


@pytest.mark.long
@pytest.mark.parametrize(("jobs", "kilobytes"), [(1, 45_000), (2, 85_000)])
def test_files_with_values_as_long_as_may_be(tmp_path: Path, jobs: int, kilobytes: int) -> None:
    """Two batches hold 128 MB of values: some parts are held at a time, beside 16 MiB of SQLite's cache.

    How many parts of the other process wait to be written depends on how busy the machine is.
    """
    (tmp_path / "tree").mkdir()
    for number in range(1_000):
        (tmp_path / f"tree/{number:03}").write_bytes(_long_file(number, LONG))
    (tmp_path / "small").mkdir()
    (tmp_path / "small/000").write_bytes(_long_file(0, {}))
    least = bounded("scan", source=tmp_path / "small", output=tmp_path / "s.db", attributes=[*LONG])
    ran = bounded("scan", source=tmp_path / "tree", output=tmp_path / "i.db", attributes=[*LONG], jobs=jobs)
    assert ran.files == {"files": "1000", "instances": "1000"}
    assert ran.peak - least.peak < kilobytes


def test_values_longer_than_may_be_in_sparse_files(tmp_path: Path) -> None:
    """Each file claims 1 MiB for a name, and occupies a few KB."""
    (tmp_path / "tree").mkdir()
    head = made_p10(element(0x00100010, "UT", b"", length=2**20))
    for number in range(600):
        with (tmp_path / f"tree/{number:04}").open("wb") as file:
            file.write(head)
            file.truncate(2**20 + 4_096)
    ran = bounded("scan", source=tmp_path / "tree", output=tmp_path / "i.db")
    assert ran.codes() == ["p10.value-too-long"]
    assert ran.files == {"files": "600", "instances": "0"}
    assert ran.peak < 150_000


@pytest.mark.parametrize("jobs", [1, 2])
def test_directories_below_each_other_deeper_than_a_path_can_say(tmp_path: Path, jobs: int) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/instance").write_bytes(p10(SOPInstanceUID=uid("1.5")))
    descriptor = os.open(tmp_path / "tree", os.O_RDONLY)
    for _ in range(100):  # the system takes paths of 4,096 bytes
        os.mkdir("d" * 50, dir_fd=descriptor)
        below = os.open("d" * 50, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    ran = bounded("scan", source=tmp_path / "tree", output=tmp_path / "i.db", jobs=jobs)
    assert ran.codes() in (["source.unreadable"], ["source.unreadable-directory"])
    assert ran.files == {"files": "2", "instances": "1"}
