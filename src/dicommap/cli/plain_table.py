"""Tables for pipes and files, made as those for terminals are, without what draws these."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PIPE_WIDTH = 240
"""Characters of a line where no terminal tells its width, so that UIDs are not broken in a pipe or file."""

_GAP = "  "
_ASK_FOR_STYLE = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


def is_plain() -> bool:
    """Say whether stdout is neither a terminal nor asked to be taken for one: then nothing has a style."""
    return not sys.stdout.isatty() and not any(name in os.environ for name in _ASK_FOR_STYLE)


def plain_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str]) -> list[str] | None:
    """Return the lines of a table, or None where it is for a terminal, or a cell is long or no plain word."""
    if not is_plain():
        return None
    lines = [columns, *rows]
    if not all(cell.isascii() and cell == cell.strip() for row in lines for cell in row):
        return None
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if sum(widths) + len(_GAP) * len(widths) > PIPE_WIDTH:
        return None
    right = [column in numbers for column in columns]
    return [
        _GAP.join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        )
        for row in lines
    ]
