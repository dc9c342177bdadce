"""Fill `{Keyword}` templates, and apply the regular expressions of the `replace` verb.

RE2 matches the expressions: its time is linear in the length of the text for any pattern. The time also grows with the
length of the pattern and the number of its groups, and each match can make the new text longer. So the lengths of
pattern, value and new text, and the number of groups, have limits.

A letter with an accent can be one or two characters. So patterns and values are compared in Unicode normal form NFC.
The patterns of `match` are compared in the same way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import re2

from dicommap.dicom.vr import SINGLE_VALUE_VRS
from dicommap.edits.text_normalization import normalize_nfc

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.edits.rules_file import Replacement


@dataclass(frozen=True, slots=True)
class NoResult:
    """The reason why a new value cannot be computed."""

    reason: str
    """The reason in words. It contains no value of an attribute."""


RESULT_LENGTH_LIMIT = 2**20
"""Maximum number of characters of a computed value. Values that a scan keeps have at most the same number of bytes."""

RESULT_TOO_LONG = NoResult(f"the new value would have more than {RESULT_LENGTH_LIMIT:,} characters")

_TEMPLATE_MARKS = re.compile(r"\{\{|\}\}|\{(?P<reference>[A-Za-z0-9]+)\}|[{}]")
_REPLACEMENT_MARKS = re.compile(r"\\\\|\\(?P<reference>[1-9])|\\")
r"""Pattern of marks in a replacement: references such as `\1`, doubled backslashes, and single backslashes.

_TEMPLATE_MARKS is the pattern of marks in a template: references such as `{Keyword}`, doubled braces, and single
braces. A doubled mark stands for one mark. A single mark that is not part of a reference is an error.
"""


def split_template(text: str) -> list[str] | None:
    """Split a template at its references, so that literal texts and keywords alternate: `a{K}b` gives `a`, `K`, `b`.

    Return None if a brace is neither doubled nor a part of a reference such as `{PatientID}`.
    """
    return _split_references(_TEMPLATE_MARKS, text)


def split_replacement(text: str) -> list[str] | None:
    r"""Split a replacement so that literal texts and group numbers alternate: `a\1b` gives `a`, `1`, `b`.

    Return None if a backslash is neither doubled nor a part of a reference such as `\1`.
    """
    return _split_references(_REPLACEMENT_MARKS, text)


def _split_references(marks: re.Pattern[str], text: str) -> list[str] | None:
    """Split a text so that literal texts and references alternate. A doubled mark becomes one mark in a literal text.

    Return None if a mark is neither doubled nor a part of a reference.
    """
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


def get_part_separators(vrs: tuple[str, ...]) -> str:
    r"""Return the characters that separate values or name groups in the text of an attribute with these VRs.

    A backslash separates values, and `=` separates the component groups of a person name. The result is empty if the
    attribute can have only one value.
    """
    return "" if set(vrs) <= SINGLE_VALUE_VRS else "\\=" if vrs == ("PN",) else "\\"


def fill_template(marks: str, parts: list[str], *values: str) -> str | NoResult:
    """Fill a template with current values. The time is linear in the length of the text.

    Args:
        marks: The separators of the attribute to change, from `get_part_separators`.
        parts: The result of `split_template`.
        values: One current value for each keyword in `parts`.

    Returns:
        The new text, or the reason why the template cannot be filled.

    """
    names, literals = parts[1::2], parts[::2]
    # An empty value is refused, because different studies could get the same identifier.
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
        if not _is_added_to_whole_value(text[max(begin - 1, 0) : begin], value, text[end : end + 1], marks):
            several = "values" if "\\" in value else "component groups"
            return NoResult(f"{name}, to which it refers, has several {several}, and the text beside it belongs to one")
        begin = end + len(literal)
    return text


def _is_added_to_whole_value(before: str, value: str, after: str, marks: str) -> bool:
    r"""Return whether a template adds its text to the whole of a value, and not only to one part of a value with parts.

    It adds text to only one part if the value has several parts and the template's text before or after the value is
    not separated from it. For example, if `^Dr` follows the name `Doe^J=X^Y`, only the last component group gets `^Dr`.
    If `M-` precedes the values `1\2`, only the first value gets `M-`.

    Args:
        before: The character before the value; empty if the value is at the start of the text.
        value: The value.
        after: The character after the value; empty if the value is at the end of the text.
        marks: The characters that separate parts of the value.

    """
    for mark in marks:
        if mark in value:
            beside = marks[: marks.index(mark) + 1]
            return (not before or before[-1] in beside) and (not after or after[0] in beside)
    return True


PATTERN_LIMIT = 10_000
"""Maximum number of characters of a regular expression."""
GROUPS_LIMIT = 100
"""Maximum number of groups of a regular expression."""
SEARCHED_TEXT_LIMIT = 16_384
"""Maximum number of characters of a value that is searched with a regular expression.

Values of LT, the value representation with the longest values in common use, have at most 10,240 characters.
"""


class _ResultTooLongError(Exception):
    """Error for a new text that is longer than RESULT_LENGTH_LIMIT."""


def compile_replacement(replacement: Replacement) -> Callable[[str], str | NoResult] | None:
    """Compile a replacement to a function that computes a new value from a current value.

    The function returns the new value, or the reason why it cannot be computed. If the regular expression or the text
    that replaces its matches is not valid, or exceeds a limit, None is returned instead of a function.
    """
    options = re2.Options()
    options.log_errors = False  # otherwise RE2 prints the pattern
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

    def replace_matches(text: str) -> str | NoResult:
        """Return a value with its matches replaced, or the reason why they cannot be replaced."""
        if len(text) > SEARCHED_TEXT_LIMIT:
            return NoResult(f"the current value has more than {SEARCHED_TEXT_LIMIT:,} characters")
        composed = normalize_nfc(text)
        length = len(composed)

        # A function is passed to RE2, because RE2 would interpret escapes in a replacement text.
        def expand_match(match: re.Match[str]) -> str:
            """Return the text that replaces a match."""
            nonlocal length
            texts = [match[group] or "" for group in groups]
            length += sum(map(len, texts)) + sum(map(len, literals))
            if length > RESULT_LENGTH_LIMIT:
                raise _ResultTooLongError
            return literals[0] + "".join(text + literal for text, literal in zip(texts, literals[1:], strict=True))

        try:
            new = str(pattern.sub(expand_match, composed))
        except _ResultTooLongError:
            return RESULT_TOO_LONG
        return text if new == composed else new

    return replace_matches
