"""demo(): the whole job on the files that come with pydicom."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import dicommap
from dicommap.api.demo import demo
from dicommap.errors import PackageError


def test_the_demo_does_the_whole_job(tmp_path: Path) -> None:
    made = demo(tmp_path / "demo")
    assert made.draft.ok
    assert made.draft.package == made.package
    assert not [found for found in made.issues if found.severity is dicommap.Severity.ERROR]
    assert made.summary.instances > 50
    assert {change.origins[0] for change in made.draft.changes} >= {
        "rules.toml rule 'sex not recorded'",
        "rules.toml rule 'no time of study'",
    }
    assert made.edited_sheet.read_bytes() != made.sheet.read_bytes()
    assert all(path.exists() for path in (made.inventory, made.sheet, made.edited_sheet, made.rules, made.package))
    with dicommap.Inventory.open(made.inventory) as inventory:
        assert dicommap.validate(made.package, inventory=inventory) == made.issues


def test_the_demo_writes_over_nothing(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with pytest.raises(PackageError, match="not an empty directory"):
        demo(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["precious"]


def test_a_place_that_cannot_be_made_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "mkdir", denied)
    with pytest.raises(PackageError, match="Permission denied"):
        demo(tmp_path / "demo")


@pytest.mark.parametrize("name", ["x" * 300, "file/demo"])
def test_a_place_that_the_system_refuses_is_told_with_its_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PackageError, match=r"File name too long|Not a directory"):
        demo(tmp_path / name)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("dicommap.api.demo.create_file", full)
    with pytest.raises(PackageError, match="No space left"):
        demo(tmp_path / "demo")
