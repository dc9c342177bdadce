"""The one seam of progress: work tells how far it has come, a caller's function or a bar shows it."""

from dicommap.progress.bars import reporting
from dicommap.progress.state import Asked, OnProgress, Progress, followed

__all__ = ["Asked", "OnProgress", "Progress", "followed", "reporting"]
