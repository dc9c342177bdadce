"""Build the report of a forecast: how the jobs of a package will change the image sets of a data store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.conflict_report import EMPTY_VALUE
from dicommap.display.report import ColumnKind, Note, Report, ReportTable, TableColumn, TableRow, build_masked_notes
from dicommap.issues.wording import format_count
from dicommap.model.masking import make_repr_masker
from dicommap.overrides.store_forecast import ForecastReason, ImageSetEffect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.display.report import Block
    from dicommap.model.masking import Masker
    from dicommap.overrides.store_forecast import ForecastImageSet, StoreForecast

SUMMARY_COLUMNS = ("effect", "image sets", "files", "reason", "documented")
"""The columns of the summary. The summary has a row for each reason why image sets are made or changed."""
IMAGE_SET_COLUMNS = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "files",
    "effect",
    "reason",
    "documented",
    "keywords",
    "values",
    "primary values",
    "imageSetId",
)
"""The columns of the table of image sets, which has a row for each image set that the jobs make or change."""
MAX_IMAGE_SETS = 20
"""Maximum number of image sets that a report lists."""
STORE_NOTE = (
    "A forecast from the attributes that HealthImaging groups by. AWS documents how data that conflicts with stored "
    "primary image sets is stored, and data that agrees with them; a row with 'no' is an assumption of dicommap. "
    "SearchImageSets does not tell which instances are stored."
)

_SUMMARY_TABLE = (
    TableColumn("effect", ColumnKind.WORD),
    TableColumn("image sets", ColumnKind.NUMBER),
    TableColumn("files", ColumnKind.NUMBER),
    TableColumn("reason", ColumnKind.SENTENCE),
    TableColumn("documented", ColumnKind.WORD),
)
_IMAGE_SET_TABLE = (
    TableColumn("effect", ColumnKind.WORD),
    TableColumn("SeriesInstanceUID", ColumnKind.UID),
    TableColumn("differing attributes", ColumnKind.CODE),
    TableColumn("in primary image set", ColumnKind.BEFORE),
    TableColumn("in the files", ColumnKind.AFTER),
    TableColumn("imageSetId", ColumnKind.CODE),
)
_SHOWN_EFFECTS = (ImageSetEffect.NON_PRIMARY, ImageSetEffect.UNKNOWN, ImageSetEffect.NEW_VERSION)
"""The effects whose image sets are listed. New image sets are only counted."""


def build_store_forecast_report(forecast: StoreForecast) -> Report:
    """Return the report of a forecast: numbers of image sets and files for each reason, and the first image sets."""
    masker = make_repr_masker()
    stored = f"{format_count(forecast.studies, 'study')}, {forecast.stored_studies:,} in the data store"
    blocks = build_store_forecast_blocks(forecast, masker=masker)
    return Report(
        title="Image sets in the data store",
        subject=forecast.datastore_id,
        counts=(stored,),
        blocks=[*blocks, *build_masked_notes(masker)],
    )


def build_store_forecast_blocks(forecast: StoreForecast, *, masker: Masker, heading: str = "") -> list[Block]:
    """Return the blocks of a report on a forecast: the summary, the first image sets, and a note on the sources."""
    if not forecast.studies:
        return [Note(text="The jobs import no study.")]
    rows = [TableRow(cells=tuple(row.values())) for row in build_summary_rows(forecast)]
    blocks: list[Block] = [
        ReportTable(columns=_SUMMARY_TABLE, rows=rows, total=len(rows), noun="reason", heading=heading)
    ]
    listed = sorted(
        (image_set for image_set in forecast.image_sets if image_set.effect in _SHOWN_EFFECTS),
        key=lambda image_set: _SHOWN_EFFECTS.index(image_set.effect),
    )
    if listed:
        image_sets = [_build_image_set_table_row(image_set, masker) for image_set in listed[:MAX_IMAGE_SETS]]
        total = sum(forecast.count_image_sets(effect) for effect in _SHOWN_EFFECTS)
        blocks.append(ReportTable(columns=_IMAGE_SET_TABLE, rows=image_sets, total=total, noun="image set"))
    return [*blocks, Note(text=STORE_NOTE)]


def build_summary_rows(forecast: StoreForecast) -> Iterator[dict[str, str]]:
    """Yield a row for each reason why the forecast expects an image set to change or to conflict.

    The row maps SUMMARY_COLUMNS to texts, such as the numbers of image sets and files with this reason.
    """
    for reason in ForecastReason:
        if forecast.counts[reason]:
            yield {
                "effect": reason.effect.value,
                "image sets": f"{forecast.counts[reason]:,}",
                "files": f"{forecast.files[reason]:,}",
                "reason": reason.text,
                "documented": _format_is_documented(reason),
            }


def build_image_set_row(image_set: ForecastImageSet, *, masker: Masker) -> dict[str, str]:
    """Return an image set as a row that maps IMAGE_SET_COLUMNS to texts.

    If a cell has several keywords or values, semicolons separate them.
    """
    return {
        "StudyInstanceUID": image_set.study_instance_uid,
        "SeriesInstanceUID": image_set.series_instance_uid,
        "files": "" if image_set.files is None else str(image_set.files),
        "effect": image_set.effect.value,
        "reason": image_set.reason.text,
        "documented": _format_is_documented(image_set.reason),
        "keywords": "; ".join(image_set.differing),
        "values": _format_values(image_set, image_set.values, masker),
        "primary values": _format_values(image_set, image_set.primary_values, masker),
        "imageSetId": image_set.image_set_id,
    }


def _build_image_set_table_row(image_set: ForecastImageSet, masker: Masker) -> TableRow:
    row = build_image_set_row(image_set, masker=masker)
    names = ("effect", "SeriesInstanceUID", "keywords", "primary values", "values", "imageSetId")
    return TableRow(cells=tuple(row[name] for name in names))


def _format_values(image_set: ForecastImageSet, values: Iterable[str], masker: Masker) -> str:
    pairs = zip(image_set.differing, values, strict=False)
    return "; ".join(masker.mask(keyword, value) or EMPTY_VALUE for keyword, value in pairs)


def _format_is_documented(reason: ForecastReason) -> str:
    return "yes" if reason.is_documented else "no"
