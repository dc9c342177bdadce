"""Resize and tile images, draw labels and placeholders, and encode PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy import dtype, ndarray, uint8

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_BACKGROUND_COLOR = (24, 26, 30)
_PLACEHOLDER_COLOR = (58, 62, 70)
_TEXT_COLOR = (225, 228, 232)
_BORDER_COLOR = (120, 126, 136)
_GAP = 4
_MIN_FONT_SIZE = 7
_LINE_SPACING = 4
"""Number of pixels that Pillow puts between two lines."""


def resize_image(array: ndarray[Any, dtype[uint8]], pixel_height: float, size: int | None) -> Image.Image:
    """Convert an array of pixels to an image of the requested size.

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
    """Return a square image of `size` pixels with the text `words`, which gives the reason why there is no picture."""
    image = Image.new("RGB", (size, size), _PLACEHOLDER_COLOR)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size - 1, size - 1), outline=_BORDER_COLOR)
    font, lines = _choose_font_and_lines(words, size - 2 * _GAP)
    draw.multiline_text(
        (size / 2, size / 2), "\n".join(lines), fill=_TEXT_COLOR, font=font, anchor="mm", align="center"
    )
    return image


def _choose_font_and_lines(words: str, side: int) -> tuple[Font, list[str]]:
    """Return a font and lines that make a text fit into a square of `side` pixels. A text that is too long is cut."""
    for points in range(round(_choose_font_size(side)), _MIN_FONT_SIZE - 1, -1):
        font = ImageFont.load_default(points)
        lines = _wrap_text(words, font, side)
        most = max(side // (_get_line_height(font) + _LINE_SPACING), 1)
        if len(lines) <= most:
            break
    return font, _cut_lines(lines, most, font, side)


def draw_tiles(tiles: Sequence[tuple[Image.Image, str]], size: int, columns: int) -> Image.Image:
    """Return one image with all tiles side by side. Each tile is a square of `size` pixels with a label below it.

    Args:
        tiles: Each image with its label.
        size: Pixels of each square.
        columns: Maximum number of tiles in a row.
    """
    font = ImageFont.load_default(_choose_font_size(size))
    line = _get_line_height(font)
    labels = [wrap_label(label, font, size) for _, label in tiles]
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


def _choose_font_size(size: int) -> float:
    """Return the font size in points for text in a square of `size` pixels."""
    return min(max(size / 12, 9), 16)


def _get_line_height(font: Font) -> int:
    return int(font.getbbox("Ag")[3]) + 2


def wrap_label(label: str, font: Font, width: int) -> list[str]:
    """Return the lines of a tile's label. Each line of `label` becomes at most two lines; the rest of it is cut."""
    return [line for part in label.splitlines() for line in _cut_lines(_wrap_text(part, font, width), 2, font, width)]


def _cut_lines(lines: list[str], most: int, font: Font, width: int) -> list[str]:
    """Return the first `most` lines of a text. If there are more, the last line ends with three dots."""
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and font.getlength(f"{last}...") > width:
        last = last[:-1]
    return [*lines[: most - 1], f"{last}..."]


def _wrap_text(text: str, font: Font, width: int) -> list[str]:
    """Return the lines of a text. No line is wider than `width` pixels; a long word is broken.

    A character that is missing in Pillow's font becomes a question mark.
    """
    plain = text.encode("latin-1", "replace").decode("latin-1")
    lines: list[str] = []
    for paragraph in plain.splitlines():
        line = ""
        for word in paragraph.split():
            if line and font.getlength(f"{line} {word}") > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
            while len(line) > 1 and font.getlength(line) > width:
                fitting = next(
                    end for end in range(len(line) - 1, 0, -1) if end == 1 or font.getlength(line[:end]) <= width
                )
                lines.append(line[:fitting])
                line = line[fitting:]
        lines += [line] if line else []
    return lines
