"""Format numbers of bytes; shorten, pad and wrap texts, and measure their width on a terminal."""

from __future__ import annotations


def format_byte_count(size: int) -> str:
    """Return a number of bytes as text with a unit, such as `512 B` or `1.4 MB`. A kB has 1,000 bytes."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if round(amount, 1) < 1000:
            return f"{size} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def truncate_text(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters. A longer text is cut and ends with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def measure_text_width(text: str) -> int:
    """Return the width of a text on a terminal, in columns. Wide characters, such as Chinese ones, take two columns."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # imported here because most texts are ASCII

    return cell_len(text)


def keep_start(text: str, width: int) -> str:
    """Return the longest beginning of a text that is at most `width` columns wide."""
    if text.isascii():
        return text[:width]
    end, used = 0, 0
    for character in text:
        used += measure_text_width(character)
        if used > width:
            break
        end += 1
    return text[:end]


def keep_end(text: str, width: int) -> str:
    """Return the longest end of a text that is at most `width` columns wide."""
    if width <= 0:
        return ""
    return text[-width:] if text.isascii() else keep_start(text[::-1], width)[::-1]


def pad_text(text: str, width: int, *, is_right: bool = False) -> str:
    """Pad a text with blanks to a width. It is aligned to the left, or to the right if `is_right` is true."""
    blanks = " " * (width - measure_text_width(text))
    return blanks + text if is_right else text + blanks


def wrap_text(text: str, width: int, *, keeps_words: bool = False) -> list[str]:
    """Break a text between words into lines of at most `width` columns. A word that is longer is broken, too.

    Args:
        text: The text.
        width: The maximum width of a line in columns.
        keeps_words: Whether longer words are not broken, but get their own lines. So a long path can be copied.
    """
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if measure_text_width(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        line = word
        while not keeps_words and measure_text_width(line) > width:
            start = keep_start(line, width) or line[:1]
            lines.append(start)
            line = line[len(start) :]
    return [*lines, line]
