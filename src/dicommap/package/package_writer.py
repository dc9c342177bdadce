"""Write a package directory atomically: either all of its files are written, or none of them."""

from __future__ import annotations

import errno
import hashlib
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dicommap.errors import PackageError
from dicommap.model.audit import FIRST_PREVIOUS, hash_audit_line
from dicommap.model.package_layout import AUDIT_FILE, PLAN_FILE
from dicommap.package.audit_log import format_event_line
from dicommap.planning.package_documents import PackageDocuments
from dicommap.writing.new_directory import is_new_directory, write_new_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dicommap.model.audit import AuditEvent


def require_new_package(path: Path) -> None:
    """Raise PackageError if a package cannot be made at `path`.

    It can if nothing or an empty directory is there, and the parent directory exists.
    """
    try:
        exists = not is_new_directory(path)
        has_no_parent = not path.absolute().parent.is_dir()
    except OSError as error:
        raise _make_package_error(error) from None
    if exists:
        raise PackageError(
            f"{path.name} exists already; a package is never written over another.",
            fix="Name another directory, or remove this one first.",
        )
    if has_no_parent:
        raise PackageError("The package's parent directory does not exist.", fix="Make it first.")


def write_package(path: Path, documents: Mapping[str, str], event: AuditEvent | None = None) -> None:
    """Write a package directory. If an error occurs, no file of the package is written.

    Args:
        path: The package directory.
        documents: The path of each file, relative to the package, and its text.
        event: The event that is added at the end of audit.jsonl, with the hash of plan.json; None for no event.

    Raises:
        PackageError: The path exists and is no empty directory, or it cannot be written to.
    """
    require_new_package(path)
    count = len(documents) + (event is not None and AUDIT_FILE not in documents)
    try:
        write_new_directory(path, _iterate_files(documents, event), count)
    except OSError as error:
        raise _make_package_error(error) from None


def _iterate_files(documents: Mapping[str, str], event: AuditEvent | None) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the path and the text of each file. audit.jsonl is the last one, because it has the hash of plan.json."""
    plan = hashlib.sha256()
    for name in documents:
        if name == PLAN_FILE:
            yield name, _hash_and_yield_pieces(_iterate_document_pieces(documents, name), plan)
        elif name != AUDIT_FILE or event is None:
            yield name, _iterate_document_pieces(documents, name)
    if event is not None:
        changes = _iterate_document_pieces(documents, AUDIT_FILE) if AUDIT_FILE in documents else iter(())
        yield AUDIT_FILE, _iterate_changes_and_event(changes, event.model_copy(update={"plan": plan.hexdigest()}))


def _hash_and_yield_pieces(pieces: Iterator[str], digest: hashlib._Hash) -> Iterator[str]:
    """Yield pieces of text unchanged, and add their bytes to a digest."""
    for piece in pieces:
        digest.update(piece.encode())
        yield piece


def _iterate_changes_and_event(changes: Iterator[str], event: AuditEvent) -> Iterator[str]:
    """Yield the pieces of audit.jsonl, which are whole lines, and then the line of an event."""
    piece = ""
    for piece in changes:
        yield piece
    last_line = piece[piece.rfind("\n", 0, -1) + 1 :]
    previous = hash_audit_line(last_line.encode()) if last_line else FIRST_PREVIOUS
    yield format_event_line(event, datetime.now(UTC), previous)


def _make_package_error(error: OSError) -> PackageError:
    exists = error.errno in (errno.EEXIST, errno.ENOTEMPTY)
    reason = "its place is taken" if exists else os.strerror(error.errno or 0)
    return PackageError(f"The package cannot be written: {reason}.", fix="Name another directory.")


def _iterate_document_pieces(documents: Mapping[str, str], name: str) -> Iterator[str]:
    return documents.pieces(name) if isinstance(documents, PackageDocuments) else iter([documents[name]])
