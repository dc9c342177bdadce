"""The program: what runs a command, and what happens to errors."""

from __future__ import annotations

import gc
import sys

from dicommap.cli.endings import ended
from dicommap.cli.plain import plain_scan
from dicommap.cli.utf8 import require_utf8_names


def main() -> None:
    """Run the command line and end with its exit status.

    0: nothing was found at or above --fail-on. 1: something was. 2: the call or the machine is wrong. 3: dicommap
    itself is. A run that a signal stops ends with 128 and the signal's number: 130 for Ctrl-C, 143 for SIGTERM, 141
    where the reader of a pipe has gone.
    """
    require_utf8_names()
    sys.exit(ended(_run))


def _run() -> None:
    found = plain_scan(sys.argv[1:])
    if found is None:
        from dicommap.cli.application import app

        app()
    else:
        gc.disable()  # imports make much that stays, and no garbage
        from dicommap.cli.scan import scan_command

        gc.freeze()
        gc.enable()
        scan_command(**found)
