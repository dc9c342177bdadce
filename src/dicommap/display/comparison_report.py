"""Build the report of a comparison of two inventories: counts, changed attributes, and the first differing studies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.display.comparison_records import build_attribute_change_row
from dicommap.display.inventory_report import join_first_names_by_commas
from dicommap.display.report import (
    ColumnKind,
    FactList,
    Note,
    Report,
    ReportTable,
    TableColumn,
    TableRow,
    build_masked_notes,
)
from dicommap.healthimaging.data_stores import has_data_store
from dicommap.model.inventory_difference import ChangeKind, DifferenceStatus
from dicommap.model.masking import Masker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.display.report import Block, Figure
    from dicommap.model.inventory_difference import (
        AttributeChangeCount,
        ComparedInventorySummary,
        ComparisonTotals,
        StudyDifference,
    )

MAX_STUDIES = 20
MAX_CHANGES = 20
NO_DIFFERENCE = "No difference."
PIXELS_NOTE = "Pixel data is not compared: a scan reads headers only."

KIND_TEXTS = {
    ChangeKind.SERIES: "in another series or study",
    ChangeKind.PATH: "file moved: another path relative to the root",
    ChangeKind.SIZE: "file has another size",
    ChangeKind.ETAG: "S3 object has another ETag",
    ChangeKind.ATTRIBUTES: "captured attributes differ",
    ChangeKind.DUPLICATES: "further copies differ",
}
"""Kind of change of an instance -> its description for people."""

COUNT_COLUMNS = ("", "before", "after", "same", "changed", "new", "gone", "other series")
STUDY_COLUMNS = (
    "StudyInstanceUID",
    "status",
    "before",
    "after",
    "changed",
    "new",
    "gone",
    "other series",
    "attributes",
)
_CHANGE_COLUMNS = (
    TableColumn("keyword", ColumnKind.CODE),
    TableColumn("before", ColumnKind.BEFORE),
    TableColumn("after", ColumnKind.AFTER),
    TableColumn("instances", ColumnKind.NUMBER),
    TableColumn("StudyInstanceUID", ColumnKind.UID),
    TableColumn("SeriesInstanceUID", ColumnKind.UID),
)
_TOTAL_COLUMNS = (
    TableColumn("attribute", ColumnKind.CODE),
    *(TableColumn(name, ColumnKind.NUMBER) for name in ("studies", "series", "instances")),
)
_KIND_COLUMNS = (
    TableColumn("change", ColumnKind.WORD),
    TableColumn("instances", ColumnKind.NUMBER),
    TableColumn("meaning", ColumnKind.SENTENCE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonContent:
    """The data for the report of a comparison."""

    before: ComparedInventorySummary
    after: ComparedInventorySummary
    totals: ComparisonTotals
    studies: Sequence[StudyDifference]
    """The first studies that differ."""
    changes: Sequence[AttributeChangeCount]
    """The first changes of attributes."""
    largest: Sequence[StudyDifference]
    """The studies with the most differing instances."""
    show_values: bool


def build_comparison_report(content: ComparisonContent, figure: Figure | None) -> Report:
    """Return the report of a comparison of two inventories. `figure` is the plot; None for no plot."""
    return _build_limited_report(content, figure, studies_shown=MAX_STUDIES, changes_shown=MAX_CHANGES)


def build_comparison_page(content: ComparisonContent, figure: Figure) -> str:
    """Return a complete HTML page with all studies and attribute changes in `content`. `figure` is the plot."""
    from dicommap.display.report_html import render_html_page

    shown = {"studies_shown": len(content.studies), "changes_shown": len(content.changes)}
    return render_html_page(_build_limited_report(content, figure, **shown))


def _build_limited_report(
    content: ComparisonContent, figure: Figure | None, *, studies_shown: int, changes_shown: int
) -> Report:
    masker = Masker(show_values=content.show_values)
    blocks: list[Block] = [
        FactList(pairs=list(list_side_facts(content.before, content.after))),
        *([figure] if figure else []),
    ]
    blocks.append(_build_number_table("", COUNT_COLUMNS, build_count_rows(content.totals), noun="row", words=("",)))
    kinds = list(build_change_kind_rows(content.totals))
    blocks.append(
        ReportTable(
            columns=_KIND_COLUMNS,
            rows=[TableRow(cells=row) for row in kinds],
            total=len(kinds),
            noun="kind",
            heading="Changed instances",
        )
    )
    totals = [TableRow(cells=row) for row in build_attribute_total_rows(content.totals)]
    blocks.append(
        ReportTable(
            columns=_TOTAL_COLUMNS, rows=totals, total=len(totals), noun="attribute", heading="Changed attributes"
        )
    )
    blocks.append(_build_changes_table(content.changes, changes_shown, masker))
    rows = list(build_study_rows(content.studies[:studies_shown]))
    table = _build_number_table(
        "Studies that differ", STUDY_COLUMNS, rows, noun="study", total=count_differing_studies(content.totals)
    )
    blocks.append(table)
    shown = [block for block in blocks if not isinstance(block, ReportTable) or block.rows]
    shown += build_masked_notes(masker)
    shown.append(Note(text=PIXELS_NOTE))
    return Report(title="Comparison", counts=summarize_totals(content.totals), blocks=shown)


def summarize_totals(totals: ComparisonTotals) -> tuple[str, ...]:
    """Return two short texts with the numbers of differing studies and instances; or only the text `no difference`."""
    if totals.instances.is_same:
        return ("no difference",)
    statuses = (DifferenceStatus.NEW, DifferenceStatus.GONE, DifferenceStatus.CHANGED)
    studies = [f"{totals.studies[status]:,} {status.value}" for status in statuses if totals.studies[status]]
    counts = totals.instances
    named = (
        (counts.new, "new"),
        (counts.gone, "gone"),
        (counts.changed, "changed"),
        (counts.to_other_series, "in another series"),
    )
    instances = [f"{count:,} {word}" for count, word in named if count]
    return tuple(
        f"{noun}: {', '.join(parts)}" for noun, parts in (("studies", studies), ("instances", instances)) if parts
    )


def count_differing_studies(totals: ComparisonTotals) -> int:
    """Return the number of studies that differ: new, gone and changed ones."""
    return totals.studies.total() - totals.studies[DifferenceStatus.SAME]


def list_side_facts(before: ComparedInventorySummary, after: ComparedInventorySummary) -> Iterator[tuple[str, str]]:
    """Yield facts about the two compared inventories, as pairs of a name and a text.

    The facts are the name and the sources of each inventory, and what cannot be compared.
    """
    for name, side in (("before", before), ("after", after)):
        yield name, f"{side.name}: {join_first_names_by_commas(side.sources)}"
    for side in (before, after):
        if side.only_here:
            yield "not compared", f"{join_first_names_by_commas(side.only_here)}, which only {side.name} has"
    if has_data_store(before.sources) != has_data_store(after.sources):
        yield "not compared", "paths, sizes, ETags, copies and transfer syntaxes, because one side is a data store"
    if before.reader_version != after.reader_version:
        yield "note", "other versions of dicommap read the headers, so some values may differ although the files do not"


def build_count_rows(totals: ComparisonTotals) -> Iterator[tuple[str, ...]]:
    """Yield three rows with the columns COUNT_COLUMNS: the numbers of studies, of series and of instances."""
    for noun, counts in (("studies", totals.studies), ("series", totals.series)):
        new, gone = counts[DifferenceStatus.NEW], counts[DifferenceStatus.GONE]
        same, changed = counts[DifferenceStatus.SAME], counts[DifferenceStatus.CHANGED]
        yield noun, *_format_numbers(same + changed + gone, same + changed + new, same, changed, new, gone), ""
    instances = totals.instances
    numbers = (
        instances.before,
        instances.after,
        instances.same,
        instances.changed,
        instances.new,
        instances.gone,
        instances.to_other_series,
    )
    yield "instances", *_format_numbers(*numbers)


def build_change_kind_rows(totals: ComparisonTotals) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each kind of change that instances have: the kind, the number of instances, and the meaning."""
    for kind in ChangeKind:
        if totals.instances.kinds[kind]:
            yield kind.value, f"{totals.instances.kinds[kind]:,}", KIND_TEXTS[kind]


def build_attribute_total_rows(totals: ComparisonTotals) -> Iterator[tuple[str, ...]]:
    """Yield a row for each changed attribute: the keyword, and the numbers of studies, series and instances.

    The attribute with the most changed instances is first.
    """
    ranked = sorted(totals.attributes.items(), key=lambda item: (-item[1].instances, item[0]))
    for keyword, numbers in ranked:
        yield keyword, *_format_numbers(numbers.studies, numbers.series, numbers.instances)


def build_study_rows(studies: Sequence[StudyDifference]) -> Iterator[tuple[str, ...]]:
    """Yield a row with the columns STUDY_COLUMNS for each study that differs."""
    for study in studies:
        counts = study.counts
        other = counts.to_other_series + counts.from_other_series
        numbers = (counts.before, counts.after, counts.changed, counts.new, counts.gone, other)
        keywords = join_first_names_by_commas(study.keywords)
        yield study.study_instance_uid, study.status.value, *_format_numbers(*numbers), keywords


def _format_numbers(*numbers: int) -> tuple[str, ...]:
    return tuple(f"{number:,}" for number in numbers)


def _build_changes_table(changes: Sequence[AttributeChangeCount], shown: int, masker: Masker) -> ReportTable:
    rows = []
    for change in changes[:shown]:
        cells = build_attribute_change_row(change, masker)
        rows.append(TableRow(cells=tuple(cells[column.name] for column in _CHANGE_COLUMNS)))
    return ReportTable(
        columns=_CHANGE_COLUMNS, rows=rows, total=len(changes), noun="change", heading="Changes of attributes"
    )


def _build_number_table(
    heading: str,
    columns: Sequence[str],
    rows: Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]],
    *,
    noun: str,
    words: Sequence[str] = ("status", "attributes"),
    total: int | None = None,
) -> ReportTable:
    kinds = {
        "StudyInstanceUID": ColumnKind.UID,
        **dict.fromkeys(words, ColumnKind.WORD),
        "attributes": ColumnKind.SENTENCE,
    }
    lines = [TableRow(cells=row) for row in rows]
    return ReportTable(
        columns=[TableColumn(name, kinds.get(name, ColumnKind.NUMBER)) for name in columns],
        rows=lines,
        total=len(lines) if total is None else total,
        noun=noun,
        heading=heading,
    )
