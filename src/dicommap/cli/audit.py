"""The command `dicommap audit`, which lists the changes and events of a package."""

from __future__ import annotations

import sys
from getpass import getpass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.audit import audit
from dicommap.cli.next_step import make_explain_step
from dicommap.cli.options import (
    add_choice_option,
    add_fail_on_option,
    add_format_option,
    add_package_argument,
    add_show_values_option,
)
from dicommap.cli.output import (
    choose_exit_status,
    print_error,
    print_issues,
    print_line,
    print_next_step,
    print_table,
    print_text,
    write_to_stdout,
)
from dicommap.cli.terminal import add_output_options
from dicommap.display.audit_report import (
    AUDIT_CSV_COLUMNS,
    ENTRY_COLUMNS,
    ENTRY_RANKS,
    build_audit_cells,
    build_audit_csv_row,
    build_audit_record,
)
from dicommap.display.csv_json import RecordFormat, format_csv_lines, format_records
from dicommap.errors import UsageError
from dicommap.issues.wording import choose_verb, format_count
from dicommap.model.audit_selection import AuditKind
from dicommap.model.masking import Masker

if TYPE_CHECKING:
    import argparse

    from dicommap.api.audit import Audit
    from dicommap.cli.parser import Parser

DESCRIPTION = """
List who changed what, when and why: the changes and events in audit.jsonl of a package.

The whole file is checked first: a line that was changed, removed or inserted later is an error. With --ask-value a
value is asked for (or read from standard input), and only the changes are listed that had it before, or have it after;
hashed values need the key that they were hashed with. A value is never an argument, because other users of the machine
can see arguments.
"""

EXAMPLES = """\
  dicommap audit package --study 1.2.3
  dicommap audit package --rule 'pilot site' --since 2026-11-01 --format csv
  dicommap audit package --attribute PatientID --ask-value --key audit.key"""

ROWS_SHOWN = 50
_VALUE_LIMIT = 1_000_000


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap audit` to `parser`."""
    add_package_argument(parser)
    parser.add_argument("--study", metavar="UID", help="Only this study, and events of its jobs and of the package.")
    parser.add_argument("--rule", metavar="NAME", help="Only changes by this rule.")
    parser.add_argument("--attribute", metavar="KEYWORD", help="Only changes of this attribute.")
    add_choice_option(parser, "--kind", kind=AuditKind, text="Only changes, or only events.")
    parser.add_argument("--since", metavar="DATE", help="Only lines from this date or time on, in UTC.")
    parser.add_argument(
        "--ask-value", action="store_true", help="Ask for a value, and list the changes that had or have it."
    )
    parser.add_argument(
        "--key",
        metavar="FILE",
        type=Path,
        help="The key that values were hashed with; without it, that in DICOMMAP_AUDIT_KEY.",
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=int,
        default=ROWS_SHOWN,
        help=f"Show at most N lines of the table (default: {ROWS_SHOWN}). Other formats have all.",
    )
    add_format_option(parser)
    add_show_values_option(parser)
    add_fail_on_option(parser)
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap audit` with the parsed arguments, and return the exit status."""
    if args.limit < 1:
        raise UsageError("--limit is 1 or more.", fix="Name the number of lines, or leave out --limit.")
    if args.key is not None and not args.ask_value:
        raise UsageError("--key is only for --ask-value.", fix="Add --ask-value, or leave out --key.")
    found = audit(
        args.package,
        study=args.study,
        rule=args.rule,
        attribute=args.attribute,
        kind=args.kind,
        since=args.since,
        value=_ask_value() if args.ask_value else None,
        key=args.key,
    )
    if args.format == "table":
        _print_table(found, args.limit)
        codes = [issue.code for issue in found.issues.errors]
        if codes:
            print_next_step(make_explain_step(codes))
    else:
        _print_records(found, args.format, Masker(show_values=args.show_values))
        print_issues(found.issues, stderr=True)
        if found.unknown:
            print_error(_describe_undecided_changes(found.unknown))
    return choose_exit_status((issue.severity for issue in found.issues), args.fail_on)


def _ask_value() -> str:
    """Return the value that the user types without an echo, or the first line of standard input."""
    if sys.stdin.isatty():
        return getpass("Value: ")
    return sys.stdin.readline(_VALUE_LIMIT).rstrip("\r\n")


def _print_table(found: Audit, limit: int) -> None:
    entries = iter(found)
    first = list(islice(entries, limit))
    more = sum(1 for _ in entries)
    if first:
        print_table(ENTRY_COLUMNS, map(build_audit_cells, first), ranks=ENTRY_RANKS)
    if more:
        print_line(f"... and {format_count(more, 'more line')}; --limit shows more")
    print_issues(found.issues)
    if found.unknown:
        print_text(_describe_undecided_changes(found.unknown))
    print_line(format_count(len(first) + more, "line"))


def _describe_undecided_changes(count: int) -> str:
    changes, verb = format_count(count, "change"), choose_verb(count, "does", "do")
    return f"{changes} {verb} not list all values before, so it is not known whether the value was among them."


def _print_records(found: Audit, form: str, masker: Masker) -> None:
    if form == RecordFormat.CSV:
        write_to_stdout(format_csv_lines((build_audit_csv_row(entry, masker) for entry in found), AUDIT_CSV_COLUMNS))
        return
    write_to_stdout(
        format_records(
            found,
            form,
            record=lambda entry: build_audit_record(entry, masker),
            row=lambda entry: build_audit_csv_row(entry, masker),
        )
    )
