"""The program: runs a command, and ends with its exit status."""

from __future__ import annotations

import gc
import os
import sys

from dicommap.cli.endings import USAGE_STATUS, run_and_report_errors


def main() -> None:
    """Run the command line and end with its exit status.

    0: no issue at or above --fail-on. 1: there is one. 2: the call or the machine is wrong. 3: dicommap itself is.
    A run that a signal stops ends with 128 and the signal's number: 130 for Ctrl-C, 143 for SIGTERM, 141 if the reader
    of a pipe has gone.
    """
    require_utf8_names()
    sys.exit(run_and_report_errors(_run))


def require_utf8_names() -> None:
    """Start this command again in Python's UTF-8 mode, unless file names are taken for UTF-8 already.

    Names of files are bytes, and keys of objects in S3 are UTF-8. In a locale of Latin-1 the bytes of a name would
    become other characters, and so another key. What is printed keeps the locale's encoding.
    """
    if sys.getfilesystemencoding().lower() == "utf-8":
        return
    if sys.stdout is not None:
        os.environ.setdefault("PYTHONIOENCODING", f"{sys.stdout.encoding}:backslashreplace")
    os.environ["PYTHONUTF8"] = "1"  # also for the processes that read
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606  this very command


def _run() -> int:
    gc.disable()  # imports make much that stays, and no garbage
    try:
        from dicommap.cli.commands import COMMANDS, RootParser

        words = sys.argv[1:]
        parser = RootParser(COMMANDS.keys() & words[:1] or COMMANDS)
        if not words:
            parser.print_help(sys.stderr)
            return USAGE_STATUS
        args = parser.parse_args(words)
    finally:
        gc.freeze()
        gc.enable()
    status: int = args.run(args)
    return status
