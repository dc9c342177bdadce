"""Print results and issues to stdout, print errors to stderr, and choose the exit status for issues."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, TextIO

from dicommap.cli.options import FailOn, Format
from dicommap.cli.terminal import (
    SEVERITY_STYLES,
    choose_ellipsis,
    has_colors,
    is_pager_closed,
    lists_all_issues,
    paint,
    read_error_width,
    read_output_width,
    read_table_width,
)
from dicommap.dicom.choices import to_choice
from dicommap.dicom.printable_text import make_printable
from dicommap.display.csv_json import format_records
from dicommap.display.formatting import wrap_text
from dicommap.display.inventory_records import flatten_issue_record
from dicommap.display.issue_groups import format_issue_group, group_issues
from dicommap.display.report import ColumnKind
from dicommap.display.table_layout import COLUMN_GAP, fit_table, format_row_by_field, make_column
from dicommap.issues import Severity
from dicommap.issues.wording import format_count
from dicommap.model.masking import find_marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dicommap.cli.next_step import NextStep
    from dicommap.display.issue_groups import IssueGroup
    from dicommap.display.report import TableColumn
    from dicommap.display.table_layout import TableLayout
    from dicommap.issues import Issue
    from dicommap.model.masking import Masker

ISSUES_LISTED = 5
"""Maximum number of issues of one code that are listed without --all-issues. The other issues are only counted."""

BLOCK_ROWS = 10_000
"""Number of rows of a table that are laid out and printed together, as one block.

UIDs are shortened so that they stay different within a block. In two blocks, different UIDs may look the same.
"""

MAX_ROWS_BY_FIELD = 2
"""If a table has at most this many rows and is wider than the terminal, each value is printed on its own line."""

_HEADING_STYLE = "1"
_INDENT = "  "
_ISSUES_STATUS = 1
_UNKNOWN_STATUS = 4


def print_line(line: str = "", *, style: str = "") -> None:
    """Print one line of results to stdout. Control characters, which paths and names may contain, are escaped.

    Args:
        line: The line.
        style: The style if the output has colours, such as `1;31` (see `dicommap.cli.terminal.paint`); empty for none.
    """
    _write_lines(sys.stdout, [paint(make_printable(line), style)])


def print_styled_line(pieces: Iterable[tuple[str, str]]) -> None:
    """Print one line of results that consists of pairs of a text and its style. Control characters are escaped."""
    _write_lines(sys.stdout, ["".join(paint(make_printable(text), style) for text, style in pieces)])


def print_heading(line: str) -> None:
    """Print a line in bold letters to stdout."""
    print_line(line, style=_HEADING_STYLE)


def print_text(text: str, *, indent: str = "") -> None:
    """Print a text to stdout. On a terminal, lines are broken between words; all but the first line are indented."""
    for line in _wrap_to_terminal_width(make_printable(text), indent):
        _write_lines(sys.stdout, [line])


def print_error(*lines: str) -> None:
    """Print lines to stderr. Control characters are escaped. On a terminal, lines are broken between words."""
    width = read_error_width()
    for line in map(make_printable, lines):
        parts = [line]
        if width is not None and len(line) > width:
            margin = line[: len(line) - len(line.lstrip(" "))]
            first, *others = wrap_text(line.lstrip(" "), width - len(margin + _INDENT), keeps_words=True)
            parts = [margin + first, *(margin + _INDENT + other for other in others)]
        _write_lines(sys.stderr, parts)


def print_next_step(step: NextStep, *, to_stderr: bool = False) -> None:
    """Print the next command to stdout, or to stderr if `to_stderr` is true.

    stderr is used if stdout has data for other programs.
    """
    stream = sys.stderr if to_stderr else sys.stdout
    if stream is not None:
        _write_lines(stream, map(make_printable, step.format_lines(stream.encoding or "ascii")))


def write_to_stdout(pieces: Iterable[str]) -> None:
    """Write the pieces of a text to stdout, encoded as UTF-8 in every locale."""
    for piece in pieces:
        if is_pager_closed():
            return
        sys.stdout.buffer.write(piece.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Sequence[str] = (),
    ranks: Sequence[str] = (),
    masker: Masker | None = None,
) -> None:
    """Print a table to stdout, one line for each row. Control characters in cells are escaped.

    On a terminal, the table is made to fit the width: long cells are shortened, and the least important columns are
    hidden. If a table of one or two rows does not fit, each value is printed on its own line.

    Args:
        columns: The headings.
        rows: The cells of each row. They are read and printed in blocks, so there may be millions of rows.
        numbers: The headings of the columns that are aligned to the right.
        ranks: The headings in the order of their importance; empty if `columns` has this order.
        masker: The Masker that masked the cells. If the table shows a mark of a masked value, the last lines explain
            the marks and how to see values.
    """
    kinds = [make_column(column, numbers) for column in columns]
    width = read_table_width()
    layout: TableLayout | None = None
    hidden: dict[str, None] = {}
    shown_mark = ""
    rest = (tuple(map(make_printable, row)) for row in rows)
    while (block := list(islice(rest, BLOCK_ROWS))) or layout is None:
        fitted = fit_table(kinds, block, width, ranks=ranks, ellipsis=choose_ellipsis())
        if layout is None and not fitted.is_complete and len(block) <= MAX_ROWS_BY_FIELD:
            _print_rows_by_field(kinds, block)
        else:
            _print_table_block(fitted, block, has_head=layout is None or not fitted.has_same_columns(layout))
            hidden.update(dict.fromkeys(fitted.hidden))
        layout = fitted
        if masker is not None and not shown_mark:
            shown_mark = _find_first_mark(fitted, block)
        if is_pager_closed():
            return
    if hidden:
        print_text(f"No room for: {', '.join(hidden)}. --wide shows all columns.")
    if masker is not None and shown_mark:
        masker.example = shown_mark  # the note quotes this mark as an example, so it must be in a visible column
        print_masked_note(masker)


def _find_first_mark(layout: TableLayout, rows: Iterable[Sequence[str]]) -> str:
    """Return the first mark of a masked value in the visible columns; an empty text if there is no mark."""
    cells = (row[fitted.index] for row in rows for fitted in layout.columns)
    return next((mark for cell in cells if "<" in cell for mark in find_marks(cell)), "")


def print_masked_note(masker: Masker, *, to_stderr: bool = False) -> None:
    """Explain the marks that replace patient values in the output, and how to see the values.

    Nothing is printed if the output has no mark, or if the same Masker was explained before.

    Args:
        masker: The Masker of the whole output.
        to_stderr: Whether to print to stderr, because stdout has CSV or JSON.
    """
    if masker.example and not masker.is_explained:
        masker.is_explained = True
        lines = (
            masker.explain_marks(),
            "--show-values, or DICOMMAP_SHOW_VALUES=1 in the environment, shows the values.",
        )
        if to_stderr:
            print_error(*lines)
        else:
            for line in lines:
                print_text(line)


def _print_table_block(layout: TableLayout, rows: Iterable[Sequence[str]], *, has_head: bool) -> None:
    """Print some rows of a table, after the headings if `has_head` is true.

    If the output has colours, each cell that is a severity has the colour of this severity.
    """
    gap = " " * COLUMN_GAP
    is_plain = not has_colors()
    severities = [fitted.column.kind is ColumnKind.SEVERITY for fitted in layout.columns]

    def format_lines() -> Iterator[str]:
        if has_head:
            yield paint(gap.join(layout.format_headings()).rstrip(), _HEADING_STYLE)
        for row in rows:
            for cells in layout.format_row_lines(row):
                if is_plain or not any(severities):
                    yield gap.join(cells).rstrip()
                else:
                    yield gap.join(map(_paint_severity_cell, cells, severities)).rstrip()

    _write_lines(sys.stdout, format_lines())


def _paint_severity_cell(cell: str, is_severity: bool) -> str:
    word = cell.strip()
    return paint(cell, SEVERITY_STYLES[Severity(word)]) if is_severity and word else cell


def _print_rows_by_field(columns: Sequence[TableColumn], rows: Sequence[Sequence[str]]) -> None:
    """Print each row as a block of lines: one line for each cell that is not empty, with the column's heading."""
    for number, row in enumerate(rows):
        if number:
            print_line()
        lines = [
            paint(label, _HEADING_STYLE) + text
            for label, text in format_row_by_field(columns, row, read_output_width())
        ]
        _write_lines(sys.stdout, lines)


def print_issues(issues: Iterable[Issue], *, stderr: bool = False) -> None:
    """Print issues in groups by code, the most severe group first.

    List the first issues of a group, and count the others.

    Args:
        issues: The issues.
        stderr: Whether to print to stderr, because stdout has records for other programs.
    """
    groups = group_issues(issues)
    print_issue_groups(groups, stderr=stderr)
    if groups and not stderr:
        print_line("'dicommap explain CODE' says what an issue means and what to do.")


def print_issue_groups(groups: Iterable[IssueGroup], *, limit: int | None = None, stderr: bool = False) -> None:
    """Print groups of issues. List the first issues of each group, and count the others. With --all-issues, list all.

    Args:
        groups: The groups.
        limit: The maximum number of listed issues of a group. None means ISSUES_LISTED; with --all-issues, it means no
            maximum.
        stderr: Whether to print to stderr.
    """
    limit = limit or (None if lists_all_issues() else ISSUES_LISTED)
    for group in groups:
        heading, *lines = format_issue_group(group, limit)
        if stderr:
            print_error(heading, *lines)
            continue
        _print_issue_heading(make_printable(heading), SEVERITY_STYLES[group.severity])
        for line in lines:
            _write_lines(
                sys.stdout,
                [_INDENT + part for part in _wrap_to_terminal_width(make_printable(line), _INDENT, len(_INDENT))],
            )
        if is_pager_closed():
            return


def _print_issue_heading(heading: str, style: str) -> None:
    first, *others = _wrap_to_terminal_width(heading, _INDENT)
    label, colon, text = first.partition(":")
    _write_lines(sys.stdout, [paint(label + colon, style) + text, *others])


def _wrap_to_terminal_width(text: str, indent: str, margin: int = 0) -> list[str]:
    """Break a text into lines that fit the terminal.

    Args:
        text: The text.
        indent: The blanks before each line except the first.
        margin: The number of characters to leave free on each line.

    """
    width = read_output_width()
    if width is None or len(text) <= width - margin:
        return [text]
    lines = wrap_text(text, width - margin - len(indent))
    return [line if number == 0 else indent + line for number, line in enumerate(lines)]


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
    records = (issue.to_dict() for issue in issues)
    write_to_stdout(format_records(records, form, record=lambda record: record, row=flatten_issue_record))


def choose_exit_status(severities: Iterable[Severity], fail_on: FailOn) -> int:
    """Return the exit status: 1 if a severity is equal to or higher than the value of --fail-on, else 0.

    Raises:
        UsageError: The value of --fail-on is unknown.
    """
    fail_on = to_choice(FailOn, fail_on, "severity")
    if fail_on is FailOn.NEVER:
        return 0
    floor = Severity(fail_on.value)
    return _ISSUES_STATUS if any(severity.is_at_least(floor) for severity in severities) else 0


def choose_effects_exit_status(issues: Iterable[Issue], unknown: int, fail_on: FailOn) -> int:
    """Return the exit status after attributes were compared with what is stored.

    It is 1 if an issue has the severity of --fail-on or a higher one; else 4 if `unknown`, the number of attributes or
    image sets of which the result is not known, is not zero; else 0. With `--fail-on never`, it is always 0.
    """
    status = choose_exit_status((issue.severity for issue in issues), fail_on)
    return status or (_UNKNOWN_STATUS if unknown and fail_on is not FailOn.NEVER else 0)


def print_omitted_count(count: int, noun: str) -> None:
    """Print how many rows a table leaves out, such as `... and 3 more studies`; nothing if `count` is not above 0."""
    if count > 0:
        print_line(f"... and {format_count(count, f'more {noun}')}")


def print_job_event(job: str, event: str) -> None:
    """Print a line with the time, a job and its event to stderr. A progress bar stays below the line."""
    from dicommap.healthimaging.job_properties import format_utc

    name = f"job {job}" if job.isdecimal() else job
    # While a progress bar is shown, it replaces sys.stderr. So sys.stderr must be looked up at each call.
    sys.stderr.write(make_printable(f"{format_utc(datetime.now(UTC))} {name}: {event}") + "\n")
    sys.stderr.flush()


def _write_lines(stream: TextIO | None, lines: Iterable[str]) -> None:
    if stream is not None:
        stream.writelines(f"{line}\n" for line in lines)
        stream.flush()
