"""Read the edit files of a draft: sheets, rules files and the lookups that they name."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.edits.csv_reader import require_delimiter
from dicommap.edits.edit_provider import CombinedEdits
from dicommap.edits.sheet_csv import read_sheet
from dicommap.edits.sheet_edits import SheetEdits
from dicommap.errors import DocumentError
from dicommap.issues import Location, has_errors
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, BoundedList, bounded_issues, stop_after_limit
from dicommap.package.document_files import read_document
from dicommap.reading.document_limits import RULES_LIMIT
from dicommap.validation.schema_check import check_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.edits.edit_provider import EditProvider
    from dicommap.edits.function_edits import SeriesFunction, StudyFunction
    from dicommap.edits.harmonize_edits import HarmonizeEdits
    from dicommap.edits.lookup_tables import LookupTable
    from dicommap.edits.rules_file import LookupSettings, Rule
    from dicommap.issues import Issue

    Paths = StrPath | Iterable[StrPath]


@dataclass(frozen=True, kw_only=True)
class EditSources:
    """The sheets, rules files, functions and harmonized keywords of a draft."""

    sheets: Paths = ()
    delimiter: str | None = None
    """What stands between the cells of sheets; without it, it is found out."""
    rules: Paths = ()
    by_study: StudyFunction | Iterable[StudyFunction] = ()
    by_series: SeriesFunction | Iterable[SeriesFunction] = ()
    harmonize: Iterable[str] = ()


def read_edits(asked: EditSources, captured: tuple[str, ...]) -> tuple[CombinedEdits, BoundedList[Issue]]:
    """Read all edit files, and return their edits and issues.

    Raises:
        DocumentError: If a file cannot be read.
        UsageError: If no sheet can have this delimiter.

    """
    if asked.delimiter is not None:
        require_delimiter(asked.delimiter)
    issues = bounded_issues()
    sheets, rules = _list_paths(asked.sheets), _list_paths(asked.rules)
    names = dict(zip([*sheets, *rules], distinguish_names([*sheets, *rules]), strict=True))
    providers = [*_provide_sheet_edits(sheets, names, asked, captured, issues)]
    # Most drafts have one kind of edits: the code of the other kinds is loaded only when it is needed.
    if rules:
        providers += _provide_rule_edits(rules, names, captured, issues)
    providers += _provide_function_edits(asked)
    return CombinedEdits(tuple(providers), tuple(_provide_harmonize_edits(asked.harmonize, captured, issues))), issues


def distinguish_names(paths: Sequence[Path]) -> list[str]:
    """Return a distinct name for each file: its file name, with parent directories if another file has this name."""
    parts = [path.parts for path in paths]
    return [make_printable("/".join(own[-_count_distinct_parts(own, parts) :])) for own in parts]


def _count_distinct_parts(own: tuple[str, ...], parts: Iterable[tuple[str, ...]]) -> int:
    others = [other for other in parts if other != own]
    return next(
        (length for length in range(1, len(own)) if all(other[-length:] != own[-length:] for other in others)), len(own)
    )


def _provide_sheet_edits(
    paths: Iterable[Path],
    names: Mapping[Path, str],
    asked: EditSources,
    captured: tuple[str, ...],
    issues: BoundedList[Issue],
) -> Iterator[EditProvider]:
    for path in paths:
        sheet, found = read_sheet(names[path], read_document(path), captured, asked.delimiter)
        issues += found
        if sheet is not None:
            yield SheetEdits(sheet)


def _provide_rule_edits(
    paths: Iterable[Path], names: Mapping[Path, str], captured: tuple[str, ...], issues: BoundedList[Issue]
) -> Iterator[EditProvider]:
    from dicommap.edits.rule_edits import RuleEdits

    shared: LookupTables = {}
    for path in paths:
        read = read_rules(path, names[path], shared)
        issues += read.issues
        yield from (RuleEdits(names[path], rule, captured, read.tables) for rule in read.rules)


def _provide_function_edits(asked: EditSources) -> Iterator[EditProvider]:
    by_study = (asked.by_study,) if callable(asked.by_study) else tuple(asked.by_study)
    by_series = (asked.by_series,) if callable(asked.by_series) else tuple(asked.by_series)
    if by_study or by_series:
        from dicommap.edits.function_edits import FunctionEdits

        yield from (FunctionEdits(by_study=one) for one in by_study)
        yield from (FunctionEdits(by_series=one) for one in by_series)


def _provide_harmonize_edits(
    asked: Iterable[str], captured: tuple[str, ...], issues: BoundedList[Issue]
) -> Iterator[HarmonizeEdits]:
    for keyword in [asked] if isinstance(asked, str) else asked:
        from dicommap.edits.harmonize_edits import HarmonizeEdits, harmonize_issues

        found = list(harmonize_issues(keyword, captured))
        issues += found
        if not found:
            yield HarmonizeEdits(keyword)


def _list_paths(named: Paths) -> list[Path]:
    """Return one path or several paths as a list."""
    return [Path(named)] if isinstance(named, str | os.PathLike) else [Path(path) for path in named]


@dataclass(frozen=True, kw_only=True)
class CheckedRules:
    """A rules file, its lookup tables and their issues."""

    rules: tuple[Rule, ...] = ()
    """None of them where anything is wrong with the file."""
    tables: Mapping[str, LookupTable] = field(default_factory=dict)
    """The lookups by the name of their rule."""
    issues: tuple[Issue, ...] = ()


LookupTables = dict[tuple[Path, str, str | None, str | None], "LookupTable"]
"""Tables by their file, keyword, column and delimiter: rules that look up in the same way share the rows."""


def read_rules(path: Path, name: str | None = None, shared: LookupTables | None = None) -> CheckedRules:
    """Read and check a rules file and the lookup files that it names.

    Args:
        path: The rules file.
        name: The name of the file in issues. Without it, the file's own name.
        shared: Lookup tables that other rules files have read already.

    Raises:
        DocumentError: If a file cannot be read.

    """
    from dicommap.edits.rule_edits import explain_removal_verb, rule_issues
    from dicommap.edits.rules_file import RulesFile
    from dicommap.edits.rules_toml import parse_rules_toml

    name, shared = name or path.name, {} if shared is None else shared
    document, issues = parse_rules_toml(name, read_document(path, RULES_LIMIT.bytes))
    if document is not None:
        issues += [explain_removal_verb(found).with_location(path=name) for found in check_schema("rules", document)]
    if issues:
        return CheckedRules(issues=tuple(issues))
    rules = RulesFile.model_validate(document).rule
    tables: dict[str, LookupTable] = {}
    for rule in rules:
        if rule.lookup is not None:
            tables[rule.name], found = _make_lookup_table(path, rule.name, rule.lookup, shared)
            issues += found
    # Rules that share a lookup find the same repeated rows. Each unknown keyword is compared with those of the
    # dictionary: there may be a million of them.
    issues = list(dict.fromkeys(issues))
    issues += stop_after_limit(rule_issues(name, rules, tables), DOCUMENT_ISSUE_LIMIT, Location(path=name))
    refused = has_errors(issues)
    return CheckedRules(rules=() if refused else rules, tables=tables, issues=tuple(issues))


def _make_lookup_table(
    rules: Path, rule: str, lookup: LookupSettings, shared: LookupTables
) -> tuple[LookupTable, list[Issue]]:
    from dicommap.edits.lookup_tables import missing_column_issues, read_lookup, repeated_row_issues

    key = (rules.parent / lookup.file, lookup.by, lookup.column, lookup.delimiter)
    issues: list[Issue] = []
    if key not in shared:
        shared[key], issues = read_lookup(lookup, _read_lookup(rules, rule, lookup))
    return shared[key], [
        *issues,
        *missing_column_issues(lookup, shared[key]),
        *repeated_row_issues(lookup, shared[key]),
    ]


def _read_lookup(rules: Path, rule: str, lookup: LookupSettings) -> bytes:
    try:
        return read_document(rules.parent / lookup.file)
    except DocumentError as error:
        message = f"{rules}, rule '{rule}': {error.message}"
        raise DocumentError(message, fix="A lookup's file is named relative to the rules file.") from None
