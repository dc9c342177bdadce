"""Parse JSON strictly (RFC 8259) and report each violation with its JSON Pointer."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from dicommap.dicom.member_names import mask_unknown_member
from dicommap.issues import Issue, Location, make_issue
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, limit_and_count_issues
from dicommap.reading.document_limits import DEPTH_LIMIT, OVERRIDE_LIMIT, has_more_json_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WHOLE = Location(pointer="")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARK = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{},:]', re.DOTALL)


class _ObjectWithRepeatedMembers(dict[str, Any]):
    """A JSON object that also stores the names of its repeated members."""

    repeated: tuple[str, ...] = ()


def parse_json(data: bytes, values_limit: int = OVERRIDE_LIMIT.values) -> tuple[Any, list[Issue]]:
    """Parse the bytes of a JSON document.

    The issues are: the bytes are not UTF-8 or start with a byte order mark; the text is not JSON or has too many
    values; an object has several members with the same name; a number is not finite; a text has a lone surrogate; a
    value is nested deeper than DEPTH_LIMIT.

    Args:
        data: The bytes of the document.
        values_limit: The maximum number of JSON values. A document with more values is not parsed.

    Returns:
        The JSON value and its issues. If the document cannot be parsed or cannot be checked as a whole, the value is
        None.

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
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at line {error.lineno} column {error.colno}"
        return None, [make_issue("json.not-json", _WHOLE, reason=reason)]
    except RecursionError:
        return None, [_make_too_deep_issue(_find_too_deep_pointer(text))]
    except ValueError:  # Python refuses integers of more than 4,300 digits
        return None, [make_issue("json.not-json", _WHOLE, reason="a number has too many digits")]
    return _check_parsed_value(value)


def check_parsed_json(value: object, text: str, values_limit: int = OVERRIDE_LIMIT.values) -> tuple[Any, list[Issue]]:
    """Check the JSON value of a document that this process has written. The text is not parsed again.

    Args:
        value: The JSON value.
        text: The text that was written for it. Its values are counted.
        values_limit: The maximum number of JSON values.

    Returns:
        The JSON value and its issues: the same as `parse_json` returns for the bytes of the text.

    """
    if has_more_json_values(text.encode("utf-8", "surrogatepass"), values_limit):
        return None, [make_issue("document.too-many-values", _WHOLE, limit=values_limit)]
    return _check_parsed_value(value)


def _check_parsed_value(value: Any) -> tuple[Any, list[Issue]]:  # noqa: ANN401  JSON of any type
    """Return a JSON value, and the issues of this value and all values inside it.

    None replaces the value if it is not safe to use: it is nested too deep, or has more issues than can be listed.
    """
    if _is_surely_valid(value, DEPTH_LIMIT):
        return value, []
    too_deep: list[str] = []
    issues = list(
        limit_and_count_issues(_nested_value_issues(value, too_deep), DOCUMENT_ISSUE_LIMIT, Location(pointer=""))
    )
    issues += limit_and_count_issues(map(_make_too_deep_issue, too_deep), DOCUMENT_ISSUE_LIMIT, Location(pointer=""))
    # Callers may process the value recursively. So a value that is nested too deep is not returned. Neither is a value
    # with too many issues, because it was not checked completely.
    is_unsafe = bool(too_deep) or any(issue.code == "document.more-issues" for issue in issues)
    return None if is_unsafe else value, issues


def _is_surely_valid(value: object, levels: int) -> bool:
    """Return True if a fast test shows that a value and all values inside it have no issue.

    If False is returned, the value may still have no issue: the caller then makes the slow, complete check of
    `_nested_value_issues`. For example, the fast test returns False for each text with characters other than ASCII,
    because the text may have lone surrogates.

    Args:
        value: A JSON value.
        levels: The number of nested levels that the value may have. An empty object or array has one level.
    """
    if isinstance(value, str):
        return value.isascii()
    if isinstance(value, dict):
        is_whole = levels > 0 and not isinstance(value, _ObjectWithRepeatedMembers)
        if not is_whole or not "".join(value).isascii():
            return False
        return _are_surely_valid(value.values(), levels - 1)
    if isinstance(value, list):
        return levels > 0 and _are_surely_valid(value, levels - 1)
    return not isinstance(value, float) or math.isfinite(value)


def _are_surely_valid(values: Iterable[object], levels: int) -> bool:
    """Return True if `_is_surely_valid` is true of each value. Most are texts, for which a call would take longer."""
    return all(value.isascii() if type(value) is str else _is_surely_valid(value, levels) for value in values)


def nesting_depth_issues(value: object) -> list[Issue]:
    """Return an issue for each value inside `value` that is nested too deep.

    `value` is a parsed document of a format other than JSON, such as TOML.
    """
    if _is_surely_valid(value, DEPTH_LIMIT):
        return []
    too_deep: list[str] = []
    for _ in _nested_value_issues(value, too_deep):
        pass
    return list(limit_and_count_issues(map(_make_too_deep_issue, too_deep), DOCUMENT_ISSUE_LIMIT, Location(pointer="")))


def pointer_token(member: str | int) -> str:
    """Return the part of a JSON Pointer (RFC 6901) for one member or array index, such as `/Value` or `/0`.

    The name of a member is masked if it may be a patient's value.
    """
    return "/" + (
        str(member) if isinstance(member, int) else mask_unknown_member(member).replace("~", "~0").replace("/", "~1")
    )


def dump_json(value: object) -> str:
    """Return a value as JSON text, indented by two spaces. Members keep their order. The text ends with a newline.

    The text is the same as from `json.dumps(value, indent=2, ensure_ascii=False)`. But `json.dumps` takes several times
    as long, because it does not use its C encoder for indented texts.

    Args:
        value: A dict with texts as keys, a list, a tuple, a text, a number, a bool or None, and values inside it.

    Raises:
        ValueError: A number is not finite.

    """
    return _format_json(value, "\n") + "\n"


_format_text = json.encoder.encode_basestring
_format_other = json.JSONEncoder(allow_nan=False).encode


def _format_json(value: Any, line_end: str) -> str:  # noqa: ANN401  JSON of any type
    """Return a value as JSON text. `line_end` is a newline and the indentation of the line where the value begins."""
    if isinstance(value, str):
        return _format_text(value)
    inner = line_end + "  "
    if isinstance(value, dict) and value:
        # Most members and items are texts. For them, a call would take most of the time.
        members = [
            f"{_format_text(name)}: {_format_text(member) if type(member) is str else _format_json(member, inner)}"
            for name, member in value.items()
        ]
        return f"{{{inner}{f',{inner}'.join(members)}{line_end}}}"
    if isinstance(value, list | tuple) and value:
        items = [_format_text(item) if type(item) is str else _format_json(item, inner) for item in value]
        return f"[{inner}{f',{inner}'.join(items)}{line_end}]"
    return _format_other(value)


def _build_json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the dict of a JSON object. If it has repeated members, the dict also stores their names."""
    result = dict(pairs)
    if len(result) == len(pairs):
        return result  # a dict needs less memory than an _ObjectWithRepeatedMembers
    repeating = _ObjectWithRepeatedMembers(result)
    counts = Counter(name for name, _ in pairs)
    repeating.repeated = tuple(name for name, count in counts.items() if count > 1)
    return repeating


_DECODER = json.JSONDecoder(object_pairs_hook=_build_json_object)


def _nested_value_issues(root: object, too_deep: list[str]) -> Iterator[Issue]:
    """Yield the issues of a value and of all values inside it, without issues about too deep nesting.

    The pointers of values that are nested too deep are added to the list `too_deep`.
    """
    yield from _single_value_issues("", root)
    # This loop is not recursive, so that deep nesting is reported as an issue and does not raise RecursionError.
    # Pointers are built only if needed, because a document can have millions of numbers.
    open_ones = [("", iter(_iterate_members(root)))]
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
            yield from _single_value_issues(place, value)
            open_ones.append((place, iter(_iterate_members(value))))
        elif not _is_surely_valid_scalar(value):
            yield from _single_value_issues(pointer + pointer_token(name), value)


def _make_too_deep_issue(pointer: str) -> Issue:
    return make_issue("json.too-deep", Location(pointer=pointer), limit=DEPTH_LIMIT)


def _find_too_deep_pointer(text: str) -> str:
    """Return the JSON Pointer of the first value that is nested too deep.

    `text` is a document that Python's parser cannot parse, because its nesting is too deep.
    """
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


def _iterate_members(value: object) -> Iterable[tuple[str | int, object]]:
    """Return pairs of name and value for an object, pairs of index and value for an array, and no pairs otherwise."""
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _is_surely_valid_scalar(value: object) -> bool:
    """Return True if a fast test shows that a text or number has no issue. If False, the caller makes a full check."""
    if isinstance(value, str):
        return value.isascii()
    return not isinstance(value, float) or math.isfinite(value)


def _single_value_issues(pointer: str, value: object) -> Iterator[Issue]:
    """Yield the issues of one value: repeated member names, lone surrogates, or a number that is not finite.

    Values inside an object or array are not checked.
    """
    if isinstance(value, dict):
        for name in value.repeated if isinstance(value, _ObjectWithRepeatedMembers) else ():
            yield make_issue("json.duplicate-key", Location(pointer=pointer + pointer_token(name)))
        if any(not _has_no_lone_surrogate(name) for name in value):
            yield make_issue("json.lone-surrogate", Location(pointer=pointer))
    elif isinstance(value, float) and not math.isfinite(value):
        yield make_issue("json.not-finite", Location(pointer=pointer))
    elif isinstance(value, str) and not _has_no_lone_surrogate(value):
        yield make_issue("json.lone-surrogate", Location(pointer=pointer))


def _has_no_lone_surrogate(text: str) -> bool:
    return text.isascii() or _SURROGATE.search(text) is None
