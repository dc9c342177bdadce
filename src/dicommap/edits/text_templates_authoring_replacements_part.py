"""What `replace` does to a text: the matches of a regular expression become another text.

The expressions are RE2's, which needs time in proportion to the text whatever the pattern; but that time grows with the
pattern and its groups, and the new text with each match, so that all of them have limits.

A letter with an accent is one character or two; pattern and value are compared in the normal form NFC, as in `match`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import re2

from dicommap.edits.near_matches import normalize_nfc
from dicommap.edits.text_templates import RESULT_LENGTH_LIMIT, RESULT_TOO_LONG, split_replacement
from dicommap.edits.text_templates_model_no_result_part import NoResult

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from dicommap.edits.edit import Replacement

PATTERN_LIMIT = 10_000
"""Characters of a pattern."""
GROUPS_LIMIT = 100
"""Groups of a pattern."""
SEARCHED_TEXT_LIMIT = 16_384
"""Characters of a value in which a pattern is sought. LT, the longest text that overrides are used for, has 10,240."""


class _ResultTooLongError(Exception):
    """The new text is longer than RESULT_LIMIT."""


def compile_replacement(replacement: Replacement) -> Callable[[str], str | NoResult] | None:
    """Return what a replacement does to a text; None if it cannot be used."""
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

        # A function takes the matches' place, since a text would be read as Python's escapes, in Latin-1.
        def of_match(match: re.Match[str]) -> str:
            nonlocal length
            found = [match[group] or "" for group in groups]
            length += sum(map(len, found)) + sum(map(len, literals))
            if length > RESULT_LENGTH_LIMIT:
                raise _ResultTooLongError
            return literals[0] + "".join(one + literal for one, literal in zip(found, literals[1:], strict=True))

        try:
            new = str(pattern.sub(of_match, composed))
        except _ResultTooLongError:
            return RESULT_TOO_LONG
        return text if new == composed else new

    return replaced
