"""A bar in a notebook: one output that is replaced as work goes on, and empty when it is done.

Static HTML instead of a widget: it needs nothing installed, works in every notebook, and a page that is exported
meanwhile asks for no script from elsewhere.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from dicommap.progress.notebook_bar_progress_pace_part import RedrawTimer, estimate_remaining_seconds, format_duration

if TYPE_CHECKING:
    from dicommap.progress.progress_progress_state_part import Progress

_NOTHING = {"text/html": "", "text/plain": ""}
_STYLE = "width:20em;max-width:50%;vertical-align:middle;margin-right:1em"


class NotebookBar:
    """Shows progress below the cell that works."""

    __slots__ = ("_handle", "_noun", "_pace")

    def __init__(self, noun: str, pace: RedrawTimer | None = None) -> None:
        """Take the plural of what is counted."""
        self._noun = noun
        self._pace = pace or RedrawTimer()
        self._handle: Any = None

    def show(self, progress: Progress) -> None:
        """Show how far work has come, unless that was shown a moment ago."""
        if not self._pace.is_due():
            return
        words = _words(progress, self._noun, self._pace.elapsed)
        shown = {"text/html": bar_html(progress, words), "text/plain": words}
        if self._handle is not None:
            self._handle.update(shown, raw=True)
            return
        from IPython.display import display

        self._handle = display(shown, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Empty the output: what the work gives tells the rest."""
        if self._handle is not None:
            self._handle.update(_NOTHING, raw=True)


def bar_html(progress: Progress, words: str) -> str:
    """Return a bar, with words about it."""
    # Without a value, a bar moves to and fro.
    how_far = f' value="{progress.done}" max="{max(progress.total, 1)}"' if progress.counted else ""
    return f'<div><progress{how_far} style="{_STYLE}"></progress>{escape(words)}</div>'


def _words(progress: Progress, noun: str, elapsed: float) -> str:
    if not progress.counted:
        return f"{progress.done:,} {noun}, {format_duration(elapsed)}"
    left = estimate_remaining_seconds(progress.done, progress.total, elapsed)
    more = "" if left is None else f", about {format_duration(left)} left"
    return f"{progress.done:,} of {progress.total:,} {noun}, {format_duration(elapsed)}{more}"
