"""Shell patterns that match attribute values, for rules and inventory searches."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import is_undecodable
from dicommap.edits.near_matches import normalize_nfc

if TYPE_CHECKING:
    from collections.abc import Iterable

_WILDCARDS = frozenset("*?[")
_BEFORE_WILDCARD = re.compile(r"[^*?[]*")
_STARS = re.compile(r"\**")
_ASCII = re.compile(r"[\x00-\x7f]*")


@dataclass(frozen=True, slots=True)
class ShellPatterns:
    """Patterns of which one has to match a whole value, case-sensitive, both in the normal form NFC."""

    texts: frozenset[str] = field(repr=False)
    """Those without wildcards: looked up, however many they are."""
    expressions: tuple[re.Pattern[str], ...] = field(repr=False)
    wildcard_patterns: tuple[str, ...] = field(default=(), repr=False)
    """The patterns of the expressions."""

    @classmethod
    def of(cls, given: str | Iterable[str]) -> ShellPatterns:
        """Return the patterns of a rule's member of `match`: one text, or several."""
        patterns = [normalize_nfc(pattern) for pattern in ([given] if isinstance(given, str) else given)]
        texts = frozenset(pattern for pattern in patterns if not _WILDCARDS & set(pattern))
        wildcard_patterns = dict.fromkeys(pattern for pattern in patterns if pattern not in texts)
        return cls(
            texts, tuple(re.compile(translate(pattern)) for pattern in wildcard_patterns), tuple(wildcard_patterns)
        )

    def matches(self, value: str) -> bool:
        """Say whether one of them matches a value."""
        value = normalize_nfc(value)
        return value in self.texts or any(expression.match(value) for expression in self.expressions)

    def is_certain_match(self, value: str) -> bool:
        """Return whether one of them matches a value, whatever its undecodable bytes stand for.

        Of an undecodable value only the ASCII characters that it begins with are known.
        """
        if not is_undecodable(value):
            return self.matches(value)
        known = _ascii_prefix(value)
        return any(
            known.startswith(literal) and _STARS.fullmatch(rest)
            for literal, rest in map(_split_at_wildcard, self.wildcard_patterns)
        )

    def is_match_unknown(self, value: str) -> bool:
        """Return whether it cannot be known if one of them matches a value, since some bytes could not be decoded."""
        if not is_undecodable(value) or self.is_certain_match(value):
            return False
        known = _ascii_prefix(value)
        return any(text.startswith(known) for text in self.texts) or any(
            known.startswith(literal) or literal.startswith(known)
            for literal, _ in map(_split_at_wildcard, self.wildcard_patterns)
        )


def _ascii_prefix(value: str) -> str:
    match = _ASCII.match(value)
    return "" if match is None else match[0]


def _split_at_wildcard(pattern: str) -> tuple[str, str]:
    """Return what stands before the first wildcard of a pattern, and the rest."""
    match = _BEFORE_WILDCARD.match(pattern)
    end = 0 if match is None else match.end()
    return pattern[:end], pattern[end:]
