"""The screens of an inventory and of its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.mask import MASK
from dicommap.model.masking import shown, told
from dicommap.render.findings import codes_block, severity_counts
from dicommap.render.screen import Column, Facts, Kind, Note, Row, Rows, Screen
from dicommap.render.text import byte_count, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.render.overview import Numbers, Overview, SeriesLine, StudyLine, Told
    from dicommap.render.screen import Block

MASKED_NOTE = f"{MASK} is a masked value; inventory.unmasked() and dicommap.show_values(True) show values."
NO_MODALITY = "(none)"

_NAMED = 8
"""Sources, modalities and the like that are named before the rest is counted."""
_STUDY_FACTS = ("StudyDate", "PatientID", "StudyDescription")
_STUDIES = (
    Column("StudyInstanceUID", Kind.UID),
    *(Column(keyword, Kind.DATE if keyword == "StudyDate" else Kind.TEXT) for keyword in _STUDY_FACTS),
    Column("Modality", Kind.WORD),
    Column("series", Kind.NUMBER),
    Column("instances", Kind.NUMBER),
    Column("size", Kind.NUMBER),
)
_SERIES_FACTS = ("Modality", "SeriesNumber", "SeriesDescription")
_SERIES = (
    Column("SeriesInstanceUID", Kind.UID),
    *map(Column, _SERIES_FACTS),
    Column("instances", Kind.NUMBER),
    Column("size", Kind.NUMBER),
)


def inventory_screen(overview: Overview, *, show_values: bool) -> Screen:
    """Return what an inventory holds: numbers, findings, and the first studies with their series inside."""
    numbers = overview.numbers
    facts = [("sources", listed(overview.sources)), *_about_studies(overview, show_values=show_values)]
    blocks: list[Block] = [Facts(pairs=[*facts, ("files", _files(numbers))])]
    if numbers.issues:
        blocks.append(codes_block(numbers.issues))
    if overview.first:
        blocks.append(study_rows(overview.first, numbers.studies, show_values=show_values, heading="Studies"))
    blocks.append(Note(text=_next_step(numbers)))
    if not show_values and overview.first:
        blocks.append(Note(text=MASKED_NOTE))
    return _screen("Inventory", numbers, blocks)


def summary_screen(numbers: Numbers) -> Screen:
    """Return an inventory's numbers without its studies."""
    blocks: list[Block] = [Facts(pairs=[("files", _files(numbers))])]
    if numbers.issues:
        blocks.append(codes_block(numbers.issues))
    return _screen("Summary", numbers, blocks)


def unreadable_screen(reason: str) -> Screen:
    """Return the screen of an inventory that cannot be looked at: a repr tells that and raises nothing."""
    return Screen(title="Inventory", blocks=[Note(text=reason)])


def study_rows(lines: Sequence[StudyLine], total: int, *, show_values: bool, heading: str = "") -> Rows:
    """Return studies as rows of a table, each with its first series inside."""
    rows = [_study_row(line, show_values=show_values) for line in lines]
    return Rows(columns=_STUDIES, rows=rows, total=total, noun="study", heading=heading)


def series_rows(lines: Sequence[SeriesLine], total: int, *, show_values: bool, heading: str = "") -> Rows:
    """Return series as rows of a table."""
    rows = [_series_row(line, show_values=show_values) for line in lines]
    return Rows(columns=_SERIES, rows=rows, total=total, noun="series", heading=heading)


def listed(names: Iterable[str]) -> str:
    """Return the first names, and how many more there are."""
    every = list(names)
    more = [f"and {len(every) - _NAMED:,} more"] if len(every) > _NAMED else []
    return ", ".join([*every[:_NAMED], *more])


def _screen(title: str, numbers: Numbers, blocks: Sequence[Block]) -> Screen:
    nouns = ((numbers.studies, "study"), (numbers.series, "series"), (numbers.instances, "instance"))
    counts = [*(counted(number, noun) for number, noun in nouns), byte_count(numbers.size)]
    return Screen(title=title, counts=counts, severities=severity_counts(numbers.issues), blocks=blocks)


def _about_studies(overview: Overview, *, show_values: bool) -> list[tuple[str, str]]:
    modalities = listed(f"{name or NO_MODALITY} {count:,}" for name, count in overview.modalities.items())
    facts = [("series by Modality", modalities)] if modalities else []
    if overview.dates is not None:
        first, last = (shown("StudyDate", date, show_values=show_values) for date in overview.dates)
        facts.append(("StudyDate", first if first == last else f"{first} to {last}"))
    return facts


def _files(numbers: Numbers) -> str:
    by_disposition = ", ".join(f"{name} {count:,}" for name, count in numbers.dispositions.items())
    return by_disposition or "no files"


def _next_step(numbers: Numbers) -> str:
    if not numbers.studies:
        return "No study was found: look at the files above, or scan another source."
    return (
        "Next: inventory.find(Modality='MR') picks studies, inventory.inconsistencies() shows what differs inside, "
        "inventory.plots has plots; dicommap.draft() drafts edits."
    )


def _study_row(line: StudyLine, *, show_values: bool) -> Row:
    cells = (
        line.uid,
        *_told(_STUDY_FACTS, line.values, show_values=show_values),
        listed(name or NO_MODALITY for name in line.modalities),
        f"{line.series:,}",
        f"{line.instances:,}",
        byte_count(line.size),
    )
    return Row(cells=cells, inside=(series_rows(line.first, line.series, show_values=show_values),))


def _series_row(line: SeriesLine, *, show_values: bool) -> Row:
    modality, *others = _told(_SERIES_FACTS, line.values, show_values=show_values)
    cells = (line.uid, modality or NO_MODALITY, *others, f"{line.instances:,}", byte_count(line.size))
    return Row(cells=cells)


def _told(keywords: Iterable[str], values: Mapping[str, Told], *, show_values: bool) -> list[str]:
    return [
        told(keyword, *values[keyword], show_values=show_values) if keyword in values else "" for keyword in keywords
    ]
