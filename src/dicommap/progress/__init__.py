"""Progress of long work, reported to a function of the caller or shown as a progress bar."""

from dicommap.progress.progress import (
    OnProgress,
    Progress,
    ProgressOption,
    ignore_step,
    progress_reporter,
    track_progress,
)

__all__ = ["ProgressOption", "OnProgress", "Progress", "ignore_step", "track_progress", "progress_reporter"]
