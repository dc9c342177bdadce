"""Format counts, sizes in bytes and long texts for people."""

from __future__ import annotations


def format_count(count: int, noun: str) -> str:
    """Return a number with its noun, plural unless it is 1: `1 study`, `1,234 studies`, `2 series`."""
    if count == 1 or noun.endswith("s"):
        return f"{count:,} {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


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
