"""The command `dicommap verify`, and the functions that print a verification and choose its exit status."""

from __future__ import annotations

from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicommap.api.verify import VerificationRun, VerificationSettings
from dicommap.cli.options import (
    AWS_OPTIONS,
    add_aws_options,
    add_choice_option,
    add_fail_on_option,
    add_format_option,
    add_manifests_option,
    add_package_argument,
    add_rate_option,
    add_show_values_option,
    create_clients,
    list_given_options,
    parse_output_path,
)
from dicommap.cli.output import (
    choose_effects_exit_status,
    print_issues,
    print_masked_note,
    print_next_step,
    print_omitted_count,
    print_table,
    print_text,
    write_to_stdout,
)
from dicommap.cli.package_next_step import after_verify
from dicommap.cli.terminal import add_output_options, can_show_progress
from dicommap.dicom.choices import make_unknown_choice_error
from dicommap.dicom.dictionary import keyword_of
from dicommap.display.csv_json import format_records
from dicommap.display.outcome_records import flatten_outcome_record
from dicommap.display.verification_records import (
    build_attribute_records,
    build_series_records,
    build_study_record,
    format_wanted_and_stored,
)
from dicommap.display.verification_report import describe_applied_count, select_effects
from dicommap.errors import UsageError
from dicommap.healthimaging.limits import GET_IMAGE_SET_METADATA_RATE, SEARCH_IMAGE_SETS_RATE
from dicommap.issues import Severity
from dicommap.issues.wording import format_count
from dicommap.model.masking import Masker
from dicommap.package.package_directory import PackageDirectory
from dicommap.verification.effects import Effect, choose_worst_effect
from dicommap.writing.new_file import require_new_file, write_new_text_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from dicommap.api.verify import Verification
    from dicommap.cli.parser import Parser
    from dicommap.display.inventory_records import Record
    from dicommap.verification.effects import AttributeResult
    from dicommap.verification.study_result import StudyResult

DESCRIPTION = """
Compare what the data store holds with the overrides of a package, attribute by attribute.

Each attribute has one effect: applied, not-applied (the value from before is stored), different, missing, not-readable,
not-checked, or not-comparable (AWS does not document the form of the stored value). Values are compared by DICOM
meaning, and are masked unless --show-values is given. The exit status is 1 if an attribute is not-applied, different or
missing, else 4 if one is not-readable, not-checked or not-comparable, and 0 if all are applied.

The results are kept in PACKAGE/verification, without values. A command that was interrupted goes on where it was.
"""

EXAMPLES = """\
  dicommap verify package
  dicommap verify package --level attribute --format csv -o effects.csv"""

ATTRIBUTES_SHOWN = 50
READING_OPTIONS = ("all_image_sets", "metadata_rate", "search_rate")
"""The names in the parsed arguments of the options of `add_reading_options`."""


class VerificationLevel(StrEnum):
    """The values of --level: the kinds of objects that can be listed."""

    STUDY = "study"
    SERIES = "series"
    ATTRIBUTE = "attribute"
    ISSUE = "issue"


class VerificationFormat(StrEnum):
    """The formats in which results are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap verify` to `parser`."""
    add_package_argument(parser, "A package whose jobs have ended.")
    add_manifests_option(parser)
    parser.add_argument(
        "--metadata",
        metavar="DIR",
        type=Path,
        help="A directory with downloaded metadata, as files IMAGESETID.json or IMAGESETID.json.gz. Without it the "
        "metadata is read from the data store.",
    )
    add_choice_option(
        parser,
        "--level",
        kind=VerificationLevel,
        default=VerificationLevel.ATTRIBUTE,
        text="What to list in json, jsonl and csv.",
    )
    add_format_option(parser, VerificationFormat)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=parse_output_path,
        help="Write the results to this file, and print the table.",
    )
    add_show_values_option(parser)
    parser.add_argument(
        "--restart", action="store_true", help="Drop the results of a verification that was interrupted."
    )
    add_reading_options(parser)
    add_fail_on_option(parser)
    add_aws_options(parser)
    add_output_options(parser)


def add_reading_options(container: argparse._ActionsContainer) -> None:
    """Add the options that say which image sets a verification reads, and how fast. `reconcile` has them, too."""
    container.add_argument(
        "--all-image-sets",
        action="store_true",
        help="Also compare the image sets of the studies that other imports have made. SearchImageSets finds them.",
    )
    add_rate_option(container, "--metadata-rate", "GetImageSetMetadata", GET_IMAGE_SET_METADATA_RATE)
    add_rate_option(container, "--search-rate", "SearchImageSets", SEARCH_IMAGE_SETS_RATE)


def get_reading_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the values of the options of `add_reading_options`, as arguments of `dicommap.verify`."""
    return {name: getattr(args, name) for name in READING_OPTIONS}


def run(args: argparse.Namespace) -> int:
    """Run `dicommap verify` with the parsed arguments, and return the exit status."""
    output, form = args.output, args.format
    if output is not None:
        if form is VerificationFormat.TABLE:
            raise UsageError("A table is printed, not written.", fix="Name another --format for the file.")
        require_new_file(output)
    settings = VerificationSettings(
        manifests=args.manifests, metadata=args.metadata, restart=args.restart, **get_reading_options(args)
    )
    prints_records = output is None and form not in (VerificationFormat.TABLE, VerificationFormat.HTML)
    progress = can_show_progress(prints_records=prints_records)
    running = VerificationRun(args.package, settings, clients=create_clients(args), progress=progress)
    masker = Masker(show_values=args.show_values)
    if form in (VerificationFormat.TABLE, VerificationFormat.HTML):
        for _ in running:
            pass
        pieces: Iterable[str] = (running.result().html(show_values=args.show_values),)
    else:
        records = _build_records(running, args.level, masker)
        pieces = format_records(records, form, record=lambda record: record, row=flatten_outcome_record)
    if output is not None:
        write_new_text_file(output, pieces)
    elif form is not VerificationFormat.TABLE:
        write_to_stdout(pieces)
    verification = running.result()
    if output is not None or form is VerificationFormat.TABLE:
        print_verification(verification, masker)
        options = tuple(list_given_options(args, only=AWS_OPTIONS))
        jobs = PackageDirectory(args.package).count_jobs()
        codes = list_attention_codes(verification)
        print_next_step(after_verify(str(args.package), codes, options=options, progress=jobs))
    elif form is not VerificationFormat.HTML:
        print_masked_note(masker, to_stderr=True)
    return choose_effects_exit_status(verification.issues, verification.unknown, args.fail_on)


def _build_records(studies: VerificationRun, level: VerificationLevel, masker: Masker) -> Iterator[Record]:
    if level is VerificationLevel.ISSUE:
        for _ in studies:
            pass
        yield from (issue.to_dict() for issue in studies.result().issues)
        return
    for study in studies:
        yield from _build_study_records(study, level, masker)


def _build_study_records(study: StudyResult, level: VerificationLevel, masker: Masker) -> Iterable[Record]:
    if level is VerificationLevel.STUDY:
        return (build_study_record(study),)
    if level is VerificationLevel.SERIES:
        return build_series_records(study)
    if level is VerificationLevel.ATTRIBUTE:
        return build_attribute_records(study, masker)
    raise make_unknown_choice_error("level", level, VerificationLevel)


def print_verification(verification: Verification, masker: Masker) -> None:
    """Print the attributes that are not applied or whose effect is not known, then the issues and the counts."""
    results = list(islice(_list_attention_results(verification), ATTRIBUTES_SHOWN))
    if results:
        rows = [_build_attribute_cells(result, masker) for result in results]
        print_table(("study or series", "attribute", "effect", "wanted", "stored"), rows)
        print_omitted_count(verification.wrong + verification.unknown - len(rows), "attribute")
        print_masked_note(masker)
    print_issues(verification.issues)
    counts = ", ".join(
        f"{verification.counts[effect]:,} {effect.value}"
        for effect in reversed(select_effects(verification.counts))
        if effect is not Effect.APPLIED
    )
    places = f"{format_count(verification.studies, 'study')}, {format_count(verification.image_sets, 'image set')}"
    print_text(
        f"{describe_applied_count(verification.counts)}{f' ({counts})' if counts else ''}; {places}", indent="  "
    )


def _list_attention_results(verification: Verification) -> Iterable[AttributeResult]:
    """Return the results of attributes that are not applied, or whose effect is not known.

    If several jobs import parts of a study, an attribute has a result for each job. The result with the worst effect is
    used.
    """
    results: dict[tuple[str, str | None, int], AttributeResult] = {}
    for result in (result for study in verification.first for result in study.attributes):
        key = (result.check.study_instance_uid, result.check.series_instance_uid, result.check.tag)
        known = results.get(key)
        is_worse = known is None or choose_worst_effect((known.effect, result.effect)) is not known.effect
        if result.effect is not Effect.APPLIED and is_worse:
            results[key] = result
    return results.values()


def _build_attribute_cells(result: AttributeResult, masker: Masker) -> tuple[str, ...]:
    check = result.check
    uid = check.series_instance_uid or check.study_instance_uid
    return uid, keyword_of(check.tag), result.effect.value, *format_wanted_and_stored(result, masker)


def list_attention_codes(verification: Verification) -> list[str]:
    """Return the codes of the errors and warnings of a verification."""
    return [issue.code for issue in verification.issues if issue.severity is not Severity.NOTE]
