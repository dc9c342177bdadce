"""Fill `{Keyword}` templates, and apply the regular expressions of the `replace` verb.

RE2 matches the expressions in time that is linear in the text for any pattern. The time also grows with the pattern and
its groups, and the new text grows with each match, so that all of these have limits.

A letter with an accent is one or two characters: pattern and value are compared in Unicode normal form NFC, as in
`match`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import re2

from dicommap.dicom.vr import SINGLE_VALUE_VRS
from dicommap.edits.near_matches import normalize_nfc

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.edits.rules_file import Replacement


@dataclass(frozen=True, slots=True)
class NoResult:
    """The reason why a new value cannot be computed."""

    reason: str
    """The reason in words, without any value of an attribute."""


RESULT_LENGTH_LIMIT = 2**20
"""Maximum characters of a computed value; the longest value that a scan keeps has as many bytes."""

RESULT_TOO_LONG = NoResult(f"the new value would have more than {RESULT_LENGTH_LIMIT:,} characters")

_TEMPLATE_MARKS = re.compile(r"\{\{|\}\}|\{(?P<reference>[A-Za-z0-9]+)\}|[{}]")
_REPLACEMENT_MARKS = re.compile(r"\\\\|\\(?P<reference>[1-9])|\\")
"""References, doubled marks that mean the mark itself, and single marks, which are errors."""


def split_template(text: str) -> list[str] | None:
    """Split `a{K}b` into literals and keywords in turn: `a`, `K`, `b`. Return None if a brace has no partner."""
    return _split_references(_TEMPLATE_MARKS, text)


def split_replacement(text: str) -> list[str] | None:
    r"""Split `a\1b` into literals and group numbers in turn: `a`, `1`, `b`. Return None for an invalid backslash."""
    return _split_references(_REPLACEMENT_MARKS, text)


def _split_references(marks: re.Pattern[str], text: str) -> list[str] | None:
    """Split a text into literals and references in turn; return None if a mark is not part of a reference."""
    parts, literal, end = list[str](), list[str](), 0
    for match in marks.finditer(text):
        literal.append(text[end : match.start()])
        end = match.end()
        if match["reference"]:
            parts += ["".join(literal), match["reference"]]
            literal = []
        elif len(match[0]) == 2:
            literal.append(match[0][0])
        else:
            return None
    return [*parts, "".join([*literal, text[end:]])]


def part_separators(vrs: tuple[str, ...]) -> str:
    """Return the characters that separate parts of an attribute's text: values, and component groups of a name."""
    return "" if set(vrs) <= SINGLE_VALUE_VRS else "\\=" if vrs == ("PN",) else "\\"


def fill_template(marks: str, parts: list[str], *values: str) -> str | NoResult:
    """Fill a template with current values, in time that is linear in the text.

    Args:
        marks: The separators from `part_separators`.
        parts: Literal and keyword by turns, from `split_template`.
        values: One value for each keyword.

    Returns:
        The text, or the reason why it cannot be made.

    """
    names, literals = parts[1::2], parts[::2]
    # With an empty value, different studies could get the same identifier.
    empty = next((name for name, value in zip(names, values, strict=True) if not value), None)
    if empty is not None:
        return NoResult(f"{empty}, to which it refers, is empty")
    if sum(map(len, values)) + sum(map(len, literals)) > RESULT_LENGTH_LIMIT:
        return RESULT_TOO_LONG
    pieces = [literals[0]]
    for value, literal in zip(values, literals[1:], strict=True):
        pieces += [value, literal]
    text = "".join(pieces)
    begin = len(literals[0])
    for name, value, literal in zip(names, values, literals[1:], strict=True):
        end = begin + len(value)
        if not _is_apart_from_parts(text[max(begin - 1, 0) : begin], value, text[end : end + 1], marks):
            several = "values" if "\\" in value else "component groups"
            return NoResult(f"{name}, to which it refers, has several {several}, and the text beside it belongs to one")
        begin = end + len(literal)
    return text


def _is_apart_from_parts(before: str, value: str, after: str, marks: str) -> bool:
    r"""Return whether separators divide a value of several parts from the template's text beside it.

    In Doe^J=X^Y^Dr only the last component group would get ^Dr, and in M-1\2 only the first value would get M-.
    """
    for mark in marks:
        if mark in value:
            beside = marks[: marks.index(mark) + 1]
            return (not before or before[-1] in beside) and (not after or after[0] in beside)
    return True


PATTERN_LIMIT = 10_000
"""Maximum characters of a pattern."""
GROUPS_LIMIT = 100
"""Maximum groups of a pattern."""
SEARCHED_TEXT_LIMIT = 16_384
"""Maximum characters of a value in which a pattern is searched; LT, the longest common VR, has 10,240."""


class _ResultTooLongError(Exception):
    """The new text is longer than RESULT_LENGTH_LIMIT."""


def compile_replacement(replacement: Replacement) -> Callable[[str], str | NoResult] | None:
    """Compile a replacement to a function from the current value to the new one; None if the pattern is not allowed."""
    options = re2.Options()
    options.log_errors = False  # RE2 would print the pattern
    if len(replacement.pattern) > PATTERN_LIMIT:
        return None
    try:
        pattern = re2.compile(normalize_nfc(replacement.pattern), options)
    except re2.error:
        return None
    parts = split_replacement(replacement.with_)
    if parts is None or max(map(int, parts[1::2]), default=0) > pattern.groups or pattern.groups > GROUPS_LIMIT:
        return None
    literals, groups = parts[::2], [int(part) for part in parts[1::2]]

    def replaced(text: str) -> str | NoResult:
        if len(text) > SEARCHED_TEXT_LIMIT:
            return NoResult(f"the current value has more than {SEARCHED_TEXT_LIMIT:,} characters")
        composed = normalize_nfc(text)
        length = len(composed)

        # A function, because RE2 would interpret escapes in a replacement text.
        def expand_match(match: re.Match[str]) -> str:
            nonlocal length
            found = [match[group] or "" for group in groups]
            length += sum(map(len, found)) + sum(map(len, literals))
            if length > RESULT_LENGTH_LIMIT:
                raise _ResultTooLongError
            return literals[0] + "".join(one + literal for one, literal in zip(found, literals[1:], strict=True))

        try:
            new = str(pattern.sub(expand_match, composed))
        except _ResultTooLongError:
            return RESULT_TOO_LONG
        return text if new == composed else new

    return replaced
