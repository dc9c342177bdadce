"""Read and write the submission states of a package's jobs. Each step of a submission writes the new state."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dicommap.dicom.strict_json import dump_json, parse_json
from dicommap.errors import DocumentError, PackageError, os_error_reason
from dicommap.model.package_layout import AWS_ACCOUNT_FILE, SUBMISSION_FOLDER, submission_path
from dicommap.model.submission import AwsAccount, Submission
from dicommap.package.document_reader import read_document
from dicommap.reading.document_limits import SUBMISSION_LIMIT
from dicommap.writing.durable_files import sync_directory, write_durably
from dicommap.writing.partial_files import partial_file, remove_leftovers
from dicommap.writing.private_files import create_directories, open_lock_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import BaseModel

_LOCK_NAME = ".lock"
_BUSY_MESSAGES = {
    "submit": "Another 'dicommap submit' or 'dicommap adopt' uses this package.",
    "probe": "Another 'dicommap probe' uses this directory.",
}
_RUN_AGAIN_FIX = "Then run the same again: it goes on from where it was."


class SubmissionStates:
    """The saved submission states of the jobs in one package."""

    def __init__(self, package: Path, command: str = "submit") -> None:
        """Prepare to read and write the states in a directory.

        Args:
            package: The directory of the package or probe.
            command: The name of the command that submits the jobs, for messages.
        """
        self._package = package
        self._command = command
        self._folder = package / SUBMISSION_FOLDER

    def read(self, job_id: str) -> Submission | None:
        """Return the saved state of a job. Return None if the job was never submitted.

        Raises PackageError if the file is damaged.
        """
        is_there, document = _read_json(self._package, submission_path(job_id))
        if not is_there:
            return None
        with suppress(ValidationError):
            read = Submission.model_validate(document)
            if read.job == job_id:
                return read
        raise PackageError(
            f"{submission_path(job_id)} is not the state of a submission.",
            fix="Restore it. Without it nobody knows whether the job was started: look it up by its name in "
            "ListDICOMImportJobs before you remove the file.",
        )

    def read_all(self, job_ids: Iterable[str]) -> dict[str, Submission]:
        """Return the saved states by job id. Jobs that were never submitted are left out.

        Raises PackageError if a file is damaged.
        """
        states = ((job_id, self.read(job_id)) for job_id in job_ids)
        return {job_id: state for job_id, state in states if state is not None}

    def write(self, submission: Submission) -> None:
        """Save the state of a job. After a crash, the file has either the old or the new state.

        Raises PackageError if the file cannot be written.
        """
        self._write_document(self._package / submission_path(submission.job), submission)

    def read_account(self) -> AwsAccount | None:
        """Return the AWS account of the first submit. Return None if there is no account.json.

        Raises PackageError if the file is damaged.
        """
        is_there, document = _read_json(self._package, AWS_ACCOUNT_FILE)
        if not is_there:
            return None
        with suppress(ValidationError):
            return AwsAccount.model_validate(document)
        raise PackageError(
            f"{AWS_ACCOUNT_FILE} is damaged.",
            fix="Restore it, or remove it: then it is taken from the states of the jobs beside it.",
        )

    def write_account(self, account: AwsAccount) -> None:
        """Write account.json. Raises PackageError if the file cannot be written."""
        self._write_document(self._package / AWS_ACCOUNT_FILE, account)

    def _write_document(self, path: Path, document: BaseModel) -> None:
        text = dump_json(document.model_dump(mode="json", exclude_none=True))
        self._require_own_folder()
        try:
            create_directories(self._folder)
            with partial_file(path) as partial:
                write_durably(partial.open(), (text,))
                partial.put_in_place(path, overwrite=True)
            sync_directory(self._folder)
        except OSError as error:
            raise _make_package_error(error) from None

    def _require_own_folder(self) -> None:
        """Raise PackageError if the folder of the states is a link: the files would be written outside the package."""
        if self._folder.is_symlink():
            raise PackageError(
                f"The package's {SUBMISSION_FOLDER} is a symbolic link, which is not followed for writing.",
                fix="Put the directory itself there.",
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Return a context manager that locks the package against a second submit on this machine.

        The lock is released at the end of the `with` block or of the process. Raises PackageError if another submit has
        the lock, or if the folder cannot be written to.
        """
        self._require_own_folder()
        try:
            is_new = not self._folder.exists()
            create_directories(self._folder)
            if is_new:
                sync_directory(self._package)
            descriptor = open_lock_file(self._folder / _LOCK_NAME)
        except OSError as error:
            raise _make_package_error(error) from None
        try:
            # The lock file is never removed. Otherwise two processes could lock different files with the same name.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_leftovers(self._folder)  # keeps the locked partial file of a running watch
            yield
        except BlockingIOError:
            raise PackageError(
                _BUSY_MESSAGES[self._command],
                fix="Wait until it has ended.",
            ) from None
        finally:
            os.close(descriptor)

    def is_locked(self) -> bool:
        """Return whether a submit on this machine has the lock of the package."""
        try:
            descriptor = os.open(self._folder / _LOCK_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False


def _read_json(package: Path, name: str) -> tuple[bool, Any]:
    """Return whether a document exists, and its JSON value. The value is None if the text is not JSON.

    Raises PackageError if the document cannot be read.
    """
    try:
        if not os.path.lexists(package / name):
            return False, None
        data = read_document(Path(name), SUBMISSION_LIMIT.bytes, beneath=package)
        document, issues = parse_json(data, SUBMISSION_LIMIT.values)
    except OSError as error:
        raise PackageError(f"{name} cannot be read: {os_error_reason(error)}.", fix="Check the rights on it.") from None
    except DocumentError as error:
        raise PackageError(error.message, fix=error.fix) from None
    return True, None if issues else document


def _make_package_error(error: OSError) -> PackageError:
    fixes = {
        errno.ENOSPC: "Make room on the disk.",
        errno.EDQUOT: "Make room in your quota.",
        errno.EROFS: "Copy the package to where it can be written, and submit the copy only.",
    }
    fix = fixes.get(error.errno or 0, "Check the rights on the package's directory.")
    return PackageError(
        f"The state of the submission cannot be saved: {os_error_reason(error)}.", fix=f"{fix} {_RUN_AGAIN_FIX}"
    )
