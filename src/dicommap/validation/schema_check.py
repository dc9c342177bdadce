"""Check documents against their JSON Schemas. The messages never contain values of the document."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from dicommap.dicom.strict_json import nesting_depth_issues, pointer_token
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, ISSUE_COUNT_LIMIT, limit_and_count_issues
from dicommap.validation.model_check import get_validator_with_models, is_accepted_by_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jsonschema import Draft202012Validator

    from dicommap.issues import Issue

MAX_SCHEMA_ERRORS = DOCUMENT_ISSUE_LIMIT + ISSUE_COUNT_LIMIT
"""Maximum number of schema errors that are collected for one document."""

_LENGTH_RULES = {"minLength", "maxLength"}
_COUNT_RULES = {"minItems", "maxItems", "minProperties", "maxProperties"}
_BASIC_RULES = {"pattern": {"type", "minLength"}, "not": {"type", "minLength", "pattern"}}
"""Rule of a schema -> more basic rules. If a value breaks both, only the error of the more basic rule is kept."""

_ValueKey = tuple[tuple[str | int, ...], str | None]


# The type hints of jsonschema's ValidationError allow unset members; errors from `iter_errors` have all members.
_Error = Any


def check_schema(name: str, document: object) -> list[Issue]:
    """Return an issue for each error of a document against a schema, sorted by JSON Pointer.

    pydantic models accept most valid documents; jsonschema finds the errors of the others. If a document has very many
    errors, only the first errors get an issue, and the others are counted, up to MAX_SCHEMA_ERRORS. A document with too
    many nested levels is not checked by jsonschema, because jsonschema is recursive.

    Args:
        name: The name of a shipped schema.
        document: The document as a JSON value.
    """
    if is_accepted_by_model(name, document):
        return []
    return nesting_depth_issues(document) or list_schema_issues(get_validator_with_models(name), document)


def list_schema_issues(validator: Draft202012Validator, document: object) -> list[Issue]:
    """Return an issue for each error that a validator finds in a document, sorted by JSON Pointer."""
    # An error needs about a kilobyte of memory, so the number of errors is limited.
    errors = list(islice(validator.iter_errors(document), MAX_SCHEMA_ERRORS))
    # Two paths are equal up to an object or an array. So the sort never compares a member's name with an array index.
    errors.sort(key=lambda error: tuple(error.absolute_path))
    issues = (issue for error in _drop_implied_errors(errors) for issue in _make_error_issues(error))
    return list(
        limit_and_count_issues(
            dict.fromkeys(islice(issues, MAX_SCHEMA_ERRORS)), DOCUMENT_ISSUE_LIMIT, Location(pointer="")
        )
    )


def _drop_implied_errors(errors: list[_Error]) -> list[_Error]:
    """Return the errors without those that are a consequence of another error of the same value.

    For example, a number in place of a text violates the rules `type` and `pattern`. Only the error of `type` is kept.
    """
    broken: dict[_ValueKey, set[str]] = {}
    for error in errors:
        broken.setdefault(_make_value_key(error), set()).add(error.validator)
    return [error for error in errors if not _BASIC_RULES.get(error.validator, set()) & broken[_make_value_key(error)]]


def _make_value_key(error: _Error) -> _ValueKey:
    """Return a key that two errors have in common if they are about the same value."""
    # An error about the name of a member has the path of its object, so the text is part of the key.
    return tuple(error.absolute_path), error.instance if isinstance(error.instance, str) else None


def _make_error_issues(error: _Error) -> Iterator[Issue]:
    """Yield the issues of one error of jsonschema: one issue, or one for each wrong member."""
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
    # jsonschema reports one error for each missing member, and names the member only in the error's message.
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
    """Return the name of a broken rule, with its allowed values if they are simple: `enum (study, series)`."""
    allowed = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    if any(isinstance(value, dict | list) for value in allowed):
        return str(error.validator)
    return f"{error.validator or 'rules'} ({', '.join(map(str, allowed))})"


_ISSUE_MAKERS: dict[str, Callable[[Any, Location], Issue]] = {
    "type": _type_issue,
    "pattern": _pattern_issue,
    "not": _forbidden_issue,
    **dict.fromkeys(_LENGTH_RULES, _length_issue),
    **dict.fromkeys(_COUNT_RULES, _count_issue),
}
