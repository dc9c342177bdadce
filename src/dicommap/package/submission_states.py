"""Read and write the submission states of a package's jobs. Each step of a submission writes the new state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.errors import PackageError
from dicommap.healthimaging.job_properties import format_utc
from dicommap.model.package_layout import AWS_ACCOUNT_FILE, SUBMISSION_FOLDER, submission_path
from dicommap.model.submission import AwsAccount, Submission, SubmissionState
from dicommap.package.state_folder import StateFolder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from dicommap.healthimaging.job_properties import ImportJob

_DAMAGED_FIX = (
    "Restore it. Without it nobody knows whether the job was started: look it up by its name in ListDICOMImportJobs "
    "before you remove the file."
)
_BUSY_MESSAGES = {
    "submit": "Another 'dicommap submit' or 'dicommap adopt' uses this package.",
    "probe": "Another 'dicommap probe' uses this directory.",
}


def make_polled_members(job: ImportJob) -> dict[str, Any]:
    """Return the members of a submission state that an answer of GetDICOMImportJob changes: name -> new value."""
    return {
        "state": SubmissionState.STARTED if job.ending is None else SubmissionState.ENDED,
        "jobStatus": job.jobStatus,
        "endedAt": format_utc(job.endedAt),
        "message": job.message,
        "ending": job.ending,
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
        damaged = f"{submission_path(job_id)} is not the state of a submission."
        state = self._folder.read_model(submission_path(job_id), Submission, damaged=damaged, fix=_DAMAGED_FIX)
        if state is not None and state.job != job_id:
            raise PackageError(damaged, fix=_DAMAGED_FIX)
        return state

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
        return self._folder.read_model(
            AWS_ACCOUNT_FILE,
            AwsAccount,
            damaged=f"{AWS_ACCOUNT_FILE} is damaged.",
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
