"""Reading edits: sheets and rules from their files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.authoring.rule_edits import RuleEdits, parse_toml, rules_issues
from dicommap.authoring.sheet_edits import SheetEdits
from dicommap.authoring.sheet_reading import read_sheet
from dicommap.checks.schema_check import schema_issues
from dicommap.model.edits import Rules
from dicommap.package.reading import read_document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import StrPath

    from dicommap.authoring.editor import Editor
    from dicommap.issues import Issue


def read_edits(
    sheets: Iterable[StrPath], rules: Iterable[StrPath], captured: tuple[str, ...]
) -> tuple[list[Editor], list[Issue]]:
    """Read sheets and rules files into editors, in the order given, and what is wrong with the files.

    Raises DocumentError where one cannot be read.
    """
    editors: list[Editor] = []
    issues: list[Issue] = []
    for path in map(Path, sheets):
        sheet, found = read_sheet(path.name, read_document(path), captured)
        issues += found
        if sheet is not None:
            editors.append(SheetEdits(sheet))
    for path in map(Path, rules):
        parsed, found = read_rules(path)
        issues += found
        if parsed is not None:
            editors += [RuleEdits(path.name, rule, captured) for rule in parsed.rule]
    return editors, issues


def read_rules(path: Path) -> tuple[Rules | None, list[Issue]]:
    """Read and check a rules file; None where anything is wrong with it. Raises DocumentError."""
    document, issues = parse_toml(path.name, read_document(path))
    if document is None:
        return None, issues
    issues += [found.at(path=path.name) for found in schema_issues("rules", document)]
    if issues:
        return None, issues
    rules = Rules.model_validate(document)
    issues = list(rules_issues(path.name, rules))
    return None if issues else rules, issues
