"""JSON read strictly: what RFC 8259 leaves to the reader is a finding here, with its place."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from dicommap.issues import Issue, Location, issue

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH_LIMIT = 64
"""Levels of arrays and objects; real data sets have about ten."""


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its members stood twice."""

    repeated: tuple[str, ...] = ()


def parse_json(data: bytes) -> tuple[Any, list[Issue]]:
    """Read a JSON document from its bytes.

    Returns the value (None where it cannot be read) and what is wrong with it: not UTF-8, a byte order mark, not
    JSON, members that stand twice, numbers that are not finite, lone surrogates, nesting deeper than DEPTH_LIMIT.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None, [issue("json.not-utf8")]
    if text.startswith("\ufeff"):
        return None, [issue("json.byte-order-mark")]
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at line {error.lineno} column {error.colno}"
        return None, [issue("json.not-json", reason=reason)]
    except RecursionError:
        return None, [issue("json.too-deep", limit=DEPTH_LIMIT)]
    except ValueError:  # Python refuses integers of more than 4,300 digits
        return None, [issue("json.not-json", reason="a number has too many digits")]
    issues = list(_value_issues(value))
    # A reader of the value may go down by recursion, so one that is too deep is not handed out.
    too_deep = any(found.code == "json.too-deep" for found in issues)
    return None if too_deep else value, issues


def pointer_token(member: str | int) -> str:
    """Return one step of a JSON Pointer (RFC 6901), with its leading slash; half a character becomes its escape."""
    return "/" + _whole(str(member)).replace("~", "~0").replace("/", "~1")


def dump_json(value: object) -> str:
    """Write a JSON document: two spaces, members in the order given, one trailing newline, UTF-8 as it is."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object(pairs)
    if len(result) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        result.repeated = tuple(name for name, count in counts.items() if count > 1)
    return result


def _value_issues(root: object) -> Iterator[Issue]:
    # Not recursive, so that depth is a finding and not a crash.
    waiting: list[tuple[str, int, object]] = [("", 1, root)]
    while waiting:
        pointer, depth, value = waiting.pop()
        if isinstance(value, dict | list) and depth > DEPTH_LIMIT:
            yield issue("json.too-deep", Location(pointer=pointer), limit=DEPTH_LIMIT)
            continue
        yield from _scalar_issues(pointer, value)
        members = _members(value)
        waiting += [(pointer + pointer_token(name), depth + 1, member) for name, member in reversed(members)]


def _members(value: object) -> list[tuple[str | int, object]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _scalar_issues(pointer: str, value: object) -> Iterator[Issue]:
    if isinstance(value, _Object):
        for name in value.repeated:
            yield issue("json.duplicate-key", Location(pointer=pointer + pointer_token(name)))
        if any(not _is_whole(name) for name in value):
            yield issue("json.lone-surrogate", Location(pointer=pointer))
    elif isinstance(value, float) and not math.isfinite(value):
        yield issue("json.not-finite", Location(pointer=pointer))
    elif isinstance(value, str) and not _is_whole(value):
        yield issue("json.lone-surrogate", Location(pointer=pointer))


def _is_whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _whole(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
