"""Shell patterns that a rule matches values with: one, or any of a list, which may be as long as a list of UIDs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Patterns of which one has to match a whole value, case-sensitive."""

    texts: frozenset[str] = field(repr=False)
    """Those without wildcards: looked up, however many they are."""
    expressions: tuple[re.Pattern[str], ...] = field(repr=False)

    @classmethod
    def of(cls, given: str | Iterable[str]) -> Patterns:
        """Return the patterns of a rule's member of `match`: one text, or several."""
        patterns = [given] if isinstance(given, str) else list(given)
        texts = frozenset(pattern for pattern in patterns if not _WILD & set(pattern))
        wild = dict.fromkeys(pattern for pattern in patterns if pattern not in texts)
        return cls(texts, tuple(re.compile(translate(pattern)) for pattern in wild))

    def match(self, value: str) -> bool:
        """Say whether one of them matches a value."""
        return value in self.texts or any(expression.match(value) for expression in self.expressions)
