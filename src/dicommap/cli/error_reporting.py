"""Run the command line, and return its exit status. If an error or a signal ends the run, report it on stderr."""

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
"""If a signal ends the run, the exit status is this number plus the signal's number, as in shells."""

_LACK_MESSAGES = {
    MemoryError: (
        "dicommap: there is not enough memory for this.",
        "Close other programs, give the process more memory, or use smaller documents or fewer processes (-j).",
    ),
    RecursionError: (
        "dicommap: a document that was read is nested too deep.",
        "Check which files you named: documents of dicommap have some ten levels at most.",
    ),
}
"""Exception for a lack of memory or stack -> the lines to print: the message and the advice."""

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


_received_signals: list[int] = []
"""The signals that this run received, in the order in which they were received."""


class SignalExit(SystemExit):
    """The exception that ends the run after a signal, such as SIGTERM. While it propagates, partial files are removed.

    It is a SystemExit, so `except Exception` does not catch it. If no other code catches it, Python exits with its
    status.
    """

    def __init__(self, number: int) -> None:
        super().__init__(_SIGNAL_STATUS + number)
        self.status = _SIGNAL_STATUS + number
        self.name = signal.Signals(number).name


def run_and_report_errors(run: Callable[[], int | None]) -> int:
    """Call `run` and return the exit status. If it raises an error, print a message to stderr instead of a traceback.

    Args:
        run: A function that runs the command, and returns its exit status; None means 0.
    """
    try:
        status = _run_for_status(run)
    except BaseException as error:  # noqa: BLE001  the outermost handler of the program: users shall see no traceback
        status = _report_error_and_choose_status(error)
    _flush_stream(sys.stdout)
    _flush_stream(sys.stderr)
    return status


def _run_for_status(run: Callable[[], int | None]) -> int:
    """Call `run` and return its exit status. A signal raises SignalExit inside `run`."""
    _received_signals.clear()
    with _raise_signals_as_exceptions():
        if sys.stdout is None:
            raise UsageError("Standard output is closed.", fix="Send it to a file, or to /dev/null.")
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Characters that the terminal's encoding does not have are escaped. Otherwise they would raise an error.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            status = run() or 0
        except SignalExit:
            raise
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        return status


def _report_error_and_choose_status(error: BaseException) -> int:
    """Print a message about the error or signal that ended the run, and return the exit status."""
    if _received_signals:
        # If a signal handler raises an exception during an SQLite statement, SQLite reports another error instead.
        error = SignalExit(_received_signals[-1])
    with suppress(OSError):  # the error may be that stderr cannot be written
        if isinstance(error, SignalExit | BrokenPipeError | KeyboardInterrupt):
            return _report_signal_and_choose_status(_make_signal_exit(error))
        if isinstance(error, DicommapError):
            _print_error(f"dicommap: {error.message}", error.fix)
        elif isinstance(error, MemoryError | RecursionError):
            _print_error(*_LACK_MESSAGES[type(error) if type(error) in _LACK_MESSAGES else MemoryError])
        elif isinstance(error, OSError):
            _print_error(
                f"dicommap: {_format_file_prefix(error)}{os_error_reason(error)}.",
                "Check the place, its rights and its space.",
            )
        else:
            _print_bug_report(error)
    is_machine = isinstance(error, DicommapError | OSError | MemoryError | RecursionError)
    return USAGE_STATUS if is_machine else FAULT_STATUS


def _make_signal_exit(error: SignalExit | BrokenPipeError | KeyboardInterrupt) -> SignalExit:
    """Return the SignalExit for an error. Its signal is SIGPIPE for a broken pipe, and SIGINT for Ctrl-C.

    A SignalExit is returned unchanged.
    """
    if isinstance(error, SignalExit):
        return error
    if isinstance(error, BrokenPipeError):
        return SignalExit(signal.SIGPIPE)
    return SignalExit(signal.SIGINT)


def _report_signal_and_choose_status(stop: SignalExit) -> int:
    if stop.name != signal.SIGPIPE.name:  # if the reader of the pipe has ended, this is not an error
        with suppress(OSError):
            _print_error(f"dicommap: stopped by {stop.name}.")
    return stop.status


def _format_file_prefix(error: OSError) -> str:
    name = error.filename
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    return f"{name}: " if isinstance(name, str) else ""


def _print_bug_report(error: BaseException) -> None:
    """Print the type and the traceback of an unexpected exception, without its text, which may have a patient value."""
    import traceback  # imported here because it is slow and only needed here

    frames = (f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__))
    from dicommap.dicom.member_names import mask_unknown_type

    kind = mask_unknown_type(type(error))
    _print_error(f"dicommap: this is a fault of dicommap itself; please report it: {kind}", *frames)


@contextmanager
def _raise_signals_as_exceptions() -> Iterator[None]:
    """Return a context manager in which a signal raises SignalExit, so that partial files are removed.

    Signals that the process ignores stay ignored.
    """

    def raise_signal_exit(number: int, _frame: object) -> None:
        _received_signals.append(number)
        for signal_number in before:
            signal.signal(
                signal_number, signal.SIG_IGN
            )  # a second signal must not interrupt the removal of partial files
        raise SignalExit(number)

    # Only the main thread may set signal handlers.
    signals = _STOP_SIGNALS if threading.current_thread() is threading.main_thread() else ()
    handlers = {number: signal.getsignal(number) for number in signals}
    before = {number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, raise_signal_exit)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _flush_stream(stream: TextIO | None) -> None:
    """Flush a stream. If flushing fails, redirect the stream to /dev/null.

    Otherwise Python flushes the stream again when it exits, and prints another error.
    """
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
    """Print lines to stderr. The module `output` is imported only when this function is called."""
    from dicommap.cli.output import print_error

    print_error(*lines)
