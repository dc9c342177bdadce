"""The verbs of a rule, such as `set`, `empty` and `replace`. Each function yields the new values of its verbs."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of, tag_of, vrs_of
from dicommap.dicom.json_model import attribute_from_text, data_set_issues
from dicommap.dicom.keywords import make_keyword_hint_suffix, mask_unless_attribute
from dicommap.dicom.strict_json import parse_json
from dicommap.dicom.vr import SINGLE_VALUE_VRS, TEXT_VRS
from dicommap.edits.date_shifts import DATE_VRS, shift_date, truncate_date
from dicommap.edits.lookup_tables import LookupValue
from dicommap.edits.new_values import ComputedValue, FixedValue, RemovedValue
from dicommap.edits.rules_toml import restore_number_texts
from dicommap.edits.text_templates import (
    NoResult,
    compile_replacement,
    fill_template,
    get_part_separators,
    split_template,
)
from dicommap.edits.unusable_texts import unusable_attribute_issues, unusable_text_issues
from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.overridable_attributes import (
    edit_keyword_issues,
    edited_attribute_issues,
    unknown_keyword_issues,
)
from dicommap.issues import Issue, Location, has_errors, make_issue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from dicommap.dicom.json_model import Attribute
    from dicommap.edits.lookup_tables import LookupTable
    from dicommap.edits.new_values import ComputeValue, NewValue
    from dicommap.edits.rules_file import LookupSettings, Rule

_BRACED_TEXT = re.compile(r"\{([^{}]{1,64})\}")
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
"""Pattern of a tag in the verb `remove`."""
_TEXT_VRS = TEXT_VRS | {"PN"}
_COMPUTABLE_VRS = _TEXT_VRS | {"DS", "IS"}


def build_new_values(rule: Rule, path: str, table: LookupTable | None = None) -> Iterator[NewValue | Issue]:
    """Yield the new values of all verbs of a rule, and the issues of the verbs.

    Args:
        rule: The rule.
        path: The name of the rules file for messages.
        table: The lookup table of the rule; None if the rule has no lookup, or if the table could not be read.

    """
    for verb in VERBS:
        yield from verb(rule, Location(path=path, rule=rule.name))
    if rule.lookup is not None and table is not None:
        yield from make_lookup_values(rule.lookup, table, Level(rule.level), Location(path=path, rule=rule.name))


def make_set_values(rule: Rule, location: Location) -> Iterator[NewValue | Issue]:
    """Yield the new values of the verb `set`: texts, in which `{Keyword}` is replaced by a current value."""
    for keyword, text in rule.set.items():
        where = Location(path=location.path, rule=location.rule, keyword=mask_unless_attribute(keyword))
        parts = split_template(text)
        if parts is None:
            yield make_issue("rules.template", where, suggestion=_make_keyword_hint(text))
        elif len(parts) == 1:
            yield from _build_fixed_value(keyword, parts[0], where, Level(rule.level))
        else:
            marks = get_part_separators(vrs_of(tag_of(keyword) or 0))
            yield from _build_computed_value(
                keyword, partial(fill_template, marks, parts), where, Level(rule.level), _COMPUTABLE_VRS, parts[1::2]
            )
            yield from (issue for name in parts[1::2] for issue in unknown_keyword_issues(name, where))


def make_empty_values(rule: Rule, location: Location) -> Iterator[NewValue | Issue]:
    """Yield the new values of the verb `empty`. The new values are empty, but the attributes are not removed."""
    for keyword in rule.empty:
        yield from _build_fixed_value(
            keyword,
            "",
            Location(path=location.path, rule=location.rule, keyword=mask_unless_attribute(keyword)),
            Level(rule.level),
        )


def make_removals(rule: Rule, location: Location) -> Iterator[NewValue | Issue]:
    """Yield the removals of the verb `remove`. An attribute is named by its keyword, or by its tag if it has none."""
    for name in rule.remove:
        where = Location(path=location.path, rule=location.rule, keyword=mask_unless_attribute(name))
        tag = int(name, 16) if _TAG.fullmatch(name) else tag_of(name)
        refused = (
            list(unknown_keyword_issues(name, where))
            if tag is None
            else list(edited_attribute_issues(tag, Level(rule.level), where, is_removal=True))
        )
        yield from refused
        if not refused:
            yield RemovedValue(tag=tag or 0)


def make_replaced_values(rule: Rule, location: Location) -> Iterator[NewValue | Issue]:
    """Yield the new values of the verb `replace`, which replaces matches of a regular expression in the current value.

    RE2 matches the expressions, because its time is linear in the length of the text for any pattern.
    """
    for keyword, replacement in rule.replace.items():
        where = Location(path=location.path, rule=location.rule, keyword=mask_unless_attribute(keyword))
        compute = compile_replacement(replacement)
        if compute is None:
            yield make_issue("rules.pattern", where)
        else:
            yield from _build_computed_value(keyword, compute, where, Level(rule.level), _COMPUTABLE_VRS)


def make_shifted_dates(rule: Rule, location: Location) -> Iterator[NewValue | Issue]:
    """Yield the new values of the verb `shift_days`, which adds a number of days to a date."""
    for keyword, days in rule.shift_days.items():
        where = Location(path=location.path, rule=location.rule, keyword=mask_unless_attribute(keyword))
        yield from _build_computed_value(keyword, partial(shift_date, days=days), where, Level(rule.level), DATE_VRS)


def make_truncated_dates(rule: Rule, location: Location) -> Iterator[NewValue | Issue]:
    """Yield the new values of the verb `truncate_date`, which truncates a date to its year or its month."""
    for keyword, to in rule.truncate_date.items():
        where = Location(path=location.path, rule=location.rule, keyword=mask_unless_attribute(keyword))
        vr = next(iter(vrs_of(tag_of(keyword) or 0)), "")
        yield from _build_computed_value(keyword, partial(truncate_date, vr, to=to), where, Level(rule.level), DATE_VRS)


def make_case_and_space_values(rule: Rule, location: Location) -> Iterator[NewValue | Issue]:
    """Yield the new values of the verbs `upper`, `lower` and `strip`.

    `upper` and `lower` change letter case. `strip` removes the spaces around each value, and around each component of
    a person name.
    """
    for keywords, change in ((rule.upper, str.upper), (rule.lower, str.lower), (rule.strip, str.strip)):
        for keyword in keywords:
            where = Location(path=location.path, rule=location.rule, keyword=mask_unless_attribute(keyword))
            is_name = change is str.strip and vrs_of(tag_of(keyword) or 0) == ("PN",)
            yield from _build_computed_value(
                keyword, _strip_person_name if is_name else change, where, Level(rule.level), _TEXT_VRS
            )


def make_raw_values(rule: Rule, location: Location) -> Iterator[NewValue | Issue]:
    """Yield the new values of the verb `raw`: attributes in DICOM JSON, which can express more than a text."""
    # Dates and infinite numbers of TOML are not JSON. In the JSON text they become errors, which the checks find.
    text = json.dumps(restore_number_texts(rule.raw), default=lambda _: {})
    document, issues = parse_json(text.encode())
    issues += data_set_issues(document) if isinstance(document, dict) else []
    # The attributes of a rule may be in any order, because overrides are written in the order of tags.
    issues = [issue for issue in issues if issue.code != "dicom-json.order"]
    issues = [
        issue.with_location(pointer=f"/raw{issue.location.pointer or ''}", path=location.path, rule=location.rule)
        for issue in issues
    ]
    for member in rule.raw if not has_errors(issues) else ():
        tag = int(member, 16)
        where = Location(path=location.path, rule=location.rule, keyword=keyword_of(tag))
        refused = list(edited_attribute_issues(tag, Level(rule.level), where))
        refused += unusable_attribute_issues(tag, document[member], where, allows_words=True)
        yield from refused
        if not refused:
            yield FixedValue(tag=tag, fixed=document[member])
    yield from issues


def make_lookup_values(
    lookup: LookupSettings, table: LookupTable, level: Level, location: Location
) -> Iterator[NewValue | Issue]:
    """Yield the new values of the verb `lookup`. A new value is a cell in the row of the study, series or instance."""
    for keyword, column in lookup.set.items():
        refused = edit_keyword_issues(
            keyword, level, Location(path=location.path, rule=location.rule, keyword=mask_unless_attribute(keyword))
        )
        yield from refused
        if not refused:
            yield LookupValue(tag=tag_of(keyword) or 0, table=table, column=column)


VERBS: tuple[Callable[[Rule, Location], Iterator[NewValue | Issue]], ...] = (
    make_set_values,
    make_empty_values,
    make_removals,
    make_replaced_values,
    make_shifted_dates,
    make_truncated_dates,
    make_case_and_space_values,
    make_raw_values,
)


def _build_fixed_value(keyword: str, text: str, location: Location, level: Level) -> Iterator[NewValue | Issue]:
    """Yield the fixed value of an attribute, or the issues that prevent it."""
    attribute = parse_edited_attribute(keyword, text, location, level)
    if isinstance(attribute, list):
        yield from attribute
    else:
        yield FixedValue(tag=tag_of(keyword) or 0, fixed=attribute)


def _build_computed_value(
    keyword: str,
    compute: ComputeValue,
    location: Location,
    level: Level,
    vrs: Collection[str],
    sources: Collection[str] = (),
) -> Iterator[NewValue | Issue]:
    """Yield the computed value of an attribute, or the issues that prevent it.

    Args:
        keyword: The keyword of the attribute.
        compute: A function that computes the new value from one current value of each keyword in `sources`.
        location: The location of the issues.
        level: The level of the rule.
        vrs: The value representations that the verb allows.
        sources: The keywords of the attributes whose current values are used. If it is empty, `compute` is called for
            each value of the attribute itself.

    """
    refused = edit_keyword_issues(keyword, level, location)
    tag = tag_of(keyword) or 0
    if not refused and not set(vrs_of(tag)) <= set(vrs):
        refused = [make_issue("rules.verb-vr", location, keyword=keyword, vr=" or ".join(vrs_of(tag)))]
    yield from refused
    if not refused:
        each = compute if sources else _make_compute_for_each_value(vrs_of(tag)[0], compute)
        yield ComputedValue(tag=tag, source_keywords=tuple(sources) or (keyword,), compute=each)


def _make_compute_for_each_value(vr: str, compute: ComputeValue) -> ComputeValue:
    """Return a function that applies `compute` to each value of an attribute's text. An empty value stays empty.

    Backslashes separate the values, unless the value representation `vr` allows only one value.
    """

    def compute_each_value(text: str) -> str | NoResult:
        values = [text] if vr in SINGLE_VALUE_VRS else text.split("\\")
        results = [compute(value) if value else value for value in values]
        failed = next((result for result in results if isinstance(result, NoResult)), None)
        return "\\".join(map(str, results)) if failed is None else failed

    return compute_each_value


def _make_keyword_hint(text: str) -> str:
    """Return a hint with the keyword that the user may have meant by a text in braces; empty if there is no hint."""
    enclosed = _BRACED_TEXT.findall(text.replace("{{", "").replace("}}", ""))
    return next(
        (meant for inner in enclosed if (meant := make_keyword_hint_suffix(inner)) and tag_of(inner) is None), ""
    )


def _strip_person_name(text: str) -> str:
    """Return a person name without spaces around its components."""
    return "".join(part.strip(" ") for part in re.split(r"([\^=])", text.strip()))


def parse_edited_attribute(keyword: str, text: str, location: Location, level: Level) -> Attribute | list[Issue]:
    """Parse a text as the value of the attribute with this keyword. Return the attribute, or the issues of the text."""
    tag = tag_of(keyword) or 0
    return (
        edit_keyword_issues(keyword, level, location)
        or unusable_text_issues(tag, text, location)
        or attribute_from_text(tag, text, location)
    )
