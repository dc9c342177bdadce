"""Values against the shapes of a service model: types, required members, unions, and every min, max, pattern and enum.

botocore itself checks only types, required members and minima before it sends a request.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EQUIVALENT_PATTERNS = {r"\p{ASCII}{0,8192}": r"[\x00-\x7f]*"}
"""Patterns of the model that RE2 does not take, and what says the same beside their maximum."""


# Shapes are botocore's, which has no types of its own; values are JSON's.
def find_shape_problems(shape: Any, value: Any, place: str = "") -> Iterator[str]:  # noqa: ANN401
    """Find what is wrong with a value, each with its place and without the value itself."""
    types, check = _CHECK_BY_TYPE[shape.type_name]
    if not isinstance(value, types) or (isinstance(value, bool) and types is not bool):
        yield f"{place or 'the request'} is not of type {shape.type_name}"
    else:
        yield from check(shape, value, place)


def _structure_problems(shape: Any, value: dict[str, Any], place: str) -> Iterator[str]:  # noqa: ANN401
    inner = f"{place}." if place else ""
    for name in shape.required_members:
        if name not in value:
            yield f"{inner}{name} is required"
    if shape.metadata.get("union") and len(value) != 1:
        yield f"{place} is a union and has {len(value)} members"
    for name, member in value.items():
        if name in shape.members:
            yield from find_shape_problems(shape.members[name], member, inner + name)
        else:
            yield f"{place or 'the request'} has a member that the service model does not have"


def _list_problems(shape: Any, value: list[Any], place: str) -> Iterator[str]:  # noqa: ANN401
    yield from _size_problems(shape, len(value), f"{place} has {len(value)} items")
    for index, item in enumerate(value):
        yield from find_shape_problems(shape.member, item, f"{place}[{index}]")


def _string_problems(shape: Any, value: str, place: str) -> Iterator[str]:  # noqa: ANN401
    yield from _size_problems(shape, len(value), f"{place} has {len(value)} characters")
    pattern = shape.metadata.get("pattern")
    if pattern is not None and _compile_pattern(pattern).fullmatch(value) is None:
        yield f"{place} does not match {pattern}"
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield f"{place} is none of {', '.join(allowed)}"


def _number_problems(shape: Any, value: float, place: str) -> Iterator[str]:  # noqa: ANN401
    yield from _size_problems(shape, value, f"{place} is {value}")


def _size_problems(shape: Any, size: float, found: str) -> Iterator[str]:  # noqa: ANN401
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield f"{found}, fewer than {low}"
    if high is not None and size > high:
        yield f"{found}, more than {high}"


def _no_problems(_shape: Any, _value: Any, _place: str) -> Iterator[str]:  # noqa: ANN401
    yield from ()


@cache
def _compile_pattern(pattern: str) -> Any:  # noqa: ANN401
    # RE2 takes linear time for AWS's pattern of metadataFilePath, on which Python's own engine hangs.
    return re2.compile(_EQUIVALENT_PATTERNS.get(pattern, pattern))


_CHECK_BY_TYPE: dict[str, tuple[type | tuple[type, ...], Callable[[Any, Any, str], Iterator[str]]]] = {
    "structure": (dict, _structure_problems),
    "list": (list, _list_problems),
    "string": (str, _string_problems),
    "integer": (int, _number_problems),
    "long": (int, _number_problems),
    "double": ((int, float), _number_problems),
    "timestamp": (datetime, _no_problems),
}
