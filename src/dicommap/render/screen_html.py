"""A screen as static HTML: no script, no request, nothing in it but what can be seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dicommap.render.markup import Markup, element, joined
from dicommap.render.screen import Facts, Kind, Note, Rows
from dicommap.render.style import SCOPE, STYLE
from dicommap.render.text import counted, first_characters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.render.screen import Block, Column, Row, Screen

CELL_LIMIT = 60
"""Characters of a cell with a value; a file may hold a description of any length."""
SENTENCE_LIMIT = 400

_UNCUT = (Kind.BEFORE, Kind.AFTER)
"""Whoever makes these rows knows whether all of a change is to be seen."""
_WIDTHS = {
    Kind.SENTENCE: "minmax(0,2fr)",
    Kind.UID: "minmax(0,3.8fr)",
    Kind.CODE: "minmax(0,1.5fr)",
    Kind.DATE: "76px",
    Kind.WORD: "72px",
    Kind.SEVERITY: "72px",
}
_WORDS = re.compile("(?<=[a-z])(?=[A-Z])")
_TAGS = {Kind.UID: "code", Kind.CODE: "code", Kind.BEFORE: "del", Kind.AFTER: "ins"}


def fragment(screen: Screen) -> str:
    """Return a screen as one element with its own style, for a notebook."""
    return joined(STYLE, element("div", _head(screen), *map(_block, screen.blocks), css=SCOPE))


def page(screen: Screen) -> str:
    """Return a screen as a page that stands alone."""
    head = '<meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    title = element("title", f"dicommap: {screen.title}")
    return f'<!doctype html>\n<html lang="en"><head>{head}{title}</head>\n<body>{fragment(screen)}</body></html>\n'


def _head(screen: Screen) -> Markup:
    subject = [element("code", screen.subject)] if screen.subject else []
    counts = (element("span", count) for count in screen.counts)
    badges = (_badge(severity, counted(number, severity)) for severity, number in screen.severities)
    return element("div", *_spaced([element("b", screen.title), *subject, *counts, *badges]), css="head")


def _block(block: Block) -> Markup:
    if isinstance(block, Note):
        return element("p", block.text, css="soft")
    if isinstance(block, Facts):
        pairs = (
            joined(element("dt", name), element("dd", first_characters(text, SENTENCE_LIMIT)))
            for name, text in block.pairs
        )
        return element("dl", *pairs) if block.pairs else Markup()
    return _rows(block)


def _rows(block: Rows) -> Markup:
    heading = element("h4", block.heading) if block.heading else Markup()
    if not block.rows:
        return heading
    rest = block.total - len(block.rows)
    more = element("p", f"and {counted(rest, f'more {block.noun}')}", css="soft") if rest > 0 else Markup()
    widths = " ".join(map(_width, block.columns))
    names = (
        element("span", _in_words(column.name), css="number" if column.kind is Kind.NUMBER else "")
        for column in block.columns
    )
    return element(
        "div",
        heading,
        element("div", *_spaced(names), css="row names"),
        *(_row(row, block.columns) for row in block.rows),
        more,
        attributes=f'style="--dicommap-columns:{widths}"',
    )


def _width(column: Column) -> str:
    """Return how wide a column is: of numbers, as wide as the longest word of its name, within limits."""
    if column.kind is Kind.NUMBER:
        longest = max(map(len, _WORDS.split(column.name)))
        return f"{min(max(60, 7 * longest), 120)}px"
    return _WIDTHS.get(column.kind, "minmax(70px,1fr)")


def _in_words(name: str) -> Markup:
    """Return a keyword that may be broken between its words: `StudyDescription` is wider than most descriptions."""
    first, *others = _WORDS.split(name)
    return joined(first, *(piece for word in others for piece in (Markup("<wbr>"), word)))


def _row(row: Row, columns: Sequence[Column]) -> Markup:
    cells = _spaced(_cell(text, column.kind) for text, column in zip(row.cells, columns, strict=True))
    if not row.inside:
        return element("div", *cells, css="row line")
    summary = element("summary", element("div", *cells, css="row"))
    inside = element("div", *map(_block, row.inside), css="inside")
    return element("details", summary, inside, attributes="open" if row.is_open else "")


def _cell(text: str, kind: Kind) -> Markup:
    if kind is Kind.SEVERITY:
        return element("span", _badge(text, text))
    if kind in _UNCUT and text:
        return element("span", element(_TAGS[kind], text))
    cut = first_characters(text, CELL_LIMIT if kind in (Kind.TEXT, Kind.DATE) else SENTENCE_LIMIT)
    return element(_TAGS.get(kind, "span") if text else "span", cut, css="number" if kind is Kind.NUMBER else "")


def _badge(severity: str, text: str) -> Markup:
    known = severity if severity in ("error", "warning") else ""
    return element("span", text, css=f"badge {known}".strip())


def _spaced(pieces: Iterable[Markup]) -> Iterator[str]:
    """Yield a space after each piece: where a notebook takes styles out, words stay apart."""
    for piece in pieces:
        yield piece
        yield " "
