"""Paths of the documents in a package."""

from __future__ import annotations

from dicommap.reading.document_limits import (
    CONFIGURATION_LIMIT,
    OVERRIDE_LIMIT,
    PLAN_LIMIT,
    SUBMISSION_LIMIT,
    TABLE_LIMIT,
    UPDATE_LIMIT,
    DocumentLimit,
)

PLAN_FILE = "plan.json"
PREVIEW_FILE = "preview.csv"
EDITS_FILE = "edits.csv"
FORECAST_FILE = "forecast.csv"
GROUPING_FILE = "grouping.csv"
ISSUES_FILE = "issues.jsonl"
CONFIGURATION_FILE = "import-configuration.json"
REQUEST_FILE = "start-dicom-import-job.json"
OBJECTS_FILE = "objects.csv"
AUDIT_FILE = "audit.jsonl"
"""The record of the package's changes and events. Events are appended to it after the draft."""
UPDATES_FOLDER = "updates"
"""The folder with the updates of stored metadata. `update` sends them after the import."""
SUBMISSION_FOLDER = "submission"
"""The folder with the submission states of the jobs.

Only it, VERIFICATION_FOLDER, UPDATE_STATES_FOLDER and AUDIT_FILE change after the draft.
"""
VERIFICATION_FOLDER = "verification"
"""The folder with the results of `verify`."""
VERIFICATION_FILE = f"{VERIFICATION_FOLDER}/verification.jsonl"
"""The results of the last complete verification."""
RUNNING_VERIFICATION_FILE = f"{VERIFICATION_FOLDER}/running.jsonl"
"""The results so far of a verification that is running, or was interrupted."""

UPDATE_STATES_FOLDER = "updates-state"
"""The folder with the states of the updates that `update` has sent."""

PROMOTIONS_FOLDER = "promotions"
"""The folder with the states of the promotions that `promote` has made. It changes after the draft."""

AWS_ACCOUNT_FILE = f"{SUBMISSION_FOLDER}/account.json"
"""The file with the settings of the AWS account, from the first submit."""
UPDATE_ACCOUNT_FILE = f"{UPDATE_STATES_FOLDER}/account.json"
"""The file with the data store and the settings of the first update."""


def job_folder(job_id: str) -> str:
    """Return the path of the folder with the documents of a job.

    Its subfolder `files/` is uploaded to the inputS3Uri.
    """
    return f"jobs/{job_id}"


def update_path(number: int) -> str:
    """Return the path of the file with an update. The first update has the number 1."""
    return f"{UPDATES_FOLDER}/{number:06d}.json"


def get_update_id(path: str) -> str:
    """Return the number of an update's file from its path, as the names of the state files have it."""
    return path.removeprefix(f"{UPDATES_FOLDER}/").removesuffix(".json")


def submission_path(job_id: str) -> str:
    """Return the path of the file with a job's submission state."""
    return f"{SUBMISSION_FOLDER}/{job_id}.json"


def update_state_path(update: str) -> str:
    """Return the path of the file with the state of an update. `update` is the number of the update's file."""
    return f"{UPDATE_STATES_FOLDER}/{update}.json"


def revert_state_path(image_set: str) -> str:
    """Return the path of the file with the state of taking back the updates of an image set."""
    return f"{UPDATE_STATES_FOLDER}/revert-{image_set}.json"


def promotion_state_path(image_set: str) -> str:
    """Return the path of the file with the state of the promotion of an image set."""
    return f"{PROMOTIONS_FOLDER}/{image_set}.json"


def choose_document_limit(path: str) -> DocumentLimit:
    """Return the size limit of a file. `path` is the file's path relative to the package."""
    name = path.rpartition("/")[2]
    if path == PLAN_FILE:
        return PLAN_LIMIT
    if path.startswith(f"{SUBMISSION_FOLDER}/"):
        return SUBMISSION_LIMIT
    if path.startswith(f"{UPDATES_FOLDER}/"):
        return UPDATE_LIMIT
    if "/files/" in path:
        return OVERRIDE_LIMIT
    return CONFIGURATION_LIMIT if name in (CONFIGURATION_FILE, REQUEST_FILE) else TABLE_LIMIT
