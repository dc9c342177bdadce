"""The screens of one study, one series and one instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.attributes import SHOWN_ALWAYS
from dicommap.model.masking import one_line, shown
from dicommap.render.inventory_screen import MASKED_NOTE, NO_MODALITY, listed, series_rows, study_rows
from dicommap.render.overview import (
    SERIES_SHOWN,
    STUDIES_SHOWN,
    SeriesLine,
    StudyLine,
    modalities_of,
    told_values,
)
from dicommap.render.screen import Facts, Note, Screen
from dicommap.render.text import byte_count, counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicommap.model.hierarchy import Instance, Series, Study, ValueCounts, Values
    from dicommap.render.screen import Block

ATTRIBUTES_SHOWN = 24
VALUES_SHOWN = 3


def study_screen(study: Study, *, show_values: bool) -> Screen:
    """Return a study's numbers, its attributes, and its first series."""
    lines = [SeriesLine.of(series) for series in study.series[:SERIES_SHOWN]]
    blocks: list[Block] = [
        *_attributes(study.values, show_values=show_values),
        series_rows(lines, len(study.series), show_values=show_values, heading="Series"),
    ]
    counts = [counted(len(study.series), "series"), *_counts(study)]
    return Screen(title="Study", subject=study.study_instance_uid, counts=counts, blocks=_noted(blocks, show_values))


def studies_screen(studies: Sequence[Study], *, show_values: bool) -> Screen:
    """Return the numbers of some studies, and the first of them."""
    sums = (
        counted(sum(len(study.series) for study in studies), "series"),
        counted(sum(study.instances for study in studies), "instance"),
        byte_count(sum(study.size for study in studies)),
    )
    if not studies:
        return Screen(title="Studies", counts=("none",), blocks=[Note(text="No study matches.")])
    rows = study_rows(list(map(_study_line, studies[:STUDIES_SHOWN])), len(studies), show_values=show_values)
    counts = (counted(len(studies), "study"), *sums)
    return Screen(title="Studies", counts=counts, blocks=_noted([rows], show_values))


def _study_line(study: Study) -> StudyLine:
    return StudyLine(
        uid=study.study_instance_uid,
        series=len(study.series),
        instances=study.instances,
        size=study.size,
        values=told_values(study.values),
        modalities=modalities_of(study),
        first=[SeriesLine.of(series) for series in study.series[:SERIES_SHOWN]],
    )


def series_screen(series: Series, *, show_values: bool) -> Screen:
    """Return a series' numbers and attributes."""
    own = Facts(pairs=[("StudyInstanceUID", series.study_instance_uid)])
    blocks: list[Block] = [own, *_attributes(series.values, show_values=show_values)]
    return Screen(
        title="Series",
        subject=series.series_instance_uid,
        counts=_counts(series),
        blocks=_noted(blocks, show_values),
    )


def instance_screen(instance: Instance) -> Screen:
    """Return an instance's UIDs and file: none of them is masked anywhere."""
    pairs = [
        ("StudyInstanceUID", instance.study_instance_uid),
        ("SeriesInstanceUID", instance.series_instance_uid),
        ("SOPClassUID", instance.sop_class_uid),
        ("TransferSyntaxUID", shown("TransferSyntaxUID", instance.transfer_syntax_uid, show_values=False)),
        ("InstanceNumber", instance.instance_number),
        ("source", instance.source),
        ("path", instance.path),
        *([("etag", instance.etag)] if instance.etag else ()),
    ]
    counts = (instance.disposition.value, byte_count(instance.size))
    return Screen(title="Instance", subject=instance.sop_instance_uid, counts=counts, blocks=[Facts(pairs=pairs)])


def study_line(study: Study) -> str:
    """Return a study on a line, without any value that is masked anywhere."""
    counts = ", ".join((counted(len(study.series), "series"), *_counts(study)))
    modalities = listed(name or NO_MODALITY for name in modalities_of(study))
    return f"Study {study.study_instance_uid}: {modalities}, {counts}"


def series_line(series: Series) -> str:
    """Return a series on a line, without any value that is masked anywhere."""
    modalities = listed(name or NO_MODALITY for name in sorted(series.values.get("Modality", ())))
    return f"Series {series.series_instance_uid}: {modalities}, {', '.join(_counts(series))}"


def instance_line(instance: Instance) -> str:
    """Return an instance on a line."""
    return f"Instance {instance.sop_instance_uid}: {instance.disposition}, {instance.path}"


def _counts(group: Study | Series) -> tuple[str, ...]:
    more = group.files - group.instances
    duplicates = (counted(more, "duplicate"),) if more else ()
    return counted(group.instances, "instance"), *duplicates, byte_count(group.size)


def _attributes(values: Values, *, show_values: bool) -> list[Block]:
    """Return the attributes that have a value somewhere, by name."""
    present = {keyword: counts for keyword, counts in values.items() if any(counts)}
    first = list(present.items())[:ATTRIBUTES_SHOWN]
    blocks: list[Block] = [
        Facts(pairs=[(keyword, _values(keyword, counts, show_values=show_values)) for keyword, counts in first])
    ]
    if len(present) > len(first):
        blocks.append(Note(text=f"and {counted(len(present) - len(first), 'more attribute')}"))
    absent = _absent(values)
    return [*blocks, Note(text=absent)] if absent else blocks


def _absent(values: Mapping[str, ValueCounts]) -> str:
    names = [keyword for keyword, counts in values.items() if not any(counts)]
    return f"Empty or absent: {listed(names)}." if names else ""


def _values(keyword: str, counts: ValueCounts, *, show_values: bool) -> str:
    """Return the values with their files, the most frequent first; where they are masked, how many there are."""
    is_masked = not show_values and keyword not in SHOWN_ALWAYS
    if len(counts) == 1 or is_masked:
        return one_line(keyword, counts, show_values=show_values)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    more = [f"and {len(ranked) - VALUES_SHOWN:,} more"] if len(ranked) > VALUES_SHOWN else []
    return "; ".join(
        [
            *(
                f"{shown(keyword, value, show_values=show_values) or '(empty)'} ({files:,})"
                for value, files in ranked[:VALUES_SHOWN]
            ),
            *more,
        ]
    )


def _noted(blocks: list[Block], show_values: bool) -> list[Block]:
    return blocks if show_values else [*blocks, Note(text=MASKED_NOTE)]
