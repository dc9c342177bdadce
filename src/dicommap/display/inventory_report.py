"""Build the reports of an inventory: its counts, its first studies, and its inconsistent attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.person_name_comparison import merge_counts_of_equal_names
from dicommap.display.formatting import format_byte_count
from dicommap.display.issue_report import build_issue_counts_table, count_severities
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
from dicommap.issues.wording import format_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.display.report import Block
    from dicommap.issues import Issue, Severity
    from dicommap.model.inventory_summary import InventorySummary
    from dicommap.model.masking import Masker
    from dicommap.model.study import AttributeValues, Inconsistency, Series, Study

MAX_STUDIES = 15
MAX_SERIES = 20


class ValueSummary(NamedTuple):
    """The number of distinct values of an attribute, and one of these values."""

    distinct: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesSummary:
    """The data of one series for a row in a table of series: UID, values and numbers."""

    uid: str
    instances: int
    size: int
    """Total number of bytes of the files of the series."""
    values: Mapping[str, ValueSummary]

    @classmethod
    def from_series(cls, series: Series) -> SeriesSummary:
        """Return the summary of a series."""
        return cls(
            uid=series.series_instance_uid,
            instances=series.instances,
            size=series.size,
            values=summarize_values(series.values),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySummary:
    """The data of one study for a row in a table of studies: UID, values, numbers, and its first series."""

    uid: str
    series: int
    instances: int
    size: int
    """Total number of bytes of the files of the study."""
    values: Mapping[str, ValueSummary]
    modalities: Sequence[str]
    first: Sequence[SeriesSummary]


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryOverview:
    """The data for the report of an inventory."""

    summary: InventorySummary
    sources: Sequence[str]
    modalities: Mapping[str, int]
    """Modality -> number of series, the most frequent modality first."""
    dates: tuple[str, str] | None
    """The first and the last StudyDate that are valid dates; None if no study has a valid date."""
    first: Sequence[StudySummary]
    issues: Mapping[tuple[str, Severity], Sequence[Issue]]
    """Issue code and severity -> the first issues with this code and severity."""


def summarize_values(values: AttributeValues) -> dict[str, ValueSummary]:
    """Return a dict: keyword -> ValueSummary, which has the number of distinct values and one of them."""
    distinct = ((keyword, merge_counts_of_equal_names(keyword, counts)) for keyword, counts in values.items())
    return {keyword: ValueSummary(len(counts), next(iter(counts), "")) for keyword, counts in distinct}


def list_modalities(study: Study) -> list[str]:
    """Return the distinct modalities of a study, sorted."""
    return sorted(study.values.get("Modality", ()))


NO_MODALITY = "(none)"

_MAX_NAMES = 8
"""Maximum number of names, such as sources or modalities, in one text. The other names are only counted."""
_STUDY_KEYWORDS = ("StudyDate", "PatientID", "StudyDescription")
_STUDY_COLUMNS = (
    TableColumn("StudyInstanceUID", ColumnKind.UID),
    *(
        TableColumn(keyword, ColumnKind.DATE if keyword == "StudyDate" else ColumnKind.TEXT)
        for keyword in _STUDY_KEYWORDS
    ),
    TableColumn("Modality", ColumnKind.WORD),
    TableColumn("series", ColumnKind.NUMBER),
    TableColumn("instances", ColumnKind.NUMBER),
    TableColumn("size", ColumnKind.NUMBER),
)
_SERIES_KEYWORDS = ("Modality", "SeriesNumber", "SeriesDescription")
_SERIES_COLUMNS = (
    TableColumn("SeriesInstanceUID", ColumnKind.UID),
    *map(TableColumn, _SERIES_KEYWORDS),
    TableColumn("instances", ColumnKind.NUMBER),
    TableColumn("size", ColumnKind.NUMBER),
)


def build_inventory_report(overview: InventoryOverview, *, masker: Masker) -> Report:
    """Return the report of an inventory: counts, issues, and the first studies with their series inside."""
    summary = overview.summary
    facts = [("sources", join_first_names_by_commas(overview.sources)), *_list_study_facts(overview, masker=masker)]
    blocks: list[Block] = [FactList(pairs=[*facts, ("files", _format_file_counts(summary))])]
    if summary.issues:
        blocks.append(build_issue_counts_table(summary.issues, overview.issues))
    if overview.first:
        blocks.append(build_studies_table(overview.first, summary.studies, masker=masker, heading="Studies"))
    blocks.append(Note(text=_describe_next_step(summary)))
    blocks += build_masked_notes(masker)
    return _build_counts_report("Inventory", summary, blocks)


def build_summary_report(summary: InventorySummary) -> Report:
    """Return the report of the summary of an inventory: counts and issues, but no studies."""
    blocks: list[Block] = [FactList(pairs=[("files", _format_file_counts(summary))])]
    if summary.issues:
        blocks.append(build_issue_counts_table(summary.issues))
    return _build_counts_report("Summary", summary, blocks)


def build_unreadable_report(reason: str) -> Report:
    """Return the report of an inventory that cannot be read. Its only content is `reason`.

    The repr of an Inventory shows this report instead of raising an error.
    """
    return Report(title="Inventory", blocks=[Note(text=reason)])


def build_studies_table(lines: Sequence[StudySummary], total: int, *, masker: Masker, heading: str = "") -> ReportTable:
    """Return a table of studies. Each row contains a table of the study's first series. `total` counts all studies."""
    rows = [_build_study_row(line, masker=masker) for line in lines]
    return ReportTable(columns=_STUDY_COLUMNS, rows=rows, total=total, noun="study", heading=heading)


def build_series_table(lines: Sequence[SeriesSummary], total: int, *, masker: Masker, heading: str = "") -> ReportTable:
    """Return a table of series. `total` is the number of all series, including the series that get no row."""
    rows = [_build_series_row(line, masker=masker) for line in lines]
    return ReportTable(columns=_SERIES_COLUMNS, rows=rows, total=total, noun="series", heading=heading)


def join_first_names_by_commas(names: Iterable[str]) -> str:
    """Return a text with the first names, separated by commas, and the number of the other names."""
    every = list(names)
    more = [f"and {len(every) - _MAX_NAMES:,} more"] if len(every) > _MAX_NAMES else []
    return ", ".join([*every[:_MAX_NAMES], *more])


def _build_counts_report(title: str, summary: InventorySummary, blocks: Sequence[Block]) -> Report:
    nouns = ((summary.studies, "study"), (summary.series, "series"), (summary.instances, "instance"))
    counts = [*(format_count(number, noun) for number, noun in nouns), format_byte_count(summary.size)]
    return Report(title=title, counts=counts, severities=count_severities(summary.issues), blocks=blocks)


def _list_study_facts(overview: InventoryOverview, *, masker: Masker) -> list[tuple[str, str]]:
    modalities = join_first_names_by_commas(
        f"{name or NO_MODALITY} {count:,}" for name, count in overview.modalities.items()
    )
    facts = [("series by Modality", modalities)] if modalities else []
    if overview.dates is not None and masker.show_values:
        first, last = overview.dates
        facts.append(("StudyDate", first if first == last else f"{first} to {last}"))
    return facts


def _format_file_counts(summary: InventorySummary) -> str:
    by_disposition = ", ".join(f"{name} {count:,}" for name, count in summary.dispositions.items())
    return by_disposition or "no files"


def _describe_next_step(summary: InventorySummary) -> str:
    if not summary.studies:
        return "No study was found: look at the files above, or scan another source."
    return (
        "Next: inventory.find(Modality='MR') finds studies, inventory.inconsistencies() shows differences within them, "
        "inventory.plots has plots; dicommap.draft() drafts edits."
    )


def _build_study_row(line: StudySummary, *, masker: Masker) -> TableRow:
    cells = (
        line.uid,
        *_format_value_cells(_STUDY_KEYWORDS, line.values, masker=masker),
        join_first_names_by_commas(name or NO_MODALITY for name in line.modalities),
        f"{line.series:,}",
        f"{line.instances:,}",
        format_byte_count(line.size),
    )
    return TableRow(cells=cells, details=(build_series_table(line.first, line.series, masker=masker),))


def _build_series_row(line: SeriesSummary, *, masker: Masker) -> TableRow:
    modality, *others = _format_value_cells(_SERIES_KEYWORDS, line.values, masker=masker)
    cells = (line.uid, modality or NO_MODALITY, *others, f"{line.instances:,}", format_byte_count(line.size))
    return TableRow(cells=cells)


def _format_value_cells(keywords: Iterable[str], values: Mapping[str, ValueSummary], *, masker: Masker) -> list[str]:
    return [masker.mask_only_value(keyword, *values[keyword]) if keyword in values else "" for keyword in keywords]


MAX_INCONSISTENCIES = 20
MAX_INCONSISTENT_VALUES = 4

_INCONSISTENCY_COLUMNS = (
    TableColumn("level", ColumnKind.WORD),
    TableColumn("UID", ColumnKind.UID),
    TableColumn("attribute", ColumnKind.CODE),
    TableColumn("values (files)", ColumnKind.SENTENCE),
)


def build_inconsistencies_report(inconsistencies: Sequence[Inconsistency], *, masker: Masker) -> Report:
    """Return the report of attributes that have different values inside a study or series, and how to correct them.

    The report lists only the first MAX_INCONSISTENCIES of `inconsistencies`.
    """
    if not inconsistencies:
        return Report(
            title="Inconsistencies",
            counts=("none",),
            blocks=[Note(text="No attribute differs within a study or series.")],
        )
    studies = len({inconsistency.study_instance_uid for inconsistency in inconsistencies})
    keywords = dict.fromkeys(inconsistency.keyword for inconsistency in inconsistencies)
    rows = [
        _build_inconsistency_row(inconsistency, masker=masker)
        for inconsistency in inconsistencies[:MAX_INCONSISTENCIES]
    ]
    blocks: list[Block] = [
        ReportTable(columns=_INCONSISTENCY_COLUMNS, rows=rows, total=len(inconsistencies), noun="attribute"),
        Note(text=f"Next: draft(harmonize={list(keywords)}) gives all files the most frequent value; check the draft."),
    ]
    blocks += build_masked_notes(masker)
    counts = (f"{format_count(len(inconsistencies), 'attribute')} in {format_count(studies, 'study')}",)
    return Report(title="Inconsistencies", counts=counts, blocks=blocks)


def _build_inconsistency_row(inconsistency: Inconsistency, *, masker: Masker) -> TableRow:
    uid = inconsistency.series_instance_uid or inconsistency.study_instance_uid
    level = "study" if inconsistency.series_instance_uid is None else "series"
    ranked = sorted(inconsistency.values.items(), key=lambda item: (-item[1], item[0]))
    texts = [
        f"{masker.mask(inconsistency.keyword, value) or '(empty)'} ({files:,})"
        for value, files in ranked[:MAX_INCONSISTENT_VALUES]
    ]
    more = [f"and {len(ranked) - MAX_INCONSISTENT_VALUES:,} more"] if len(ranked) > MAX_INCONSISTENT_VALUES else []
    return TableRow(cells=(level, uid, inconsistency.keyword, "; ".join([*texts, *more])))
