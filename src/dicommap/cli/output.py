"""Print results and issues to stdout and errors to stderr, and choose the exit status for issues."""

from __future__ import annotations

import os
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from dicommap.cli.options import FailOn, Format
from dicommap.dicom.choices import choice_of
from dicommap.dicom.printable_text import make_printable
from dicommap.display.csv_json import record_lines
from dicommap.display.formatting import COLUMN_GAP, PIPE_WIDTH, pad_rows
from dicommap.issues import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.cli.next_step import NextStep
    from dicommap.issues import Issue
    from dicommap.model.masking import Masker

ISSUES_LISTED = 20
"""Maximum number of issues of one code that are listed. Other issues of the code are only counted."""

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_STYLE_VARIABLES = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""Environment variables that make rich treat stdout as a terminal."""

_ISSUES_STATUS = 1


def print_line(line: str = "", *, style: str | None = None) -> None:
    """Print one line of results to stdout. Control characters, which paths and names may contain, are escaped."""
    if style is None or not _is_styled_terminal():
        _print_escaped(sys.stdout, line)
    else:
        from dicommap.cli.drawing import draw_line

        draw_line(make_printable(line), style)


def print_error(*lines: str) -> None:
    """Print lines to stderr. Control characters are escaped."""
    _print_escaped(sys.stderr, *lines)


def print_next_step(step: NextStep, *, to_stderr: bool = False) -> None:
    """Print the next command. `to_stderr` is for commands whose stdout is data for other programs."""
    stream = sys.stderr if to_stderr else sys.stdout
    if stream is not None:
        _print_escaped(stream, *step.lines(stream.encoding or "ascii"))


def write(pieces: Iterable[str]) -> None:
    """Write the pieces of a text to stdout, encoded as UTF-8 in every locale."""
    for piece in pieces:
        sys.stdout.buffer.write(piece.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] = (), masker: Masker | None = None
) -> None:
    """Print a table to stdout. Control characters in cells are escaped.

    Args:
        columns: The headings.
        rows: The cells of each row.
        numbers: The columns that are aligned to the right.
        masker: The Masker of the cells. If it masked a value, the last lines explain the marks and how to see values.

    """
    cells = [tuple(map(make_printable, row)) for row in rows]
    if not _print_plain_table(columns, cells, numbers):
        from dicommap.cli.drawing import draw_table

        draw_table(columns, cells, numbers=numbers)
    if masker is not None:
        print_masked_note(masker)


def print_masked_note(masker: Masker, *, to_stderr: bool = False) -> None:
    """Print what the marks of a command's output mean and how to see values, if the output has marks.

    The explanation is printed once for each Masker.

    Args:
        masker: The Masker of the whole output.
        to_stderr: Whether to print it to stderr, because stdout has CSV or JSON.
    """
    if masker.example and not masker.is_explained:
        masker.is_explained = True
        lines = (masker.explain(), "--show-values, or DICOMMAP_SHOW_VALUES=1 in the environment, shows the values.")
        _print_escaped(sys.stderr if to_stderr else sys.stdout, *lines)


def _print_plain_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str]) -> bool:
    """Print a table without rich, which is slow to import. Print nothing and return False if the table needs rich."""
    if _is_styled_terminal() or not all(cell.isascii() for row in rows for cell in row):
        return False
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    if sum(widths) + COLUMN_GAP * (len(columns) - 1) > PIPE_WIDTH:
        return False
    is_right = [column in numbers for column in columns]
    _print_escaped(sys.stdout, *(pad_rows([columns, *rows], widths, is_right, gap=COLUMN_GAP)))
    return True


def print_issues(issues: Sequence[Issue]) -> None:
    """Print issues, the most severe first. Print the first 20 issues of each code, and count its other issues."""
    listed: Counter[str] = Counter()
    totals = Counter(issue.code for issue in issues)
    for issue in sorted(issues, key=lambda item: -item.severity.rank):
        listed[issue.code] += 1
        if listed[issue.code] <= ISSUES_LISTED:
            print_line(str(issue), style=_STYLES[issue.severity])
    for code, count in totals.items():
        if count > ISSUES_LISTED:
            print_line(f"... and {count - ISSUES_LISTED:,} more of {code}")
    if issues:
        print_line("'dicommap explain CODE' says what an issue means and what to do.")


def print_issue_counts(counts: Mapping[tuple[str, Severity], int]) -> None:
    """Print the number of issues of each code, the most severe first."""
    rows = sorted(counts.items(), key=lambda item: (-item[0][1].rank, -item[1]))
    cells = [(severity.value, code, f"{count:,}") for (code, severity), count in rows]
    print_table(("severity", "code", "count"), cells, numbers=("count",))


def write_issues(issues: Iterable[Issue], form: Format) -> None:
    """Write issues as JSON, JSON Lines or CSV.

    Raises:
        UsageError: The format is not JSON, JSON Lines or CSV.
    """
    write(record_lines(issues, form, record=lambda issue: issue.to_dict(), row=_format_issue_row))


def choose_exit_status(severities: Iterable[Severity], fail_on: FailOn) -> int:
    """Return the exit status: 1 if a severity is equal to or higher than the value of --fail-on, else 0.

    Raises:
        UsageError: The value of --fail-on is unknown.
    """
    fail_on = choice_of(FailOn, fail_on, "severity")
    if fail_on is FailOn.NEVER:
        return 0
    floor = Severity(fail_on.value)
    return _ISSUES_STATUS if any(severity.is_at_least(floor) for severity in severities) else 0


def print_job_event(job: str, event: str) -> None:
    """Print the time, a job and its event to stderr. If a progress bar is shown, the line is above the bar."""
    from dicommap.healthimaging.job_properties import format_utc

    name = f"job {job}" if job.isdecimal() else job
    # A progress bar replaces sys.stderr, so sys.stderr must be looked up here at each call.
    sys.stderr.write(make_printable(f"{format_utc(datetime.now(UTC))} {name}: {event}") + "\n")
    sys.stderr.flush()


def _print_escaped(stream: TextIO | None, *lines: str) -> None:
    if stream is not None:
        stream.writelines(make_printable(line) + "\n" for line in lines)
        stream.flush()


def _is_styled_terminal() -> bool:
    return sys.stdout.isatty() or any(name in os.environ for name in _STYLE_VARIABLES)


def _format_issue_row(issue: Issue) -> dict[str, str]:
    return {
        "severity": issue.severity.value,
        "code": issue.code,
        "location": str(issue.location),
        "message": issue.message,
    }
