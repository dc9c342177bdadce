"""The class Plot, which is an SVG document, and functions that make its SVG elements."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.display.report import Figure
from dicommap.writing.new_file import write_new_binary_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import StrPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """An SVG document for light pages, dark pages and screen readers. It has no script and loads no file."""

    svg: str = field(repr=False)
    title: str
    description: str
    """A text of one or two sentences that describes the plot's content."""

    def save(self, path: StrPath) -> None:
        """Write the SVG to a file that must not exist yet. Raises DocumentError if it exists or cannot be written."""
        write_new_binary_file(path, self.svg.encode("utf-8"))

    def to_figure(self) -> Figure:
        """Return this plot as a block of a report."""
        return Figure(svg=self.svg)

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return self.svg


WIDTH = 720
BODY_TOP = 64
"""Distance from the top of the plot to its content, below the title and the description."""
LEFT_MARGIN = 20
CHARACTER_WIDTH = 6.6
"""Average width of a character, in SVG units."""

_LIGHT_STYLE = """
text { fill: #1f2328 } .panel { fill: #fff; stroke: #d0d7de } .faint { fill: #59636e } .line { stroke: #d0d7de }
.first { fill: #2f6fb7 } .second { fill: #8a63a8 } .third { fill: #e0701a } .none { fill: #f0f2f5 }
"""
_DARK_STYLE = """
text { fill: #e6edf3 } .panel { fill: #161b22; stroke: #30363d } .faint { fill: #9aa4af } .line { stroke: #30363d }
.first { fill: #5a9bdf } .second { fill: #b08ad0 } .third { fill: #c05a0c } .none { fill: #21262d }
"""


def _scope_rules(rules: str) -> str:
    """Limit CSS rules to plots, because the styles of an SVG apply to the whole page. Return the limited rules."""
    return "".join(f".dicommap-plot {part.strip()}}}" for part in rules.split("}") if part.strip())


_STYLE = (
    f".dicommap-plot {{ font: 12px sans-serif; max-width: 100%; height: auto }}{_scope_rules(_LIGHT_STYLE)}"
    f".dicommap-plot .title {{ font-size: 15px; font-weight: 600 }}"
    f"@media (prefers-color-scheme: dark) {{{_scope_rules(_DARK_STYLE)}}}"
)


def make_plot(title: str, description: str, height: float, body: Iterable[str], *, width: float = WIDTH) -> Plot:
    """Return a plot: a title, a description, and below them the SVG elements of `body`."""
    pieces = "".join(body)
    # A page may have several plots, and each id must be unique in the page.
    name = f"dicommap-{sha256(f'{title}{description}{pieces}'.encode()).hexdigest()[:12]}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="dicommap-plot" role="img" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{_escape_text(title)}</title>'
        f'<desc id="{name}-desc">{_escape_text(description)}</desc>'
        f'<style>{_STYLE}</style><rect class="panel" x=".5" y=".5" rx="6" width="{width - 1:.0f}" '
        f'height="{height - 1:.0f}"/>'
        f"{draw_text(LEFT_MARGIN, 26, title, kind='title')}{draw_text(LEFT_MARGIN, 45, description, kind='faint')}"
        f"{pieces}</svg>"
    )
    return Plot(svg=svg, title=title, description=description)


def draw_text(x: float, y: float, content: str, *, kind: str = "", anchor: str = "start") -> str:
    """Return an SVG text element. `kind` is a CSS class. `anchor`, the alignment at `x`, is start, middle or end."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{_class_attribute(kind)}>{_escape_text(content)}</text>'
    )


def draw_bar(x: float, y: float, width: float, height: float, *, kind: str, tooltip: str, strength: float = 1) -> str:
    """Return an SVG rectangle with a tooltip. `kind` is a CSS class, `strength` is the opacity from 0 to 1."""
    faded = "" if strength >= 1 else f' fill-opacity="{strength:.2f}"'
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}"'
    return f"<rect {place}{_class_attribute(kind)}{faded}><title>{_escape_text(tooltip)}</title></rect>"


def draw_line(x: float, y: float, width: float) -> str:
    """Return an SVG element for a horizontal line from (`x`, `y`)."""
    return f'<line class="line" x1="{x:.1f}" y1="{y:.1f}" x2="{x + width:.1f}" y2="{y:.1f}"/>'


def _class_attribute(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _escape_text(content: str) -> str:
    return escape(make_printable(content))
