"""How a run ends: its exit status, and what is told when something ended it before its time."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from dicommap.errors import DicommapError, UsageError, os_error_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

USAGE_STATUS = 2
FAULT_STATUS = 3
_SIGNAL_STATUS = 128
"""A run that a signal ended has this and the signal's number, as shells count."""

_SCARCE = {
    MemoryError: (
        "dicommap: there is not enough memory for this.",
        "Close other programs, give the process more memory, or use smaller documents or fewer processes (-j).",
    ),
    RecursionError: (
        "dicommap: a document that was read is nested too deep.",
        "Check which files you named: documents of dicommap have some ten levels at most.",
    ),
}
"""Error of Python for lack of something -> the message, and what to do."""

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


_stops: list[int] = []
"""The signals that ended this run, in the order in which they came."""


class Stopped(SystemExit):
    """A signal ends the run: whatever has to be cleaned up is, on the way out.

    A SystemExit, so that nothing on that way takes it for an error, and status and silence are right even where
    nobody catches it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(_SIGNAL_STATUS + number)
        self.status = _SIGNAL_STATUS + number
        self.name = signal.Signals(number).name


def ended(run: Callable[[], int | None]) -> int:
    """Run the command line and return its exit status; what went wrong is told on stderr, never as a traceback."""
    try:
        status = _status(run)
    except BaseException as error:  # noqa: BLE001  the way out of the program: nothing may pass it as a traceback
        status = _told(error)
    _let_go(sys.stdout)
    _let_go(sys.stderr)
    return status


def _status(run: Callable[[], int | None]) -> int:
    _stops.clear()
    with _signals_stopping():
        if sys.stdout is None:
            raise UsageError("Standard output is closed.", fix="Send it to a file, or to /dev/null.")
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A character that the terminal's encoding does not have is no reason to stop.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            status = run() or 0
        except Stopped:
            raise
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        return status


def _told(error: BaseException) -> int:
    """Tell what ended the run, and return the exit status."""
    if _stops:
        # SQLite drops what a signal's handler raises while it works, and reports another error instead.
        error = Stopped(_stops[-1])
    with suppress(OSError):  # stderr may be what is full, or gone
        if isinstance(error, Stopped | BrokenPipeError | KeyboardInterrupt):
            return _told_of_stop(_stop_of(error))
        if isinstance(error, DicommapError):
            _print_error(f"dicommap: {error.message}", error.fix)
        elif isinstance(error, MemoryError | RecursionError):
            _print_error(*_SCARCE[type(error) if type(error) in _SCARCE else MemoryError])
        elif isinstance(error, OSError):
            _print_error(
                f"dicommap: {_subject(error)}{os_error_reason(error)}.", "Check the place, its rights and its space."
            )
        else:
            _tell_fault(error)
    is_machine = isinstance(error, DicommapError | OSError | MemoryError | RecursionError)
    return USAGE_STATUS if is_machine else FAULT_STATUS


def _stop_of(error: Stopped | BrokenPipeError | KeyboardInterrupt) -> Stopped:
    if isinstance(error, Stopped):
        return error
    if isinstance(error, BrokenPipeError):
        return Stopped(signal.SIGPIPE)
    return Stopped(signal.SIGINT)


def _told_of_stop(stop: Stopped) -> int:
    if stop.name != signal.SIGPIPE.name:  # who reads no further wants to read nothing more
        with suppress(OSError):
            _print_error(f"dicommap: stopped by {stop.name}.")
    return stop.status


def _subject(error: OSError) -> str:
    name = error.filename
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    return f"{name}: " if isinstance(name, str) else ""


def _tell_fault(error: BaseException) -> None:
    """Tell of a fault of our own without the exception's text, which may hold a patient value."""
    import traceback  # it takes a while, and is needed only here

    frames = (f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__))
    from dicommap.dicom.member_names import mask_unknown_type

    kind = mask_unknown_type(type(error))
    _print_error(f"dicommap: this is a fault of dicommap itself; please report it: {kind}", *frames)


@contextmanager
def _signals_stopping() -> Iterator[None]:
    """Let signals end the run by an exception, so that partial files are removed; one that is ignored stays so."""

    def stop(number: int, _frame: object) -> None:
        _stops.append(number)
        for one in before:
            signal.signal(one, signal.SIG_IGN)  # a second one must not interrupt the cleaning up
        raise Stopped(number)

    asked = _STOPPING if threading.current_thread() is threading.main_thread() else ()  # others may not
    handlers = {number: signal.getsignal(number) for number in asked}
    before = {number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _let_go(stream: TextIO | None) -> None:
    """Flush a stream; where that fails let what it holds go nowhere, for Python would try again and complain."""
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _print_error(*lines: str) -> None:
    """Print lines to stderr; what prints is loaded when there is something to print."""
    from dicommap.cli.output import print_error

    print_error(*lines)
