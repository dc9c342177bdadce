"""Progress of long work, reported to a function of the caller or shown as a progress bar."""

from dicommap.progress.progress import OnProgress, Progress, ProgressOption, progress_reporter, track_progress

__all__ = ["ProgressOption", "OnProgress", "Progress", "track_progress", "progress_reporter"]
