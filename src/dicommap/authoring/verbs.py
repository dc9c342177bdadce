"""The verbs of a rule: each turns its member of the rule into assignments. A new verb is one function here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location
from dicommap.model.dicom_json import attribute_from_text
from dicommap.model.overridable import keyword_issues, overridable_issues
from dicommap.model.tags import tag_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dicommap.model.dicom_json import Attribute
    from dicommap.model.edits import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a rule does to each study or series that it matches: this attribute gets this value."""

    tag: int
    attribute: Attribute = field(repr=False)


def assignments(rule: Rule, path: str) -> Iterator[Assignment | Issue]:
    """Yield what all verbs of a rule ask for, and what is wrong with it; `path` is the rules file's."""
    for verb in VERBS:
        yield from verb(rule, Location(path=path, rule=rule.name))


def set_attributes(rule: Rule, place: Location) -> Iterator[Assignment | Issue]:
    """`set`: the attribute gets the value, given as text."""
    for keyword, text in rule.set.items():
        yield from _assignment(keyword, text, place)


def empty_attributes(rule: Rule, place: Location) -> Iterator[Assignment | Issue]:
    """`empty`: the attribute stays, without a value."""
    for keyword in rule.empty:
        yield from _assignment(keyword, "", place)


VERBS: tuple[Callable[[Rule, Location], Iterator[Assignment | Issue]], ...] = (set_attributes, empty_attributes)


def _assignment(keyword: str, text: str, rule: Location) -> Iterator[Assignment | Issue]:
    place = Location(path=rule.path, rule=rule.rule, keyword=keyword)
    unknown = list(keyword_issues(keyword, place))
    if unknown:
        yield from unknown
        return
    tag = tag_of(keyword) or 0
    refused = list(overridable_issues(tag, place))
    attribute = refused or attribute_from_text(tag, text, place)
    if isinstance(attribute, list):
        yield from attribute
    else:
        yield Assignment(tag=tag, attribute=attribute)
