"""Requests and answers on the wire, as AWS's protocols rest-json and json have them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from dicommap.testing.operations_testing_service_error_part import ServiceError
from dicommap.testing.wire_format import find_shape_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.testing.operations import Operation

MAX_PROBLEMS = 5


def parse_parameters(operation: Operation, path: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
    """Return the parameters of a request. Raises ServiceError where they are none that the service model takes."""
    found = {**_body_members(body), **_query_members(operation, query), **path}
    problems = list(find_shape_problems(operation.input_shape, found))
    if problems:
        count = len(problems)
        told = "; ".join(problems[:MAX_PROBLEMS])
        noun = "validation error" if count == 1 else "validation errors"
        raise ServiceError("ValidationException", f"{count} {noun} detected: {told}")
    return found


def format_answer(value: Any) -> bytes:  # noqa: ANN401  JSON of any type
    """Return an answer's body: members that are None are left out, times are seconds since 1970."""
    return json.dumps(_to_json_value(value)).encode()


def _body_members(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        raise ServiceError("SerializationException", "The body is not JSON.") from None
    if not isinstance(members, dict):
        raise ServiceError("SerializationException", "The body is no JSON object.")
    return members


def _query_members(operation: Operation, query: str) -> dict[str, Any]:
    shapes = {
        shape.serialization["name"]: shape
        for shape in operation.input_shape.members.values()
        if shape.serialization.get("location") == "querystring"
    }
    return {
        name: _parse_query_value(shapes[name].type_name, text)
        for name, text in parse_qsl(query, keep_blank_values=True)
        if name in shapes
    }


def _parse_query_value(type_name: str, text: str) -> str | int:
    is_integer = type_name == "integer" and text.isascii() and text.removeprefix("-").isdigit()
    return int(text) if is_integer else text


def _to_json_value(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {name: _to_json_value(member) for name, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [_to_json_value(item) for item in value]
    return round(value.timestamp(), 3) if isinstance(value, datetime) else value
