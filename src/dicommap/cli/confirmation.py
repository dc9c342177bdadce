"""Ask the user on a terminal to confirm a transfer before anything is sent."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dicommap.cli.output import print_error
from dicommap.dicom.printable_text import make_printable
from dicommap.display.transfer import format_transfer_lines
from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dicommap.cli.parser import Parser
    from dicommap.display.transfer import Transfer

ANSWER = "yes"


def add_yes_option(parser: Parser) -> None:
    """Add the option --yes to a parser."""
    parser.add_argument(
        "-y", "--yes", action="store_true", help="Do not ask before anything is sent. Needed without a terminal."
    )


def make_confirm_function(*, yes: bool, roots_named: bool = True) -> Callable[[Transfer], bool]:
    """Return a function that shows a transfer to the user and returns whether the user confirms it.

    Args:
        yes: Whether the user gave the option --yes. If so, no question is asked.
        roots_named: Whether the user named the source roots. If False, the roots come from the package, which is not
            trusted. Then --yes is an error, and the user must answer the question on a terminal.

    """

    def confirm_transfer(transfer: Transfer) -> bool:
        print_error(*format_transfer_lines(transfer))
        if yes and not roots_named:
            roots = " ".join(f"--source {make_printable(source)}" for source in transfer.sources)
            raise UsageError(
                "With --yes nobody is asked whether files may be sent from the source roots that the package names.",
                fix=f"Name them: {roots}",
            )
        return yes or _ask_for_confirmation(more="" if roots_named else ", and the source roots with --source")

    return confirm_transfer


def confirm_lines(lines: Iterable[str], *, yes: bool) -> bool:
    """Show lines on stderr, and return whether the user confirms them. With `yes`, no question is asked."""
    print_error(*lines)
    return yes or _ask_for_confirmation()


def _ask_for_confirmation(more: str = "") -> bool:
    """Ask the user for a confirmation, and return whether the user confirms.

    Without a terminal, raise UsageError. Its fix names the option --yes, and the options in `more`.
    """
    if not _has_terminal():
        raise UsageError(
            "There is no terminal to ask on, so nothing was sent.",
            fix=f"Check what is shown, then add --yes{more}.",
        )
    return _read_yes()


def _has_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _read_yes() -> bool:
    """Ask the user on stderr. Return True if the answer is `yes`; False for any other answer or the end of input."""
    sys.stderr.write(f"Type {ANSWER} to go on: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == ANSWER
