"""Escape CSV cells that a spreadsheet would run as formulas, and unescape them.

Spreadsheets run a cell as a formula if it begins with `=`, `+`, `-` or `@`. East Asian versions also accept the
full-width forms of these signs. Spaces and invisible characters before the sign are skipped. If the list separator is
not a comma (Excel in most of Europe), a text such as `a;=b` is two cells. So `escape_formulas` writes an apostrophe
before a sign at the beginning of the text, and after each separator in the text that a formula could follow.
Spreadsheets then show the apostrophe and run nothing:

    =1+1      '=1+1
    a;=1+1    a;'=1+1
    '=1+1     ''=1+1

`unescape_formulas` removes exactly these apostrophes.

Source: OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import re

_BLANK = r"\x00-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff"
"""Spaces, control characters and invisible characters that a spreadsheet may skip."""
_BEFORE = _BLANK + "'\""
"""Characters that may precede the sign of a formula. If the separator is not a comma, a quote may begin a cell."""
_SIGN = r"=+\-@\uff1d\uff0b\uff0d\uff20"
_AT_BEGINNING = re.compile(rf"[{_BEFORE}]*[{_SIGN}\t\r\n]")
"""Matches a text that may run as a formula. A tab or line break also matches, because some programs skip it."""
_SEPARATORS = ",;|"
_SEPARATOR = re.compile(rf"[{_SEPARATORS}\t\r\n]")
_RUN = re.compile(rf"(?P<run>[{_BEFORE}]+)(?P<sign>[{_SIGN}]?)|[{_SIGN}]")
"""Matches the sign of a formula and all `_BEFORE` characters before it, so that each character is read only once."""
_BREAK = re.compile(r"\r\n|[\t\r\n]")
"""Matches a tab or line break. A spreadsheet may treat it as a separator or skip it. CR LF is one line break."""
_GUARDED_BREAK = re.compile(r"(\r\n|[\t\r\n])'")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_HARMLESS = re.compile(rf"[0-9A-Za-z][^{_SEPARATORS}\t\r\n]*")
"""Matches most cells: texts that begin with a letter or digit, in which no second cell can begin."""


def escape_formulas(text: str) -> str:
    """Return a text with an apostrophe before each part that a spreadsheet could run as a formula.

    Plain numbers such as -5 are not changed.
    """
    if not text or _HARMLESS.fullmatch(text) or text.isalnum() or _NUMBER.fullmatch(text):
        return text
    cell = _RUN.sub(_insert_apostrophes, text) if _SEPARATOR.search(text) else text
    return "'" + cell if _AT_BEGINNING.match(text) else cell


def unescape_formulas(cell: str) -> str:
    """Return the text that `escape_formulas` wrote as this cell. Any other cell is returned unchanged."""
    text = _RUN.sub(_remove_apostrophes, cell) if _SEPARATOR.search(cell) else cell
    return text[1:] if cell.startswith("'") and _AT_BEGINNING.match(cell) else text


def _insert_apostrophes(match: re.Match[str]) -> str:
    """Return the matched sign of a formula and the characters before it, with the apostrophes of `escape_formulas`."""
    run, sign = match["run"] or "", match["sign"] if match["run"] else match[0]
    if not sign:
        return match[0]
    return ("'" if _is_behind_separator(match) else "") + _BREAK.sub(r"\g<0>'", run) + sign


def _remove_apostrophes(match: re.Match[str]) -> str:
    """Return the matched sign of a formula and the characters before it without apostrophes of `escape_formulas`."""
    run, sign = match["run"], match["sign"]
    if not run or not sign:
        return match[0]
    run = _GUARDED_BREAK.sub(r"\1", run)
    return (run[1:] if _is_behind_separator(match) and run.startswith("'") else run) + sign


def _is_behind_separator(match: re.Match[str]) -> bool:
    return match.start() > 0 and match.string[match.start() - 1] in _SEPARATORS
