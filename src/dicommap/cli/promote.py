"""The command `dicommap promote`, which merges image sets that are not primary into the primary ones of their study."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.api.promote import PromoteResult, promote
from dicommap.cli.confirmation import add_yes_option, confirm_lines
from dicommap.cli.next_step import NextStep, after_dry_run, make_explain_step
from dicommap.cli.options import (
    add_aws_options,
    add_dry_run_option,
    add_fail_on_option,
    add_format_option,
    add_manifests_option,
    add_package_argument,
    add_show_values_option,
    create_clients,
    list_given_options,
)
from dicommap.cli.output import (
    choose_exit_status,
    print_issues,
    print_line,
    print_masked_note,
    print_next_step,
    print_omitted_count,
    print_table,
    print_text,
    write_to_stdout,
)
from dicommap.cli.terminal import add_output_options
from dicommap.display.csv_json import format_records
from dicommap.display.promotion_report import (
    PROMOTION_COLUMNS,
    build_promotion_cells,
    build_promotion_record,
    flatten_promotion_record,
)
from dicommap.healthimaging.limits import COPY_IMAGE_SET_RATE
from dicommap.issues import Severity
from dicommap.issues.wording import format_count
from dicommap.model.masking import Masker
from dicommap.updates.promotion_result import PromotionOutcome

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from dicommap.cli.parser import Parser
    from dicommap.updates.promotion_result import PromotionResult

DESCRIPTION = """
Make image sets that are not primary part of the primary image sets of their studies.

The conflict of each image set is found in the stored metadata. An update gives it the values of the primary image
set, then CopyImageSet adds its instances, and the primary image set is read and compared. An image set that may be of
another patient is refused, unless --allow-other-patient is given. The image set itself remains, and can be deleted.

The state of each image set is saved in PACKAGE/promotions before and after each request: a run that was stopped or
killed goes on from there, and sends nothing twice. Before the first request, the changes are shown, and you are asked;
scripts give --yes.
"""

EXAMPLES = """\
  dicommap promote package --dry-run
  dicommap promote package --image-set ID"""

IMAGE_SETS_SHOWN = 50


class PromotionFormat(StrEnum):
    """The formats in which the image sets are printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def add_arguments(parser: Parser) -> None:
    """Add the argument and options of `dicommap promote` to `parser`."""
    add_package_argument(parser, "A package whose jobs have ended. The states are saved in it.")
    add_dry_run_option(parser, "Show what would be changed; send nothing.")
    parser.add_argument(
        "--image-set",
        metavar="ID",
        action="append",
        help="An image set to promote; repeat it for several. Without it and --study, these are the image sets of the "
        "job manifests that are not primary.",
    )
    parser.add_argument(
        "--study",
        metavar="UID",
        action="append",
        help="A study whose image sets that are not primary are promoted; repeat it for several.",
    )
    add_manifests_option(parser)
    parser.add_argument(
        "--datastore-id", metavar="ID", help="The data store. Without it, it is that of the package's first submit."
    )
    parser.add_argument(
        "--allow-other-patient",
        action="store_true",
        help="Give an image set the identity of the patient of the primary image set, if it has another one.",
    )
    add_format_option(parser, PromotionFormat)
    add_show_values_option(parser)
    add_yes_option(parser)
    add_fail_on_option(parser)
    add_aws_options(parser)
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run `dicommap promote` with the parsed arguments, and return the exit status."""
    masker = Masker(show_values=args.show_values)

    def confirm_promotions(planned: tuple[PromotionResult, ...]) -> bool:
        return confirm_lines(_describe_promotions(planned, args, masker), yes=args.yes)

    promoted = promote(
        args.package,
        image_sets=args.image_set or (),
        studies=args.study or (),
        manifests=args.manifests,
        datastore_id=args.datastore_id,
        allow_other_patient=args.allow_other_patient,
        dry_run=args.dry_run,
        clients=create_clients(args),
        confirm=confirm_promotions,
        progress=True,
    )
    if args.format is PromotionFormat.TABLE:
        _print_result(promoted, masker)
        print_next_step(_choose_next_step(promoted, args))
    else:
        records = (build_promotion_record(result, masker) for result in promoted.results)
        write_to_stdout(
            format_records(records, args.format, record=lambda record: record, row=flatten_promotion_record)
        )
        print_issues(promoted.issues, stderr=True)
        print_masked_note(masker, to_stderr=True)
    return choose_exit_status((issue.severity for issue in promoted.issues), args.fail_on)


def _describe_promotions(planned: Sequence[PromotionResult], args: argparse.Namespace, masker: Masker) -> Iterator[str]:
    """Yield the lines that describe the planned promotions, before the user is asked to confirm them."""
    plans = [result.promotion for result in planned if result.promotion is not None]
    updates = sum(bool(plan.changes) for plan in plans)
    instances = sum(len(plan.instances) for plan in plans)
    minutes = max(round(len(planned) / COPY_IMAGE_SET_RATE.per_second / 60), 1)
    yield (
        f"To be promoted: {format_count(len(planned), 'image set')} with {format_count(instances, 'instance')}; "
        f"{format_count(updates, 'update')}, {format_count(len(planned), 'copy')}"
    )
    for result in planned[:IMAGE_SETS_SHOWN]:
        cells = dict(zip(PROMOTION_COLUMNS, build_promotion_cells(result, masker), strict=True))
        yield f"  {result.image_set_id}: {cells['changes'] or 'no change'}"
    rest = len(planned) - IMAGE_SETS_SHOWN
    if rest > 0:
        yield f"  and {rest:,} more; --dry-run lists all"
    yield f"  time: at least {format_count(minutes, 'minute')}, because of AWS's rate limit"
    if args.allow_other_patient and any(plan.other_patient_keywords for plan in plans):
        yield "  WARNING: image sets get the identity of another patient"
    undone = sorted({keyword for result in planned for keyword in result.undone_keywords})
    if undone:
        yield f"  WARNING: values of overrides of this package are undone: {', '.join(undone)}"
    if masker.explain_marks():
        yield f"  {masker.explain_marks()}"


def _print_result(promoted: PromoteResult, masker: Masker) -> None:
    rows = [build_promotion_cells(result, masker) for result in promoted.results[:IMAGE_SETS_SHOWN]]
    if rows:
        print_table(PROMOTION_COLUMNS, rows, masker=masker)
    print_omitted_count(len(promoted.results) - len(rows), "image set")
    print_masked_note(masker)
    print_issues(promoted.issues)
    if promoted.is_dry:
        print_line("Nothing was sent.")
        return
    count = format_count(promoted.count(PromotionOutcome.PROMOTED), "image set")
    print_text(f"{count} of {len(promoted.results):,} promoted; the promoted image sets remain, and can be deleted.")


def _choose_next_step(promoted: PromoteResult, args: argparse.Namespace) -> NextStep:
    if promoted.is_dry and promoted.count(PromotionOutcome.PLANNED):
        options = tuple(list_given_options(args, without={"dry_run"}))
        return after_dry_run("promote", str(promoted.package), codes=(), options=options)
    codes = [issue.code for issue in promoted.issues if issue.severity is not Severity.NOTE]
    return make_explain_step(codes) if codes else NextStep(sentence="Done: no image set is left to promote.")
