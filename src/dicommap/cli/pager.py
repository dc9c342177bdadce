"""The pager that shows long results on a terminal, as git and gh do.

The pager is the command in the environment variable DICOMMAP_PAGER or PAGER, else `less`. It is started when the first
result is printed, so that it does not hide the progress bar. If the user leaves the pager early, the remaining results
are dropped.
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import ReadableBuffer

_VARIABLES = ("DICOMMAP_PAGER", "PAGER")
_DEFAULT_PAGER = "less"
_LESS_OPTIONS = "FRX"
"""The options of `less`, as git sets them: F ends it if the results fit on one screen, R shows colours, and X does not
clear the screen at the end."""


class _PagerPipe(io.RawIOBase):
    """A stream that writes to the standard input of a pager. The first write starts the pager."""

    def __init__(self, command: list[str], environment: dict[str, str], terminal: io.BufferedIOBase) -> None:
        self._command = command
        self._environment = environment
        self._terminal = terminal
        self._process: subprocess.Popen[bytes] | None = None
        self._is_direct = False
        self._old_handler: object = None
        self.has_ended = False
        """Whether the user has left the pager. If so, more output is dropped."""

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        content = bytes(data)
        if self._process is None and not self._is_direct:
            self._start_pager()
        if self._is_direct:
            self._terminal.write(content)
            self._terminal.flush()
        elif not self.has_ended:
            self._send_to_pager(content)
        return len(content)

    def stop(self) -> None:
        """End the pager and drop all further output, because a signal ends the run."""
        self.has_ended = True
        if self._process is not None:
            self._process.terminate()

    def wait(self) -> None:
        """Tell the pager that the output is complete, and wait until the user leaves it."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait()
        except SystemExit:  # a signal ends the run
            self.stop()
            raise
        if self._old_handler is not None:
            signal.signal(signal.SIGINT, self._old_handler)  # type: ignore[arg-type]

    def _start_pager(self) -> None:
        try:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, env=self._environment)  # noqa: S603  the user's own command
        except OSError:
            self._is_direct = True
            name = make_printable(self._command[0])
            sys.stderr.write(f"dicommap: the pager '{name}' cannot be started; the variable PAGER names it.\n")
            return
        # Only the pager handles Ctrl-C now: it stops a search or returns to its prompt. If Ctrl-C ended this process,
        # the pager and the shell would both read the keyboard.
        if threading.current_thread() is threading.main_thread():
            self._old_handler = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _send_to_pager(self, content: bytes) -> None:
        stdin = self._process.stdin if self._process is not None else None
        try:
            if stdin is not None:
                stdin.write(content)
                stdin.flush()
        except BrokenPipeError:
            self.has_ended = True


@contextmanager
def paged_stdout(*, chop_lines: bool) -> Iterator[None]:
    """Return a context manager that sends stdout to the pager, and at its end waits until the user leaves the pager.

    Args:
        chop_lines: Whether `less` cuts long lines, and the user scrolls sideways. If false, long lines are folded.
    """
    command = find_pager()
    if not command:
        yield
        return
    terminal = sys.stdout
    pipe = _PagerPipe(command, _make_pager_environment(chop_lines=chop_lines), terminal.buffer)  # type: ignore[arg-type]
    pages = io.TextIOWrapper(
        io.BufferedWriter(pipe), encoding=terminal.encoding, errors="backslashreplace", line_buffering=False
    )
    sys.stdout = pages
    try:
        yield
    except SystemExit:
        pipe.stop()
        raise
    finally:
        with suppress(OSError):
            pages.flush()
        sys.stdout = terminal
        pipe.wait()


def find_pager() -> list[str]:
    """Return the words of the pager's command; an empty list if there is no pager, or if `cat` is chosen."""
    chosen = next((os.environ[name] for name in _VARIABLES if name in os.environ), None)
    if chosen is None:
        return [_DEFAULT_PAGER] if shutil.which(_DEFAULT_PAGER) else []
    try:
        words = shlex.split(chosen)
    except ValueError:  # an unclosed quotation mark
        words = chosen.split()
    return [] if words == ["cat"] else words


def _make_pager_environment(*, chop_lines: bool) -> dict[str, str]:
    options = _LESS_OPTIONS + ("S" if chop_lines else "")
    return {"LESS": options, "LV": "-c", **os.environ}
