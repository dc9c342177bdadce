"""Render a report as static HTML: escaped elements, one style sheet, no script.

The report has the text colour of its surroundings, so it is readable in every theme of every notebook. Lines and
backgrounds are a transparent grey, red or green. Only badges have opaque colours: white text on a dark background.

Mail programs, code forges and notebooks that are not trusted remove the style sheet. Tables are `<table>` elements, so
they are still readable without it. The blocks inside a row are a `<details>` element in a second row below it. The
style sheet moves the triangle of this element to the row above. No column becomes narrower than its longest word, so a
table may be wider than the page; it can then be scrolled.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from dicommap.display.formatting import truncate_text
from dicommap.display.report import ColumnKind, FactList, Figure, Note, ReportTable
from dicommap.issues.wording import format_count
from dicommap.model.masking import escape_keeping_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.display.report import Block, Report, TableColumn, TableRow


class Markup(str):
    """A text that is HTML already. The functions of this module escape every text that is not Markup."""

    __slots__ = ()


def make_element(name: str, *content: str, css: str = "", attributes: str = "") -> Markup:
    """Return an HTML element. Content that is not Markup is escaped.

    Args:
        name: The element's name.
        content: Pieces of text or markup.
        css: Class names.
        attributes: The other attributes of the element, as HTML. They must not contain texts of the data, so that no
            patient value is in a title, a tooltip or a link.

    """
    start = "".join((name, f' class="{css}"' if css else "", f" {attributes}" if attributes else ""))
    return Markup(f"<{start}>{join_markup(*content)}</{name}>")


def join_markup(*content: str) -> Markup:
    """Join pieces of text and markup, and return the markup. HTML and control characters in texts are escaped."""
    return Markup(
        "".join(piece if isinstance(piece, Markup) else escape(escape_keeping_lines(piece)) for piece in content)
    )


CSS_CLASS = "dicommap"

# The class is repeated so that these rules take precedence over a notebook's rules for its output: JupyterLab's rules
# have two classes, a pseudo-class and two elements.
_SCOPE = f".{CSS_CLASS}" * 4
_RULES = {
    "": "font:13px/1.45 var(--jp-content-font-family,var(--vscode-font-family,system-ui,sans-serif));"
    "color:var(--jp-content-font-color1,var(--vscode-editor-foreground,inherit));max-width:120em;"
    "font-variant-numeric:tabular-nums",
    " p": "margin:4px 0",
    " .head": "margin:2px 0 6px",
    " .head b": "font-size:15px",
    " .soft": "opacity:.75",
    " .heading": "margin:10px 0 2px;font-weight:600",
    " code": "font:12px/1.45 var(--jp-code-font-family,var(--vscode-editor-font-family,ui-monospace,monospace));"
    "color:inherit;background:none;padding:0;border:0;white-space:normal",
    " .figure": "margin:8px 0",
    " .scroll": "overflow-x:auto;margin:2px 0 6px",
    " table": "border-collapse:collapse;border:0;margin:0;width:auto;table-layout:auto;font:inherit;color:inherit",
    " tr": "background:none;border:0",
    " thead": "border:0",
    " td": "padding:2px 8px;border:0;border-bottom:1px solid rgba(128,128,128,.22);text-align:left;"
    "vertical-align:top;line-height:1.45;max-width:none;overflow-wrap:break-word;unicode-bidi:isolate",
    " th": "padding:2px 8px;border:0;border-bottom:1px solid rgba(128,128,128,.5);text-align:left;"
    "vertical-align:bottom;line-height:1.45;font-size:12px;font-weight:normal;max-width:none;white-space:normal",
    " th span": "opacity:.75",
    " .number": "text-align:right;white-space:nowrap",
    " :is(.short,.short code)": "white-space:nowrap",
    " .sentence": "min-width:16em",
    " .facts th": "border:0;vertical-align:top;padding-left:0;white-space:nowrap;font-size:13px",
    " .facts td": "border:0;min-width:20em;overflow-wrap:anywhere",
    " .folds": "min-width:min(100%,60em)",
    " .folds>*>tr>:first-child": "padding-left:20px",
    " .folds>tbody>.row>td": "vertical-align:bottom",  # the triangle is beside the last line
    " .row:hover>td": "background:rgba(128,128,128,.1)",
    " .folds>tbody>.more>td": "position:relative;padding:0;border:0",
    " details": "margin:0",
    " summary": "position:absolute;left:0;bottom:100%;width:20px;height:23px;padding:0;margin:0;cursor:pointer;"
    "list-style:none;font-size:0;text-align:center",
    " summary::-webkit-details-marker": "display:none",
    " summary::before": "content:'\\25B8';font-size:13px;line-height:20px;opacity:.75",
    " details[open]>summary::before": "content:'\\25BE'",
    " .inside": "margin:4px 0 10px 20px;padding-left:10px;border-left:2px solid rgba(128,128,128,.35);width:0;"
    "min-width:calc(100% - 32px)",
    " .badge": "display:inline-block;padding:0 7px;border-radius:9px;font-size:12px;color:#fff;background:#57606a",
    " .error": "background:#b3261e",
    " .warning": "background:#8a5300",
    " del": "background:rgba(214,60,50,.17)",
    " ins": "background:rgba(40,160,80,.2)",
    " :is(del,ins)": "text-decoration:none;display:inline-block;min-width:1em;max-width:32em;padding:0 3px;"
    "border-radius:2px;overflow-wrap:break-word;white-space:pre-wrap",
}
STYLE_SHEET = Markup("<style>" + "".join(f"{_SCOPE}{part}{{{rules}}}" for part, rules in _RULES.items()) + "</style>")


MAX_CELL_LENGTH = 60
"""Maximum number of characters of a cell with a value, because a value in a file may have any length."""
MAX_SENTENCE_LENGTH = 400

_UNTRUNCATED_KINDS = (ColumnKind.BEFORE, ColumnKind.AFTER)
"""Kinds of cells that are not cut by this module, because their values are cut when the rows are built."""
_CELL_CLASSES = {
    ColumnKind.NUMBER: "number",
    ColumnKind.SENTENCE: "sentence",
    **dict.fromkeys((ColumnKind.WORD, ColumnKind.DATE, ColumnKind.CODE, ColumnKind.SEVERITY), "short"),
}
_LEFT = 'style="text-align:left"'
"""The alignment of cells, as an attribute, because a notebook may remove the style sheet.

Without it, JupyterLab aligns all cells to the right.
"""
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
"""The space between a number and its unit. It prevents a line break between them."""
_SCROLL = 'style="overflow-x:auto"'
_MAX_UNBROKEN_UID = 32
"""Maximum number of characters of a UID that is never broken into two lines.

A longer UID may be broken at the dot that is nearest to its middle.
"""
_MARK = re.compile(r"(<\w+ \d+>)")
_WORD_BOUNDARY = re.compile("(?<=[a-z])(?=[A-Z])")
_TAGS = {ColumnKind.CODE: "code", ColumnKind.BEFORE: "del", ColumnKind.AFTER: "ins"}


def render_html_fragment(report: Report, *, top: str = "") -> str:
    """Return a report as HTML for a notebook: a style sheet and one `div` element.

    `top` is markup to put between the header and the blocks of the report.
    """
    return join_markup(
        STYLE_SHEET, make_element("div", _render_header(report), top, *map(render_block, report.blocks), css=CSS_CLASS)
    )


def render_html_page(report: Report, *, top: str = "") -> str:
    """Return a report as a complete HTML page. `top` is markup to put between the header and the blocks."""
    head = '<meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    title = make_element("title", f"dicommap: {report.title}")
    body = render_html_fragment(report, top=top)
    return f'<!doctype html>\n<html lang="en"><head>{head}{title}</head>\n<body>{body}</body></html>\n'


def _render_header(report: Report) -> Markup:
    subject = [make_element("code", report.subject)] if report.subject else []
    badges = (
        _render_severity_badge(severity, format_count(number, severity)) for severity, number in report.severities
    )
    pieces = [make_element("b", report.title), *subject, *report.counts, *badges]
    return make_element("p", *[piece for part in pieces for piece in (" · ", part)][1:], css="head")


def render_block(block: Block) -> Markup:
    """Return the markup of one block of a report."""
    if isinstance(block, Note):
        return make_element("p", block.text, css="soft")
    if isinstance(block, Figure):
        return make_element("div", Markup(block.html), css="figure")
    if isinstance(block, FactList):
        return _render_facts(block)
    return _render_table(block)


def _render_facts(block: FactList) -> Markup:
    if not block.pairs:
        return Markup()
    rows = (
        make_element(
            "tr",
            make_element("th", make_element("span", name), attributes=f'scope="row" {_LEFT}'),
            make_element("td", *_make_marks_unbreakable(truncate_text(text, MAX_SENTENCE_LENGTH)), attributes=_LEFT),
        )
        for name, text in block.pairs
    )
    return make_scrollable(make_element("table", make_element("tbody", *rows), css="facts"))


def _render_table(block: ReportTable) -> Markup:
    heading = make_element("p", block.heading, css="heading") if block.heading else Markup()
    if not block.rows:
        return heading
    rest = block.total - len(block.rows)
    more = make_element("p", f"and {format_count(rest, f'more {block.noun}')}", css="soft") if rest > 0 else Markup()
    names = (
        _make_cell("th", column.kind, make_element("span", _make_keyword_breakable(column.name)))
        for column in block.columns
    )
    table = make_element(
        "table",
        make_element("thead", make_element("tr", *names)),
        make_element("tbody", *(piece for row in block.rows for piece in _render_row(row, block.columns))),
        css="folds" if any(row.details for row in block.rows) else "",
    )
    return join_markup(heading, make_scrollable(table), more)


def make_scrollable(table: Markup) -> Markup:
    """Return a wide table in a box that can be scrolled sideways, so that the page itself need not be scrolled."""
    return make_element("div", table, css="scroll", attributes=_SCROLL)


def _make_keyword_breakable(name: str) -> Markup:
    """Return a keyword that may be broken between its words, because long keywords are wider than most values."""
    first, *others = _WORD_BOUNDARY.split(name)
    return join_markup(first, *(piece for word in others for piece in (Markup("<wbr>"), word)))


def _render_row(row: TableRow, columns: Sequence[TableColumn]) -> Iterator[Markup]:
    """Yield the markup of a table row, and of a second row below it if the row has details."""
    cells = (_render_cell(text, column.kind) for text, column in zip(row.cells, columns, strict=True))
    yield make_element("tr", *cells, css="row")
    if row.details:
        summary = make_element("summary", _describe_details(row.details))
        inside = make_element("div", *map(render_block, row.details), css="inside")
        details = make_element("details", summary, inside, attributes="open" if row.is_open else "")
        yield make_element(
            "tr", make_element("td", details, attributes=f'colspan="{len(columns)}" {_LEFT}'), css="more"
        )


def _describe_details(details: Sequence[Block]) -> str:
    """Return the label of the details of a row: the number of rows of their first table, such as `5 issues`."""
    tables = (block for block in details if isinstance(block, ReportTable))
    return next((format_count(table.total, table.noun) for table in tables), "details")


def _render_cell(text: str, kind: ColumnKind) -> Markup:
    if not text:
        return _make_cell("td", kind)
    if kind is ColumnKind.SEVERITY:
        return _make_cell("td", kind, _render_severity_badge(text, text))
    if kind is ColumnKind.UID:
        return _make_cell(
            "td", kind, make_element("code", _make_uids_breakable(truncate_text(text, MAX_SENTENCE_LENGTH)))
        )
    is_short = kind in (ColumnKind.TEXT, ColumnKind.DATE)
    limit = MAX_CELL_LENGTH if is_short else len(text) if kind in _UNTRUNCATED_KINDS else MAX_SENTENCE_LENGTH
    cut = truncate_text(text, limit)
    if kind is ColumnKind.NUMBER:
        cut = cut.replace(" ", _NO_BREAK_SPACE)
    content = _make_marks_unbreakable(cut)
    return _make_cell("td", kind, *([make_element(_TAGS[kind], *content)] if kind in _TAGS else content))


def _make_cell(name: str, kind: ColumnKind, *content: str) -> Markup:
    """Return a table cell. `name` is `td` or `th`. `kind` decides the CSS class and the alignment."""
    attributes = "" if kind is ColumnKind.NUMBER else _LEFT
    return make_element(name, *content, css=_CELL_CLASSES.get(kind, ""), attributes=attributes)


def _make_marks_unbreakable(text: str) -> list[str]:
    """Split a text into pieces of text and markup, so that no mark of a masked value is broken into two lines.

    A mark is a text such as `<PatientID 1>`.
    """
    pieces = _MARK.split(text)
    return [make_element("span", piece, css="short") if place % 2 else piece for place, piece in enumerate(pieces)]


def _make_uids_breakable(text: str) -> Markup:
    """Return the markup of UIDs, separated by spaces. A long UID may be broken at the dot nearest to its middle."""
    return join_markup(*(piece for uid in re.split("( )", text) for piece in _split_uid_in_middle(uid)))


def _split_uid_in_middle(uid: str) -> tuple[str, ...]:
    dots = [place for place, character in enumerate(uid) if character == "."]
    if len(uid) <= _MAX_UNBROKEN_UID or not dots:
        return (uid,)
    middle = min(dots, key=lambda place: abs(2 * place - len(uid))) + 1
    return uid[:middle], Markup("<wbr>"), uid[middle:]


def _render_severity_badge(severity: str, text: str) -> Markup:
    known = severity if severity in ("error", "warning") else ""
    return make_element("span", text, css=f"badge {known}".strip())
