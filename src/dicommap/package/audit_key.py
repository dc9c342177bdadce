"""Read the secret key of the hashes in audit.jsonl, and choose in which form audit.jsonl has values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.dicom.choices import to_choice
from dicommap.errors import DocumentError, UsageError
from dicommap.issues.wording import format_count
from dicommap.model.audit_values import MIN_KEY_BYTES, AuditKey, AuditValueForm, AuditValueMode
from dicommap.package.document_reader import format_path_name, read_document

if TYPE_CHECKING:
    from _typeshed import StrPath

KEY_VARIABLE = "DICOMMAP_AUDIT_KEY"
"""The environment variable with the key, for machines that have no file for it."""

_MAX_KEY_FILE_BYTES = 65_536
_OTHERS_CAN_READ = 0o004


def read_audit_key(path: StrPath | None) -> AuditKey | None:
    """Return the key from a file, or from DICOMMAP_AUDIT_KEY if `path` is None. Return None if there is no key.

    White space at both ends of the key does not belong to it.

    Raises:
        DocumentError: The file cannot be read, or every user of the machine can read it.
        UsageError: The key is too short.
    """
    if path is None:
        secret = os.environb.get(KEY_VARIABLE.encode(), b"").strip()
        place = f"The key in {KEY_VARIABLE}"
        if not secret:
            return None
    else:
        secret = _read_key_file(Path(path))
        place = f"The key in {format_path_name(Path(path))}"
    if len(secret) < MIN_KEY_BYTES:
        raise UsageError(
            f"{place} has {format_count(len(secret), 'byte')}; a key needs at least {MIN_KEY_BYTES}.",
            fix="Make a random key, for example with 'openssl rand -hex 32'.",
        )
    return AuditKey(secret)


def _read_key_file(path: Path) -> bytes:
    data = read_document(path, _MAX_KEY_FILE_BYTES)
    if path.stat().st_mode & _OTHERS_CAN_READ:
        raise DocumentError(
            f"Every user of this machine can read the key in {format_path_name(path)}.",
            fix="Run 'chmod go= FILE' on it.",
        )
    return data.strip()


def choose_audit_value_form(word: AuditValueMode | str | None, key_path: StrPath | None) -> AuditValueForm:
    """Return the form in which audit.jsonl stores values: left out, as keyed hashes, or as plain text.

    Args:
        word: The form that the user chose. None for hashes if there is a key, and else no values.
        key_path: The file with the key. None if the user named none: then DICOMMAP_AUDIT_KEY may have the key.

    Raises:
        DocumentError: The file with the key cannot be read.
        UsageError: The form is unknown, or the key is too short, is missing for hashes, or is given although values are
            not hashed.
    """
    mode = None if word is None else to_choice(AuditValueMode, word, "form of audit values")
    if mode in (AuditValueMode.NONE, AuditValueMode.PLAIN):
        if key_path is not None:
            raise UsageError(
                f"A key is only for hashed values, and the values are '{mode}'.", fix="Leave out one of both options."
            )
        return AuditValueForm(mode=mode)
    key = read_audit_key(key_path)
    if key is None and mode is AuditValueMode.HASHED:
        raise UsageError(
            "There is no key to hash the values with.", fix=f"Name its file with --audit-key, or set {KEY_VARIABLE}."
        )
    return AuditValueForm() if key is None else AuditValueForm(mode=AuditValueMode.HASHED, key=key)
