"""Shell patterns that match attribute values, for rules and inventory searches."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import is_undecodable
from dicommap.edits.text_normalization import normalize_nfc

if TYPE_CHECKING:
    from collections.abc import Iterable

_WILDCARDS = frozenset("*?[")
_BEFORE_WILDCARD = re.compile(r"[^*?[]*")
_STARS = re.compile(r"\**")
_ASCII = re.compile(r"[\x00-\x7f]*")


@dataclass(frozen=True, slots=True)
class ShellPatterns:
    """Shell patterns of which one must match the whole value. They are case-sensitive; texts are compared in NFC."""

    texts: frozenset[str] = field(repr=False)
    """The patterns without wildcards."""
    expressions: tuple[re.Pattern[str], ...] = field(repr=False)
    wildcard_patterns: tuple[str, ...] = field(default=(), repr=False)
    """The patterns with wildcards, in the order of `expressions`."""

    @classmethod
    def from_texts(cls, pattern_texts: str | Iterable[str]) -> ShellPatterns:
        """Return the compiled form of one or several shell patterns."""
        patterns = [
            normalize_nfc(pattern) for pattern in ([pattern_texts] if isinstance(pattern_texts, str) else pattern_texts)
        ]
        texts = frozenset(pattern for pattern in patterns if not _WILDCARDS & set(pattern))
        wildcard_patterns = dict.fromkeys(pattern for pattern in patterns if pattern not in texts)
        return cls(
            texts, tuple(re.compile(translate(pattern)) for pattern in wildcard_patterns), tuple(wildcard_patterns)
        )

    def matches(self, value: str) -> bool:
        """Return whether one of the patterns matches a value."""
        value = normalize_nfc(value)
        return value in self.texts or any(expression.match(value) for expression in self.expressions)

    def is_certain_match(self, value: str) -> bool:
        """Return whether one of the patterns matches a value for certain, whatever its undecodable bytes mean.

        Only the ASCII characters at the beginning of an undecodable value are compared.
        """
        if not is_undecodable(value):
            return self.matches(value)
        known = _get_ascii_prefix(value)
        return any(
            known.startswith(literal) and _STARS.fullmatch(rest)
            for literal, rest in map(_split_at_wildcard, self.wildcard_patterns)
        )

    def is_match_unknown(self, value: str) -> bool:
        """Return whether a pattern may match a value, but this is not known because of undecodable bytes."""
        if not is_undecodable(value) or self.is_certain_match(value):
            return False
        known = _get_ascii_prefix(value)
        return any(text.startswith(known) for text in self.texts) or any(
            known.startswith(literal) or literal.startswith(known)
            for literal, _ in map(_split_at_wildcard, self.wildcard_patterns)
        )


def _get_ascii_prefix(value: str) -> str:
    """Return the ASCII characters at the beginning of a value."""
    match = _ASCII.match(value)
    return "" if match is None else match[0]


def _split_at_wildcard(pattern: str) -> tuple[str, str]:
    """Split a pattern before its first wildcard into the text before the wildcard and the rest."""
    match = _BEFORE_WILDCARD.match(pattern)
    end = 0 if match is None else match.end()
    return pattern[:end], pattern[end:]
