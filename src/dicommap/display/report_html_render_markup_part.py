"""HTML built from elements: what is not markup already is escaped, here and nowhere else."""

from __future__ import annotations

from html import escape

from dicommap.model.masking_model_visible_part import escape_keeping_lines


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, *content: str, css: str = "", attributes: str = "") -> Markup:
    """Return an element around its content, escaped unless it is markup.

    `css` are class names and `attributes` what else stands in the tag: words of ours, never of the data, so that no
    value is in a title, a tooltip or a link.
    """
    start = "".join((name, f' class="{css}"' if css else "", f" {attributes}" if attributes else ""))
    return Markup(f"<{start}>{join_markup(*content)}</{name}>")


def join_markup(*content: str) -> Markup:
    """Return pieces one after the other, escaped unless they are markup, and without control characters."""
    return Markup(
        "".join(piece if isinstance(piece, Markup) else escape(escape_keeping_lines(piece)) for piece in content)
    )
