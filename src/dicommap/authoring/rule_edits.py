"""Edits from rules: where all patterns match, the rule's verbs apply."""

from __future__ import annotations

import re
import tomllib
from fnmatch import translate
from typing import TYPE_CHECKING, Any

from dicommap.authoring.verbs import Assignment, assignments
from dicommap.issues import Issue, Location, issue
from dicommap.model.edits import Edit, Rule, Rules, Target
from dicommap.model.levels import Level, level_of
from dicommap.model.masking import MASK
from dicommap.model.overridable import keyword_issues
from dicommap.model.tags import tag_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from dicommap.model.hierarchy import Series, Study


def parse_toml(name: str, data: bytes) -> tuple[dict[str, Any] | None, list[Issue]]:
    """Read a rules file's TOML; its schema is checked apart."""
    try:
        return tomllib.loads(data.decode("utf-8")), []
    except UnicodeDecodeError:
        return None, [issue("rules.not-toml", Location(path=name), reason="it is not UTF-8")]
    except tomllib.TOMLDecodeError as error:
        reason = str(error).rstrip(".)").replace("(at ", "at ")
        return None, [issue("rules.not-toml", Location(path=name), reason=_without_values(reason))]
    except RecursionError:
        return None, [issue("rules.not-toml", Location(path=name), reason="it is nested too deep")]
    except ValueError:  # Python refuses integers of more than 4,300 digits
        return None, [issue("rules.not-toml", Location(path=name), reason="a number has too many digits")]


def rules_issues(name: str, rules: Rules) -> Iterator[Issue]:
    """Find what a schema cannot say of rules on their own: names, keywords and values."""
    seen: set[str] = set()
    for rule in rules.rule:
        place = Location(path=name, rule=rule.name)
        if rule.name in seen:
            yield issue("rules.repeated-name", place)
        seen.add(rule.name)
        for keyword in rule.match:
            yield from keyword_issues(keyword, Location(path=name, rule=rule.name, keyword=keyword))
        yield from (found for found in assignments(rule, name) if isinstance(found, Issue))


class RuleEdits:
    """A rule at work: asked for each study once, it remembers whether it matched any, if only in part."""

    def __init__(self, name: str, rule: Rule, captured: Container[str]) -> None:
        """Take a rule of the file `name` that `rules_issues` found nothing wrong with."""
        self._place = Location(path=name, rule=rule.name)
        self._rule = rule
        self._patterns = {keyword: re.compile(translate(pattern)) for keyword, pattern in rule.match.items()}
        self._assignments = [found for found in assignments(rule, name) if isinstance(found, Assignment)]
        self._missing = [keyword for keyword in rule.match if keyword not in captured]
        self._used = False

    def for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits for a study, or for each of its series, that the rule matches."""
        if self._missing:
            return
        if self._rule.level == "study":
            target = Target(study_instance_uid=study.study_instance_uid)
            yield from self._for_target(target, study.values, study.series)
            return
        for series in study.series:
            target = Target(study_instance_uid=study.study_instance_uid, series_instance_uid=series.series_instance_uid)
            yield from self._for_target(target, series.values, (series,))

    def leftovers(self) -> Iterator[Issue]:
        """Yield, after the last study, that the rule could not be matched, or matched nothing."""
        for keyword in self._missing:
            yield issue("rules.not-captured", Location(path=self._place.path, rule=self._rule.name, keyword=keyword))
        if not self._used and not self._missing:
            yield issue("rules.unused", self._place)

    def _for_target(
        self, target: Target, values: Mapping[str, Mapping[str, int]], series: tuple[Series, ...]
    ) -> Iterator[Edit | Issue]:
        partly: list[tuple[str, int]] = []
        for keyword, pattern in self._patterns.items():
            matching = sum(pattern.match(value) is not None for value in values[keyword])
            if not matching:
                return
            if matching < len(values[keyword]) and not self._one_series_is_enough(keyword, pattern, series):
                partly.append((keyword, matching))
        for keyword, matching in partly:
            place = Location(
                path=self._place.path,
                rule=self._rule.name,
                keyword=keyword,
                study=target.study_instance_uid,
                series=target.series_instance_uid,
            )
            yield issue("rules.partial-match", place, matching=matching, count=len(values[keyword]))
        self._used = True
        if partly:
            return
        cause = f"{self._place.path} rule '{self._rule.name}'"
        for assignment in self._assignments:
            yield Edit(target=target, tag=assignment.tag, attribute=assignment.attribute, cause=cause)

    def _one_series_is_enough(self, keyword: str, pattern: re.Pattern[str], series: tuple[Series, ...]) -> bool:
        """Say whether a series attribute of a study rule matches: one series has it as a whole."""
        if self._rule.level != "study" or level_of(tag_of(keyword) or 0) is not Level.SERIES:
            return False
        return any(all(pattern.match(value) for value in one.values[keyword]) for one in series)


def _without_values(reason: str) -> str:
    """Return tomllib's reason without what it quotes from the file."""
    return re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", MASK, reason)
