"""Parse requests and format answers of AWS's protocols rest-json and json.

Requests are checked completely against botocore's shapes. botocore itself checks only types, required members and
minima before it sends a request.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import re2

from dicommap.issues.wording import format_count
from dicommap.testing.operations import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dicommap.testing.operations import Operation

MAX_PROBLEMS = 5
"""Maximum number of problems that an error message lists."""
_EQUIVALENT_PATTERNS = {r"\p{ASCII}{0,8192}": r"[\x00-\x7f]*"}
"""Pattern of the service model that RE2 does not support -> equivalent pattern. Lengths are checked separately."""


# The type of shapes and values is Any: botocore's shapes have no type annotations, and values are any JSON.
def find_shape_problems(shape: Any, value: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401
    """Yield a text for each violation of a shape by a value. A text has the violation's path and never the value.

    Args:
        shape: botocore's shape of the value.
        value: The value.
        path: The path of the value in the request, for messages.

    """
    types, check = _CHECK_BY_TYPE[shape.type_name]
    if not isinstance(value, types) or (isinstance(value, bool) and types is not bool):
        yield f"{path or 'the request'} is not of type {shape.type_name}"
    else:
        yield from check(shape, value, path)


def _find_structure_problems(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:  # noqa: ANN401
    inner = f"{path}." if path else ""
    for name in shape.required_members:
        if name not in value:
            yield f"{inner}{name} is required"
    if shape.metadata.get("union") and len(value) != 1:
        yield f"{path} is a union and has {format_count(len(value), 'member')}"
    for name, member in value.items():
        if name in shape.members:
            yield from find_shape_problems(shape.members[name], member, inner + name)
        else:
            yield f"{path or 'the request'} has a member that the service model does not have"


def _find_list_problems(shape: Any, value: list[Any], path: str) -> Iterator[str]:  # noqa: ANN401
    yield from _find_size_problems(shape, len(value), f"{path} has {format_count(len(value), 'item')}")
    for index, item in enumerate(value):
        yield from find_shape_problems(shape.member, item, f"{path}[{index}]")


def _find_string_problems(shape: Any, value: str, path: str) -> Iterator[str]:  # noqa: ANN401
    yield from _find_size_problems(shape, len(value), f"{path} has {format_count(len(value), 'character')}")
    pattern = shape.metadata.get("pattern")
    if pattern is not None and _compile_pattern(pattern).fullmatch(value) is None:
        yield f"{path} does not match {pattern}"
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield f"{path} is not one of {', '.join(allowed)}"


def _find_blob_problems(shape: Any, value: bytes, path: str) -> Iterator[str]:  # noqa: ANN401
    yield from _find_size_problems(shape, len(value), f"{path} has {format_count(len(value), 'byte')}")


def _find_number_problems(shape: Any, value: float, path: str) -> Iterator[str]:  # noqa: ANN401
    yield from _find_size_problems(shape, value, f"{path} is {value}")


def _find_size_problems(shape: Any, size: float, description: str) -> Iterator[str]:  # noqa: ANN401
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield f"{description}, fewer than {low}"
    if high is not None and size > high:
        yield f"{description}, more than {high}"


def _find_no_problems(_shape: Any, _value: Any, _path: str) -> Iterator[str]:  # noqa: ANN401
    yield from ()


@cache
def _compile_pattern(pattern: str) -> Any:  # noqa: ANN401
    # For AWS's pattern of metadataFilePath, Python's re needs exponential time, and RE2 needs linear time.
    return re2.compile(_EQUIVALENT_PATTERNS.get(pattern, pattern))


_CHECK_BY_TYPE: dict[str, tuple[type | tuple[type, ...], Callable[[Any, Any, str], Iterator[str]]]] = {
    "structure": (dict, _find_structure_problems),
    "list": (list, _find_list_problems),
    "string": (str, _find_string_problems),
    "integer": (int, _find_number_problems),
    "long": (int, _find_number_problems),
    "double": ((int, float), _find_number_problems),
    "timestamp": (datetime, _find_no_problems),
    "boolean": (bool, _find_no_problems),
    "blob": (bytes, _find_blob_problems),
}


def parse_parameters(operation: Operation, path: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
    """Parse and check the parameters of a request, and return a dict: name -> value.

    Args:
        operation: The operation of the request.
        path: The parameters in the path.
        query: The query of the URL.
        body: The body, a JSON object or empty.

    Raises:
        ServiceError: The service model does not allow the parameters.

    """
    parameters = {**_parse_body(operation, body), **_parse_query(operation, query), **path}
    problems = list(find_shape_problems(operation.input_shape, parameters))
    if problems:
        count = len(problems)
        listed = "; ".join(problems[:MAX_PROBLEMS])
        noun = "validation error" if count == 1 else "validation errors"
        raise ServiceError("ValidationException", f"{count} {noun} detected: {listed}")
    return parameters


def format_answer(value: Any) -> bytes:  # noqa: ANN401  JSON of any type
    """Return an answer as a JSON body. Members with null are left out. Times become seconds since 1970."""
    return json.dumps(_to_json_value(value)).encode()


def _parse_body(operation: Operation, body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        raise ServiceError("SerializationException", "The body is not JSON.") from None
    if not isinstance(members, dict):
        raise ServiceError("SerializationException", "The body is not a JSON object.")
    payload = operation.input_shape.serialization.get("payload")
    if payload is None:
        return members
    # The body is the value of one parameter, and not an object with all of them.
    return {payload: _parse_shape_value(operation.input_shape.members[payload], members)}


def _parse_shape_value(shape: Any, value: Any) -> Any:  # noqa: ANN401
    """Convert a JSON value by its shape: seconds since 1970 to a datetime, and a text in base64 to bytes.

    A value that does not fit its shape stays unchanged, so that the check of the shape reports it.
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        known = shape.members
        return {
            name: _parse_shape_value(known[name], member) if name in known else member for name, member in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_parse_shape_value(shape.member, item) for item in value]
    if shape.type_name == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except ValueError:
            return value
    if shape.type_name == "timestamp" and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return value
    return value


def _parse_query(operation: Operation, query: str) -> dict[str, Any]:
    # The name in a query may differ from the parameter's name: versionId is sent as `version`.
    members = {
        shape.serialization["name"]: (name, shape)
        for name, shape in operation.input_shape.members.items()
        if shape.serialization.get("location") == "querystring"
    }
    return {
        members[name][0]: _parse_query_value(members[name][1].type_name, text)
        for name, text in parse_qsl(query, keep_blank_values=True)
        if name in members
    }


def _parse_query_value(type_name: str, text: str) -> str | int:
    if type_name == "boolean" and text in ("true", "false"):
        return text == "true"
    is_integer = type_name == "integer" and text.isascii() and text.removeprefix("-").isdigit()
    return int(text) if is_integer else text


def _to_json_value(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {name: _to_json_value(member) for name, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [_to_json_value(item) for item in value]
    return round(value.timestamp(), 3) if isinstance(value, datetime) else value
