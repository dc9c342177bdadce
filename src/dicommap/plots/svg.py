"""The class Plot, which is an SVG document, and functions that make its SVG elements.

Themes. The same SVG is shown in two ways, and its style sheet serves both:

- In an HTML page, such as a notebook, the SVG is an element of the page. It has no background, and its text has the
  colour of the text around it, so that it follows the notebook's theme and not the system's.
- As a separate document (a file, or an `<img>`) the SVG is the root element, so the rules with `:root` apply. These
  rules give it a background, and colours for the system's light or dark theme.

A plot therefore names no colour. It uses these classes of `draw_text`, `draw_bar` and `draw_line`, which are legible on
a light and on a dark background:

- text: no class, `faint` for numbers of an axis and remarks, `title`;
- bars: `first`, `second`, `third`, `fourth` for kinds of data; `good`, `doubtful` and `bad` for outcomes; `none` for an
  empty place. Text on a bar is legible if the bar's strength is at most `MAX_STRENGTH_BELOW_TEXT`;
- lines: `line`.

A notebook that is not trusted removes styles and SVG elements. So the HTML of `Plot._repr_html_` has the SVG twice: as
an element that only the style sheet makes visible, and as an image that the style sheet hides.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.display.report import Figure
from dicommap.writing.new_file import write_new_binary_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from _typeshed import StrPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """An SVG document for light pages, dark pages and screen readers. It contains no script and loads no file."""

    svg: str = field(repr=False)
    title: str
    description: str
    """One or two sentences that describe the content of the plot."""

    def save(self, path: StrPath) -> None:
        """Write the SVG to a new file. Raises DocumentError if the file exists or cannot be written."""
        write_new_binary_file(path, self.svg.encode("utf-8"))

    def to_figure(self) -> Figure:
        """Return this plot as a block of a report."""
        return Figure(html=self._repr_html_())

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        words = f"{self.title}: {self.description}"
        source = f"data:image/svg+xml;base64,{b64encode(self.svg.encode('utf-8')).decode('ascii')}"
        image = f'<img class="dicommap-plot-image" src="{source}" alt="{_escape_text(words)}">'
        return f'<div class="dicommap-plot-inline" {_HIDDEN}>{self.svg}</div>{image}'


WIDTH = 720
BODY_TOP = 64
"""Distance from the top of the plot to its content. The title and the description are above the content."""
LEFT_MARGIN = 20
CHARACTER_WIDTH = 6.6
"""Average width of a character, in SVG units."""

MAX_STRENGTH_BELOW_TEXT = 0.6
"""Maximum strength of a bar below a text.

The text then has a contrast of 4.5 to 1 or more in both themes (WCAG 1.4.3).
"""

_HIDDEN = 'hidden="hidden" style="display:none"'
"""Attributes of an element that is visible only with the style sheet.

Each sanitizer of HTML keeps at least one of the two attributes.

JupyterLab's sanitizer removes `hidden` if it has no value.
"""

_STYLE = """
.dicommap-plot-inline[hidden] { display: block !important; overflow-x: auto }
.dicommap-plot-image.dicommap-plot-image.dicommap-plot-image { display: none }
.dicommap-plot { font: 12px sans-serif; max-width: 100%; height: auto; display: block;
  color: var(--jp-content-font-color1, var(--vscode-editor-foreground, inherit)) }
.dicommap-plot text { fill: currentColor } .dicommap-plot .title { font-size: 15px; font-weight: 600 }
.dicommap-plot .faint { fill-opacity: .75 }
.dicommap-plot .panel { fill: none; stroke: #8884 } .dicommap-plot .line { stroke: #8886 }
.dicommap-plot .first { fill: #4384c6 } .dicommap-plot .second { fill: #9672ba }
.dicommap-plot .third { fill: #dd6f1c } .dicommap-plot .fourth { fill: #2f9c95 }
.dicommap-plot .good { fill: #3f9a5b } .dicommap-plot .doubtful { fill: #d3971f } .dicommap-plot .bad { fill: #d14b41 }
.dicommap-plot .none { fill: #8882 }
.dicommap-plot:root { color: #1f2328 } .dicommap-plot:root .panel { fill: #fff }
@media (prefers-color-scheme: dark) {
.dicommap-plot:root { color: #e6edf3 } .dicommap-plot:root .panel { fill: #161b22 } }
"""


def make_plot(title: str, description: str, height: float, body: Iterable[str], *, width: float = WIDTH) -> Plot:
    """Return a plot with a title, a description, and the SVG elements of `body` below them."""
    pieces = "".join(body)
    # A page may have several plots, and each id must be unique in the page.
    name = f"dicommap-{sha256(f'{title}{description}{pieces}'.encode()).hexdigest()[:12]}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="dicommap-plot" role="img" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{_escape_text(title)}</title>'
        f'<desc id="{name}-desc">{_escape_text(description)}</desc>'
        f'<style>{_STYLE.strip()}</style><rect class="panel" x=".5" y=".5" rx="6" width="{width - 1:.0f}" '
        f'height="{height - 1:.0f}"/>'
        f"{draw_text(LEFT_MARGIN, 26, title, kind='title')}{draw_text(LEFT_MARGIN, 45, description, kind='faint')}"
        f"{pieces}</svg>"
    )
    return Plot(svg=svg, title=title, description=description)


def draw_text(x: float, y: float, content: str, *, kind: str = "", anchor: str = "start") -> str:
    """Return an SVG text element at (`x`, `y`).

    `kind` is a CSS class. `anchor` is the part of the text that is at `x`: start, middle or end.
    """
    start = f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{_format_class_attribute(kind)}>'
    return f"{start}{_escape_text(content)}</text>"


def draw_bar(x: float, y: float, width: float, height: float, *, kind: str, tooltip: str, strength: float = 1) -> str:
    """Return an SVG rectangle with a tooltip. `kind` is a CSS class. `strength` is the opacity from 0 to 1."""
    faded = "" if strength >= 1 else f' fill-opacity="{strength:.2f}"'
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}"'
    return f"<rect {place}{_format_class_attribute(kind)}{faded}><title>{_escape_text(tooltip)}</title></rect>"


def draw_line(x: float, y: float, width: float) -> str:
    """Return an SVG element for a horizontal line that begins at (`x`, `y`)."""
    return f'<line class="line" x1="{x:.1f}" y1="{y:.1f}" x2="{x + width:.1f}" y2="{y:.1f}"/>'


def draw_legend(classes: Mapping[str, str]) -> Iterator[str]:
    """Yield the SVG elements of a legend at the top of a plot. Each name has a square of its CSS class before it."""
    x: float = LEFT_MARGIN
    for name, kind in classes.items():
        yield draw_bar(x, BODY_TOP - 4, 11, 11, kind=kind, tooltip=name)
        yield draw_text(x + 16, BODY_TOP + 6, name, kind="faint")
        x += 34 + len(name) * CHARACTER_WIDTH


def format_percent(percent: float) -> str:
    """Return a percentage as text: `<1%` for more than 0 and less than 1, and `100%` never for less than 100."""
    if 0 < percent < 1:
        return "<1%"
    return f"{min(round(percent), 99) if percent < 100 else round(percent)}%"


def shorten_uid(uid: str, limit: int) -> str:
    """Return the last characters of a UID, at most `limit`. The end of a UID shows the difference to similar UIDs."""
    return uid if len(uid) <= limit else f"…{uid[len(uid) - limit + 1 :].lstrip('.')}"


def _format_class_attribute(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _escape_text(content: str) -> str:
    return escape(make_printable(content))
