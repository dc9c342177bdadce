"""The command `dicommap probe`, which asks a data store the open questions about override files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.cli.confirmation import add_yes_option, make_confirm_function
from dicommap.cli.next_step import (
    DATASTORE_ID,
    INPUT_PREFIX,
    INVENTORY,
    OUTPUT_PREFIX,
    ROLE_ARN,
    NextStep,
    make_explain_step,
)
from dicommap.cli.options import (
    add_aws_options,
    add_choice_option,
    add_dry_run_option,
    add_fail_on_option,
    add_request_options,
    create_clients,
    list_given_options,
    parse_output_path,
)
from dicommap.cli.output import (
    choose_exit_status,
    print_error,
    print_issues,
    print_job_event,
    print_line,
    print_next_step,
    print_table,
    print_text,
    write_to_stdout,
)
from dicommap.cli.shell_words import make_path_word
from dicommap.cli.terminal import add_output_options
from dicommap.dicom.strict_json import dump_json
from dicommap.errors import UsageError
from dicommap.issues.wording import format_count

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dicommap.api.probe import ProbeResult
    from dicommap.cli.parser import Parser
    from dicommap.probing.probe_estimate import ProbeEstimate
    from dicommap.probing.probe_report import ProbeReport

DESCRIPTION = """
Ask a data store for tests what AWS leaves open about override files, by import jobs with invented patients.

AWS does not document the content of override files. Each question is an experiment: a small synthetic study, an
override file and an import job. The answers come from the status of the job, its job manifests and the stored metadata.
They are written to DIRECTORY: report.json with the evidence, and assumptions.json for 'dicommap draft --assume'. They
describe this data store on this day, and are no statement of AWS.

The state is saved after every step: a run that was stopped, killed or refused goes on from there, and starts no job
twice. -n shows first how much would be sent and billed. --clean-up deletes what the probe has made, and nothing else.
"""

RECORD_FILE, REPORT_FILE, ASSUMPTIONS_FILE = "probe.json", "report.json", "assumptions.json"
"""Names of files in the directory of a probe. A test compares them with those of `package.probe_directory`."""

EXAMPLES = """\
  dicommap probe probe-1 -n
  dicommap probe probe-1 --datastore-id ID --data-access-role-arn ARN \\
    --input-s3-uri s3://bucket/probes/ --output-s3-uri s3://bucket/out/
  dicommap probe probe-1 --clean-up"""


class ReportFormat(StrEnum):
    """The formats in which the report of a probe is printed."""

    TABLE = "table"
    JSON = "json"


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap probe` to `parser`."""
    parser.add_argument(
        "directory", metavar="[DIRECTORY]", nargs="?", type=Path, help="The directory of the probe, new or continued."
    )
    parser.add_argument("--list", action="store_true", help="List the questions, and ask none.")
    parser.add_argument(
        "--question", metavar="NAME", action="append", help="Ask only this question. May be repeated. Default: all."
    )
    add_dry_run_option(parser, "Show what would be sent, billed or deleted; send nothing that changes anything.")
    parser.add_argument(
        "--clean-up", action="store_true", help="Delete the image sets, objects and job manifests of the probe."
    )
    add_choice_option(
        parser, "--format", kind=ReportFormat, default=ReportFormat.TABLE, text="How the report is printed."
    )
    parser.add_argument("--html", metavar="FILE", type=parse_output_path, help="Write the report as an HTML page, too.")
    add_yes_option(parser)
    add_fail_on_option(parser)
    request = parser.add_argument_group("Import job request")
    add_request_options(request)
    request.add_argument("--input-s3-uri", metavar="URI", help="The S3 prefix below which the probe puts its objects.")
    add_aws_options(parser)
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap probe` with the parsed arguments, and return the exit status."""
    if args.list:
        _print_questions()
        return 0
    if args.directory is None:
        raise UsageError("No directory was named.", fix="Name a new directory for the probe, or list the questions.")

    from dicommap.api.probe import probe
    from dicommap.writing.new_file import require_new_file, write_new_text_file

    if args.html is not None:
        require_new_file(args.html)
    result = probe(
        args.directory,
        datastore_id=args.datastore_id,
        data_access_role_arn=args.data_access_role_arn,
        input_s3_uri=args.input_s3_uri,
        output_s3_uri=args.output_s3_uri,
        questions=args.question or (),
        dry_run=args.dry_run,
        clean_up=args.clean_up,
        clients=create_clients(args),
        confirm=make_confirm_function(yes=args.yes),
        on_step=print_job_event,
    )
    if args.html is not None:
        write_new_text_file(args.html, (result.html(),))
    if args.format is ReportFormat.JSON and result.report is not None:
        write_to_stdout([dump_json(result.report.model_dump(mode="json"))])
        print_error(*map(str, result.issues))
    else:
        _print_result(result, args)
    print_next_step(_choose_next_step(result, args), to_stderr=args.format is ReportFormat.JSON)
    return choose_exit_status((issue.severity for issue in result.issues), args.fail_on)


def _print_questions() -> None:
    from dicommap.healthimaging.override_questions import map_questions_to_answers
    from dicommap.probing.probe_report import describe_question

    for name, answers in map_questions_to_answers().items():
        print_text(f"{name} ({', '.join(answers)}): {describe_question(name)}", indent="  ")


def _print_result(result: ProbeResult, args: argparse.Namespace) -> None:
    if result.report is not None:
        _print_report(result, result.report)
        return
    print_issues(result.issues)
    if result.estimate is not None:
        _print_estimate(result.estimate)
    if args.clean_up:
        verb = "To be deleted" if args.dry_run else "Deleted"
        image_sets, objects = result.deleted_image_sets, result.deleted_objects
        print_line(f"{verb}: {format_count(image_sets, 'image set')}, {format_count(objects, 'object')}")
    else:
        print_line("Nothing was sent.")


def _print_report(result: ProbeResult, report: ProbeReport) -> None:
    from dicommap.display.probe_report import ANSWER_COLUMNS, OBSERVED_NOTE, build_answer_cells, list_changed_settings

    print_table([column.name for column in ANSWER_COLUMNS], map(build_answer_cells, report.questions))
    print_text(f"{report.date}, data store {report.datastoreId}. {OBSERVED_NOTE}")
    settings = [f"{name}={value}" for name, value in list_changed_settings(report)]
    print_text(f"Assumptions that differ from the defaults: {', '.join(settings) or 'none'}", indent="  ")
    print_issues(result.issues)
    print_line(f"Report: {result.directory / REPORT_FILE}")


def _print_estimate(estimate: ProbeEstimate) -> None:
    from dicommap.display.probe_report import REQUEST_COLUMNS, list_estimate_facts, list_request_rows

    for name, text in list_estimate_facts(estimate):
        print_text(f"{name}: {text}", indent="  ")
    columns = [column.name for column in REQUEST_COLUMNS]
    print_table(columns, list_request_rows(estimate), numbers=columns[1:])


def _choose_next_step(result: ProbeResult, args: argparse.Namespace) -> NextStep:
    """Return the next step: explain errors, repeat the call without -n, or draft with the probe's assumptions."""
    if codes := [issue.code for issue in result.issues.errors]:
        return make_explain_step(codes)
    if args.dry_run:
        options = tuple(list_given_options(args, without={"dry_run", "html", "format"}))
        return NextStep(words=("probe", make_path_word(str(args.directory)), *options, *_list_missing_options(args)))
    if args.clean_up:
        return NextStep(sentence="Done: what the probe has made is deleted. Its report stays in the directory.")
    return NextStep(
        words=("draft", INVENTORY, "--assume", make_path_word(str(args.directory / ASSUMPTIONS_FILE)), "-n")
    )


def _list_missing_options(args: argparse.Namespace) -> Iterator[str]:
    """Yield the options that a probe needs and that the user has not given, each with a placeholder for its value."""
    if (args.directory / RECORD_FILE).is_file():
        return
    placeholders = {
        "datastore_id": ("--datastore-id", DATASTORE_ID),
        "data_access_role_arn": ("--data-access-role-arn", ROLE_ARN),
        "input_s3_uri": ("--input-s3-uri", INPUT_PREFIX),
        "output_s3_uri": ("--output-s3-uri", OUTPUT_PREFIX),
    }
    for name, words in placeholders.items():
        if getattr(args, name) is None:
            yield from words
