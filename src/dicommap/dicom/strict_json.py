"""Parse JSON strictly (RFC 8259) and report each violation with its JSON Pointer."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from dicommap.dicom.member_names import mask_unknown_member
from dicommap.issues import Issue, Location, make_issue
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, limit_issues
from dicommap.reading.document_limits import DEPTH_LIMIT, OVERRIDE_LIMIT, has_more_json_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WHOLE = Location(pointer="")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARK = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{},:]', re.DOTALL)


class _ObjectWithDuplicates(dict[str, Any]):
    """A JSON object that remembers which of its members stood twice."""

    repeated: tuple[str, ...] = ()


def parse_json(data: bytes, values_limit: int = OVERRIDE_LIMIT.values) -> tuple[Any, list[Issue]]:
    """Read a JSON document from its bytes.

    Returns the value (None if it cannot be read) and what is wrong with it: not UTF-8, a byte order mark, not
    JSON, members that stand twice, numbers that are not finite, lone surrogates, nesting deeper than DEPTH_LIMIT.
    A document of more than `values_limit` values is not read at all.
    """
    if has_more_json_values(data, values_limit):
        return None, [make_issue("document.too-many-values", _WHOLE, limit=values_limit)]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None, [make_issue("json.not-utf8", _WHOLE)]
    if text.startswith("\ufeff"):
        return None, [make_issue("json.byte-order-mark", _WHOLE)]
    try:
        value = json.loads(text, object_pairs_hook=_build_object)
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at line {error.lineno} column {error.colno}"
        return None, [make_issue("json.not-json", _WHOLE, reason=reason)]
    except RecursionError:
        return None, [_too_deep_issue(_first_too_deep_pointer(text))]
    except ValueError:  # Python refuses integers of more than 4,300 digits
        return None, [make_issue("json.not-json", _WHOLE, reason="a number has too many digits")]
    too_deep: list[str] = []
    issues = list(limit_issues(_value_issues(value, too_deep), DOCUMENT_ISSUE_LIMIT, Location(pointer="")))
    issues += limit_issues(map(_too_deep_issue, too_deep), DOCUMENT_ISSUE_LIMIT, Location(pointer=""))
    # A reader of the value may go down by recursion, so one that is too deep, or was not looked at to its end, is not
    # handed out.
    is_unsafe = bool(too_deep) or any(found.code == "document.more-issues" for found in issues)
    return None if is_unsafe else value, issues


def depth_issues(value: object) -> list[Issue]:
    """Find where a value that did not come from `parse_json`, such as a TOML document, is nested too deep."""
    too_deep: list[str] = []
    for _ in _value_issues(value, too_deep):
        pass
    return list(limit_issues(map(_too_deep_issue, too_deep), DOCUMENT_ISSUE_LIMIT, Location(pointer="")))


def pointer_token(member: str | int) -> str:
    """Return one step of a JSON Pointer (RFC 6901), with its leading slash; a name that may be a value is masked."""
    return "/" + (
        str(member) if isinstance(member, int) else mask_unknown_member(member).replace("~", "~0").replace("/", "~1")
    )


def dump_json(value: object) -> str:
    """Write a JSON document: two spaces, members in the order given, one trailing newline, UTF-8 as it is."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result  # smaller than an _Object
    repeating = _ObjectWithDuplicates(result)
    counts = Counter(name for name, _ in pairs)
    repeating.repeated = tuple(name for name, count in counts.items() if count > 1)
    return repeating


def _value_issues(root: object, too_deep: list[str]) -> Iterator[Issue]:
    """Find what is wrong with a value and all that it holds; note the places that are nested too deep."""
    yield from _scalar_issues("", root)
    # Not recursive, so that depth is a finding and not a crash. Places are made only where something is wrong or may
    # be below: a document can hold millions of numbers.
    open_ones = [("", iter(_members(root)))]
    while open_ones:
        pointer, members = open_ones[-1]
        name, value = next(members, (None, None))
        if name is None:
            open_ones.pop()
        elif isinstance(value, dict | list):
            place = pointer + pointer_token(name)
            if len(open_ones) == DEPTH_LIMIT:
                too_deep.append(place)
                continue
            yield from _scalar_issues(place, value)
            open_ones.append((place, iter(_members(value))))
        elif not _is_plain(value):
            yield from _scalar_issues(pointer + pointer_token(name), value)


def _too_deep_issue(pointer: str) -> Issue:
    return make_issue("json.too-deep", Location(pointer=pointer), limit=DEPTH_LIMIT)


def _first_too_deep_pointer(text: str) -> str:
    """Return the place where a document, of which Python's reader had enough, first gets too deep."""
    steps: list[str | int] = []
    name = ""
    for match in _MARK.finditer(text):
        mark = match[0]
        if mark in "[{":
            if len(steps) == DEPTH_LIMIT:
                break
            steps.append(0 if mark == "[" else "")
        elif mark in "]}":
            steps.pop()
        elif mark == ",":
            steps[-1] = steps[-1] + 1 if isinstance(steps[-1], int) else ""
        elif mark == ":":
            steps[-1] = json.loads(name)
        else:
            name = mark
    return "".join(map(pointer_token, steps))


def _members(value: object) -> Iterable[tuple[str | int, object]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _is_plain(value: object) -> bool:
    """Say that nothing is wrong with a text or number, for the many of which that is seen at once."""
    if isinstance(value, str):
        return value.isascii()
    return not isinstance(value, float) or math.isfinite(value)


def _scalar_issues(pointer: str, value: object) -> Iterator[Issue]:
    if isinstance(value, dict):
        for name in value.repeated if isinstance(value, _ObjectWithDuplicates) else ():
            yield make_issue("json.duplicate-key", Location(pointer=pointer + pointer_token(name)))
        if any(not _has_no_lone_surrogate(name) for name in value):
            yield make_issue("json.lone-surrogate", Location(pointer=pointer))
    elif isinstance(value, float) and not math.isfinite(value):
        yield make_issue("json.not-finite", Location(pointer=pointer))
    elif isinstance(value, str) and not _has_no_lone_surrogate(value):
        yield make_issue("json.lone-surrogate", Location(pointer=pointer))


def _has_no_lone_surrogate(text: str) -> bool:
    return text.isascii() or _SURROGATE.search(text) is None
