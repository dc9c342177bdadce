"""The command `dicommap draft`, and the function that prints a draft on the terminal."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.draft import draft
from dicommap.cli.next_step import NextStep, after_draft, after_dry_draft, make_updates_option_step
from dicommap.cli.options import (
    add_assume_option,
    add_audit_options,
    add_choice_option,
    add_delimiter_option,
    add_dry_run_option,
    add_fail_on_option,
    add_inventory_argument,
    add_keyword_option,
    add_request_options,
    add_show_values_option,
    find_free_path,
    get_audit_options,
    list_given_options,
    parse_assumptions,
    parse_output_path,
    split_keywords,
)
from dicommap.cli.output import (
    choose_exit_status,
    print_issues,
    print_line,
    print_masked_note,
    print_next_step,
    print_omitted_count,
    print_styled_line,
    print_table,
    print_text,
)
from dicommap.cli.terminal import (
    CHANGE_STYLES,
    OUTPUT_OPTIONS,
    SEVERITY_STYLES,
    add_output_options,
    choose_ellipsis,
    read_table_width,
)
from dicommap.display.change_lines import (
    LEGEND,
    REMOVAL_LEGEND,
    OriginNames,
    choose_update_legend,
    format_change_lines,
    summarize_changes,
    summarize_updates,
)
from dicommap.display.conflict_report import FORECAST_NOTE, build_conflict_row
from dicommap.display.draft_report import summarize_jobs
from dicommap.display.edit_result_rows import format_edit_result_lines
from dicommap.edits.table_formats import TextEncoding
from dicommap.errors import UsageError
from dicommap.healthimaging.data_stores import has_data_store
from dicommap.healthimaging.quotas import Quotas
from dicommap.inventory import Inventory
from dicommap.issues import Severity
from dicommap.issues.wording import format_count
from dicommap.model.masking import find_marks
from dicommap.planning.source_prefixes import parse_s3_root
from dicommap.planning.staging import StagingPolicy
from dicommap.writing.new_file import require_new_file, write_new_text_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from dicommap.cli.parser import Parser
    from dicommap.model.masking import Masker
    from dicommap.package.draft_result import Draft

DESCRIPTION = """
Turn edits into override files, mappings and an import configuration, and write them as a package.

An import job takes everything under its prefix, so that jobs are the largest folders that obey the quotas. Studies that
cannot be imported so, or only by cutting a study, are planned to be copied below --stage-uri if it is given.

Edits come from sheets, rules and --harmonize, which may all be repeated. With any error nothing is written. -n shows
what would change, and needs no --input-s3-uri. On the terminal patient values are masked unless --show-values is given;
the package holds them.
"""

EXAMPLES = """\
  dicommap draft i.db --sheet s.csv -n
  dicommap draft i.db --rules r.toml --input-s3-uri s3://bucket/in/ -o package"""

ROWS_SHOWN = 50
"""Maximum number of rows of each printed table, and the default of --limit. The tables in the package have all rows."""

EDIT_RESULTS_SHOWN = 50
"""Maximum number of printed lines about edit results. The package's edits.csv has all edit results."""

_STUDY_EDITS = ("StudyInstanceUID", "edit", "changed in", "attributes")
_CONFLICTS = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "keyword",
    "values",
    "non-primary",
    "files",
    "cure",
    "cure value",
)
_FILES = ("StudyInstanceUID", "keyword", "value", "primary value", "SOPInstanceUID", "path")


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap draft` to `parser`."""
    add_inventory_argument(parser)
    parser.add_argument("-o", "--output", metavar="PACKAGE", type=parse_output_path, help="The directory to write.")
    add_dry_run_option(parser, "Show the preview only; write no package.")
    parser.add_argument(
        "--html",
        metavar="FILE",
        type=parse_output_path,
        help="Write the whole preview as an HTML page, too; after an error only with -n.",
    )
    parser.add_argument("--by-study", action="store_true", help="List the edits of each study, and what they changed.")
    parser.add_argument(
        "--forecast",
        action="store_true",
        help="List the files that are likely to become non-primary image sets, and what would prevent it.",
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=int,
        default=ROWS_SHOWN,
        help=f"Show at most N changes (default: {ROWS_SHOWN}). The package and --html have all.",
    )
    add_show_values_option(parser)
    add_fail_on_option(parser)
    edits = parser.add_argument_group("Edits")
    edits.add_argument(
        "--sheet",
        metavar="FILE",
        action="append",
        type=Path,
        help="An edited sheet: a workbook (.xlsx) or CSV. May be repeated.",
    )
    add_delimiter_option(edits)
    add_choice_option(
        edits,
        "--encoding",
        kind=TextEncoding,
        text="The encoding of CSV sheets, if it is not UTF-8 (or UTF-16 with a mark).",
    )
    edits.add_argument("--rules", metavar="FILE", action="append", type=Path, help="A rules file. May be repeated.")
    edits.add_argument(
        "--updates",
        action="store_true",
        help="Allow what no override can do: edits of single instances, removals, attributes of the instance level.",
    )
    add_keyword_option(
        edits,
        "--harmonize",
        "If values differ in a study or series, give all files the most frequent one; a tie is an error.",
    )
    add_audit_options(parser)
    plan = parser.add_argument_group("Import jobs")
    plan.add_argument(
        "--input-s3-uri",
        metavar="URI",
        help="The S3 prefix where the files of a local tree will be. Files of a source in S3 are there already.",
    )
    plan.add_argument(
        "--quota",
        metavar="NAME=NUMBER",
        action="append",
        help="A quota of your AWS account, such as files=20000. May be repeated.",
    )
    add_assume_option(plan)
    add_choice_option(plan, "--staging", kind=StagingPolicy, text="Which studies are copied to a prefix of their own.")
    plan.add_argument(
        "--stage-uri", metavar="URI", help="The S3 prefix to copy studies below that cannot be imported whole in place."
    )
    plan.add_argument(
        "--leave-out", action="store_true", help="Write the package even if some instances are in no job."
    )
    add_request_options(plan)
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap draft` with the parsed arguments, and return the exit status."""
    _require_usable_options(args)
    if args.html is not None:
        # Check this before the package is written: a second run fails if the package exists.
        require_new_file(args.html)
    account = _require_valid_account(args)
    with Inventory.open(args.inventory) as inventory:
        drafted = _draft(inventory, args, account)
        has_files = bool(drafted.overrides or not drafted.updates)  # updates alone import no files
        is_stored = has_data_store(inventory.sources)
        needs_uri = args.input_s3_uri is None and has_files and not all(map(parse_s3_root, inventory.sources))
    # After an error, no page is written: the user would have to remove it before the corrected call, because an
    # existing file is never overwritten.
    has_page = args.html is not None and (args.dry_run or drafted.package is not None)
    if has_page:
        write_new_text_file(args.html, (drafted.preview_html(show_values=args.show_values),))
    print_draft(
        drafted,
        show_values=args.show_values,
        by_study=args.by_study,
        forecast=args.forecast,
        limit=args.limit,
        is_stored=is_stored,
    )
    if has_page:
        print_line(f"Page: {args.html}")
    elif args.html is not None:
        print_line("No page was written; with -n, --html writes it after errors, too.")
    print_next_step(_choose_next_step(drafted, args, needs_uri=needs_uri))
    return choose_exit_status((issue.severity for issue in drafted.issues), args.fail_on)


def _require_valid_account(args: argparse.Namespace) -> dict[str, str]:
    """Return the members of the import job request that options give. Raise UsageError if AWS does not accept one."""
    members = {
        "datastoreId": args.datastore_id,
        "dataAccessRoleArn": args.data_access_role_arn,
        "outputS3Uri": args.output_s3_uri,
    }
    account = {name: value for name, value in members.items() if value}
    if account:
        from dicommap.package.job_requests import require_valid_members  # imported here because few drafts need it

        require_valid_members(account)
    return account


def _draft(inventory: Inventory, args: argparse.Namespace, account: dict[str, str]) -> Draft:
    return draft(
        inventory,
        input_s3_uri=args.input_s3_uri,
        sheets=args.sheet or [],
        delimiter=args.delimiter.character if args.delimiter else None,
        encoding=args.encoding,
        rules=args.rules or [],
        harmonize=split_keywords(args.harmonize),
        assumptions=parse_assumptions(args.assume or ()),
        quotas=Quotas.from_settings(args.quota or ()),
        staging=args.staging,
        stage_uri=args.stage_uri,
        leave_out=args.leave_out,
        updates=args.updates,
        output=None if args.dry_run else args.output,
        account=account,
        **get_audit_options(args),
        progress=True,
    )


_PRINTING_OPTIONS = frozenset({"dry_run", "html", "by_study", "forecast", "limit", "show_values"}) | OUTPUT_OPTIONS
"""Names of options that change only the printed output, and not the package."""


def _choose_next_step(drafted: Draft, args: argparse.Namespace, *, needs_uri: bool) -> NextStep:
    inventory, sheet = str(args.inventory), find_free_path("studies.csv")
    codes = [issue.code for issue in drafted.issues.errors]
    if codes and {*codes} == {"edit.needs-updates"}:
        return make_updates_option_step(inventory, list_given_options(args))
    if not args.dry_run:
        package = None if drafted.package is None else str(drafted.package)
        return after_draft(package, inventory, codes=codes, sheet=sheet)
    return after_dry_draft(
        inventory,
        codes=codes,
        changes=len(drafted.changes),
        options=tuple(list_given_options(args, without=_PRINTING_OPTIONS | {"output"})),
        needs_uri=needs_uri,
        output=find_free_path("package" if args.output is None else str(args.output)),
        sheet=sheet,
    )


def _require_usable_options(args: argparse.Namespace) -> None:
    """Raise UsageError for no output without a dry run, for a wrong --limit, and for no edits if they are needed."""
    if args.output is None and not args.dry_run:
        raise UsageError("No package was named.", fix="Name its directory with -o, or only look with -n.")
    if args.limit < 1:
        raise UsageError("--limit is 1 or more.", fix="Name the number of changes, or leave out --limit.")
    has_edits = args.sheet or args.rules or split_keywords(args.harmonize)
    if not (has_edits or (args.dry_run and args.forecast)):
        raise UsageError(
            "No edits were named.",
            fix="Name a sheet with --sheet, rules with --rules, or a keyword with --harmonize; or see what would fall "
            "apart without any, with -n --forecast.",
        )


def print_draft(
    drafted: Draft,
    *,
    show_values: bool,
    by_study: bool = False,
    forecast: bool = False,
    limit: int = ROWS_SHOWN,
    is_stored: bool = False,
) -> None:
    """Print a draft: its changes, edit results, issues and jobs, and whether a package was written.

    Args:
        drafted: The draft.
        show_values: Whether patient values are shown; if not, they are masked.
        by_study: Whether the edits of each study are also printed.
        forecast: Whether the files that are likely to become non-primary image sets are also printed.
        limit: The maximum number of changes to print.
        is_stored: Whether the inventory is that of a data store, so that updates make all changes.
    """
    names = OriginNames(drafted.edit_results)
    _print_changes(drafted, names, drafted.masker(show_values=show_values), limit, is_stored=is_stored)
    if by_study and drafted.changes:
        rows = list(drafted.study_edit_rows())
        _print_first_rows(_STUDY_EDITS, rows, len(rows), "edit")
        print_line()
    for line in islice(format_edit_result_lines(drafted.edit_results), EDIT_RESULTS_SHOWN):
        print_text(line, indent="  ")
    if forecast:
        _print_forecast(drafted, show_values=show_values)
    print_issues(drafted.issues)
    if drafted.plan is not None and (jobs := summarize_jobs(drafted.plan)):
        print_line(jobs)
    _print_summary(drafted, names, is_stored=is_stored)


def _print_changes(drafted: Draft, names: OriginNames, masker: Masker, limit: int, *, is_stored: bool) -> None:
    """Print the first changes, grouped by study, and the meaning of the signs and of the marks of masked values."""
    if not drafted.changes:
        return
    has_removal = any(change.after is None for change in islice(drafted.changes, limit))
    print_line(LEGEND + (REMOVAL_LEGEND if has_removal else ""))
    if drafted.updates:
        print_text(choose_update_legend(is_stored=is_stored))
    print_line()
    lines = format_change_lines(
        drafted.changes, names, masker, limit=limit, width=read_table_width(), ellipsis=choose_ellipsis()
    )
    shown_mark = ""
    for pieces in lines:
        print_styled_line((text, CHANGE_STYLES.get(kind, "")) for text, kind in pieces)
        shown_mark = shown_mark or next((mark for text, _ in pieces for mark in find_marks(text)), "")
    more = len(drafted.changes) - limit
    if more > 0:
        print_text(f"... and {format_count(more, 'more change')}; --limit shows more, and --html writes all.")
    print_line()
    if shown_mark and not masker.show_values:
        masker.example = shown_mark  # the example must be a printed mark, and not one that only the HTML page has
        print_masked_note(masker)


def _print_summary(drafted: Draft, names: OriginNames, *, is_stored: bool) -> None:
    """Print the number of changes by each edit, and whether a package was written. If not, print the reason."""
    errors = len(drafted.issues.errors)
    if drafted.changes:
        print_text(summarize_changes(drafted.changes, names), indent="  ")
    if drafted.updates:
        has_jobs = bool(drafted.overrides)
        print_text(summarize_updates(drafted.updates, has_jobs=has_jobs, is_stored=is_stored), indent="  ")
    if errors:
        print_line(f"{format_count(errors, 'error')}: nothing can be written", style=SEVERITY_STYLES[Severity.ERROR])
    elif drafted.package is not None:
        print_line(f"Package: {drafted.package}")
    elif drafted.overrides and drafted.plan is None:
        print_line("Nothing was written, and no jobs were planned: --input-s3-uri is missing.")
    else:
        print_line("Nothing was written.")


def _print_forecast(drafted: Draft, *, show_values: bool) -> None:
    print_line()
    print_text(FORECAST_NOTE, indent="  ")
    if not drafted.conflicts:
        print_line("Each grouping attribute has one value in every study and series.")
        return
    masker = drafted.masker(show_values=show_values)
    conflicts = [build_conflict_row(conflict, masker=masker) for conflict in drafted.conflicts]
    _print_first_rows(_CONFLICTS, conflicts, len(conflicts), "conflict", masker)
    files = list(drafted.forecast(show_values=show_values))
    print_line()
    _print_first_rows(_FILES, files, len(files), "file", masker)


def _print_first_rows(
    columns: tuple[str, ...], rows: Iterable[Mapping[str, str]], total: int, noun: str, masker: Masker | None = None
) -> None:
    """Print the first ROWS_SHOWN of `total` rows (column -> cell), and the number of the others. `noun` names a row."""
    first = ([row[column] for column in columns] for row in islice(rows, ROWS_SHOWN))
    print_table(columns, first, numbers=("non-primary", "files"), masker=masker)
    print_omitted_count(total - ROWS_SHOWN, noun)
