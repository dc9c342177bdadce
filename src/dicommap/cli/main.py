"""The entry point of the program: run a command, and exit with its status."""

from __future__ import annotations

import gc
import os
import sys

from dicommap.cli.error_reporting import USAGE_STATUS, run_and_report_errors


def main() -> None:
    """Run the command line, and exit with one of these statuses.

    0: no issue reaches the severity of --fail-on. 1: an issue reaches it. 2: an error of the call or the environment.
    3: a bug of dicommap. If a signal stops the run, the status is 128 plus the signal's number: 130 for Ctrl-C, 143 for
    SIGTERM, 141 if the reader of a pipe has ended.
    """
    restart_in_utf8_mode()
    sys.exit(run_and_report_errors(_run_command))


def restart_in_utf8_mode() -> None:
    """Start this command again in Python's UTF-8 mode, unless Python decodes file names as UTF-8 already.

    File names are bytes, and keys of S3 objects are UTF-8. In a Latin-1 locale, Python would decode a UTF-8 name to
    wrong characters, and an S3 object would get a wrong key. The output of the new process keeps the locale's encoding.
    """
    if sys.getfilesystemencoding().lower() == "utf-8":
        return
    if sys.stdout is not None:
        os.environ.setdefault("PYTHONIOENCODING", f"{sys.stdout.encoding}:backslashreplace")
    os.environ["PYTHONUTF8"] = "1"  # also for worker processes
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606  this very command


def _run_command() -> int:
    gc.disable()  # garbage collection would only take time: imports create many permanent objects, but no garbage
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
    from dicommap.cli.terminal import use_output_options

    with use_output_options(args):
        status: int = args.run(args)
    return status
