"""The one seam of progress: work tells how far it has come, a caller's function or a bar shows it."""

from dicommap.progress.progress import progress_reporter
from dicommap.progress.progress_progress_state_part import OnProgress, Progress, ProgressOption, track_progress

__all__ = ["ProgressOption", "OnProgress", "Progress", "track_progress", "progress_reporter"]
