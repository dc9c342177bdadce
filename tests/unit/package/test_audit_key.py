"""The key of hashed values: from a private file or a variable, long enough, and in no message."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicommap.errors import DocumentError, UsageError
from dicommap.model.audit_values import AuditKey, AuditValueForm, AuditValueMode
from dicommap.package.audit_key import KEY_VARIABLE, choose_audit_value_form, read_audit_key

SECRET = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "audit.key"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    return path


def test_a_key_is_read_from_a_file_or_a_variable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_audit_key(None) is None
    assert read_audit_key(file) == AuditKey(SECRET.encode())
    monkeypatch.setenv(KEY_VARIABLE, f" {SECRET}")
    assert read_audit_key(None) == AuditKey(SECRET.encode())
    monkeypatch.setenv(KEY_VARIABLE, "x" * 40)
    assert read_audit_key(file) == AuditKey(SECRET.encode())  # the file that was named is used


def test_a_key_that_is_too_short_is_refused_and_not_repeated(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("correct horse\n")
    with pytest.raises(UsageError, match="13 bytes") as raised:
        read_audit_key(file)
    assert "horse" not in str(raised.value)
    monkeypatch.setenv(KEY_VARIABLE, "correct horse")
    with pytest.raises(UsageError, match=KEY_VARIABLE):
        read_audit_key(None)


def test_a_file_that_everybody_can_read_is_refused(file: Path) -> None:
    file.chmod(0o644)
    with pytest.raises(DocumentError, match="Every user"):
        read_audit_key(file)
    file.chmod(0o640)
    assert read_audit_key(file)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no file"):
        read_audit_key(tmp_path / "audit.key")


def test_the_form_of_values_follows_from_the_key(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = AuditKey(SECRET.encode())
    hashed = AuditValueForm(mode=AuditValueMode.HASHED, key=key)
    assert choose_audit_value_form(None, None) == AuditValueForm()
    assert choose_audit_value_form(None, file) == choose_audit_value_form("hashed", file) == hashed
    monkeypatch.setenv(KEY_VARIABLE, SECRET)
    assert choose_audit_value_form(None, None) == hashed
    assert choose_audit_value_form("none", None) == AuditValueForm()
    assert choose_audit_value_form("plain", None) == AuditValueForm(mode=AuditValueMode.PLAIN)


@pytest.mark.parametrize(("word", "has_key"), [("hashed", False), ("plain", True), ("none", True), ("sha256", False)])
def test_contradicting_choices_are_refused(word: str, has_key: bool, file: Path) -> None:
    with pytest.raises(UsageError):
        choose_audit_value_form(word, file if has_key else None)
