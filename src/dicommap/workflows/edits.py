"""Reading edits: sheets and rules from their files."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.authoring.function_edits import FunctionEdits
from dicommap.authoring.harmonize import HarmonizeEdits, harmonize_issues
from dicommap.authoring.lookup import read_lookup
from dicommap.authoring.rule_edits import RuleEdits, parse_toml, rules_issues
from dicommap.authoring.sheet_edits import SheetEdits
from dicommap.authoring.sheet_reading import read_sheet
from dicommap.checks.schema_check import schema_issues
from dicommap.issues import Severity
from dicommap.model.edits import Rules
from dicommap.package.reading import read_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _typeshed import StrPath

    from dicommap.authoring.editor import Editor
    from dicommap.authoring.function_edits import SeriesFunction, StudyFunction
    from dicommap.authoring.lookup import LookupTable
    from dicommap.issues import Issue
    from dicommap.model.edits import Rule

    Paths = StrPath | Iterable[StrPath]


@dataclass(frozen=True, kw_only=True)
class EditSources:
    """All that a draft takes its edits from."""

    sheets: Paths = ()
    rules: Paths = ()
    by_study: Iterable[StudyFunction] = ()
    by_series: Iterable[SeriesFunction] = ()
    harmonize: Iterable[str] = ()


def read_edits(asked: EditSources, captured: tuple[str, ...]) -> tuple[list[Editor], list[Issue]]:
    """Return an editor for each sheet, rule, function and keyword to harmonize, and what is wrong with them.

    Raises DocumentError where a file cannot be read.
    """
    editors: list[Editor] = []
    issues: list[Issue] = []
    for path in _paths(asked.sheets):
        sheet, found = read_sheet(path.name, read_document(path), captured)
        issues += found
        if sheet is not None:
            editors.append(SheetEdits(sheet))
    for path in _paths(asked.rules):
        read = read_rules(path)
        issues += read.issues
        editors += [RuleEdits(path.name, rule, captured, read.tables) for rule in read.rules]
    editors += [FunctionEdits(by_study=function) for function in asked.by_study]
    editors += [FunctionEdits(by_series=function) for function in asked.by_series]
    for keyword in asked.harmonize:
        unfit = list(harmonize_issues(keyword, captured))
        issues += unfit
        if not unfit:
            editors.append(HarmonizeEdits(keyword))
    return editors, issues


def _paths(named: Paths) -> list[Path]:
    """Return the paths of one or several: a text is one path, not a sequence of letters."""
    return [Path(named)] if isinstance(named, str | os.PathLike) else [Path(path) for path in named]


@dataclass(frozen=True, kw_only=True)
class ReadRules:
    """A rules file as it was read."""

    rules: tuple[Rule, ...] = ()
    """None of them where anything is wrong with the file."""
    tables: Mapping[str, LookupTable] = field(default_factory=dict)
    """The lookups by the name of their rule."""
    issues: tuple[Issue, ...] = ()


def read_rules(path: Path) -> ReadRules:
    """Read and check a rules file and the lookups that it names. Raises DocumentError where one cannot be read."""
    document, issues = parse_toml(path.name, read_document(path))
    if document is not None:
        issues += [found.at(path=path.name) for found in schema_issues("rules", document)]
    if issues:
        return ReadRules(issues=tuple(issues))
    rules = Rules.model_validate(document).rule
    tables: dict[str, LookupTable] = {}
    for rule in rules:
        if rule.lookup is not None:
            tables[rule.name], found = read_lookup(rule.lookup, read_document(path.parent / rule.lookup.file))
            issues += found
    issues += rules_issues(path.name, rules, tables)
    refused = any(found.severity is Severity.ERROR for found in issues)
    return ReadRules(rules=() if refused else rules, tables=tables, issues=tuple(issues))
