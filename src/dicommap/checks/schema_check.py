"""Documents against their schemas, in our own words: jsonschema's messages would echo the values."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from dicommap.checks.registry import validator
from dicommap.issues import Location, issue
from dicommap.model.findings import COUNTED_LIMIT, DOCUMENT_LIMIT, limited
from dicommap.model.strict_json import depth_issues, pointer_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.issues import Issue

ERRORS_LIMIT = DOCUMENT_LIMIT + COUNTED_LIMIT
"""Errors of one document that are looked for."""

_CHARACTERS = {"minLength", "maxLength"}
_ITEMS = {"minItems", "maxItems", "minProperties", "maxProperties"}
_SAID_BY = {"pattern": {"type", "minLength"}, "not": {"type", "minLength", "pattern"}}
"""Rule -> rules that a value breaks as well, and that say more."""

_Value = tuple[tuple[str | int, ...], str | None]


# jsonschema types the members of its ValidationError as possibly unset; they are set on all that it yields.
_Error = Any


def schema_issues(name: str, document: object) -> list[Issue]:
    """Find everything that the schema of this name rejects, each with its JSON Pointer, in the order of these.

    If it rejects a document in very many places, the first are listed and the others counted, up to ERRORS_LIMIT.
    A document that is nested deeper than any of ours is not asked further: jsonschema goes down by recursion.
    """
    too_deep = depth_issues(document)
    if too_deep:
        return too_deep
    # An error needs a kilobyte, so that no more of them are asked for than are counted.
    errors = list(islice(validator(name).iter_errors(document), ERRORS_LIMIT))
    # Two paths first differ at two members of one object or two items of one array, so names never meet numbers.
    errors.sort(key=lambda error: tuple(error.absolute_path))
    found = (one for error in _telling(errors) for one in _issues(error))
    return list(limited(dict.fromkeys(islice(found, ERRORS_LIMIT)), DOCUMENT_LIMIT, Location(pointer="")))


def _telling(errors: list[_Error]) -> list[_Error]:
    """Leave out errors that only follow from another one of the same value: a number matches no pattern."""
    broken: dict[_Value, set[str]] = {}
    for error in errors:
        broken.setdefault(_value_of(error), set()).add(error.validator)
    return [error for error in errors if not _SAID_BY.get(error.validator, set()) & broken[_value_of(error)]]


def _value_of(error: _Error) -> _Value:
    # A member's name has its object's path, so the text counts as well.
    return tuple(error.absolute_path), error.instance if isinstance(error.instance, str) else None


def _issues(error: _Error) -> Iterator[Issue]:
    pointer = "".join(pointer_token(step) for step in error.absolute_path)
    rule = str(error.validator)
    if rule == "required":
        yield from _missing(error, pointer)
    elif rule == "anyOf" and all(option.keys() == {"required"} for option in error.validator_value):
        members = " or ".join(name for option in error.validator_value for name in option["required"])
        yield issue("schema.required", Location(pointer=pointer), member=members)
    elif rule == "additionalProperties" and error.validator_value is False:
        yield from _unknown(error, pointer)
    elif rule == "const" and pointer == "/version":
        yield issue("schema.version", Location(pointer=pointer))
    else:
        yield _TELLERS.get(rule, _other)(error, Location(pointer=pointer))


def _missing(error: _Error, pointer: str) -> Iterator[Issue]:
    # jsonschema reports one error for each missing member; which one stands only in its message.
    for member in error.validator_value:
        if member not in error.instance and repr(member) in error.message:
            yield issue("schema.required", Location(pointer=pointer), member=member)


def _unknown(error: _Error, pointer: str) -> Iterator[Issue]:
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    for member in error.instance:
        if member not in known:
            yield issue("schema.unknown-member", Location(pointer=pointer + pointer_token(member)))


def _type(error: _Error, place: Location) -> Issue:
    expected = error.validator_value
    return issue("schema.type", place, expected=expected if isinstance(expected, str) else " or ".join(expected))


def _pattern(error: _Error, place: Location) -> Issue:
    return issue("schema.pattern", place, problem=f"does not match {error.validator_value}")


def _forbidden(error: _Error, place: Location) -> Issue:
    pattern = error.validator_value.get("pattern") if isinstance(error.validator_value, dict) else None
    if pattern is None:
        return _other(error, place)
    return issue("schema.pattern", place, problem=f"holds {pattern}, which is not allowed")


def _length(error: _Error, place: Location) -> Issue:
    length = len(error.instance)
    return issue("schema.length", place, length=length, limit_name=error.validator, limit=error.validator_value)


def _count(error: _Error, place: Location) -> Issue:
    return issue(
        "schema.count", place, count=len(error.instance), limit_name=error.validator, limit=error.validator_value
    )


def _other(error: _Error, place: Location) -> Issue:
    return issue("schema.value", place, rule=_rule(error))


def _rule(error: _Error) -> str:
    """Return a rule by its name, and by what it allows where that is short: `enum (study, series)`."""
    allowed = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    if any(isinstance(one, dict | list) for one in allowed):
        return str(error.validator)
    return f"{error.validator or 'rules'} ({', '.join(map(str, allowed))})"


_TELLERS: dict[str, Callable[[Any, Location], Issue]] = {
    "type": _type,
    "pattern": _pattern,
    "not": _forbidden,
    **dict.fromkeys(_CHARACTERS, _length),
    **dict.fromkeys(_ITEMS, _count),
}
