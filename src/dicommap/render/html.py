"""The inventory as static HTML: no script, no request, readable in light and dark."""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import TYPE_CHECKING

from dicommap.model.masking import one_line
from dicommap.render.text import byte_count, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicommap.issues import Severity
    from dicommap.model.hierarchy import Series, Study

STUDIES_SHOWN = 50
SERIES_SHOWN = 50
_FACTS = ("PatientID", "StudyDate", "Modality", "StudyDescription")
_SERIES_FACTS = ("Modality", "SeriesNumber", "SeriesDescription")

_STYLE = (
    "<style>.dicommap{font-family:sans-serif;font-size:13px}.dicommap table{border-collapse:collapse}"
    ".dicommap td,.dicommap th{padding:2px 8px;text-align:left;border-bottom:1px solid rgba(128,128,128,.35)}"
    ".dicommap .n{text-align:right}.dicommap code{font-size:12px}</style>"
)


def inventory_html(
    studies: Iterable[Study],
    count: int,
    dispositions: Mapping[str, int],
    issues: Mapping[tuple[str, Severity], int],
) -> str:
    """Return the inventory on one screen: counts, issues, and the first studies with their series to unfold."""
    shown = "".join(map(_study, islice(studies, STUDIES_SHOWN)))
    rest = count - STUDIES_SHOWN
    more = f"<p>and {counted(rest, 'more study')}</p>" if rest > 0 else ""
    files = ", ".join(f"{number:,} {escape(name)}" for name, number in dispositions.items()) or "no files"
    found = "".join(
        f"<li>{severity}: <code>{escape(code)}</code> &times; {number:,}</li>"
        for (code, severity), number in issues.items()
    )
    return (
        f'{_STYLE}<div class="dicommap"><p><b>Inventory</b> {counted(count, "study")}; files: {files}</p>'
        f"{f'<details><summary>Issues</summary><ul>{found}</ul></details>' if found else ''}{shown}{more}</div>"
    )


def _study(study: Study) -> str:
    facts = " &middot; ".join(
        f"{keyword}: {escape(text)}" for keyword in _FACTS if (text := _value(keyword, study.values))
    )
    headings = "".join(f"<th>{keyword}</th>" for keyword in _SERIES_FACTS)
    rows = "".join(map(_series, study.series[:SERIES_SHOWN]))
    rest = len(study.series) - SERIES_SHOWN
    more = f"<p>and {counted(rest, 'more series')}</p>" if rest > 0 else ""
    return (
        f"<details><summary><code>{escape(study.study_instance_uid)}</code> {facts} &middot; "
        f"{counted(len(study.series), 'series')}, {counted(study.instances, 'instance')}, {byte_count(study.size)}"
        f"</summary><table><tr><th>SeriesInstanceUID</th>{headings}"
        f'<th class="n">instances</th><th class="n">size</th></tr>{rows}</table>{more}</details>'
    )


def _series(series: Series) -> str:
    facts = "".join(f"<td>{escape(_value(keyword, series.values))}</td>" for keyword in _SERIES_FACTS)
    return (
        f"<tr><td><code>{escape(series.series_instance_uid)}</code></td>{facts}"
        f'<td class="n">{series.instances:,}</td>'
        f'<td class="n">{byte_count(series.size)}</td></tr>'
    )


def _value(keyword: str, values: Mapping[str, Mapping[str, int]]) -> str:
    return one_line(keyword, values.get(keyword, {}), show_values=False)
