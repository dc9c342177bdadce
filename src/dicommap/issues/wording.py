"""Numbers with nouns and verbs, and lists of names, for messages in correct English.

Templates of messages use the same rules. From `{count:instance} {count:has|have} the warning {name}.` come "1 instance
has the warning X." and "1,234 instances have the warning X.".
"""

from __future__ import annotations

import string
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def format_count(count: int, noun: str) -> str:
    """Return a number with its noun. The noun is in the plural unless the number is 1: `1 study`, `1,234 studies`."""
    return f"{count:,} {noun if count == 1 else make_plural(noun)}"


def make_plural(noun: str) -> str:
    """Return the plural of a noun: `studies` for `study`, `series` for `series`, `copies` for `copy`."""
    if noun.endswith("s"):
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def choose_verb(count: int, singular: str, plural: str) -> str:
    """Return the form of a verb that fits a number: `choose_verb(1, "has", "have")` is `has`."""
    return singular if count == 1 else plural


def join_names(names: Iterable[str]) -> str:
    """Return names as a list in a sentence: `a`, `a and b`, `a, b and c`. Return "" if there are no names."""
    known = list(names)
    return " and ".join(filter(None, [", ".join(known[:-1]), *known[-1:]]))


def join_first_names(names: Sequence[str], limit: int = 5) -> str:
    """Return a list of at most `limit` names in a sentence. If there are more, their number follows: `and 3 more`."""
    rest = len(names) - limit
    return join_names(names) if rest <= 0 else f"{', '.join(names[:limit])} and {rest:,} more"


def format_message(template: str, facts: Mapping[str, object]) -> str:
    """Return the message for a template. `facts` has a value for each field; a missing value raises KeyError.

    A field has a name and a format specification. For a number, the specification may be a noun or two forms of a verb.
    """
    return "".join(
        text if name is None else text + _format_field(facts[name], specification)
        for text, name, specification in _parse_template(template)
    )


@lru_cache(maxsize=1_024)
def _parse_template(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """Return the parts of a template: a text, the name of the field after it (None after the last), and its format."""
    parts = string.Formatter().parse(template)
    return tuple((text, name, specification or "") for text, name, specification, _ in parts)


def _format_field(value: object, specification: str) -> str:
    """Return the text for a field of a template: `{n:file}` gives `2 files`, `{n:has|have}` gives `have`.

    Every other field gives the same text as `str.format`.
    """
    if isinstance(value, int) and "|" in specification:
        return choose_verb(value, *specification.split("|"))
    if isinstance(value, int) and specification[-1:].isalpha() and len(specification) > 1:
        return format_count(value, specification)
    return format(value, specification)
