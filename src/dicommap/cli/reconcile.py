"""The command `dicommap reconcile`: list the outcome of each planned instance; verify it, or write a retry."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.api.reconcile import ReconciliationRun
from dicommap.api.retry import RetryBuilder
from dicommap.api.verify import VerificationRun, VerificationSettings
from dicommap.cli.options import (
    AWS_OPTIONS,
    add_aws_options,
    add_choice_option,
    add_fail_on_option,
    add_format_option,
    add_manifests_option,
    add_package_argument,
    add_show_values_option,
    create_clients,
    find_free_path,
    list_given_options,
    parse_output_path,
)
from dicommap.cli.output import (
    choose_effects_exit_status,
    choose_exit_status,
    print_error,
    print_issues,
    print_line,
    print_next_step,
    print_omitted_count,
    print_table,
    print_text,
    write_to_stdout,
)
from dicommap.cli.package_next_step import OutcomeFacts, after_package, after_reconcile, after_retry, after_verify
from dicommap.cli.terminal import add_output_options, can_show_progress
from dicommap.cli.verify import (
    READING_OPTIONS,
    add_reading_options,
    get_reading_options,
    list_attention_codes,
    print_verification,
)
from dicommap.dicom.choices import make_unknown_choice_error
from dicommap.display.csv_json import format_records
from dicommap.display.outcome_records import (
    OUTCOME_TITLES,
    build_instance_outcome_record,
    build_job_outcome_record,
    build_study_outcome_record,
    describe_not_instances,
    flatten_outcome_record,
    select_outcomes,
)
from dicommap.display.verification_report import describe_applied_count
from dicommap.errors import UsageError
from dicommap.issues import Severity
from dicommap.issues.wording import format_count
from dicommap.model.masking import Masker
from dicommap.package.package_directory import PackageDirectory
from dicommap.package.package_writer import require_new_package
from dicommap.reconciliation.outcomes import JobState
from dicommap.writing.new_file import require_new_file, write_new_text_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from dicommap.api.reconcile import Reconciliation
    from dicommap.api.retry import Retry
    from dicommap.api.verify import Verification
    from dicommap.cli.next_step import NextStep
    from dicommap.cli.parser import Parser
    from dicommap.display.inventory_records import Record
    from dicommap.model.submission import JobCounts
    from dicommap.reconciliation.job_reconciliation import JobReconciliation
    from dicommap.reconciliation.outcomes import OutcomeCounts

DESCRIPTION = """
List one outcome for every planned instance, from what the import jobs wrote under their outputS3Uri.

Each instance has one outcome: primary, non-primary, warnings (imported with them), imported (it is not known whether
as primary), failed, or not-reported. A job that is COMPLETED may have instances that were not imported. The exit
status is 1 if any was not. Words of the service that may be a patient's are masked unless --show-values is given.

With --retry a new package is written for what was not imported: a job of which nothing was imported is planned again as
it was, and the missing instances of any other job have to be copied below --stage-uri first. Instances that were
imported are not selected, even if --verify reports attributes that are not applied.
"""

EXAMPLES = """\
  dicommap reconcile package
  dicommap reconcile package --level instance --format csv -o outcomes.csv"""

JOBS_SHOWN = 50
STUDIES_SHOWN = 50
REASONS_SHOWN = 10
NOT_RETRIED = (
    "--retry selects instances that were not imported, and jobs without their import configuration. 'dicommap explain "
    "{codes}' says how to correct other instances with attributes that are not applied."
)
WRONG_EFFECTS = frozenset({"verify.not-applied", "verify.different", "verify.missing"})


class ReconcileLevel(StrEnum):
    """The values of --level: the kinds of objects that can be listed."""

    JOB = "job"
    STUDY = "study"
    INSTANCE = "instance"
    ISSUE = "issue"


class ReconcileFormat(StrEnum):
    """The formats in which results are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap reconcile` to `parser`."""
    add_package_argument(parser, "A package whose jobs were started.")
    add_manifests_option(parser)
    add_choice_option(
        parser,
        "--level",
        kind=ReconcileLevel,
        default=ReconcileLevel.STUDY,
        text="What to list in json, jsonl and csv.",
    )
    add_format_option(parser, ReconcileFormat)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=parse_output_path,
        help="Write the results to this file, and print the table.",
    )
    add_show_values_option(parser)
    add_fail_on_option(parser)
    verification = parser.add_argument_group("Verify the effects of the overrides")
    verification.add_argument("--verify", action="store_true", help="Do it after that, as 'dicommap verify' does.")
    add_reading_options(verification)
    retry = parser.add_argument_group("Import again")
    retry.add_argument(
        "--retry",
        metavar="PACKAGE",
        type=parse_output_path,
        help="Write a new package that holds only what was not imported.",
    )
    retry.add_argument(
        "--stage-uri", metavar="URI", help="With --retry: the S3 prefix to copy below what has to be copied."
    )
    add_aws_options(parser)
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap reconcile` with the parsed arguments, and return the exit status."""
    output, form, show_values = args.output, args.format, args.show_values
    for option in list_given_options(args, only=READING_OPTIONS) if not args.verify else ():
        raise UsageError(f"{option} has no effect without --verify.", fix="Add --verify to check the overrides, too.")
    _require_usable_outputs(output, form, args.retry)
    is_whole = form in (ReconcileFormat.TABLE, ReconcileFormat.HTML)
    progress, clients = can_show_progress(prints_records=output is None and not is_whole), create_clients(args)
    reconciling = ReconciliationRun(args.package, manifests=args.manifests, clients=clients, progress=progress)
    verifying = _open_verification(args) if args.verify else None
    retrying = RetryBuilder(reconciling.package) if args.retry is not None else None
    jobs = reconciling if retrying is None else retrying.collect_missing(reconciling)
    if is_whole:
        for _ in jobs:
            pass
        pieces: Iterable[str] = (reconciling.result().html(show_values=show_values),)
    else:
        records = _build_records(jobs, args.level, show_values=show_values)
        pieces = format_records(records, form, record=lambda record: record, row=flatten_outcome_record)
    if output is not None:
        write_new_text_file(output, pieces)
    elif form is not ReconcileFormat.TABLE:
        write_to_stdout(pieces)
    result = reconciling.result()
    has_text = output is not None or form is ReconcileFormat.TABLE
    if has_text:
        _print_result(result, show_values=show_values, is_verified=args.verify)
    issues = [*result.issues]
    new_package = None
    if retrying is not None:
        new_package = retrying.write(args.retry, args.stage_uri)
        _print_retry(new_package, has_text=has_text)
        issues += new_package.issues
    status = choose_exit_status((issue.severity for issue in issues), args.fail_on)
    verification = None
    if verifying is not None:
        verification = _verify_and_print(verifying, show_values=show_values, has_text=has_text)
    _print_next_step(args, result, new_package, verification, has_text=has_text)
    if status or verification is None:
        return status
    return choose_effects_exit_status(verification.issues, verification.unknown, args.fail_on)


def _print_next_step(
    args: argparse.Namespace,
    result: Reconciliation,
    new_package: Retry | None,
    verification: Verification | None,
    *,
    has_text: bool,
) -> None:
    """Print the next step. If stdout has records (`has_text` is False), print it only after --retry, and to stderr."""
    codes = [] if verification is None else list_attention_codes(verification)
    if new_package is not None:
        wrong = [code for code in dict.fromkeys(codes) if code in WRONG_EFFECTS]
        if wrong:
            (print_text if has_text else print_error)(NOT_RETRIED.format(codes=" ".join(wrong)))
        print_next_step(_choose_step_after_retry(result, new_package, codes, args), to_stderr=not has_text)
    elif has_text:
        step = _choose_next_step(result, args)
        if verification is not None and not step.words:
            progress = PackageDirectory(args.package).count_jobs()
            step = after_verify(str(args.package), codes, options=(), progress=progress)
        print_next_step(step)


def _open_verification(args: argparse.Namespace) -> VerificationRun:
    """Return the verification that follows. Raise UsageError if the data store is not known."""
    settings = VerificationSettings(manifests=args.manifests, **get_reading_options(args))
    return VerificationRun(args.package, settings, clients=create_clients(args), progress=True)


def _verify_and_print(verifying: VerificationRun, *, show_values: bool, has_text: bool) -> Verification:
    """Verify whether the overrides were applied, and print the result to stdout.

    If `has_text` is False, stdout has the records of `reconcile`. Then only the issues and the numbers of applied
    attributes are printed, to stderr.
    """
    for _ in verifying:
        pass
    verification = verifying.result()
    if has_text:
        print_verification(verification, Masker(show_values=show_values))
    else:
        print_issues(verification.issues, stderr=True)
        print_error(f"{describe_applied_count(verification.counts)}")
    return verification


def _require_usable_outputs(output: Path | None, form: ReconcileFormat, retry: Path | None) -> None:
    """Raise an error if a result cannot be written to its path. This is checked before any request is sent.

    The error is a UsageError, DocumentError or PackageError. A path that is None is not checked.
    """
    if output is not None:
        if form is ReconcileFormat.TABLE:
            raise UsageError("A table is printed, not written.", fix="Name another --format for the file.")
        require_new_file(output)
    if retry is not None:
        require_new_package(retry)


def _choose_next_step(result: Reconciliation, args: argparse.Namespace) -> NextStep:
    outcomes = OutcomeFacts(
        missing=sum(job.retry_count for job in result.jobs),
        attention_codes=tuple(issue.code for issue in result.issues if issue.severity is not Severity.NOTE),
        needs_copies=any(
            job.missing and job.recorded_imports and not job.has_other_configuration for job in result.jobs
        ),
    )
    options = tuple(list_given_options(args, only={"manifests", *AWS_OPTIONS}))
    aws_options = tuple(list_given_options(args, only=AWS_OPTIONS))
    retry = find_free_path(f"{args.package}-retry")
    return after_reconcile(
        str(args.package),
        _count_reconciled_jobs(result, args.package),
        outcomes,
        options=options,
        aws_options=aws_options,
        retry=retry,
        has_overrides=not args.verify and result.has_overrides,
    )


def _count_reconciled_jobs(result: Reconciliation, package: Path) -> JobCounts:
    # A job that was started by other tools has no saved state, but its job manifest says that it has ended.
    ended = [job for job in result.jobs if job.state in (JobState.COMPLETED, JobState.FAILED)]
    started = [job for job in result.jobs if job.state is JobState.NOT_ENDED]
    return replace(PackageDirectory(package).count_jobs(), started=len(ended) + len(started), ended=len(ended))


def _choose_step_after_retry(
    result: Reconciliation, retried: Retry, codes: Sequence[str], args: argparse.Namespace
) -> NextStep:
    """Return the step after --retry. `codes` are the codes of the verification's errors and warnings.

    If no new package was written, and jobs of the earlier package have not been started or ended, the step is to stage,
    submit or watch these jobs.
    """
    package = retried.package
    errors = [issue.code for issue in retried.issues.errors]
    earlier = _count_reconciled_jobs(result, args.package)
    if package is None and not errors:
        if earlier.ended < earlier.jobs:
            return after_package(str(args.package), earlier, options=tuple(list_given_options(args, only=AWS_OPTIONS)))
        errors = [*codes]
    return after_retry(
        None if package is None else str(package),
        None if package is None else PackageDirectory(package).count_jobs(),
        codes=errors,
        options=tuple(list_given_options(args, only=AWS_OPTIONS)),
    )


def _print_retry(new_package: Retry, *, has_text: bool) -> None:
    """Print the issues of a new package and the numbers of its instances and jobs.

    If `has_text` is false, stdout has records for other programs, and the lines are printed to stderr.
    """
    place = f"Package: {new_package.package}" if new_package.package is not None else "No new package was written."
    line = (
        f"{format_count(new_package.instances, 'instance')} to import again: "
        f"{format_count(new_package.in_place, 'job')} in place, "
        f"{format_count(new_package.staged, 'job')} to be staged"
    )
    print_issues(new_package.issues, stderr=not has_text)
    if has_text:
        print_line(line)
        print_line(place)
    else:
        print_error(line, place)


def _build_records(jobs: Iterable[JobReconciliation], level: ReconcileLevel, *, show_values: bool) -> Iterator[Record]:
    for job in jobs:
        yield from _build_job_records(job, level, show_values=show_values)


def _build_job_records(job: JobReconciliation, level: ReconcileLevel, *, show_values: bool) -> Iterator[Record]:
    if level is ReconcileLevel.JOB:
        yield build_job_outcome_record(job.outcomes, show_values=show_values)
    elif level is ReconcileLevel.STUDY:
        yield from map(build_study_outcome_record, job.studies)
    elif level is ReconcileLevel.INSTANCE:
        for instance in job.instances():
            yield build_instance_outcome_record(job.outcomes, instance, show_values=show_values)
    elif level is ReconcileLevel.ISSUE:
        yield from (issue.to_dict() for issue in job.outcomes.issues)
    else:
        raise make_unknown_choice_error("level", level, ReconcileLevel)


def _print_result(reconciliation: Reconciliation, *, show_values: bool, is_verified: bool) -> None:
    jobs = [((job.job, job.state.value, job.job_id), job.counts) for job in reconciliation.jobs]
    _print_outcomes(("job", "status", "jobId"), jobs, JOBS_SHOWN, "job")
    if reconciliation.first:
        print_line()
        studies = [((study.study_instance_uid, study.job), study.counts) for study in reconciliation.first]
        _print_outcomes(("StudyInstanceUID", "job"), studies, STUDIES_SHOWN, "study")
    for count, kind, words in reconciliation.reasons(show_values=show_values)[:REASONS_SHOWN]:
        print_text(f"{format_count(count, 'instance')}: {kind}{': ' if kind else ''}{words}")
    print_issues(reconciliation.issues)
    instances = sum(reconciliation.counts.values())
    imported = sum(count for outcome, count in reconciliation.counts.items() if outcome.is_imported)
    others = describe_not_instances(reconciliation.jobs)
    if others:
        print_text(others)
    if imported and reconciliation.has_overrides and not is_verified:
        print_line("The effects of the overrides were not checked: 'dicommap verify' does it.")
    print_line(f"{imported:,} of {format_count(instances, 'instance')} imported")


def _print_outcomes(
    columns: tuple[str, ...], rows: Sequence[tuple[tuple[str, ...], OutcomeCounts]], limit: int, noun: str
) -> None:
    """Print a table of jobs or studies, with a column for each outcome that an instance has.

    Args:
        columns: The names of the first columns.
        rows: For each job or study: the cells of the first columns, and a dict: outcome -> number of instances.
        limit: The maximum number of rows.
        noun: The noun for one row, `job` or `study`.
    """
    outcomes = select_outcomes(counts for _, counts in rows)
    numbers = ("instances", *(OUTCOME_TITLES[outcome] for outcome in outcomes))
    cells = (
        (*first, f"{sum(counts.values()):,}", *(f"{counts.get(outcome, 0):,}" for outcome in outcomes))
        for first, counts in rows[:limit]
    )
    print_table((*columns, *numbers), cells, numbers=numbers)
    print_omitted_count(len(rows) - limit, noun)
