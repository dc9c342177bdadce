"""Reports of studies, series and instances, and of sheets of studies or series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.formatting import format_byte_count, format_count
from dicommap.display.inventory_report import (
    MASKED_NOTE,
    MAX_SERIES,
    MAX_STUDIES,
    NO_MODALITY,
    SeriesSummary,
    StudySummary,
    build_series_table,
    build_studies_table,
    get_modalities,
    join_first_names,
    summarize_values,
)
from dicommap.display.report import CellKind, FactList, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.model.captured_attributes import UNMASKED_KEYWORDS
from dicommap.model.masking import mask_value, mask_value_counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicommap.display.report import Block
    from dicommap.model.study import AttributeValues, Instance, Series, Study, ValueCounts


MAX_ATTRIBUTES = 24
MAX_VALUES = 3


def build_study_report(study: Study, *, show_values: bool) -> Report:
    """Return the report of a study: counts, attributes, and its first series."""
    lines = [SeriesSummary.from_series(series) for series in study.series[:MAX_SERIES]]
    blocks: list[Block] = [
        *_build_attribute_blocks(study.values, show_values=show_values),
        build_series_table(lines, len(study.series), show_values=show_values, heading="Series"),
    ]
    counts = [format_count(len(study.series), "series"), *_format_counts(study)]
    return Report(
        title="Study", subject=study.study_instance_uid, counts=counts, blocks=_add_masked_note(blocks, show_values)
    )


def build_studies_report(studies: Sequence[Study], *, show_values: bool) -> Report:
    """Return the report of several studies: their total counts, and a table of the first studies."""
    sums = (
        format_count(sum(len(study.series) for study in studies), "series"),
        format_count(sum(study.instances for study in studies), "instance"),
        format_byte_count(sum(study.size for study in studies)),
    )
    if not studies:
        return Report(title="Studies", counts=("none",), blocks=[Note(text="No study matches.")])
    rows = build_studies_table(
        list(map(_summarize_study, studies[:MAX_STUDIES])), len(studies), show_values=show_values
    )
    counts = (format_count(len(studies), "study"), *sums)
    return Report(title="Studies", counts=counts, blocks=_add_masked_note([rows], show_values))


def _summarize_study(study: Study) -> StudySummary:
    return StudySummary(
        uid=study.study_instance_uid,
        series=len(study.series),
        instances=study.instances,
        size=study.size,
        values=summarize_values(study.values),
        modalities=get_modalities(study),
        first=[SeriesSummary.from_series(series) for series in study.series[:MAX_SERIES]],
    )


def build_series_report(series: Series, *, show_values: bool) -> Report:
    """Return the report of a series: counts and attributes."""
    own = FactList(pairs=[("StudyInstanceUID", series.study_instance_uid)])
    blocks: list[Block] = [own, *_build_attribute_blocks(series.values, show_values=show_values)]
    return Report(
        title="Series",
        subject=series.series_instance_uid,
        counts=_format_counts(series),
        blocks=_add_masked_note(blocks, show_values),
    )


def build_instance_report(instance: Instance) -> Report:
    """Return the report of an instance: its UIDs and file, which are never masked."""
    pairs = [
        ("StudyInstanceUID", instance.study_instance_uid),
        ("SeriesInstanceUID", instance.series_instance_uid),
        ("SOPClassUID", instance.sop_class_uid),
        ("TransferSyntaxUID", mask_value("TransferSyntaxUID", instance.transfer_syntax_uid, show_values=False)),
        ("InstanceNumber", instance.instance_number),
        ("source", instance.source),
        ("path", instance.path),
        *([("etag", instance.etag)] if instance.etag else ()),
    ]
    counts = (instance.disposition.value, format_byte_count(instance.size))
    return Report(title="Instance", subject=instance.sop_instance_uid, counts=counts, blocks=[FactList(pairs=pairs)])


def format_study_line(study: Study) -> str:
    """Return a line about a study, without any value that may be masked."""
    counts = ", ".join((format_count(len(study.series), "series"), *_format_counts(study)))
    modalities = join_first_names(name or NO_MODALITY for name in get_modalities(study))
    return f"Study {study.study_instance_uid}: {modalities}, {counts}"


def format_series_line(series: Series) -> str:
    """Return a line about a series, without any value that may be masked."""
    modalities = join_first_names(name or NO_MODALITY for name in sorted(series.values.get("Modality", ())))
    return f"Series {series.series_instance_uid}: {modalities}, {', '.join(_format_counts(series))}"


def format_instance_line(instance: Instance) -> str:
    """Return a line about an instance."""
    return f"Instance {instance.sop_instance_uid}: {instance.disposition}, {instance.path}"


def _format_counts(group: Study | Series) -> tuple[str, ...]:
    more = group.files - group.instances
    duplicates = (format_count(more, "duplicate"),) if more else ()
    return format_count(group.instances, "instance"), *duplicates, format_byte_count(group.size)


def _build_attribute_blocks(values: AttributeValues, *, show_values: bool) -> list[Block]:
    """Return blocks with the values of each attribute, and a note that names attributes without a value in any file."""
    present = {keyword: counts for keyword, counts in values.items() if any(counts)}
    first = list(present.items())[:MAX_ATTRIBUTES]
    blocks: list[Block] = [
        FactList(
            pairs=[(keyword, _format_values(keyword, counts, show_values=show_values)) for keyword, counts in first]
        )
    ]
    if len(present) > len(first):
        blocks.append(Note(text=f"and {format_count(len(present) - len(first), 'more attribute')}"))
    absent = _describe_absent_attributes(values)
    return [*blocks, Note(text=absent)] if absent else blocks


def _describe_absent_attributes(values: Mapping[str, ValueCounts]) -> str:
    names = [keyword for keyword, counts in values.items() if not any(counts)]
    return f"Empty or absent: {join_first_names(names)}." if names else ""


def _format_values(keyword: str, counts: ValueCounts, *, show_values: bool) -> str:
    """Return a text with the values and their numbers of files, the most frequent first.

    Masked values are only counted.
    """
    is_masked = not show_values and keyword not in UNMASKED_KEYWORDS
    if len(counts) == 1 or is_masked:
        return mask_value_counts(keyword, counts, show_values=show_values)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    more = [f"and {len(ranked) - MAX_VALUES:,} more"] if len(ranked) > MAX_VALUES else []
    return "; ".join(
        [
            *(
                f"{mask_value(keyword, value, show_values=show_values) or '(empty)'} ({files:,})"
                for value, files in ranked[:MAX_VALUES]
            ),
            *more,
        ]
    )


def _add_masked_note(blocks: list[Block], show_values: bool) -> list[Block]:
    return blocks if show_values else [*blocks, Note(text=MASKED_NOTE)]


MAX_SHEET_ROWS = 10
MAX_SHEET_COLUMNS = 5


def build_sheet_report(
    first: Sequence[Study | Series], total: int, level: str, keywords: Sequence[str], *, show_values: bool
) -> Report:
    """Return the report of a sheet of studies or series: its first rows and columns."""
    shown = keywords[:MAX_SHEET_COLUMNS]
    columns = (TableColumn("UID", CellKind.UID), *map(TableColumn, shown))
    rows = [_build_sheet_row(item, shown, show_values=show_values) for item in first[:MAX_SHEET_ROWS]]
    blocks: list[Block] = [
        FactList(pairs=[("columns", ", ".join(keywords))]),
        ReportTable(columns=columns, rows=rows, total=total, noun="row"),
        Note(text="Next: save('FILE.csv') writes it; change cells there, then draft(sheets='FILE.csv')."),
    ]
    if not show_values:
        blocks.append(Note(text=MASKED_NOTE))
    return Report(title="Sheet", counts=(f"{format_count(total, 'row')}, one for each {level}",), blocks=blocks)


def _build_sheet_row(item: Study | Series, keywords: Sequence[str], *, show_values: bool) -> TableRow:
    uid = getattr(item, "series_instance_uid", item.study_instance_uid)
    return TableRow(
        cells=(
            uid,
            *(mask_value_counts(keyword, item.values[keyword], show_values=show_values) for keyword in keywords),
        )
    )
