"""Resize and tile images, draw labels and placeholders, and encode PNG."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy import dtype, ndarray, uint8

_BACKGROUND_COLOR = (24, 26, 30)
_PLACEHOLDER_COLOR = (58, 62, 70)
_TEXT_COLOR = (225, 228, 232)
_BORDER_COLOR = (120, 126, 136)
_GAP = 4
_MAX_LABEL_LINES = 2


def resize_image(array: ndarray[Any, dtype[uint8]], pixel_height: float, size: int | None) -> Image.Image:
    """Convert an array to an image of the requested size, and return the image.

    Args:
        array: Pixels with the shape (rows, columns) or (rows, columns, 3).
        pixel_height: Height of a pixel divided by its width.
        size: Pixels of the longer side. None keeps the size of the array.
    """
    image = Image.fromarray(array)
    if size is None:
        return image
    width, height = image.width, image.height * pixel_height
    scale = size / max(width, height)
    target = (max(round(width * scale), 1), max(round(height * scale), 1))
    smaller = target[0] <= image.width and target[1] <= image.height
    # BOX: a pixel of a smaller image is the mean of the pixels that it replaces. NEAREST: enlarged pixels stay squares.
    return image.resize(target, Image.Resampling.BOX if smaller else Image.Resampling.NEAREST)


def draw_placeholder(words: str, size: int) -> Image.Image:
    """Return a square image of `size` pixels. Its text `words` explains why there is no picture."""
    image = Image.new("RGB", (size, size), _PLACEHOLDER_COLOR)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size - 1, size - 1), outline=_BORDER_COLOR)
    font = _load_font(size)
    lines = "\n".join(_wrap_text(words, font, size - 8))
    draw.multiline_text((size / 2, size / 2), lines, fill=_TEXT_COLOR, font=font, anchor="mm", align="center")
    return image


def draw_tiles(tiles: Sequence[tuple[Image.Image, str]], size: int, columns: int) -> Image.Image:
    """Return one image with all tiles side by side, in squares of `size` pixels with a label below each.

    Args:
        tiles: Each image and its label.
        size: Pixels of each square.
        columns: Largest number of tiles in a row.
    """
    font = _load_font(size)
    line = _get_line_height(font)
    labels = [_wrap_text(label, font, size)[:_MAX_LABEL_LINES] for _, label in tiles]
    strip = line * most + _GAP if (most := max(map(len, labels))) else 0
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * (size + _GAP) + _GAP, rows * (size + strip + _GAP) + _GAP), _BACKGROUND_COLOR)
    draw = ImageDraw.Draw(sheet)
    for place, ((image, _), words) in enumerate(zip(tiles, labels, strict=True)):
        left = _GAP + place % columns * (size + _GAP)
        top = _GAP + place // columns * (size + strip + _GAP)
        sheet.paste(image, (left + (size - image.width) // 2, top + (size - image.height) // 2))
        for number, text in enumerate(words):
            draw.text((left, top + size + number * line), text, fill=_TEXT_COLOR, font=font)
    return sheet


def encode_png(image: Image.Image) -> bytes:
    """Return an image as PNG, without any metadata."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def _load_font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(min(max(size / 12, 9), 16))


def _get_line_height(font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> int:
    return int(font.getbbox("Ag")[3]) + 2


def _wrap_text(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """Return the lines of a text, each about `width` pixels wide.

    A character that Pillow's font does not have becomes a question mark.
    """
    plain = text.encode("latin-1", "replace").decode("latin-1")
    characters = max(int(width / (font.getlength("abcdefghijklmnopqrstuvwxyz 0123456789") / 37)), 4)
    return [part for line in plain.splitlines() for part in textwrap.wrap(line, characters)]
