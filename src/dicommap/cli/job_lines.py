"""What is told of jobs while they go on: a line for each change, on stderr."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from dicommap.model.job_report import utc_text
from dicommap.model.paths import printable


def tell_job(job: str, told: str) -> None:
    """Print what was done for a job, or what has changed, with the time; above a bar where there is one."""
    named = f"job {job}" if job.isdecimal() else job
    # A bar passes on what is written to sys.stderr itself, and to nothing that stands for it.
    sys.stderr.write(printable(f"{utc_text(datetime.now(UTC))} {named}: {told}") + "\n")
    sys.stderr.flush()
