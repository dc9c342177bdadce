"""Build the report and the records of promotions. The schema `promotion` describes the records."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from dicommap.display.issue_report import build_issue_counts_table, count_severities, group_first_issues
from dicommap.display.outcome_records import flatten_outcome_record
from dicommap.display.report import ColumnKind, FactList, Report, ReportTable, TableColumn, TableRow
from dicommap.issues.wording import format_count
from dicommap.model.masking import Masker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.display.inventory_records import Record
    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block
    from dicommap.updates.promotion import PromotionChange
    from dicommap.updates.promotion_result import PromotionResult

MAX_IMAGE_SETS = 50
"""Maximum number of image sets that a report lists."""

PROMOTION_COLUMNS = ("image set", "series", "instances", "outcome", "primary image set", "changes")
_KINDS = (ColumnKind.UID, ColumnKind.UID, ColumnKind.NUMBER, ColumnKind.WORD, ColumnKind.UID, ColumnKind.TEXT)


def build_promotion_report(
    package: str, results: Sequence[PromotionResult], issues: Issues, *, is_dry: bool, show_values: bool
) -> Report:
    """Return the report of `promote`.

    Args:
        package: The directory of the package.
        results: The results of the image sets.
        issues: The issues of the results.
        is_dry: Whether nothing was sent.
        show_values: Whether values are shown, which are masked by default.
    """
    masker = Masker(show_values=show_values)
    facts = [("package", package), *([("sent", "nothing")] if is_dry else [])]
    blocks: list[Block] = [FactList(pairs=facts)]
    issue_counts = issues.counts()
    if issue_counts:
        blocks.append(build_issue_counts_table(issue_counts, group_first_issues(issues)))
    if results:
        rows = [TableRow(cells=build_promotion_cells(result, masker)) for result in results[:MAX_IMAGE_SETS]]
        columns = tuple(TableColumn(name, kind) for name, kind in zip(PROMOTION_COLUMNS, _KINDS, strict=True))
        blocks.append(
            ReportTable(columns=columns, rows=rows, total=len(results), noun="image set", heading="Image sets")
        )
    counts = Counter(result.outcome.value for result in results)
    numbers = [format_count(len(results), "image set"), *(f"{number:,} {name}" for name, number in counts.items())]
    title = "Promote, dry run" if is_dry else "Promoted"
    return Report(title=title, counts=numbers, severities=count_severities(issue_counts), blocks=blocks)


def build_promotion_cells(result: PromotionResult, masker: Masker) -> tuple[str, ...]:
    """Return the cells of an image set in a table with PROMOTION_COLUMNS."""
    promotion = result.promotion
    changes = promotion.changes if promotion is not None else ()
    return (
        result.image_set_id,
        result.series_instance_uid,
        f"{len(promotion.instances):,}" if promotion is not None else "",
        result.outcome.value,
        result.primary_id or (promotion.target_id if promotion is not None else ""),
        "; ".join(_format_change(change, masker) for change in changes) or result.reason,
    )


def _format_change(change: PromotionChange, masker: Masker) -> str:
    before, after = (masker.mask(change.keyword, _format_value(value)) for value in (change.stored, change.wanted))
    return f"{change.keyword}: {before or '(empty)'} -> {after or '(empty)'}"


def _format_value(value: object) -> str:
    if value is None:
        return ""
    return value.rstrip(" \0") if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def flatten_promotion_record(record: Record) -> dict[str, str]:
    """Return the record of an image set as a row of text cells: member name -> text."""
    changes = [f"{keyword}: {change['before']} -> {change['after']}" for keyword, change in record["changes"].items()]
    return flatten_outcome_record({**record, "changes": "; ".join(changes)})


def build_promotion_record(result: PromotionResult, masker: Masker) -> Record:
    """Return the record of an image set: the outcome of its promotion, and the changes that remove the conflict."""
    promotion = result.promotion
    record: dict[str, Any] = {
        "imageSetId": result.image_set_id,
        "StudyInstanceUID": result.study_instance_uid,
        "SeriesInstanceUID": result.series_instance_uid,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "primaryImageSetId": result.primary_id or (promotion.target_id if promotion is not None else ""),
        "instances": len(promotion.instances) if promotion is not None else None,
        "changes": {},
        "refusals": [],
        "otherAttributes": [],
        "problems": [problem.value for problem in result.problems],
    }
    if promotion is not None:
        record["changes"] = {
            change.keyword: {
                "before": masker.mask(change.keyword, _format_value(change.stored)),
                "after": masker.mask(change.keyword, _format_value(change.wanted)),
            }
            for change in promotion.changes
        }
        record["refusals"] = [refusal.value for refusal in promotion.refusals]
        record["otherAttributes"] = list(promotion.other_keywords)
    return record
