"""What stands where in a package."""

from __future__ import annotations

PLAN = "plan.json"
PREVIEW = "preview.csv"
EDITS = "edits.csv"
FORECAST = "forecast.csv"
CONFIGURATION = "import-configuration.json"
REQUEST = "start-dicom-import-job.json"


def job_folder(job_id: str) -> str:
    """Return the folder of a job's documents; what lies under `files/` in it goes to the job's inputS3Uri."""
    return f"jobs/{job_id}"
