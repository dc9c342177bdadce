"""Escape CSV cells that a spreadsheet would run as formulas, and unescape them.

Spreadsheets run a cell that begins with `=`, `+`, `-` or `@`, in East Asian versions also their full-width forms, and
skip spaces and invisible characters before them. If the list separator is not a comma (Excel in most of Europe), a text
such as `a;=b` is two cells. `escape_formulas` therefore writes an apostrophe at the beginning of such a text, and after
each separator in it that a formula could follow; spreadsheets show the apostrophe and run nothing:

    =1+1      '=1+1
    a;=1+1    a;'=1+1
    '=1+1     ''=1+1

`unescape_formulas` removes exactly these apostrophes.

Source: OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import re

_BLANK = r"\x00-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff"
"""Spaces, control characters and invisible characters, which spreadsheets may skip."""
_BEFORE = _BLANK + "'\""
"""A quote may begin a cell in a program that separates cells by another character."""
_SIGN = r"=+\-@\uff1d\uff0b\uff0d\uff20"
_AT_BEGINNING = re.compile(rf"[{_BEFORE}]*[{_SIGN}\t\r\n]")
"""A tab or line break at the beginning counts as well: programs differ in what they skip."""
_SEPARATORS = ",;|"
_SEPARATOR = re.compile(rf"[{_SEPARATORS}\t\r\n]")
_RUN = re.compile(rf"(?P<run>[{_BEFORE}]+)(?P<sign>[{_SIGN}]?)|[{_SIGN}]")
"""Everything that may be before the sign of a formula, matched at once, so that the time stays linear."""
_BREAK = re.compile(r"\r\n|[\t\r\n]")
"""Separators that are blanks as well. A carriage return and line feed are one, since spreadsheets change them."""
_GUARDED_BREAK = re.compile(r"(\r\n|[\t\r\n])'")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def escape_formulas(text: str) -> str:
    """Return the cell for a text, with an apostrophe before each part that a spreadsheet could run as a formula.

    Plain numbers such as -5 are not changed.
    """
    if _NUMBER.fullmatch(text):
        return text
    cell = _RUN.sub(_with_apostrophes, text) if _SEPARATOR.search(text) else text
    return "'" + cell if _AT_BEGINNING.match(text) else cell


def unescape_formulas(cell: str) -> str:
    """Return the text for a cell that `escape_formulas` may have written; any other cell is left as it is."""
    text = _RUN.sub(_without_apostrophes, cell) if _SEPARATOR.search(cell) else cell
    return text[1:] if cell.startswith("'") and _AT_BEGINNING.match(cell) else text


def _with_apostrophes(found: re.Match[str]) -> str:
    run, sign = found["run"] or "", found["sign"] if found["run"] else found[0]
    if not sign:
        return found[0]
    return ("'" if _is_behind_separator(found) else "") + _BREAK.sub(r"\g<0>'", run) + sign


def _without_apostrophes(found: re.Match[str]) -> str:
    run, sign = found["run"], found["sign"]
    if not run or not sign:
        return found[0]
    run = _GUARDED_BREAK.sub(r"\1", run)
    return (run[1:] if _is_behind_separator(found) and run.startswith("'") else run) + sign


def _is_behind_separator(found: re.Match[str]) -> bool:
    return found.start() > 0 and found.string[found.start() - 1] in _SEPARATORS
