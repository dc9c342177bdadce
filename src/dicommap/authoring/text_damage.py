"""Texts that a spreadsheet, pandas or R writes differently: truth words, quotes, spaces, lengths."""

from __future__ import annotations

import re

_TRUE = frozenset(
    {"true", "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar", "sant", "sand", "prawda", "pravda"}
)
_FALSE = frozenset(
    {"false", "falsch", "faux", "falso", "onwaar", "falskt", "falsk", "usann", "fa\u0142sz", "nepravda", "epatosi"}
)
"""What spreadsheets write for truth values, in the languages of their users."""
_LETTERS = {"t": _TRUE, "f": _FALSE}
"""R takes a column of T and F for truth values (`type.convert`), so that a PatientSex F becomes FALSE."""
_TYPOGRAPHIC = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "\u00b4": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u00ab": '"', "\u00bb": '"', "\u2033": '"',
    "\u2013": "-", "\u2014": "-", "\u2026": "...", "\u00a9": "(c)", "\u00ae": "(r)", "\u2122": "(tm)", "\u2192": "->",
}  # fmt: skip
"""What programs write while somebody types, and what was typed."""
_TYPED = str.maketrans(_TYPOGRAPHIC)
_DASHES = re.compile(r"-{2,}")
MISREAD = "UTF-8 that was read in another character set"
_CODE_PAGES = ("cp1252", "latin-1", "cp1250", "cp1251", "mac-roman", "cp437", "cp850", "cp932", "gbk")
"""In which spreadsheets read a file without a byte order mark."""
_ANSI = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
_ANSI_BYTES = {letter: byte for byte, letter in _ANSI.items()}
"""Windows shows the bytes that its code page 1252 lacks as control characters."""
_LIMITS = (255, 32_767)
"""Characters: what older formats and functions of spreadsheets keep of a cell, and what Excel keeps of one."""


def text_damage(before: str, cell: str) -> str | None:
    """Return how a program rewrote a text, or None if it did not."""
    if not before or before == cell:
        return None
    if before.startswith("'") and before[1:] == cell:
        return "the apostrophe at the beginning is lost"
    if cell and len(cell) < len(before) and _is_cut(before, cell):
        return f"only its first {len(cell):,} characters are left"
    if _spaced(before) == _spaced(cell):
        return "other spaces or ends of lines"
    if _is_other_truth_word(before.casefold(), cell.casefold(), cell):
        return "the spreadsheet's word for true or false"
    if not before.isascii() and any(_as_read(before, codec) == cell for codec in _CODE_PAGES):
        return MISREAD
    if any(letter in cell and letter not in before for letter in _TYPOGRAPHIC) and _typed(before) == _typed(cell):
        return "typographic quotes or dashes"
    return None


def _as_read(text: str, codec: str) -> str:
    """Return how a program shows the UTF-8 of a text if it takes it for another character set."""
    data = text.encode("utf-8", "surrogatepass")
    if codec == "cp1252":
        return "".join(_ANSI.get(byte, chr(byte)) for byte in data)
    return data.decode(codec, "replace")


def is_misread(cell: str) -> bool:
    """Return whether a cell is UTF-8 that a program took for the code page of Western Europe: MÃ¼ller is Müller."""
    if cell.isascii():
        return False
    try:
        bytes(_ANSI_BYTES.get(one, ord(one)) for one in cell).decode("utf-8")
    except ValueError:
        return False
    return True


def is_truth_word(cell: str) -> bool:
    """Return whether a cell is a spreadsheet's word for true or false."""
    return cell.casefold() in _TRUE | _FALSE


def _is_other_truth_word(before: str, folded: str, cell: str) -> bool:
    # R and spreadsheets write it in capitals; a single letter becomes a word.
    if before in _LETTERS:
        return folded in _LETTERS[before] and cell.isupper()
    return any(before in words and folded in words for words in (_TRUE, _FALSE))


def _is_cut(before: str, cell: str) -> bool:
    return any(cell in (before[:limit].strip(), _first_units(before, limit).strip()) for limit in _LIMITS)


def _first_units(text: str, limit: int) -> str:
    """Return the beginning of a text as programs cut it that count in units of UTF-16."""
    units = text[:limit].encode("utf-16-le", "surrogatepass")[: 2 * limit]
    return units.decode("utf-16-le", "ignore")


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _typed(text: str) -> str:
    return _spaced(_DASHES.sub("-", text.translate(_TYPED).casefold()))
