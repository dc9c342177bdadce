"""Render a report as static HTML: escaped elements, one style sheet, no script.

The report takes its text colour from its surroundings, so that it is readable in every theme of every notebook. Lines
and backgrounds are a transparent grey, red or green. Only badges have opaque colours: white text on a dark background.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from dicommap.display.formatting import format_count, truncate_text
from dicommap.display.report import CellKind, FactList, Figure, Note, ReportTable
from dicommap.model.masking import escape_keeping_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.display.report import Block, Report, TableColumn, TableRow


class Markup(str):
    """Text that is already HTML."""

    __slots__ = ()


def element(name: str, *content: str, css: str = "", attributes: str = "") -> Markup:
    """Return an HTML element. Content that is not Markup is escaped.

    Args:
        name: The element's name.
        content: Pieces of text or markup.
        css: Class names.
        attributes: Other attributes of the tag. They must not contain texts of the data, so that no value is in a
            title, a tooltip or a link.

    """
    start = "".join((name, f' class="{css}"' if css else "", f" {attributes}" if attributes else ""))
    return Markup(f"<{start}>{join_markup(*content)}</{name}>")


def join_markup(*content: str) -> Markup:
    """Join pieces of text and markup, and return the markup. HTML and control characters in texts are escaped."""
    return Markup(
        "".join(piece if isinstance(piece, Markup) else escape(escape_keeping_lines(piece)) for piece in content)
    )


CSS_CLASS = "dicommap"

# The class is doubled so that these rules take precedence over a notebook's rules for tables in its output.
_RULES = {
    "": "font:13px/1.45 var(--jp-content-font-family,var(--vscode-font-family,system-ui,sans-serif));"
    "color:var(--jp-content-font-color1,var(--vscode-editor-foreground,inherit));max-width:92em;"
    "overflow-wrap:anywhere;font-variant-numeric:tabular-nums",
    " p": "margin:4px 0",
    " .head": "display:flex;flex-wrap:wrap;gap:2px 14px;align-items:baseline;margin:2px 0 6px",
    " .head b": "font-size:15px",
    " .soft": "opacity:.72",
    " code": "font:12px/1.45 var(--jp-code-font-family,var(--vscode-editor-font-family,ui-monospace,monospace));"
    "color:inherit;background:none;padding:0;border:0;white-space:normal",
    " dl": "display:grid;grid-template-columns:max-content minmax(0,1fr);gap:1px 14px;margin:4px 0 8px",
    " dt": "opacity:.72;margin:0;font-weight:normal",
    " dd": "margin:0;unicode-bidi:isolate",
    " .figure": "margin:8px 0;overflow-x:auto",
    " h4": "margin:10px 0 2px;font-size:13px;font-weight:600",
    " .row": "display:grid;grid-template-columns:var(--dicommap-columns);gap:0 10px;align-items:baseline",
    " .row>*": "unicode-bidi:isolate",
    " .names": "padding:2px 6px 2px 20px;opacity:.72;font-size:12px;border-bottom:1px solid rgba(128,128,128,.5)",
    " .line": "padding:2px 6px 2px 20px;border-bottom:1px solid rgba(128,128,128,.22)",
    " summary": "position:relative;cursor:pointer;list-style:none;padding:2px 6px 2px 20px;"
    "border-bottom:1px solid rgba(128,128,128,.22)",
    " summary::-webkit-details-marker": "display:none",
    " summary::before": "content:'\\25B8';position:absolute;left:5px;opacity:.72",
    " details[open]>summary::before": "content:'\\25BE'",
    " summary:hover": "background:rgba(128,128,128,.12)",
    " .inside": "margin:4px 0 10px 20px;padding-left:10px;border-left:2px solid rgba(128,128,128,.35)",
    " .number": "text-align:right;white-space:nowrap",
    " .badge": "display:inline-block;padding:0 7px;border-radius:9px;font-size:12px;color:#fff;background:#57606a",
    " .error": "background:#b3261e",
    " .warning": "background:#8a5300",
    " del": "text-decoration:none;background:rgba(214,60,50,.17);padding:0 3px;border-radius:2px",
    " ins": "text-decoration:none;background:rgba(40,160,80,.2);padding:0 3px;border-radius:2px",
}
STYLE_SHEET = Markup(
    "<style>" + "".join(f".{CSS_CLASS}.{CSS_CLASS}{part}{{{rules}}}" for part, rules in _RULES.items()) + "</style>"
)


MAX_CELL_LENGTH = 60
"""Maximum characters of a cell with a value, since a value in a file may have any length."""
MAX_SENTENCE_LENGTH = 400

_UNTRUNCATED_KINDS = (CellKind.BEFORE, CellKind.AFTER)
"""Kinds of cells that are not cut here, because the builders of their rows decide how much of a value is shown."""
_WIDTHS = {
    CellKind.SENTENCE: "minmax(0,2fr)",
    CellKind.UID: "minmax(0,3.8fr)",
    CellKind.CODE: "minmax(0,1.5fr)",
    CellKind.DATE: "76px",
    CellKind.WORD: "72px",
    CellKind.SEVERITY: "72px",
}
_WORD_BOUNDARY = re.compile("(?<=[a-z])(?=[A-Z])")
_TAGS = {CellKind.UID: "code", CellKind.CODE: "code", CellKind.BEFORE: "del", CellKind.AFTER: "ins"}


def render_html_fragment(report: Report) -> str:
    """Return a report as one HTML element with its own style, for a notebook."""
    return join_markup(
        STYLE_SHEET, element("div", _render_header(report), *map(_render_block, report.blocks), css=CSS_CLASS)
    )


def render_html_page(report: Report) -> str:
    """Return a report as a complete HTML page."""
    head = '<meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    title = element("title", f"dicommap: {report.title}")
    body = render_html_fragment(report)
    return f'<!doctype html>\n<html lang="en"><head>{head}{title}</head>\n<body>{body}</body></html>\n'


def _render_header(report: Report) -> Markup:
    subject = [element("code", report.subject)] if report.subject else []
    counts = (element("span", count) for count in report.counts)
    badges = (
        _render_severity_badge(severity, format_count(number, severity)) for severity, number in report.severities
    )
    return element("div", *_add_spaces([element("b", report.title), *subject, *counts, *badges]), css="head")


def _render_block(block: Block) -> Markup:
    if isinstance(block, Note):
        return element("p", block.text, css="soft")
    if isinstance(block, Figure):
        return element("div", Markup(block.svg), css="figure")
    if isinstance(block, FactList):
        pairs = (
            join_markup(element("dt", name), element("dd", truncate_text(text, MAX_SENTENCE_LENGTH)))
            for name, text in block.pairs
        )
        return element("dl", *pairs) if block.pairs else Markup()
    return _render_table(block)


def _render_table(block: ReportTable) -> Markup:
    heading = element("h4", block.heading) if block.heading else Markup()
    if not block.rows:
        return heading
    rest = block.total - len(block.rows)
    more = element("p", f"and {format_count(rest, f'more {block.noun}')}", css="soft") if rest > 0 else Markup()
    widths = " ".join(map(_choose_column_width, block.columns))
    names = (
        element("span", _make_keyword_breakable(column.name), css="number" if column.kind is CellKind.NUMBER else "")
        for column in block.columns
    )
    return element(
        "div",
        heading,
        element("div", *_add_spaces(names), css="row names"),
        *(_render_row(row, block.columns) for row in block.rows),
        more,
        attributes=f'style="--dicommap-columns:{widths}"',
    )


def _choose_column_width(column: TableColumn) -> str:
    """Return the CSS width of a column. The width of a column of numbers depends on the longest word of its name."""
    if column.kind is CellKind.NUMBER:
        longest = max(map(len, _WORD_BOUNDARY.split(column.name)))
        return f"{min(max(60, 7 * longest), 120)}px"
    return _WIDTHS.get(column.kind, "minmax(70px,1fr)")


def _make_keyword_breakable(name: str) -> Markup:
    """Return a keyword with optional line breaks between its words, since long keywords are wider than most values."""
    first, *others = _WORD_BOUNDARY.split(name)
    return join_markup(first, *(piece for word in others for piece in (Markup("<wbr>"), word)))


def _render_row(row: TableRow, columns: Sequence[TableColumn]) -> Markup:
    cells = _add_spaces(_render_cell(text, column.kind) for text, column in zip(row.cells, columns, strict=True))
    if not row.details:
        return element("div", *cells, css="row line")
    summary = element("summary", element("div", *cells, css="row"))
    details = element("div", *map(_render_block, row.details), css="inside")
    return element("details", summary, details, attributes="open" if row.is_open else "")


def _render_cell(text: str, kind: CellKind) -> Markup:
    if kind is CellKind.SEVERITY:
        return element("span", _render_severity_badge(text, text))
    if kind in _UNTRUNCATED_KINDS and text:
        return element("span", element(_TAGS[kind], text))
    cut = truncate_text(text, MAX_CELL_LENGTH if kind in (CellKind.TEXT, CellKind.DATE) else MAX_SENTENCE_LENGTH)
    return element(_TAGS.get(kind, "span") if text else "span", cut, css="number" if kind is CellKind.NUMBER else "")


def _render_severity_badge(severity: str, text: str) -> Markup:
    known = severity if severity in ("error", "warning") else ""
    return element("span", text, css=f"badge {known}".strip())


def _add_spaces(pieces: Iterable[Markup]) -> Iterator[str]:
    """Yield a space after each piece, so that words stay apart if a notebook removes styles."""
    for piece in pieces:
        yield piece
        yield " "
