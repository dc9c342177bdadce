"""Detect cells that a spreadsheet, pandas or R rewrote without the user's intent.

A cell is compared with the current value. If the difference is typical of these programs, the cell is damaged, and is
not an edit. A new identifier of a patient or study can look damaged without this comparison: for example, 1.23E+10.

    current value   cell         damage
    007             7            leading zeros are lost
    MAR1            01.Mar       a date, though the value was not one
    12345678901     1.23E+10     scientific notation
"""

from __future__ import annotations

import re

from dicommap.edits.date_damage import describe_date_damage, describe_time_damage, looks_like_date
from dicommap.edits.null_words import is_identifier_attribute, is_null_word
from dicommap.edits.number_damage import SCIENTIFIC_NOTATION, describe_number_damage, is_scientific_notation
from dicommap.issues.wording import choose_verb, format_count

_TRUE_WORDS = frozenset(
    {"true", "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar", "sant", "sand", "prawda", "pravda"}
)
_FALSE_WORDS = frozenset(
    {"false", "falsch", "faux", "falso", "onwaar", "falskt", "falsk", "usann", "fa\u0142sz", "nepravda", "epatosi"}
)
"""Words for false that spreadsheets write in several languages. _TRUE_WORDS has the words for true."""
_TRUTH_WORDS_BY_LETTER = {"t": _TRUE_WORDS, "f": _FALSE_WORDS}
"""Letter -> the words to which a program may change the letter. R reads T and F as TRUE and FALSE."""
_TYPOGRAPHIC = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "\u00b4": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u00ab": '"', "\u00bb": '"', "\u2033": '"',
    "\u2013": "-", "\u2014": "-", "\u2026": "...", "\u00a9": "(c)", "\u00ae": "(r)", "\u2122": "(tm)", "\u2192": "->",
}  # fmt: skip
"""Character that a program's autocorrection inserts -> the characters that the user typed."""
_TYPEWRITER_SIGNS = str.maketrans(_TYPOGRAPHIC)
_DASHES = re.compile(r"-{2,}")
MISREAD_UTF8 = "UTF-8 that was read in another character set"
_CODE_PAGES = ("cp1252", "latin-1", "cp1250", "cp1251", "mac-roman", "cp437", "cp850", "cp932", "gbk")
"""Character sets by which spreadsheets may decode a UTF-8 file that has no byte order mark."""
_CP1252_CHARACTERS = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
_CP1252_BYTES = {letter: byte for byte, letter in _CP1252_CHARACTERS.items()}
"""Character -> its byte in code page 1252.

Five bytes have no character in this code page. They stand for control characters, as in Windows.
"""
_TEXT_LENGTH_LIMITS = (255, 32_767)
"""Maximum numbers of characters of a cell: in older spreadsheet formats, and in Excel."""


def describe_text_damage(before: str, cell: str) -> str | None:
    """Return a description of how a program changed a text, such as lost letters; None if no such change is known.

    Args:
        before: The current value.
        cell: The text of the cell, which differs from the current value.
    """
    if not before or before == cell:
        return None
    if before.startswith("'") and before[1:] == cell:
        return "the apostrophe at the beginning is lost"
    if _normalize_spaces(before) == _normalize_spaces(cell):
        return "other spaces or ends of lines"
    if cell and len(cell) < len(before) and _is_truncated(before, cell):
        return f"only its first {format_count(len(cell), 'character')} {choose_verb(len(cell), 'is', 'are')} left"
    if _is_translated_truth_word(before.casefold(), cell.casefold(), cell):
        return "the spreadsheet's word for true or false"
    if not before.isascii() and any(_misread_utf8_bytes(before, codec) == cell for codec in _CODE_PAGES):
        return MISREAD_UTF8
    if any(letter in cell and letter not in before for letter in _TYPOGRAPHIC) and _normalize_typography(
        before
    ) == _normalize_typography(cell):
        return "typographic quotes or dashes"
    return None


def _misread_utf8_bytes(text: str, codec: str) -> str:
    """Return the wrong text that a program gets if it decodes the UTF-8 bytes of `text` with `codec`."""
    data = text.encode("utf-8", "surrogatepass")
    if codec == "cp1252":
        return "".join(_CP1252_CHARACTERS.get(byte, chr(byte)) for byte in data)
    return data.decode(codec, "replace")


def is_misread_utf8(cell: str) -> bool:
    """Return whether a cell is UTF-8 that a program decoded as code page 1252: Müller becomes MÃ¼ller."""
    if cell.isascii():
        return False
    try:
        bytes(_CP1252_BYTES.get(character, ord(character)) for character in cell).decode("utf-8")
    except ValueError:
        return False
    return True


def is_truth_word(cell: str) -> bool:
    """Return whether a cell is a spreadsheet's word for true or false."""
    return cell.casefold() in _TRUE_WORDS | _FALSE_WORDS


def _is_translated_truth_word(before: str, folded: str, cell: str) -> bool:
    """Return whether a word for true or false became another word with the same meaning, such as WAHR."""
    # A single letter counts only if it became a word in capitals, as R and spreadsheets write it.
    if before in _TRUTH_WORDS_BY_LETTER:
        return folded in _TRUTH_WORDS_BY_LETTER[before] and cell.isupper()
    return any(before in words and folded in words for words in (_TRUE_WORDS, _FALSE_WORDS))


def _is_truncated(before: str, cell: str) -> bool:
    """Return whether a cell is the beginning of the value `before`, cut at the maximum length of a cell."""
    return any(
        cell in (before[:limit].strip(), _truncate_utf16(before, limit).strip()) for limit in _TEXT_LENGTH_LIMITS
    )


def _truncate_utf16(text: str, limit: int) -> str:
    """Return the first `limit` UTF-16 code units of a text, without half of a surrogate pair at the end."""
    units = text[:limit].encode("utf-16-le", "surrogatepass")[: 2 * limit]
    return units.decode("utf-16-le", "ignore")


def _normalize_spaces(text: str) -> str:
    return " ".join(text.split())


def _normalize_typography(text: str) -> str:
    """Return a text without the changes of autocorrection: typographic quotes, dashes, spaces and letter case."""
    return _normalize_spaces(_DASHES.sub("-", text.translate(_TYPEWRITER_SIGNS).casefold()))


_SPREADSHEET_ERROR = re.compile(
    r"#+|#[\u00a1\u00bf]?[^\W\d_]{2,14}(?:/[0-9A-Z]+)?[!?]|#N/?(?:A|V|D|DISP|B)|#GETTING_DATA|Err:[0-9]+", re.IGNORECASE
)
"""Pattern of errors of Excel, LibreOffice and Google Sheets, such as #REF!, #BEZUG!, #NAME? and #N/A."""
_POINT_ZERO = re.compile(r"[0-9]+[.,]0+")
_DIGIT_GROUPS = re.compile(r"[0-9]{1,3}(?P<mark>[,'\u2019\u00a0\u202f])[0-9]{3}(?:(?P=mark)[0-9]{3})*(?:[.,][0-9]+)?")
"""Pattern of digits in groups, such as 1,234. Points and spaces are not accepted: people use them in identifiers."""
_AMOUNT = re.compile(r"(?:[$\u20ac\u00a3\u00a5] ?)?[0-9][0-9.,]*(?: ?[%$\u20ac\u00a3\u00a5])?")
_AMOUNT_SIGNS = frozenset("%$\u20ac\u00a3\u00a5")
_TIME_OF_DAY = re.compile(r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?: ?[AaPp][Mm])?")


def describe_cell_damage(before: str, cell: str) -> str | None:
    """Return a description of how a program damaged a cell; None if a person may have typed the text of the cell.

    Args:
        before: The current value.
        cell: The text of the cell. It differs from the current value.

    """
    before = before.strip(" \t\n")
    if is_spreadsheet_error(cell):
        return "an error of the spreadsheet"
    if not cell:
        return "empty, as programs read the word for no value that was there" if is_null_word(before) else None
    for describe_damage in (describe_date_damage, describe_number_damage, describe_time_damage, describe_text_damage):
        sign = describe_damage(before, cell)
        if sign:
            return sign
    return None


def describe_identifier_damage(tag: int, cell: str) -> str | None:
    """Return the reason why a new text looks like an identifier that a program has damaged; None if it does not.

    If the attribute `tag` is not an identifier, the result is None. Texts of the verb `set` of a rule are not checked
    with this function.
    """
    if not is_identifier_attribute(tag):
        return None
    return describe_replaced_identifier(cell) or describe_identifier_formatted_as_number(cell)


def describe_replaced_identifier(cell: str) -> str | None:
    """Return the reason why a program has probably replaced an identifier by another text; None if it has not.

    The other text is an error, a number in scientific notation, or a date or time.
    """
    if is_spreadsheet_error(cell):
        return "an error of the spreadsheet"
    if is_scientific_notation(cell):
        return SCIENTIFIC_NOTATION
    if looks_like_date(cell) or _TIME_OF_DAY.fullmatch(cell):
        return "a date or time instead of an identifier"
    return None


def describe_identifier_formatted_as_number(cell: str) -> str | None:
    """Return the reason why a text looks like an identifier that a program has formatted as a number or truth value.

    Return None if it does not look like that.
    """
    if _POINT_ZERO.fullmatch(cell):
        return "a number with .0 instead of an identifier"
    if _DIGIT_GROUPS.fullmatch(cell):
        return "a number with groups of digits instead of an identifier"
    if _AMOUNT.fullmatch(cell) and not _AMOUNT_SIGNS.isdisjoint((cell[0], cell[-1])):
        return "an amount instead of an identifier"
    if is_truth_word(cell):
        return "the spreadsheet's word for true or false instead of an identifier"
    return None


def describe_misread_utf8(cell: str) -> str | None:
    """Return the reason why a text was probably decoded with a wrong character set; None if it was not."""
    return MISREAD_UTF8 if is_misread_utf8(cell) else None


def is_spreadsheet_error(cell: str) -> bool:
    """Return whether a cell is an error of a spreadsheet, such as #REF!."""
    return _SPREADSHEET_ERROR.fullmatch(cell) is not None
