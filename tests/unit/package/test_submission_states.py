"""States of submissions on disk: whole or not at all, and one submit at a time."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dicommap.errors import PackageError
from dicommap.model.submission import Submission
from dicommap.package.submission_states import SubmissionStates
from dicommap.writing.partial_files import partial_file
from tests.unit.model.test_submission import ENDED, PLANNED


def planned(job: str = "0001") -> Submission:
    return Submission.model_validate(PLANNED | {"job": job})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    states = SubmissionStates(tmp_path)
    assert states.read("0001") is None
    states.write(planned())
    ended = Submission.model_validate(ENDED)
    states.write(ended)
    states.write(planned("0002"))
    assert states.read_all(["0001", "0002", "0003"]) == {"0001": ended, "0002": planned("0002")}
    assert sorted(os.listdir(tmp_path / "submission")) == ["0001.json", "0002.json"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_state_that_cannot_be_saved_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    states = SubmissionStates(tmp_path)
    states.write(planned())

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(PackageError, match="goes on from where it was") as raised:
        states.write(Submission.model_validate(ENDED))
    assert os.strerror(number) in str(raised.value)
    monkeypatch.undo()
    assert states.read("0001") == planned()
    assert os.listdir(tmp_path / "submission") == ["0001.json"]


@pytest.mark.parametrize("text", ["", "{", "{}", '{"version": 1, "version": 1}', "\ufeff{}"])
def test_a_damaged_state_is_told_and_not_taken_for_none(tmp_path: Path, text: str) -> None:
    states = SubmissionStates(tmp_path)
    states.write(planned())
    (tmp_path / "submission/0001.json").write_text(text, encoding="utf-8")
    with pytest.raises(PackageError, match="ListDICOMImportJobs"):
        states.read("0001")


def test_the_state_of_another_job_is_none_of_this(tmp_path: Path) -> None:
    states = SubmissionStates(tmp_path)
    states.write(planned())
    os.replace(tmp_path / "submission/0001.json", tmp_path / "submission/0002.json")
    with pytest.raises(PackageError, match=r"0002\.json is not the state"):
        states.read("0002")


def test_one_submit_at_a_time(tmp_path: Path) -> None:
    first, second = SubmissionStates(tmp_path), SubmissionStates(tmp_path)
    assert not second.is_locked()
    with first.lock():
        assert second.is_locked()
        with pytest.raises(PackageError, match="Another"), second.lock():
            pass
        assert second.is_locked()
    assert not second.is_locked()
    with second.lock():
        assert first.is_locked()


def test_what_a_killed_process_left_is_removed_and_a_running_ones_is_not(tmp_path: Path) -> None:
    states = SubmissionStates(tmp_path)
    folder = tmp_path / "submission"
    folder.mkdir()
    dead = folder / ".0001.json.0123456789abcdef.partial"
    dead.touch()
    with partial_file(folder / "0001.json") as alive, states.lock():
        assert not dead.exists()
        assert alive.path.exists()


@pytest.mark.parametrize("target", ["nowhere", "elsewhere"])
def test_nothing_is_written_outside_of_the_package(tmp_path: Path, target: str) -> None:
    package = tmp_path / "package"
    (tmp_path / "elsewhere").mkdir()
    package.mkdir()
    (package / "submission").symlink_to(f"../{target}")
    with pytest.raises(PackageError, match="symbolic link"), SubmissionStates(package).lock():
        pass
    assert sorted(os.listdir(tmp_path)) == ["elsewhere", "package"]
    assert os.listdir(tmp_path / "elsewhere") == []


def test_a_lock_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / ".lock").symlink_to(tmp_path / "made")
    with pytest.raises(PackageError, match="symbolic links"), SubmissionStates(tmp_path).lock():
        pass
    assert not (tmp_path / "made").exists()
    assert not SubmissionStates(tmp_path).is_locked()


def test_a_package_that_cannot_be_written_to_is_told_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "mkdir", fail)
    with pytest.raises(PackageError, match="Copy the package"), SubmissionStates(tmp_path).lock():
        pass
