"""Check documents against their JSON Schemas, with messages that echo no values."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from dicommap.dicom.strict_json import depth_issues, pointer_token
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, ISSUE_COUNT_LIMIT, limit_issues
from dicommap.validation.schema_registry import get_schema_validator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.issues import Issue

MAX_SCHEMA_ERRORS = DOCUMENT_ISSUE_LIMIT + ISSUE_COUNT_LIMIT
"""Errors of one document that are looked for."""

_LENGTH_RULES = {"minLength", "maxLength"}
_COUNT_RULES = {"minItems", "maxItems", "minProperties", "maxProperties"}
_IMPLIED_BY = {"pattern": {"type", "minLength"}, "not": {"type", "minLength", "pattern"}}
"""Rule -> rules that a value breaks as well, and that say more."""

_ValueKey = tuple[tuple[str | int, ...], str | None]


# jsonschema types the members of its ValidationError as possibly unset; they are set on all that it yields.
_Error = Any


def check_schema(name: str, document: object) -> list[Issue]:
    """Return an issue for each error of a document against a schema, in the order of their JSON Pointers.

    If it rejects a document in very many places, the first are listed and the others counted, up to ERRORS_LIMIT.
    A document that is nested too deeply is not checked further: jsonschema goes down by recursion.
    """
    too_deep = depth_issues(document)
    if too_deep:
        return too_deep
    # An error needs a kilobyte, so that no more of them are asked for than are counted.
    errors = list(islice(get_schema_validator(name).iter_errors(document), MAX_SCHEMA_ERRORS))
    # Two paths first differ at two members of one object or two items of one array, so names never meet numbers.
    errors.sort(key=lambda error: tuple(error.absolute_path))
    found = (one for error in _drop_implied_errors(errors) for one in _issues(error))
    return list(
        limit_issues(dict.fromkeys(islice(found, MAX_SCHEMA_ERRORS)), DOCUMENT_ISSUE_LIMIT, Location(pointer=""))
    )


def _drop_implied_errors(errors: list[_Error]) -> list[_Error]:
    """Leave out errors that only follow from another one of the same value: a number matches no pattern."""
    broken: dict[_ValueKey, set[str]] = {}
    for error in errors:
        broken.setdefault(_value_key(error), set()).add(error.validator)
    return [error for error in errors if not _IMPLIED_BY.get(error.validator, set()) & broken[_value_key(error)]]


def _value_key(error: _Error) -> _ValueKey:
    # A member's name has its object's path, so the text counts as well.
    return tuple(error.absolute_path), error.instance if isinstance(error.instance, str) else None


def _issues(error: _Error) -> Iterator[Issue]:
    pointer = "".join(pointer_token(step) for step in error.absolute_path)
    rule = str(error.validator)
    if rule == "required":
        yield from _missing_member_issues(error, pointer)
    elif rule == "anyOf" and all(option.keys() == {"required"} for option in error.validator_value):
        members = " or ".join(name for option in error.validator_value for name in option["required"])
        yield make_issue("schema.required", Location(pointer=pointer), member=members)
    elif rule == "additionalProperties" and error.validator_value is False:
        yield from _unknown_member_issues(error, pointer)
    elif rule == "const" and pointer == "/version":
        yield make_issue("schema.version", Location(pointer=pointer))
    else:
        yield _ISSUE_MAKERS.get(rule, _other_rule_issue)(error, Location(pointer=pointer))


def _missing_member_issues(error: _Error, pointer: str) -> Iterator[Issue]:
    # jsonschema reports one error for each missing member; which one stands only in its message.
    for member in error.validator_value:
        if member not in error.instance and repr(member) in error.message:
            yield make_issue("schema.required", Location(pointer=pointer), member=member)


def _unknown_member_issues(error: _Error, pointer: str) -> Iterator[Issue]:
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    for member in error.instance:
        if member not in known:
            yield make_issue("schema.unknown-member", Location(pointer=pointer + pointer_token(member)))


def _type_issue(error: _Error, place: Location) -> Issue:
    expected = error.validator_value
    return make_issue("schema.type", place, expected=expected if isinstance(expected, str) else " or ".join(expected))


def _pattern_issue(error: _Error, place: Location) -> Issue:
    return make_issue("schema.pattern", place, problem=f"does not match {error.validator_value}")


def _forbidden_issue(error: _Error, place: Location) -> Issue:
    pattern = error.validator_value.get("pattern") if isinstance(error.validator_value, dict) else None
    if pattern is None:
        return _other_rule_issue(error, place)
    return make_issue("schema.pattern", place, problem=f"holds {pattern}, which is not allowed")


def _length_issue(error: _Error, place: Location) -> Issue:
    length = len(error.instance)
    return make_issue("schema.length", place, length=length, limit_name=error.validator, limit=error.validator_value)


def _count_issue(error: _Error, place: Location) -> Issue:
    return make_issue(
        "schema.count", place, count=len(error.instance), limit_name=error.validator, limit=error.validator_value
    )


def _other_rule_issue(error: _Error, place: Location) -> Issue:
    return make_issue("schema.value", place, rule=_format_rule(error))


def _format_rule(error: _Error) -> str:
    """Return a rule by its name, and by what it allows where that is short: `enum (study, series)`."""
    allowed = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    if any(isinstance(one, dict | list) for one in allowed):
        return str(error.validator)
    return f"{error.validator or 'rules'} ({', '.join(map(str, allowed))})"


_ISSUE_MAKERS: dict[str, Callable[[Any, Location], Issue]] = {
    "type": _type_issue,
    "pattern": _pattern_issue,
    "not": _forbidden_issue,
    **dict.fromkeys(_LENGTH_RULES, _length_issue),
    **dict.fromkeys(_COUNT_RULES, _count_issue),
}
