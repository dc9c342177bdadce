"""The command `dicommap reconcile`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dicommap.cli.aws_options import AwsProfileOption, EndpointUrlOption, RegionOption, clients_of
from dicommap.cli.console import print_error, print_line, print_table, write
from dicommap.cli.findings import exit_by, print_issues
from dicommap.cli.options import FailOn, FailOnOption, ShowValues, not_stdout
from dicommap.errors import UsageError
from dicommap.model.choices import choice_of, unknown_choice
from dicommap.package.writing import require_writable
from dicommap.render.outcome_records import ORDER, flat, instance_record, job_record, study_record
from dicommap.render.text import counted, record_lines
from dicommap.workflows.reconcile import Reconciling
from dicommap.workflows.retry import Retrying
from dicommap.workflows.writing import require_new, write_pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.reconciliation.job import Reconciled
    from dicommap.render.records import Record
    from dicommap.workflows.reconcile import Reconciliation
    from dicommap.workflows.retry import Retry

JOBS_SHOWN = 50
STUDIES_SHOWN = 50
REASONS_SHOWN = 10
_NUMBERS = ("instances", *(outcome.value for outcome in ORDER))


class ResultLevel(StrEnum):
    """What the rows are."""

    JOB = "job"
    STUDY = "study"
    INSTANCE = "instance"
    ISSUE = "issue"


class ResultFormat(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"


def reconcile_command(
    package: Annotated[Path, typer.Argument(metavar="PACKAGE", help="A package whose jobs were started.")],
    manifests: Annotated[
        Path | None,
        typer.Option(
            "--manifests", metavar="DIR", help="Where the jobs' output was downloaded to; without it, it is fetched."
        ),
    ] = None,
    level: Annotated[
        ResultLevel, typer.Option("--level", help="What to list in json, jsonl and csv.", show_default=True)
    ] = ResultLevel.STUDY,
    form: Annotated[
        ResultFormat, typer.Option("--format", help="How to print.", show_default=True)
    ] = ResultFormat.TABLE,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write the results there, and print the table.", callback=not_stdout
        ),
    ] = None,
    retry: Annotated[
        Path | None,
        typer.Option(
            "--retry",
            metavar="PACKAGE",
            help="Write a new package that holds only what was not imported.",
            callback=not_stdout,
        ),
    ] = None,
    stage_uri: Annotated[
        str | None,
        typer.Option("--stage-uri", metavar="URI", help="With --retry: what has to be copied is copied below it."),
    ] = None,
    show_values: ShowValues = False,
    fail_on: FailOnOption = FailOn.ERROR,
    aws_profile: AwsProfileOption = None,
    region: RegionOption = None,
    endpoint_url: EndpointUrlOption = None,
) -> None:
    """Account for every planned instance, from what the import jobs wrote under their outputS3Uri.

    Each instance has one outcome: primary, non-primary, warnings (imported with them), imported (whether primary is
    not said), failed, or not-reported. That a job is COMPLETED says nothing of its instances. The exit status is 1
    where any of them is not imported. Words of the service that may be a patient's are masked unless --show-values is
    given.

    With --retry a new package is written for what was not imported: a job of which nothing was is planned as it was,
    and what is missing of any other is to be copied below --stage-uri first.
    """
    level, form = choice_of(ResultLevel, level, "level"), choice_of(ResultFormat, form, "format")
    _require_places(output, form, retry)
    clients = clients_of(aws_profile, region, endpoint_url)
    run = Reconciling(package, manifests=manifests, clients=clients, progress=True)
    retrying = Retrying(run.package) if retry is not None else None
    jobs = run if retrying is None else retrying.noting(run)
    if form in (ResultFormat.TABLE, ResultFormat.HTML):
        for _ in jobs:
            pass
        pieces: Iterable[str] = (run.result().html(show_values=show_values),)
    else:
        records = _records(jobs, level, show_values=show_values)
        pieces = record_lines(records, form, record=lambda one: one, row=flat)
    if output is not None:
        write_pieces(output, pieces)
    elif form is not ResultFormat.TABLE:
        write(pieces)
    found = run.result()
    is_told = output is not None or form is ResultFormat.TABLE
    if is_told:
        _print(found, show_values=show_values)
    issues = [*found.issues]
    if retrying is not None and retry is not None:
        again = retrying.write(retry, stage_uri)
        _print_retry(again, is_told=is_told)
        issues += again.issues
    exit_by((one.severity for one in issues), fail_on)


def _require_places(output: Path | None, form: ResultFormat, retry: Path | None) -> None:
    """Raise where nothing could be written in the end: before work is done for it."""
    if output is not None:
        if form is ResultFormat.TABLE:
            raise UsageError("A table is printed, not written.", fix="Name another --format for the file.")
        require_new(output)
    if retry is not None:
        require_writable(retry)


def _print_retry(again: Retry, *, is_told: bool) -> None:
    """Tell of the new package; on stderr where results are on stdout for a program."""
    place = f"Package: {again.package}" if again.package is not None else "No new package was written."
    line = (
        f"{counted(again.instances, 'instance')} to import again: {counted(again.in_place, 'job')} in place, "
        f"{counted(again.staged, 'job')} to be staged"
    )
    if is_told:
        print_issues(again.issues)
        print_line(line)
        print_line(place)
    else:
        print_error(*map(str, again.issues), line, place)


def _records(jobs: Iterable[Reconciled], level: ResultLevel, *, show_values: bool) -> Iterator[Record]:
    for one in jobs:
        yield from _records_of(one, level, show_values=show_values)


def _records_of(one: Reconciled, level: ResultLevel, *, show_values: bool) -> Iterator[Record]:
    if level is ResultLevel.JOB:
        yield job_record(one.outcomes, show_values=show_values)
    elif level is ResultLevel.STUDY:
        yield from map(study_record, one.studies)
    elif level is ResultLevel.INSTANCE:
        yield from (instance_record(one.outcomes, found, show_values=show_values) for found in one.instances())
    elif level is ResultLevel.ISSUE:
        yield from (found.to_dict() for found in one.outcomes.issues)
    else:
        raise unknown_choice("level", level, ResultLevel)


def _print(found: Reconciliation, *, show_values: bool) -> None:
    columns = ("job", "status", "jobId", *_NUMBERS)
    rows = (flat(job_record(job, show_values=show_values)) for job in found.jobs[:JOBS_SHOWN])
    print_table(columns, ([row[column] for column in columns] for row in rows), numbers=_NUMBERS)
    _print_rest(len(found.jobs) - JOBS_SHOWN, "job")
    if found.first:
        print_line()
        columns = ("StudyInstanceUID", "job", *_NUMBERS)
        rows = (flat(study_record(study)) for study in found.first[:STUDIES_SHOWN])
        print_table(columns, ([row[column] for column in columns] for row in rows), numbers=_NUMBERS)
        _print_rest(len(found.first) - STUDIES_SHOWN, "study")
    for count, kind, words in found.reasons(show_values=show_values)[:REASONS_SHOWN]:
        print_line(f"{counted(count, 'instance')}: {kind}{': ' if kind else ''}{words}")
    print_issues(found.issues)
    instances = sum(found.counts.values())
    imported = sum(count for outcome, count in found.counts.items() if outcome.is_imported)
    print_line(f"{imported:,} of {counted(instances, 'instance')} imported")


def _print_rest(rest: int, noun: str) -> None:
    if rest > 0:
        print_line(f"... and {counted(rest, f'more {noun}')}")
