"""The command `dicommap update`, which sends the updates of a package to the data store, or takes them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.api.update import UpdateOptions, UpdateRun
from dicommap.cli.confirmation import add_yes_option, make_confirm_function
from dicommap.cli.next_step import NextStep, after_dry_run
from dicommap.cli.options import (
    Format,
    add_aws_options,
    add_dry_run_option,
    add_fail_on_option,
    add_format_option,
    add_manifests_option,
    add_package_argument,
    add_rate_option,
    add_show_values_option,
    create_clients,
    list_given_options,
    make_count_parser,
)
from dicommap.cli.output import (
    choose_effects_exit_status,
    print_error,
    print_issues,
    print_job_event,
    print_line,
    print_masked_note,
    print_next_step,
    print_omitted_count,
    print_table,
    print_text,
    write_to_stdout,
)
from dicommap.cli.package_next_step import after_update
from dicommap.cli.terminal import add_output_options, can_show_progress
from dicommap.display.csv_json import format_json_lines, format_records
from dicommap.display.outcome_records import flatten_outcome_record
from dicommap.display.update_report import (
    build_request_record,
    build_revert_record,
    build_update_record,
    describe_not_compared,
    describe_outcomes,
    format_effects,
    format_versions,
)
from dicommap.healthimaging.limits import UPDATE_IMAGE_SET_METADATA_RATE
from dicommap.issues.wording import format_count
from dicommap.model.masking import Masker
from dicommap.package.image_set_reader import LOCK_SECONDS
from dicommap.package.image_set_reverter import ForecastRevert

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dicommap.cli.parser import Parser
    from dicommap.display.inventory_records import Record
    from dicommap.package.package_update_result import UpdateResult

DESCRIPTION = """
Send the updates of a package to the data store, after its jobs have ended: changes of single instances, removals of
attributes, and other changes that no override can make. Each is sent once, however often this is run.

For each update, its image sets are found and read. What is stored already is left out. If an attribute has neither the
value from before the edit nor the new one, nothing is sent to its image set, and it is listed. A request names the
version that was read, so that AWS refuses it if somebody else has changed the image set. Then the stored values are
read again and compared. The state is saved in PACKAGE/updates-state before and after each request: a run that was
stopped or killed goes on from there. AWS accepts one request in 4 seconds: 20,000 image sets need 22 hours.

Before the first request, account, data store and the expected time are shown, and you are asked; scripts give --yes.

The exit status is 1 if an image set was not changed, or an attribute is not as wanted; else 4 if that is not known for
one of them, for example because an image set is still LOCKED; and 0 if all attributes are stored as wanted.
"""

EXAMPLES = """\
  dicommap update package --dry-run
  dicommap update package
  dicommap update package --revert"""

IMAGE_SETS_SHOWN = 50


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap update` to `parser`."""
    add_package_argument(parser, "A package that was drafted with --updates.")
    add_dry_run_option(parser, "Read what is stored, and print every request as JSON Lines; send nothing.")
    parser.add_argument(
        "--revert",
        action="store_true",
        help="Take back what this package has done: restore the version from before, if nobody else has changed it.",
    )
    parser.add_argument(
        "--study", metavar="UID", action="append", help="Only studies with this UID or pattern. May be repeated."
    )
    parser.add_argument(
        "--overwrite-other-values",
        action="store_true",
        help="Change attributes also if their stored value is neither the one from before the edit nor the new one.",
    )
    parser.add_argument("--datastore-id", metavar="ID", help="The data store, if the package has no import jobs.")
    add_manifests_option(parser)
    parser.add_argument(
        "--lock-timeout",
        metavar="SECONDS",
        type=make_count_parser("seconds"),
        default=int(LOCK_SECONDS),
        help="How long to wait while an image set is LOCKED.",
    )
    add_rate_option(parser, "--update-rate", "UpdateImageSetMetadata", UPDATE_IMAGE_SET_METADATA_RATE)
    add_format_option(parser)
    add_show_values_option(parser)
    add_yes_option(parser)
    add_fail_on_option(parser)
    add_aws_options(parser)
    add_output_options(parser, pager=False)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap update` with the parsed arguments, and return the exit status."""
    options = UpdateOptions(
        datastore_id=args.datastore_id,
        studies=args.study or (),
        manifests=args.manifests,
        revert=args.revert,
        dry_run=args.dry_run,
        overwrite_other_values=args.overwrite_other_values,
        lock_timeout=args.lock_timeout,
        update_rate=args.update_rate,
    )
    running = UpdateRun(
        args.package,
        options,
        clients=create_clients(args),
        confirm=make_confirm_function(yes=args.yes),
        progress=can_show_progress(prints_records=args.format is not Format.TABLE),
        on_step=print_job_event if args.format is Format.TABLE else None,
    )
    if args.dry_run:
        masker = Masker(show_values=args.show_values)
        write_to_stdout(format_json_lines(_build_request_records(running, masker)))
        print_masked_note(masker, to_stderr=True)
    elif args.format is Format.TABLE:
        for _ in running:
            pass
    else:
        write_to_stdout(
            format_records(
                _build_records(running), args.format, record=lambda record: record, row=flatten_outcome_record
            )
        )
    result = running.result()
    if result.is_dry:
        print_issues(result.issues, stderr=True)
        print_error(f"{format_count(result.request_count, 'request')}. Nothing was sent.")
    elif args.format is Format.TABLE:
        _print_result(result)
    print_next_step(_choose_next_step(result, args), to_stderr=result.is_dry or args.format is not Format.TABLE)
    return choose_effects_exit_status(result.issues, result.unknown, args.fail_on)


def _build_records(running: UpdateRun) -> Iterator[Record]:
    for result in running:
        yield build_update_record(result)


def _build_request_records(running: UpdateRun, masker: Masker) -> Iterator[Record]:
    for forecast in running.forecast():
        if isinstance(forecast, ForecastRevert):
            yield build_revert_record(
                running.datastore_id,
                forecast.image_set_id,
                forecast.version,
                forecast.to_version,
                is_forced=forecast.is_forced,
            )
            continue
        yield build_request_record(
            running.datastore_id,
            forecast.update,
            forecast.target.image_set_id,
            forecast.version,
            forecast.request,
            masker,
            include_study=forecast.target.include_study,
            other_values=forecast.other_values,
            not_compared=forecast.not_compared,
        )


def _print_result(result: UpdateResult) -> None:
    """Print the image sets, those that need attention first, the issues and the counts."""
    shown = result.first[:IMAGE_SETS_SHOWN]
    if shown:
        rows = [
            (
                item.series_instance_uid or item.study_instance_uid,
                item.image_set_id,
                item.outcome.value,
                format_versions(item),
                format_effects(item.effects.counts),
            )
            for item in shown
        ]
        print_table(("study or series", "image set", "outcome", "version", "attributes"), rows)
        print_omitted_count(sum(result.counts.values()) - len(rows), "image set")
    print_issues(result.issues)
    if result.counts:
        print_text(f"image sets: {describe_outcomes(result.counts)}", indent="  ")
        if result.not_compared:
            print_text(f"{describe_not_compared(result.not_compared)}.", indent="  ")
    else:
        print_line("Nothing was sent." if result.issues.errors or result.is_dry else "There was nothing to send.")


def _choose_next_step(result: UpdateResult, args: argparse.Namespace) -> NextStep:
    package = str(result.package)
    codes = [issue.code for issue in (*result.issues.errors, *result.issues.warnings)]
    options = tuple(list_given_options(args, without={"dry_run"}))
    if result.is_dry and result.request_count:
        return after_dry_run("update", package, codes=codes, options=options)
    return after_update(
        package,
        codes,
        is_revert=result.is_revert,
        has_results=bool(result.counts),
        has_updates=result.has_updates,
        options=options,
    )
