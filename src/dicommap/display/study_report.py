"""Build the reports and one-line descriptions of studies, series and instances, and the report of a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.person_name_comparison import merge_counts_of_equal_names
from dicommap.display.formatting import format_byte_count
from dicommap.display.inventory_report import (
    MAX_SERIES,
    MAX_STUDIES,
    NO_MODALITY,
    SeriesSummary,
    StudySummary,
    build_series_table,
    build_studies_table,
    join_first_names_by_commas,
    list_modalities,
    summarize_values,
)
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
from dicommap.model.masking import Masker, is_never_masked
from dicommap.model.study import series_number_sort_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicommap.display.report import Block
    from dicommap.model.instance_values import InstanceValues
    from dicommap.model.study import AttributeValues, Instance, Series, Study, ValueCounts


MAX_ATTRIBUTES = 24
MAX_VALUES = 3


def build_study_report(study: Study, *, masker: Masker) -> Report:
    """Return the report of a study: counts, values of attributes, and its first series."""
    lines = [
        SeriesSummary.from_series(series) for series in sorted(study.series, key=series_number_sort_key)[:MAX_SERIES]
    ]
    blocks: list[Block] = [
        *_build_attribute_blocks(study.values, masker=masker),
        build_series_table(lines, len(study.series), masker=masker, heading="Series"),
    ]
    counts = [format_count(len(study.series), "series"), *_format_counts(study)]
    return Report(
        title="Study", subject=study.study_instance_uid, counts=counts, blocks=[*blocks, *build_masked_notes(masker)]
    )


def build_studies_report(studies: Sequence[Study], *, masker: Masker) -> Report:
    """Return the report of several studies: their total counts, and a table of the first studies."""
    sums = (
        format_count(sum(len(study.series) for study in studies), "series"),
        format_count(sum(study.instances for study in studies), "instance"),
        format_byte_count(sum(study.size for study in studies)),
    )
    if not studies:
        return Report(title="Studies", counts=("none",), blocks=[Note(text="No study matches.")])
    rows = build_studies_table(list(map(_summarize_study, studies[:MAX_STUDIES])), len(studies), masker=masker)
    counts = (format_count(len(studies), "study"), *sums)
    return Report(title="Studies", counts=counts, blocks=[rows, *build_masked_notes(masker)])


def _summarize_study(study: Study) -> StudySummary:
    return StudySummary(
        uid=study.study_instance_uid,
        series=len(study.series),
        instances=study.instances,
        size=study.size,
        values=summarize_values(study.values),
        modalities=list_modalities(study),
        first=[
            SeriesSummary.from_series(series)
            for series in sorted(study.series, key=series_number_sort_key)[:MAX_SERIES]
        ],
    )


def build_series_report(series: Series, *, masker: Masker) -> Report:
    """Return the report of a series: counts and values of attributes."""
    own = ("StudyInstanceUID", series.study_instance_uid)
    blocks = _build_attribute_blocks(series.values, masker=masker, first_pairs=[own])
    return Report(
        title="Series",
        subject=series.series_instance_uid,
        counts=_format_counts(series),
        blocks=[*blocks, *build_masked_notes(masker)],
    )


def build_instance_values_report(instance: InstanceValues, *, masker: Masker) -> Report:
    """Return the report of the values of an instance: its UIDs, path, and values of attributes."""
    own = [
        ("StudyInstanceUID", instance.study_instance_uid),
        ("SeriesInstanceUID", instance.series_instance_uid),
        ("path", instance.path),
    ]
    return Report(
        title="Instance",
        subject=instance.sop_instance_uid,
        counts=(format_count(instance.files, "file"),),
        blocks=[
            *_build_attribute_blocks(instance.values, masker=masker, first_pairs=own),
            *build_masked_notes(masker),
        ],
    )


def format_instance_values_line(instance: InstanceValues) -> str:
    """Return a one-line description of an instance: UID, number of files and path. It has no masked value."""
    return f"Instance {instance.sop_instance_uid}: {format_count(instance.files, 'file')}, {instance.path}"


def build_instance_report(instance: Instance) -> Report:
    """Return the report of an instance: its UIDs, and the source and path of its file."""
    pairs = [
        ("StudyInstanceUID", instance.study_instance_uid),
        ("SeriesInstanceUID", instance.series_instance_uid),
        ("SOPClassUID", instance.sop_class_uid),
        ("TransferSyntaxUID", Masker().mask("TransferSyntaxUID", instance.transfer_syntax_uid)),
        ("InstanceNumber", instance.instance_number),
        ("source", instance.source),
        ("path", instance.path),
        *([("etag", instance.etag)] if instance.etag else ()),
    ]
    counts = (instance.disposition.value, format_byte_count(instance.size))
    return Report(title="Instance", subject=instance.sop_instance_uid, counts=counts, blocks=[FactList(pairs=pairs)])


def format_study_line(study: Study) -> str:
    """Return a one-line description of a study: UID, modalities and counts. It has no value that must be masked."""
    counts = ", ".join((format_count(len(study.series), "series"), *_format_counts(study)))
    modalities = join_first_names_by_commas(name or NO_MODALITY for name in list_modalities(study))
    return f"Study {study.study_instance_uid}: {modalities}, {counts}"


def format_series_line(series: Series) -> str:
    """Return a one-line description of a series: UID, modality and counts. It has no value that must be masked."""
    modalities = join_first_names_by_commas(name or NO_MODALITY for name in sorted(series.values.get("Modality", ())))
    return f"Series {series.series_instance_uid}: {modalities}, {', '.join(_format_counts(series))}"


def format_instance_line(instance: Instance) -> str:
    """Return a one-line description of an instance: UID, disposition and path."""
    return f"Instance {instance.sop_instance_uid}: {instance.disposition}, {instance.path}"


def _format_counts(group: Study | Series) -> tuple[str, ...]:
    more = group.files - group.instances
    duplicates = (format_count(more, "duplicate"),) if more else ()
    return format_count(group.instances, "instance"), *duplicates, format_byte_count(group.size)


def _build_attribute_blocks(
    values: AttributeValues, *, masker: Masker, first_pairs: Sequence[tuple[str, str]] = ()
) -> list[Block]:
    """Return report blocks with the values of the first attributes, and notes about the other attributes.

    One note has the number of attributes that are not shown. Another note names the attributes that have no value in
    any file. The facts `first_pairs` are listed before the attributes.
    """
    present = {keyword: counts for keyword, counts in values.items() if any(counts)}
    first = list(present.items())[:MAX_ATTRIBUTES]
    pairs = [(keyword, _format_values(keyword, counts, masker=masker)) for keyword, counts in first]
    blocks: list[Block] = [FactList(pairs=[*first_pairs, *pairs])]
    if len(present) > len(first):
        blocks.append(Note(text=f"and {format_count(len(present) - len(first), 'more attribute')}"))
    absent = _describe_absent_attributes(values)
    return [*blocks, Note(text=absent)] if absent else blocks


def _describe_absent_attributes(values: Mapping[str, ValueCounts]) -> str:
    names = [keyword for keyword, counts in values.items() if not any(counts)]
    return f"Empty or absent: {join_first_names_by_commas(names)}." if names else ""


def _format_values(keyword: str, counts: ValueCounts, *, masker: Masker) -> str:
    """Return a text with the first values of an attribute, the most frequent value first.

    If there are several values, the number of files with a value follows in parentheses: `CT (8); MR (1)`.
    """
    if not masker.show_values and not all(is_never_masked(keyword, value) for value in counts):
        counts = merge_counts_of_equal_names(keyword, counts)
    if len(counts) == 1:
        return masker.mask_counts(keyword, counts)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    more = [f"and {len(ranked) - MAX_VALUES:,} more"] if len(ranked) > MAX_VALUES else []
    return "; ".join(
        [
            *(f"{masker.mask(keyword, value) or '(empty)'} ({files:,})" for value, files in ranked[:MAX_VALUES]),
            *more,
        ]
    )


MAX_SHEET_ROWS = 10
MAX_SHEET_COLUMNS = 5


def build_sheet_report(
    first: Sequence[Study | Series | InstanceValues], total: int, level: str, keywords: Sequence[str], *, masker: Masker
) -> Report:
    """Return the report of a sheet: its first rows and columns.

    Args:
        first: The first studies, series or instances of the sheet.
        total: The number of all rows.
        level: The level of the rows: `study`, `series` or `instance`.
        keywords: The keywords of the columns.
        masker: The Masker of the values.

    """
    shown = keywords[:MAX_SHEET_COLUMNS]
    columns = (TableColumn("UID", ColumnKind.UID), *map(TableColumn, shown))
    rows = [_build_sheet_row(item, shown, masker=masker) for item in first[:MAX_SHEET_ROWS]]
    blocks: list[Block] = [
        FactList(pairs=[("columns", ", ".join(keywords))]),
        ReportTable(columns=columns, rows=rows, total=total, noun="row"),
        Note(text="Next: save('FILE.csv') writes it; change cells there, then draft(sheets='FILE.csv')."),
    ]
    blocks += build_masked_notes(masker)
    return Report(title="Sheet", counts=(f"{format_count(total, 'row')}, one for each {level}",), blocks=blocks)


def _build_sheet_row(item: Study | Series | InstanceValues, keywords: Sequence[str], *, masker: Masker) -> TableRow:
    target = item.target
    uid = target.sop_instance_uid or target.series_instance_uid or target.study_instance_uid
    return TableRow(
        cells=(
            uid,
            *(masker.mask_counts(keyword, item.values[keyword]) for keyword in keywords),
        )
    )
