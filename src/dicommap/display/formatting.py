"""Format counts, sizes in bytes, long texts and rows of tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

PIPE_WIDTH = 240
"""Width of a line in characters if the output is a pipe or file. It is large, so that UIDs are not broken."""

COLUMN_GAP = 2
"""Number of blanks between two columns; the same number as in rich's Table."""


def format_byte_count(size: int) -> str:
    """Return a number of bytes with its unit: `512 B`, `1.4 MB` (powers of 1,000)."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if round(amount, 1) < 1000:
            return f"{size} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def truncate_text(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters. A longer text is cut and ends with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def pad_rows(
    rows: Iterable[Sequence[str]],
    widths: Sequence[int],
    is_right: Sequence[bool],
    *,
    gap: int,
    width_of: Callable[[str], int] = len,
) -> Iterator[str]:
    """Yield each row of a table as one line, its cells padded with blanks.

    Args:
        rows: The cells of each row.
        widths: The width of each column in characters.
        is_right: Whether the cells of each column are aligned to the right.
        gap: Blanks between two columns.
        width_of: Returns the width of a text on a terminal. `len` is correct for ASCII only.

    """
    for row in rows:
        cells = []
        for cell, width, right in zip(row, widths, is_right, strict=True):
            blanks = " " * (width - width_of(cell))
            cells.append(blanks + cell if right else cell + blanks)
        yield (" " * gap).join(cells)
