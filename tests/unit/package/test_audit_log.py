"""Events in audit.jsonl: whole lines in a chain of hashes, also from two processes and after a crash."""

from __future__ import annotations

import errno
import hashlib
import json
import multiprocessing
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dicommap.errors import PackageError
from dicommap.model.audit import FIRST_PREVIOUS, AuditAction, AuditEvent, AuditEventLine, parse_audit_line
from dicommap.model.submission import Submission
from dicommap.package.audit_log import find_user_name, record_event, record_job_events
from tests.unit.model.test_submission import ENDED, PLANNED

SUBMITTED = AuditEvent(action=AuditAction.SUBMITTED, job="0001", jobId="abc")
NOW = datetime(2026, 11, 30, 9, 15, tzinfo=UTC)


def lines_of(package: Path) -> list[bytes]:
    return (package / "audit.jsonl").read_bytes().splitlines(keepends=True)


def require_chain(package: Path) -> None:
    previous = FIRST_PREVIOUS
    for line in lines_of(package):
        assert json.loads(line)["previous"] == previous
        previous = hashlib.sha256(line).hexdigest()


def record_many(package: Path, job: str) -> None:
    for number in range(40):
        record_event(package, AuditEvent(action=AuditAction.UPDATED, job=job, imageSetId=str(number)))


def test_an_event_has_its_time_user_and_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICOMMAP_USER", " Jane R. ")
    record_event(tmp_path, SUBMITTED, now=NOW)
    [line] = lines_of(tmp_path)
    event = parse_audit_line(line)
    assert isinstance(event, AuditEventLine)
    assert (event.at, event.user, event.job, event.jobId) == ("2026-11-30T09:15:00Z", "Jane R.", "0001", "abc")
    assert event.toolVersion
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o777 == 0o600


def test_without_the_variable_the_user_is_the_login_name(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    monkeypatch.delenv("DICOMMAP_USER", raising=False)
    monkeypatch.setenv("USER", "somebody else")
    assert find_user_name() == pwd.getpwuid(os.getuid()).pw_name

    def fail(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", fail)
    assert find_user_name() == f"uid {os.getuid()}"


def test_control_characters_of_a_user_name_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICOMMAP_USER", "a\x1b[2Jb")
    assert find_user_name() == "a\\x1b[2Jb"


def test_two_processes_that_append_at_once_write_one_chain(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=record_many, args=(tmp_path, job)) for job in ("0001", "0002")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(lines_of(tmp_path)) == 80
    require_chain(tmp_path)


@pytest.mark.parametrize("whole", [0, 1, 3])
@pytest.mark.parametrize("rest", [b"{", b'{"type":"event","at":"2026', b"x" * 200_000])
def test_an_incomplete_last_line_is_removed_and_counted(tmp_path: Path, whole: int, rest: bytes) -> None:
    for _ in range(whole):
        record_event(tmp_path, SUBMITTED)
    with (tmp_path / "audit.jsonl").open("ab") as file:
        file.write(rest)
    record_event(tmp_path, SUBMITTED)
    lines = lines_of(tmp_path)
    assert len(lines) == whole + 1
    require_chain(tmp_path)
    last = parse_audit_line(lines[-1])
    assert isinstance(last, AuditEventLine)
    assert last.removedBytes == len(rest)


@pytest.mark.parametrize("call", ["fsync", "pwrite"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_line_that_cannot_be_written_leaves_the_lines_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    record_event(tmp_path, SUBMITTED)
    before = lines_of(tmp_path)

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(PackageError, match="submitted") as raised:
        record_event(tmp_path, SUBMITTED)
    assert os.strerror(number) in str(raised.value)
    monkeypatch.undo()
    assert lines_of(tmp_path) == before


def test_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, at: write(descriptor, data[:10], at))
    record_event(tmp_path, SUBMITTED)
    record_event(tmp_path, SUBMITTED)
    require_chain(tmp_path)
    assert len(lines_of(tmp_path)) == 2


def test_a_long_line_is_followed_by_the_hash_of_it_as_a_whole(tmp_path: Path) -> None:
    line = b'{"type":"change","x":"' + b"y" * 300_000 + b'"}\n'
    (tmp_path / "audit.jsonl").write_bytes(line)
    record_event(tmp_path, SUBMITTED)
    assert json.loads(lines_of(tmp_path)[1])["previous"] == hashlib.sha256(line).hexdigest()


def test_a_link_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("", encoding="utf-8")
    (tmp_path / "audit.jsonl").symlink_to(other)
    with pytest.raises(PackageError, match="cannot be written"):
        record_event(tmp_path, SUBMITTED)
    assert other.read_bytes() == b""


def test_a_line_without_end_in_a_huge_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicommap.package.audit_log.AUDIT_LINE_LIMIT", 100_000)
    (tmp_path / "audit.jsonl").write_bytes(b"x" * 400_000)
    with pytest.raises(PackageError, match="too long"):
        record_event(tmp_path, SUBMITTED)


def test_each_import_job_is_recorded_once(tmp_path: Path) -> None:
    ended = Submission.model_validate(ENDED)
    adopted = Submission.model_validate(ENDED | {"job": "0002", "jobId": "other", "adoptedAt": "2026-11-22T10:42:00Z"})
    record_job_events(tmp_path, [Submission.model_validate(PLANNED)])
    assert not (tmp_path / "audit.jsonl").exists()
    for _ in range(2):
        record_job_events(tmp_path, [ended, adopted])
    events = [parse_audit_line(line) for line in lines_of(tmp_path)]
    assert [(event.action, event.jobId) for event in events if isinstance(event, AuditEventLine)] == [
        (AuditAction.SUBMITTED, ended.jobId),
        (AuditAction.ADOPTED, "other"),
    ]
    require_chain(tmp_path)
