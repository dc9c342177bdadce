"""Trees that are hard on a scan, within bounds of memory and time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.bad_input.worker import bounded
from tests.making import p10, uid


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
