"""Report the progress of long work to a caller's function or a progress bar."""

from dicommap.progress.progress import OnProgress, Progress, ProgressOption, progress_reporter, track_progress

__all__ = ["ProgressOption", "OnProgress", "Progress", "track_progress", "progress_reporter"]
