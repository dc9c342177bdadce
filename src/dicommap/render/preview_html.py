"""The preview of a draft as one HTML page: no script, no request, readable in light and dark."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_STYLE = (
    "<style>.dicommap{font-family:sans-serif;font-size:13px;color-scheme:light dark}"
    ".dicommap table{border-collapse:collapse;margin:4px 0 16px}"
    ".dicommap td,.dicommap th{padding:2px 8px;text-align:left;border-bottom:1px solid rgba(128,128,128,.35)}"
    ".dicommap del{color:#c33;text-decoration:none}.dicommap ins{color:#293;text-decoration:none}</style>"
)
_COLUMNS = ("attribute", "before", "after", "because of")


def preview_fragment(rows: Iterable[Mapping[str, str]]) -> str:
    """Return the preview's rows as HTML: a table for each study, or series, with values before and after."""
    groups = groupby(rows, key=lambda row: (row["StudyInstanceUID"], row["SeriesInstanceUID"]))
    tables = "".join(piece for (study, series), members in groups for piece in _table(study, series, members))
    return f'{_STYLE}<div class="dicommap">{tables or "<p>No changes.</p>"}</div>'


def preview_page(rows: Iterable[Mapping[str, str]]) -> str:
    """Return the preview as a page that stands alone."""
    head = '<meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>dicommap: preview</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{preview_fragment(rows)}</body></html>\n'


def _table(study: str, series: str, rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    yield f"<h4>Study <code>{escape(study)}</code>{f', series <code>{escape(series)}</code>' if series else ''}</h4>"
    yield "<table><tr>" + "".join(f"<th>{column}</th>" for column in _COLUMNS) + "</tr>"
    for row in rows:
        keyword, tag = escape(row["keyword"]), escape(row["tag"])
        yield (
            f"<tr><td>{keyword} <code>{tag}</code></td><td><del>{escape(row['before'])}</del></td>"
            f"<td><ins>{escape(row['after'])}</ins></td><td>{escape(row['because of'])}</td></tr>"
        )
    yield "</table>"
