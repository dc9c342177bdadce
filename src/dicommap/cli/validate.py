"""The command `dicommap validate`, which lists the issues of packages and documents."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.api.validate import validate
from dicommap.cli.next_step import NextStep, after_rules, make_explain_step
from dicommap.cli.options import (
    AWS_OPTIONS,
    Format,
    add_assume_option,
    add_aws_options,
    add_fail_on_option,
    add_format_option,
    add_rate_option,
    add_show_values_option,
    create_clients,
    list_given_options,
    parse_assumptions,
    parse_output_path,
)
from dicommap.cli.output import (
    choose_exit_status,
    print_issues,
    print_line,
    print_next_step,
    print_table,
    print_text,
    write_issues,
)
from dicommap.cli.package_next_step import after_package
from dicommap.cli.terminal import add_output_options
from dicommap.dicom.choices import to_choice
from dicommap.dicom.printable_text import make_printable
from dicommap.display.csv_json import format_csv_lines
from dicommap.display.store_forecast_report import (
    IMAGE_SET_COLUMNS,
    MAX_IMAGE_SETS,
    STORE_NOTE,
    SUMMARY_COLUMNS,
    build_image_set_row,
    build_summary_rows,
)
from dicommap.errors import AwsError, UsageError
from dicommap.healthimaging.limits import SEARCH_IMAGE_SETS_RATE
from dicommap.inventory import Inventory
from dicommap.issues import Severity, has_errors
from dicommap.issues.wording import format_count
from dicommap.model.masking import Masker
from dicommap.overrides.store_forecast import ImageSetEffect
from dicommap.package.package_directory import PackageDirectory
from dicommap.writing.new_file import open_new_text_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dicommap.aws import Clients
    from dicommap.cli.parser import Parser
    from dicommap.display.validation_result import Validation
    from dicommap.issues import Issue
    from dicommap.overrides.store_forecast import ForecastImageSet, StoreForecast

DESCRIPTION = """
Check packages and documents, whoever wrote them, and list everything that is wrong.

With --s3, every object of a package's jobs has to be in S3 with its size, and nothing else; override files need not be
there before they are submitted. With --store, the studies of a package are searched for in the data store: the result
is a forecast of the image sets that are new, that get a new version, and that are likely to be non-primary. If AWS
gives no answer at all, the exit status is 2, after all issues that were found without it.
"""

EXAMPLES = """\
  dicommap validate package --inventory inventory.db
  dicommap validate package --store --datastore-id ID
  dicommap validate import-configuration.json --input-s3-uri s3://bucket/in/"""


class _IncompleteForecastError(Exception):
    """Raised if a package has no complete forecast, so that the incomplete CSV file of image sets is removed."""


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap validate` to `parser`."""
    parser.add_argument(
        "paths",
        metavar="PATH...",
        nargs="+",
        type=Path,
        help="Packages, import configurations, requests, override files or rules files.",
    )
    parser.add_argument(
        "-i",
        "--inventory",
        metavar="INVENTORY",
        type=Path,
        help="Look up the studies and series of mappings in this inventory.",
    )
    parser.add_argument("--input-s3-uri", metavar="URI", help="Check the paths of mappings as keys under this prefix.")
    parser.add_argument("--files", metavar="DIR", type=Path, help="The directory that will be uploaded to inputS3Uri.")
    add_assume_option(parser)
    parser.add_argument(
        "--source",
        metavar="ROOT",
        action="append",
        help="A directory or S3 prefix that files of a package may be sent from. May be repeated.",
    )
    add_format_option(parser)
    add_fail_on_option(parser)
    aws = add_aws_options(parser)
    aws.add_argument(
        "--s3",
        action="store_true",
        help="Compare a package with the objects in S3 under the prefixes of its jobs, too.",
    )
    store = parser.add_argument_group("Data store")
    store.add_argument(
        "--store", action="store_true", help="Compare the studies of a package with the image sets in the data store."
    )
    store.add_argument(
        "--datastore-id", metavar="ID", help="The data store, if the package was not submitted and names none."
    )
    store.add_argument(
        "--image-sets",
        metavar="FILE",
        type=parse_output_path,
        help="Write the forecast of every image set into this CSV file, which must not exist yet.",
    )
    add_rate_option(store, "--search-rate", "SearchImageSets", SEARCH_IMAGE_SETS_RATE)
    add_show_values_option(parser)
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap validate` with the parsed arguments, and return the exit status."""
    assumptions = parse_assumptions(args.assume) if args.assume else None
    _refuse_options_without_effect(args)
    clients = create_clients(args) if args.s3 or args.store else None
    masker = Masker(show_values=args.show_values)
    with (
        Inventory.open(args.inventory) if args.inventory is not None else nullcontext() as inventory,
        suppress(_IncompleteForecastError),
        _open_image_set_writer(args.image_sets, masker) as on_image_set,
    ):

        def validate_path(path: Path, clients: Clients | None) -> Validation:
            return validate(
                path,
                inventory=inventory,
                input_s3_uri=args.input_s3_uri,
                files=args.files,
                assumptions=assumptions,
                sources=args.source,
                s3=clients if args.s3 else None,
                store=clients if args.store else None,
                datastore_id=args.datastore_id,
                search_rate=args.search_rate,
                on_image_set=on_image_set,
                progress=True,
            )

        issues, validations, unanswered = _validate_paths(args.paths, clients, validate_path)
        forecasts = [item.store_forecast for item in validations if item.store_forecast is not None]
        _print_issues(issues, args.format)
        if unanswered is not None:  # an AWS error is not an issue, because the packages may be correct
            raise unanswered
        if args.image_sets is not None and len(forecasts) < len(args.paths):
            raise _IncompleteForecastError
    if args.format is Format.TABLE:
        if args.s3 and not has_errors(issues):
            _print_s3_match(args.paths, alone=not any(map(_is_s3_warning, issues)))
        _print_forecasts(forecasts, args.paths, masker)
        print_next_step(_choose_next_step(args, issues, validations))
    return choose_exit_status((issue.severity for issue in issues), args.fail_on)


def _is_s3_warning(issue: Issue) -> bool:
    return issue.severity is Severity.WARNING and not issue.code.startswith("store.")


def _refuse_options_without_effect(args: argparse.Namespace) -> None:
    """Raise UsageError if an option is used that has no effect without --s3 or --store."""
    if not args.s3 and not args.store:
        for name in AWS_OPTIONS:
            if getattr(args, name) is not None:
                raise UsageError(
                    f"--{name.replace('_', '-')} has no effect without --s3 or --store.",
                    fix="Add --s3 to compare a package with S3, or --store to compare it with the data store. "
                    "Assumptions about AWS are given by --assume.",
                )
    for name in ("datastore_id", "image_sets", "search_rate") if not args.store else ():
        if getattr(args, name) is not None:
            raise UsageError(
                f"--{name.replace('_', '-')} has no effect without --store.",
                fix="Add --store to compare a package with the data store.",
            )


@contextmanager
def _open_image_set_writer(path: Path | None, masker: Masker) -> Iterator[Callable[[ForecastImageSet], None] | None]:
    """Open a new CSV file for the forecast, and close it at the end of the `with` statement.

    The variable of this statement is a function that writes one image set to the file. If `path` is None, there
    is no file, and the variable is None.
    """
    if path is None:
        yield None
        return
    with open_new_text_file(path) as file:
        file.writelines(format_csv_lines((), IMAGE_SET_COLUMNS))

        def write_row(image_set: ForecastImageSet) -> None:
            _, line = format_csv_lines([build_image_set_row(image_set, masker=masker)], IMAGE_SET_COLUMNS)
            file.write(line)

        yield write_row


def _validate_paths(
    paths: Iterable[Path], clients: Clients | None, validate_path: Callable[[Path, Clients | None], Validation]
) -> tuple[list[Issue], list[Validation], AwsError | None]:
    """Return the issues of all paths, the results, and the last AwsError; None if there was no such error.

    After an AwsError, the remaining paths are checked without AWS.
    """
    issues: list[Issue] = []
    validations: list[Validation] = []
    unanswered = None
    for path in paths:
        try:
            validation = validate_path(path, clients)
        except AwsError as error:
            issues += error.issues
            unanswered, clients = error, None
        else:
            issues += validation
            validations.append(validation)
    return issues, validations, unanswered


def _print_ended_packages(paths: Sequence[Path]) -> None:
    """Print a note for each package whose jobs have all ended: a forecast is then too late."""
    for path in paths:
        progress = PackageDirectory(path).count_jobs()
        if progress.ended == progress.jobs:
            print_line(
                f"All jobs of {make_printable(str(path))} have ended: the forecast is about an import that has already "
                "happened, and the data store may hold its results."
            )


def _print_forecasts(forecasts: Sequence[StoreForecast], packages: Sequence[Path], masker: Masker) -> None:
    if forecasts:
        _print_ended_packages(packages)
    for forecast in forecasts:
        _print_forecast(forecast, masker)


def _print_forecast(forecast: StoreForecast, masker: Masker) -> None:
    """Print the numbers of a forecast, then the image sets that will or may become non-primary."""
    rows = [tuple(row.values()) for row in build_summary_rows(forecast)]
    print_table(SUMMARY_COLUMNS, rows, numbers=("image sets", "files"))
    shown = (ImageSetEffect.NON_PRIMARY, ImageSetEffect.UNKNOWN)
    image_sets = [image_set for image_set in forecast.image_sets if image_set.effect in shown][:MAX_IMAGE_SETS]
    if image_sets:
        print_line()
        columns = ("effect", "SeriesInstanceUID", "keywords", "primary values", "values")
        cells = (build_image_set_row(image_set, masker=masker) for image_set in image_sets)
        print_table(columns, [[row[column] for column in columns] for row in cells], masker=masker)
        more = sum(map(forecast.count_image_sets, shown)) - len(image_sets)
        if more > 0:
            print_line(f"and {format_count(more, 'more image set')}; --image-sets FILE writes all of them")
    print_text(STORE_NOTE)


def _print_issues(issues: Sequence[Issue], form: Format) -> None:
    if to_choice(Format, form, "format") is not Format.TABLE:
        write_issues(issues, form)
        return
    print_issues(issues)
    counts = Counter(issue.severity for issue in issues)
    print_line(", ".join(format_count(counts[severity], severity.value) for severity in reversed(Severity)))


def _choose_next_step(args: argparse.Namespace, issues: Sequence[Issue], validations: Sequence[Validation]) -> NextStep:
    codes = [issue.code for issue in issues if issue.severity is Severity.ERROR]
    if codes:
        return make_explain_step(codes)
    path = args.paths[0]
    if len(args.paths) > 1:  # each path would need a different next step
        return NextStep()
    job_counts = validations[0].job_counts if validations else None
    if job_counts is not None:
        options = tuple(list_given_options(args, only=AWS_OPTIONS))
        return after_package(str(path), job_counts, options=options, is_staged=args.s3)
    return after_rules(str(path)) if path.suffix.lower() == ".toml" else NextStep()


def _print_s3_match(packages: list[Path], *, alone: bool) -> None:
    """Print a line for each package: all planned objects are in S3, with the numbers of objects and jobs.

    Args:
        packages: The package directories.
        alone: Whether no other objects are under the prefixes of the jobs.
    """
    for path in packages:
        jobs = PackageDirectory(path).plan.jobs
        objects = format_count(sum(job.sourceFiles for job in jobs), "object")
        rest = ", and nothing else" if alone else ""
        print_line(f"{path.name}: S3 holds the {objects} that {format_count(len(jobs), 'job')} will read{rest}.")
