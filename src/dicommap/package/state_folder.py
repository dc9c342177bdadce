"""A folder of state documents in a package: locked while it changes, with no half-written document after a crash."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from dicommap.dicom.strict_json import dump_json, parse_json
from dicommap.errors import DocumentError, PackageError, os_error_reason
from dicommap.package.document_reader import read_document
from dicommap.reading.document_limits import SUBMISSION_LIMIT
from dicommap.writing.durable_files import sync_directory, write_durably
from dicommap.writing.partial_files import partial_file, remove_leftovers
from dicommap.writing.private_files import create_directories, open_lock_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.reading.document_limits import DocumentLimit

ModelT = TypeVar("ModelT", bound=BaseModel)
_LOCK_NAME = ".lock"
_RUN_AGAIN_FIX = "Then run the same again: it goes on from where it was."


def replace_json_file(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON file and its directories. After a crash, the file has the old or the new content. Raises OSError."""
    create_directories(path.parent)
    with partial_file(path) as partial:
        write_durably(partial.open(), (dump_json(document),))
        partial.put_in_place(path, overwrite=True)
    sync_directory(path.parent)


class StateFolder:
    """A folder of a package with the documents of a command's progress. Only the owner of the folder can read it."""

    def __init__(self, package: Path, name: str, *, subject: str, busy_message: str, use: str) -> None:
        """Prepare to read and write the documents of a folder.

        Args:
            package: The directory of the package or probe.
            name: The name of the folder in it.
            subject: The noun of the things whose states the documents are, for messages, such as `submission`.
            busy_message: The message if another process has the lock.
            use: The verb that says what to do with a copy of the package, for messages, such as `submit`.
        """
        self._package = package
        self._name = name
        self._path = package / name
        self._subject = subject
        self._busy_message = busy_message
        self._use = use

    def _read_json(self, name: str, limit: DocumentLimit) -> tuple[bool, Any]:
        """Return two values: whether a document exists, and its JSON value, which is None if the text is not JSON.

        Args:
            name: The path of the document in the package.
            limit: The maximum size of the document.

        Raises:
            PackageError: The document cannot be read.

        """
        try:
            if not os.path.lexists(self._package / name):
                return False, None
            data = read_document(Path(name), limit.bytes, beneath=self._package)
            document, issues = parse_json(data, limit.values)
        except OSError as error:
            raise PackageError(
                f"{name} cannot be read: {os_error_reason(error)}.", fix="Check the rights on it."
            ) from None
        except DocumentError as error:
            raise PackageError(error.message, fix=error.fix) from None
        return True, None if issues else document

    def read_model(
        self, name: str, model: type[ModelT], *, damaged: str, fix: str, limit: DocumentLimit = SUBMISSION_LIMIT
    ) -> ModelT | None:
        """Return a document as an object of its model; None if the document does not exist.

        Args:
            name: The path of the document in the package.
            model: The model.
            damaged: The message if the document does not fit the model.
            fix: The advice for this message.
            limit: The maximum size of the document.

        Raises:
            PackageError: The document cannot be read, or does not fit the model.

        """
        is_there, document = self._read_json(name, limit)
        if not is_there:
            return None
        with suppress(ValidationError):
            return model.model_validate(document)
        raise PackageError(damaged, fix=fix)

    def write(self, name: str, document: BaseModel) -> None:
        """Write a document. After a crash, the file has either the old or the new content.

        Args:
            name: The path of the document in the package.
            document: The document.

        Raises:
            PackageError: The file cannot be written.

        """
        path = self._package / name
        self._require_own_folder()
        try:
            replace_json_file(path, document.model_dump(mode="json", exclude_none=True))
        except OSError as error:
            raise self._make_write_error(error) from None

    def _require_own_folder(self) -> None:
        """Raise PackageError if the folder of the states is a link: the files would be written outside the package."""
        if self._path.is_symlink():
            raise PackageError(
                f"The package's {self._name} is a symbolic link, which is not followed for writing.",
                fix="Put the directory itself there.",
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Return a context manager that locks the folder, so that no second process can change it on this machine.

        The lock is released at the end of the `with` block or of the process. Raises PackageError if another process
        has the lock, or if the folder cannot be written to.
        """
        self._require_own_folder()
        try:
            is_new = not self._path.exists()
            create_directories(self._path)
            if is_new:
                sync_directory(self._package)
            descriptor = open_lock_file(self._path / _LOCK_NAME)
        except OSError as error:
            raise self._make_write_error(error) from None
        try:
            # The lock file is never removed. Otherwise two processes could lock different files with the same name.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_leftovers(self._path)  # keeps the locked partial file of a running watch
            yield
        except BlockingIOError:
            raise PackageError(self._busy_message, fix="Wait until it has ended.") from None
        finally:
            os.close(descriptor)

    def is_locked(self) -> bool:
        """Return whether a process on this machine has the lock."""
        try:
            descriptor = os.open(self._path / _LOCK_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _make_write_error(self, error: OSError) -> PackageError:
        fixes = {
            errno.ENOSPC: "Make room on the disk.",
            errno.EDQUOT: "Make room in your quota.",
            errno.EROFS: f"Copy the package to where it can be written, and {self._use} the copy only.",
        }
        fix = fixes.get(error.errno or 0, "Check the rights on the package's directory.")
        return PackageError(
            f"The state of the {self._subject} cannot be saved: {os_error_reason(error)}.",
            fix=f"{fix} {_RUN_AGAIN_FIX}",
        )
