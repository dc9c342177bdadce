"""Read and write the submission states of a package's jobs. Each step of a submission writes the new state."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic import ValidationError

from dicommap.errors import PackageError
from dicommap.model.package_layout import AWS_ACCOUNT_FILE, SUBMISSION_FOLDER, submission_path
from dicommap.model.submission import AwsAccount, Submission
from dicommap.package.state_folder import StateFolder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

_BUSY_MESSAGES = {
    "submit": "Another 'dicommap submit' or 'dicommap adopt' uses this package.",
    "probe": "Another 'dicommap probe' uses this directory.",
}


class SubmissionStates:
    """The saved submission states of the jobs in one package."""

    def __init__(self, package: Path, command: str = "submit") -> None:
        """Prepare to read and write the states in a directory.

        Args:
            package: The directory of the package or probe.
            command: The name of the command that submits the jobs, for messages.
        """
        self._folder = StateFolder(
            package, SUBMISSION_FOLDER, subject="submission", busy_message=_BUSY_MESSAGES[command], use="submit"
        )

    def read(self, job_id: str) -> Submission | None:
        """Return the saved state of a job. Return None if the job was never submitted.

        Raises PackageError if the file is damaged.
        """
        is_there, document = self._folder.read(submission_path(job_id))
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
        self._folder.write(submission_path(submission.job), submission)

    def read_account(self) -> AwsAccount | None:
        """Return the AWS account of the first submit. Return None if there is no account.json.

        Raises PackageError if the file is damaged.
        """
        is_there, document = self._folder.read(AWS_ACCOUNT_FILE)
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
        self._folder.write(AWS_ACCOUNT_FILE, account)

    def lock(self) -> AbstractContextManager[None]:
        """Return a context manager that locks the package, so that no second submit can run on this machine.

        The lock is released at the end of the `with` block or of the process. Raises PackageError if another submit has
        the lock, or if the folder cannot be written to.
        """
        return self._folder.lock()

    def is_locked(self) -> bool:
        """Return whether a submit on this machine has the lock of the package."""
        return self._folder.is_locked()
