"""A plot as a value: an SVG document with its title and the words that say what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.writing.new_file_pictures_saving_part import write_new_binary_file

if TYPE_CHECKING:
    from _typeshed import StrPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot: no script, no request, readable in light and dark; a screen reader gets title and description."""

    svg: str = field(repr=False)
    title: str
    description: str
    """What the plot shows, in one or two sentences."""

    def save(self, path: StrPath) -> None:
        """Write the SVG to a file that must not exist yet. Raises DocumentError where that cannot be done."""
        write_new_binary_file(path, self.svg.encode("utf-8"))

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return self.svg
