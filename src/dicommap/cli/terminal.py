"""The width and the colours of the output, and the options with which the user changes them."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.cli.options import add_choice_option
from dicommap.issues import Severity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import TextIO

    from dicommap.cli.parser import Parser

MIN_WIDTH = 40
"""Minimum width that is assumed for a terminal. A narrower terminal breaks the lines itself."""

SEVERITY_STYLES = {Severity.ERROR: "1;31", Severity.WARNING: "33", Severity.NOTE: "2"}
"""Severity of an issue -> its style as SGR codes of ECMA-48: 1 is bold, 31 red, 33 yellow and 2 faint."""
CHANGE_STYLES = {"study": "1", "~": "33", "+": "32", "-": "31", "x": "31", "edit": "2", "update": "36"}
"""Kind of a piece of a line about changes (changed, added, removed value) -> its style as SGR codes; 32 is green."""

_DEFAULT_WIDTH = 80
_DUMB_TERMINALS = frozenset({"dumb", "unknown"})
_ELLIPSIS = "…"


OUTPUT_OPTIONS = frozenset({"color", "wide", "all_issues", "no_pager"})
"""Names of the options that `add_output_options` adds."""


class ColorChoice(StrEnum):
    """The values of --color: when the output has colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """The options of a command that decide how results are printed."""

    color: ColorChoice = ColorChoice.AUTO
    wide: bool = False
    all_issues: bool = False
    pager: bool = False
    pipe_width: int | None = None
    """Maximum number of characters of a line of results in a pipe or file; None for no maximum."""


_options = OutputOptions()


def add_output_options(parser: Parser, *, pager: bool = True) -> None:
    """Add the options for tables and issues to a parser.

    Args:
        parser: The parser of a command.
        pager: Whether the command can show its results in a pager, because it prints all results at its end.
    """
    group = parser.add_argument_group("Output on a terminal")
    add_choice_option(
        group,
        "--color",
        kind=ColorChoice,
        default=ColorChoice.AUTO,
        text="When to use colours; auto is a terminal, unless NO_COLOR is set.",
    )
    group.add_argument("--wide", action="store_true", help="Shorten and hide nothing in tables.")
    group.add_argument(
        "--all-issues", action="store_true", help="List every issue, and not only the first 5 of each code."
    )
    if pager:
        group.add_argument("--no-pager", action="store_true", help="Do not show long results in a pager.")


@contextmanager
def use_output_options(args: argparse.Namespace) -> Iterator[None]:
    """Return a context manager in which the output options of a call are used.

    If stdout is a terminal and the command allows it, the results are shown in a pager.
    """
    global _options  # global, because a process has only one stdout
    _options = OutputOptions(
        color=getattr(args, "color", ColorChoice.AUTO),
        wide=getattr(args, "wide", False),
        all_issues=getattr(args, "all_issues", False),
        pager=not getattr(args, "no_pager", True),
        pipe_width=getattr(args, "pipe_width", None),
    )
    try:
        if _options.pager and is_terminal():
            from dicommap.cli.pager import paged_stdout

            with paged_stdout(chop_lines=_options.wide):
                yield
        else:
            yield
    finally:
        _options = OutputOptions()


def is_terminal() -> bool:
    """Return whether results go to a terminal that can show colours and a pager."""
    return sys.stdout.isatty() and os.environ.get("TERM") not in _DUMB_TERMINALS


def can_show_progress(*, prints_records: bool) -> bool:
    """Return whether the command may show a progress bar, which is drawn on stderr.

    If the command prints records on a terminal while it works, the bar would stand in the same lines. The records
    themselves show that the work goes on.
    """
    return not (prints_records and sys.stdout.isatty())


def is_pager_closed() -> bool:
    """Return whether the user has left the pager, so that further results would not be seen."""
    return bool(getattr(getattr(getattr(sys.stdout, "buffer", None), "raw", None), "has_ended", False))


def lists_all_issues() -> bool:
    """Return whether the user asked for all issues of each code."""
    return _options.all_issues


def has_colors() -> bool:
    """Return whether results are printed in colours.

    The first of these that is set decides: --color, the environment variables NO_COLOR and FORCE_COLOR. If none is set,
    there are colours only on a terminal.
    """
    if _options.color is not ColorChoice.AUTO:
        return _options.color is ColorChoice.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal()


def read_output_width() -> int | None:
    """Return the maximum number of characters of a line of results; None for no maximum, as in a pipe or file."""
    if not sys.stdout.isatty():
        return _options.pipe_width
    return _read_terminal_width(sys.__stdout__)


def read_error_width() -> int | None:
    """Return the maximum number of characters of a line of errors; None if stderr is no terminal."""
    return _read_terminal_width(sys.__stderr__) if sys.stderr is not None and sys.stderr.isatty() else None


def _read_terminal_width(stream: TextIO | None) -> int:
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return max(MIN_WIDTH, int(given))
    try:
        columns = os.get_terminal_size(stream.fileno()).columns if stream else 0
    except (OSError, ValueError):
        columns = 0
    return max(MIN_WIDTH, columns or _DEFAULT_WIDTH)


def read_table_width() -> int | None:
    """Return the maximum number of characters of a line of a table; None with --wide, and in a pipe or file."""
    return None if _options.wide else read_output_width()


def choose_ellipsis() -> str:
    """Return the ellipsis for shortened cells: `…`, or three dots if the output's encoding does not have `…`."""
    try:
        _ELLIPSIS.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "..."
    return _ELLIPSIS


def paint(text: str, style: str) -> str:
    """Return a text with a style if results are printed in colours, else the text unchanged.

    `style` has SGR codes of ECMA-48: `1;31` is bold and red, for example.
    """
    return f"\x1b[{style}m{text}\x1b[0m" if style and text and has_colors() else text
