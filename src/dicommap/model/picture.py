"""The class Picture: PNG bytes, their size in pixels, and a caption."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from dicommap.writing.new_file import write_new_binary_file

if TYPE_CHECKING:
    from _typeshed import StrPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A PNG preview of one or several images, with a caption. It is not for diagnosis.

    The caption has no patient value unless the user asked for values. The pixels are not masked: if a patient's name is
    part of an image (burned in), the picture shows the name.
    """

    png: bytes = field(repr=False)
    width: int
    """Width in pixels."""
    height: int
    """Height in pixels."""
    caption: str
    is_placeholder: bool = False
    """Whether no image could be drawn. If so, the caption and the picture give the reason."""

    def save(self, path: StrPath) -> None:
        """Write the PNG to a new file. Raises DocumentError if the file exists or cannot be written."""
        write_new_binary_file(path, self.png)

    def _repr_png_(self) -> bytes:
        return self.png

    def _repr_html_(self) -> str:
        caption = escape(self.caption)
        source = f"data:image/png;base64,{b64encode(self.png).decode('ascii')}"
        image = f'<img src="{source}" width="{self.width}" height="{self.height}" alt="{caption}">'
        return f'<figure style="margin:0;display:inline-block">{image}<figcaption>{caption}</figcaption></figure>'
