"""Edits from rules: the verbs of a rule are applied to each study, series or instance that matches its patterns."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of, tag_of
from dicommap.dicom.printable_text import is_undecodable
from dicommap.edits.edit import NOT_COMPUTED_ATTRIBUTE, REMOVE, Edit
from dicommap.edits.edit_result import EditEffect, EditResult, record_and_yield_issues
from dicommap.edits.rule_verbs import build_new_values
from dicommap.edits.rules_file import OverwritePolicy, Rule
from dicommap.edits.shell_patterns import ShellPatterns
from dicommap.healthimaging.levels import Level, level_of
from dicommap.healthimaging.overridable_attributes import unknown_keyword_issues
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.instance_values import INSTANCE_NUMBER, InstanceReader, read_no_instances
from dicommap.model.masking import is_never_masked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from dicommap.dicom.json_model import Attribute
    from dicommap.edits.edit import Removal
    from dicommap.edits.lookup_tables import LookupTable
    from dicommap.edits.new_values import NewValue
    from dicommap.model.instance_values import InstanceValues
    from dicommap.model.study import AttributeValues, Series, Study, Target

_NO_LOOKUPS: Mapping[str, LookupTable] = MappingProxyType({})
_ALL_LEVELS = ("study", "series", "instance")
_LOOKUP_LEVELS = {"SeriesInstanceUID": ("series", "instance"), "SOPInstanceUID": ("instance",)}
"""Keyword by which a lookup finds its rows -> the levels of rules that can use it. Others can be used at all levels."""
_UID_KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID")
"""Keywords of the UIDs that patterns of rules can match, in addition to the captured attributes."""
_INSTANCE_KEYWORDS = ("SOPInstanceUID", INSTANCE_NUMBER)
"""Keywords that patterns can match in addition, if the level of the rule is `instance`."""
_REMOVAL_POINTER = re.compile(r"/rule/[0-9]+/(?:delete|drop|clear|unset)")
"""Pattern of the JSON Pointers of unknown verbs that users write in place of `remove` or `empty`."""


def convert_removal_verb_issue(issue: Issue) -> Issue:
    """Return a better issue for an unknown verb that removes attributes, such as `delete`.

    `issue` is a schema issue of a rules file. Other issues are returned unchanged.
    """
    is_removal = issue.code == "schema.unknown-member" and _REMOVAL_POINTER.fullmatch(issue.location.pointer or "")
    return make_issue("rules.removal", issue.location) if is_removal else issue


def rule_issues(name: str, rules: Iterable[Rule], tables: Mapping[str, LookupTable] = _NO_LOOKUPS) -> Iterator[Issue]:
    """Yield the issues of names, keywords and values in rules. A JSON schema cannot express these checks.

    Args:
        name: The name of the rules file for messages.
        rules: The rules of the file.
        tables: Name of a rule -> its lookup table.

    """
    names: set[str] = set()
    for rule in rules:
        location = Location(path=name, rule=rule.name)
        if rule.name in names:
            yield make_issue("rules.repeated-name", location)
        names.add(rule.name)
        for keyword in rule.match:
            yield from unknown_keyword_issues(keyword, Location(path=name, rule=rule.name, keyword=keyword))
        if rule.lookup is not None and rule.level not in _LOOKUP_LEVELS.get(rule.lookup.by, _ALL_LEVELS):
            yield make_issue("lookup.level", location, keyword=rule.lookup.by, level=rule.level)
        tags: set[int] = set()
        for new_value in build_new_values(rule, name, tables.get(rule.name)):
            if isinstance(new_value, Issue):
                yield new_value
            elif new_value.tag in tags:
                yield make_issue("rules.two-verbs", replace(location, keyword=keyword_of(new_value.tag)))
            else:
                tags.add(new_value.tag)


class RuleEdits:
    """Provider of the edits of a rule. Pass it each study once.

    It keeps the edit results of the rule and of the rows of its lookup table.
    """

    def __init__(
        self,
        name: str,
        rule: Rule,
        captured: Collection[str],
        tables: Mapping[str, LookupTable] = _NO_LOOKUPS,
        instances: InstanceReader = read_no_instances,
    ) -> None:
        """Make the provider of a rule. `rule_issues` must have no error for this rule.

        Args:
            name: The name of the rules file for messages.
            rule: The rule.
            captured: The keywords of the attributes that the inventory has captured.
            tables: Name of a rule -> its lookup table.
            instances: A function that returns the instances of a study. A rule at the level `instance` calls it for
                studies that have a series with matching values.

        """
        self._instances = instances
        self._location = Location(path=name, rule=rule.name)
        self._rule = rule
        patterns = {keyword: ShellPatterns.from_texts(texts) for keyword, texts in rule.match.items()}
        by_series = {keyword for keyword in patterns if rule.level == "study" and _is_series_attribute(keyword)}
        self._patterns = {keyword: pattern for keyword, pattern in patterns.items() if keyword not in by_series}
        self._series_patterns = {keyword: patterns[keyword] for keyword in patterns if keyword in by_series}
        """Keyword -> patterns, for attributes of the series level in a rule of the study level.

        At least one series of the study must match all of them.
        """
        self._table = tables.get(rule.name)
        values_and_issues = build_new_values(rule, name, self._table)
        self._new_values = [new_value for new_value in values_and_issues if not isinstance(new_value, Issue)]
        self._locations = {
            new_value.tag: replace(self._location, keyword=keyword_of(new_value.tag)) for new_value in self._new_values
        }
        """Tag of a new value -> location of its edits."""
        known = (*_UID_KEYWORDS, *_INSTANCE_KEYWORDS) if rule.level == "instance" else _UID_KEYWORDS
        self._missing = [keyword for keyword in self._iterate_source_keywords() if keyword not in {*captured, *known}]
        self._edit_result = EditResult(source=name, rule=rule.name)
        self._reported: set[Issue] = set()
        """Issues of lookup cells that have been yielded. They are the same for all studies, and not yielded again."""

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits and issues of the rule for a study, its series or its instances, if the patterns match."""
        if not self._missing:
            yield from record_and_yield_issues(self._edit_result, study.study_instance_uid, self._make_edits(study))

    def _make_edits(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits and issues of the rule for a study, or for each series or instance if that is its level."""
        if self._rule.level == "instance":
            yield from self._make_instance_edits(study)
            return
        if self._rule.level == "series":
            for series in study.series:
                yield from self._make_target_edits(series.target, _get_series_values_with_uids(series))
            return
        values = _get_study_values_with_uids(study)
        if self._has_fully_matching_series(study):
            yield from self._make_target_edits(study.target, values)
        elif _may_match_patterns(self._patterns, values):
            yield from (issue for series in study.series for issue in self._series_partial_match_issues(series))

    def _make_instance_edits(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits and issues of the rule for the instances of a study.

        The instances are read only if the values of a series match the patterns. A series has no value of
        SOPInstanceUID and InstanceNumber.
        """
        patterns = {
            keyword: pattern for keyword, pattern in self._patterns.items() if keyword not in _INSTANCE_KEYWORDS
        }
        matching = {
            series.series_instance_uid
            for series in study.series
            if _may_match_patterns(patterns, _get_series_values_with_uids(series))
        }
        for instance in self._instances(study.study_instance_uid) if matching else ():
            if instance.series_instance_uid in matching:
                yield from self._make_target_edits(instance.target, _get_instance_values_with_uids(instance))

    def unused_issues(self) -> Iterator[Issue]:
        """Yield an issue if the rule was not used, or issues about unused rows of its lookup table.

        A rule is not used if it needs an attribute that the inventory has not captured, or if it matches no study. Call
        this method after the last study.
        """
        for keyword in self._missing:
            yield make_issue("rules.not-captured", replace(self._location, keyword=keyword))
        if self._missing:
            return
        if not self._edit_result.is_used:
            yield make_issue("rules.unused", self._location, subject="The rule matches")
        elif self._table is not None:
            yield from self._table.unused_issues()

    def edit_results(self) -> Iterator[EditResult]:
        """Yield the edit results of the rule and of each row of its lookup table. Call it after the last study."""
        for edit_result in (self._edit_result, *(() if self._table is None else self._table.edit_results())):
            edit_result.finish_study()
            yield edit_result

    def _make_target_edits(self, target: Target, values: AttributeValues) -> Iterator[Edit | Issue]:
        """Yield the edits of a study, series or instance whose values match the patterns.

        If only some of its values match, issues are yielded instead. If no value matches, nothing is yielded.
        """
        if not _may_match_patterns(self._patterns, values):
            return
        self._edit_result.record(target.study_instance_uid, EditEffect.REACHED)
        if self._table is not None:
            self._table.record_study(values, target.study_instance_uid)
        partly = list(self._partial_match_issues(target, self._patterns, values))
        yield from partly
        if not partly:
            # A missing lookup row is only one issue, even if several attributes would get values from the row.
            issues: dict[Issue, None] = {}
            for edit_or_issue in (
                item for new_value in self._new_values for item in self._make_new_value_edits(new_value, target, values)
            ):
                if isinstance(edit_or_issue, Issue):
                    issues[edit_or_issue] = None
                else:
                    yield edit_or_issue
            yield from issues

    def _make_new_value_edits(
        self, new_value: NewValue, target: Target, values: AttributeValues
    ) -> Iterator[Edit | Issue]:
        """Yield the edit that gives a new value to a study, series or instance, or the issues that prevent it."""
        of_edit = self._locations[new_value.tag]
        location = Location(  # `replace` of dataclasses takes several times as long
            path=of_edit.path,
            rule=of_edit.rule,
            keyword=of_edit.keyword,
            study=target.study_instance_uid,
            series=target.series_instance_uid,
            instance=target.sop_instance_uid,
        )
        if self._rule.policy is OverwritePolicy.ONLY_IF_EMPTY:
            current = values[keyword_of(new_value.tag)]
            if "" in current and len(current) > 1:
                yield make_issue("rules.partial-match", location, matching=1, count=len(current))
            if any(current):
                return
        sources = tuple((keyword, value) for keyword in new_value.source_keywords for value in values[keyword])
        attribute: Attribute | Removal | list[Issue] | None = NOT_COMPUTED_ATTRIBUTE
        row: EditResult | None = None
        if not any(is_undecodable(value) for _, value in sources):
            attribute, row = new_value.compute_attribute(values, location), new_value.get_lookup_result(values)
        if isinstance(attribute, list):
            yield from self._record_and_yield_issues(attribute, row, target.study_instance_uid)
        elif attribute is not None:
            yield Edit(
                target=target,
                tag=new_value.tag,
                attribute=None if attribute is REMOVE else attribute,
                origin=str(self._edit_result) if row is None else f"{self._edit_result} ({row})",
                location=of_edit,
                edit_results=(self._edit_result,) if row is None else (self._edit_result, row),
                computed_from=sources,
                # The cells of a lookup table may contain patients' data.
                can_be_shown=row is None and all(is_never_masked(*source) for source in sources),
            )

    def _record_and_yield_issues(
        self, issues: Iterable[Issue], lookup_result: EditResult | None, study: str
    ) -> Iterator[Issue]:
        """Record issues in the edit results of the rule and of the lookup row, and yield the issues.

        The issue of a lookup cell is recorded for each study, but yielded only once.

        Args:
            issues: The issues.
            lookup_result: The edit result of the lookup row; None if no lookup is used.
            study: The Study Instance UID.

        """
        for issue in issues:
            for edit_result in (self._edit_result, *(() if lookup_result is None else (lookup_result,))):
                edit_result.record_issue(study, issue)
            if issue.location.study is None:
                if issue in self._reported:
                    continue
                self._reported.add(issue)
            yield issue

    def _iterate_source_keywords(self) -> Iterator[str]:
        """Yield each keyword whose current values the rule needs, once."""
        keywords = [
            *self._rule.match,
            *(keyword for new_value in self._new_values for keyword in new_value.source_keywords),
        ]
        if self._rule.policy is not OverwritePolicy.OVERWRITE:
            keywords += [keyword_of(new_value.tag) for new_value in self._new_values]
        yield from dict.fromkeys(keywords)

    def _series_partial_match_issues(self, series: Series) -> Iterator[Issue]:
        """Yield the issues of a series whose values match the rule's patterns for series attributes only in part.

        There is one issue for each such attribute. If an attribute has no value that can match, nothing is yielded.
        """
        values = _get_series_values_with_uids(series)
        if _may_match_patterns(self._series_patterns, values):
            self._edit_result.record(series.study_instance_uid, EditEffect.REACHED)
            yield from self._partial_match_issues(series.target, self._series_patterns, values)

    def _partial_match_issues(
        self, target: Target, patterns: Mapping[str, ShellPatterns], values: AttributeValues
    ) -> Iterator[Issue]:
        """Yield an issue for each keyword whose values match the patterns only in part.

        Values match only in part if some do not match, or if some could not be decoded and may not match.
        """
        study, series = target.study_instance_uid, target.series_instance_uid
        for keyword, pattern in patterns.items():
            where = replace(
                self._location, keyword=keyword, study=study, series=series, instance=target.sop_instance_uid
            )
            count = len(values[keyword])
            matching = sum(map(pattern.is_certain_match, values[keyword]))
            if any(map(pattern.is_match_unknown, values[keyword])):
                yield make_issue("rules.undecodable-match", where, keyword=keyword)
            elif matching < count:
                yield make_issue("rules.partial-match", where, matching=matching, count=count)

    def _has_fully_matching_series(self, study: Study) -> bool:
        """Return whether a study has a series whose values all match the patterns for attributes of series level."""
        return any(
            all(
                pattern.is_certain_match(value)
                for keyword, pattern in self._series_patterns.items()
                for value in values[keyword]
            )
            for values in map(_get_series_values_with_uids, study.series)
        )


def _may_match_patterns(patterns: Mapping[str, ShellPatterns], values: AttributeValues) -> bool:
    """Return whether each keyword has a value that matches its patterns, or that may match but could not be decoded.

    Args:
        patterns: Keyword -> patterns.
        values: The current values of a study or series.

    """
    return all(
        any(pattern.is_certain_match(value) or pattern.is_match_unknown(value) for value in values[keyword])
        for keyword, pattern in patterns.items()
    )


def _is_series_attribute(keyword: str) -> bool:
    return level_of(tag_of(keyword) or 0) is Level.SERIES


def _get_study_values_with_uids(study: Study) -> AttributeValues:
    """Return the values of a study, with the UIDs of the study and its series added."""
    uids = {
        "StudyInstanceUID": {study.study_instance_uid: study.files},
        "SeriesInstanceUID": {series.series_instance_uid: series.files for series in study.series},
    }
    return {**study.values, **uids}


def _get_series_values_with_uids(series: Series) -> AttributeValues:
    """Return the values of a series, with the UIDs of the series and its study added."""
    uids = {
        "StudyInstanceUID": {series.study_instance_uid: series.files},
        "SeriesInstanceUID": {series.series_instance_uid: series.files},
    }
    return {**series.values, **uids}


def _get_instance_values_with_uids(instance: InstanceValues) -> AttributeValues:
    """Return the values of an instance, with the UIDs of the instance, its series and its study added."""
    uids = {
        "StudyInstanceUID": {instance.study_instance_uid: instance.files},
        "SeriesInstanceUID": {instance.series_instance_uid: instance.files},
        "SOPInstanceUID": {instance.sop_instance_uid: instance.files},
    }
    return {**instance.values, **uids}
