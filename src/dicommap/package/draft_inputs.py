"""Read the edit files of a draft: sheets, rules files, and the lookup files that rules name."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.edits.csv_reader import require_delimiter
from dicommap.edits.edit_provider import CombinedEdits
from dicommap.edits.edited_sheet import read_sheet
from dicommap.edits.sheet_edits import SheetEdits
from dicommap.edits.table_formats import require_encoding
from dicommap.edits.table_reader import CsvSettings
from dicommap.errors import DocumentError
from dicommap.issues import Location, has_errors
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT, BoundedList, limit_and_stop_issues, make_bounded_issues
from dicommap.model.item_store import MEMORY, ItemStore
from dicommap.package.document_reader import read_document
from dicommap.reading.document_limits import RULES_LIMIT
from dicommap.validation.schema_check import check_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from _typeshed import StrPath

    from dicommap.edits.edit_provider import EditProvider
    from dicommap.edits.function_edits import InstanceFunction, SeriesFunction, StudyFunction
    from dicommap.edits.harmonize_edits import HarmonizeEdits
    from dicommap.edits.lookup_tables import LookupTable
    from dicommap.edits.rules_file import LookupSettings, Rule
    from dicommap.issues import Issue
    from dicommap.model.instance_values import InstanceReader

    Paths = StrPath | Iterable[StrPath]


@dataclass(frozen=True, kw_only=True)
class EditSources:
    """The sources of edits for a draft: sheets, rules files, functions and keywords to harmonize."""

    sheets: Paths = ()
    delimiter: str | None = None
    """The character between the cells of CSV sheets. If it is None, each sheet's delimiter is detected."""
    encoding: str | None = None
    """The encoding of CSV sheets: utf-8, latin-1 or cp1252. If it is None: UTF-8, or UTF-16 with a byte order mark."""
    rules: Paths = ()
    by_study: StudyFunction | Iterable[StudyFunction] = ()
    by_series: SeriesFunction | Iterable[SeriesFunction] = ()
    by_instance: InstanceFunction | Iterable[InstanceFunction] = ()
    harmonize: Iterable[str] = ()


def read_edits(
    sources: EditSources, captured: tuple[str, ...], store: ItemStore, instances: InstanceReader
) -> tuple[CombinedEdits, BoundedList[Issue]]:
    """Read all edit files of a draft, and return their edits and issues.

    Args:
        sources: The sheets, rules files, functions and keywords to harmonize.
        captured: The keywords that the inventory captured.
        store: The store that keeps the rows of sheets and lookup tables, and their edit results.
        instances: A function that returns the instances of a study. Edits of single instances call it.

    Raises:
        DocumentError: A file cannot be read.
        UsageError: The delimiter or the encoding is not one that a sheet can have.
    """
    if sources.delimiter is not None:
        require_delimiter(sources.delimiter)
    if sources.encoding is not None:
        require_encoding(sources.encoding)
    issues = make_bounded_issues()
    sheets, rules = _to_path_list(sources.sheets), _to_path_list(sources.rules)
    names = dict(zip([*sheets, *rules], make_distinct_names([*sheets, *rules]), strict=True))
    providers = [*_read_sheet_providers(sheets, names, sources, captured, issues, store, instances)]
    # Most drafts have only one kind of edits. The code for the other kinds is imported only if it is needed.
    if rules:
        providers += _read_rule_providers(rules, names, captured, issues, store, instances)
    providers += _make_function_providers(sources, instances)
    return CombinedEdits(
        tuple(providers), tuple(_make_harmonize_providers(sources.harmonize, captured, issues))
    ), issues


def make_distinct_names(paths: Sequence[Path]) -> list[str]:
    """Return a name for each file, so that no two files have the same name.

    The name is the file name. If several files have this file name, parent directories are put before it.
    """
    parts = [path.parts for path in paths]
    return [make_printable("/".join(own[-_count_parts_of_distinct_name(own, parts) :])) for own in parts]


def _count_parts_of_distinct_name(own: tuple[str, ...], parts: Iterable[tuple[str, ...]]) -> int:
    """Return how many parts of a path, counted from its end, make a name that no other path has."""
    others = [other for other in parts if other != own]
    return next(
        (length for length in range(1, len(own)) if all(other[-length:] != own[-length:] for other in others)), len(own)
    )


def _read_sheet_providers(
    paths: Iterable[Path],
    names: Mapping[Path, str],
    sources: EditSources,
    captured: tuple[str, ...],
    issues: BoundedList[Issue],
    store: ItemStore,
    instances: InstanceReader,
) -> Iterator[EditProvider]:
    """Read the sheets, yield the edits of each, and add the issues of the sheets to `issues`."""
    encoding = None if sources.encoding is None else require_encoding(sources.encoding)
    settings = CsvSettings(delimiter=sources.delimiter, encoding=encoding)
    for path in paths:
        sheet, sheet_issues = read_sheet(names[path], read_document(path), captured, settings, store)
        issues += sheet_issues
        if sheet is not None:
            yield SheetEdits(sheet, store, instances)


def _read_rule_providers(
    paths: Iterable[Path],
    names: Mapping[Path, str],
    captured: tuple[str, ...],
    issues: BoundedList[Issue],
    store: ItemStore,
    instances: InstanceReader,
) -> Iterator[EditProvider]:
    """Read the rules files, yield the edits of each rule, and add the issues of the files to `issues`."""
    from dicommap.edits.rule_edits import RuleEdits

    shared: LookupTables = {}
    for path in paths:
        read = read_rules(path, names[path], shared, store)
        issues += read.issues
        yield from (RuleEdits(names[path], rule, captured, read.tables, instances) for rule in read.rules)


def _make_function_providers(sources: EditSources, instances: InstanceReader) -> Iterator[EditProvider]:
    """Yield the edits of each Python function."""
    by_study = (sources.by_study,) if callable(sources.by_study) else tuple(sources.by_study)
    by_series = (sources.by_series,) if callable(sources.by_series) else tuple(sources.by_series)
    by_instance = (sources.by_instance,) if callable(sources.by_instance) else tuple(sources.by_instance)
    if by_study or by_series or by_instance:
        from dicommap.edits.function_edits import FunctionEdits

        yield from (FunctionEdits(by_study=function) for function in by_study)
        yield from (FunctionEdits(by_series=function) for function in by_series)
        yield from (FunctionEdits(by_instance=function, instances=instances) for function in by_instance)


def _make_harmonize_providers(
    keywords: Iterable[str], captured: tuple[str, ...], issues: BoundedList[Issue]
) -> Iterator[HarmonizeEdits]:
    """Yield the edits of each keyword to harmonize. Keywords that cannot be harmonized become issues."""
    for keyword in [keywords] if isinstance(keywords, str) else keywords:
        from dicommap.edits.harmonize_edits import HarmonizeEdits, harmonize_issues

        keyword_issues = list(harmonize_issues(keyword, captured))
        issues += keyword_issues
        if not keyword_issues:
            yield HarmonizeEdits(keyword)


def _to_path_list(named: Paths) -> list[Path]:
    """Return one path or several paths as a list."""
    return [Path(named)] if isinstance(named, str | os.PathLike) else [Path(path) for path in named]


@dataclass(frozen=True, kw_only=True)
class CheckedRules:
    """The rules and lookup tables of a rules file, and the issues that its check found."""

    rules: tuple[Rule, ...] = ()
    """The rules. Empty if the file has errors."""
    tables: Mapping[str, LookupTable] = field(default_factory=dict)
    """Name of a rule -> its lookup table."""
    issues: tuple[Issue, ...] = ()


LookupTables = dict[tuple[Path, str, str | None, str | None, str | None], "LookupTable"]
"""File, key, column, delimiter and encoding of a lookup -> its table. Rules with equal lookups share one table."""


def read_rules(
    path: Path, name: str | None = None, shared: LookupTables | None = None, store: ItemStore = MEMORY
) -> CheckedRules:
    """Read and check a rules file, and the lookup files that its rules name.

    Args:
        path: The rules file.
        name: The name of the file in issues; None for the file name of `path`.
        shared: The lookup tables that were already read. New tables are added.
        store: The store that keeps the rows of lookup tables.

    Returns:
        The rules, the lookup tables and the issues. If the file has errors, there are no rules.

    Raises:
        DocumentError: A file cannot be read.
    """
    from dicommap.edits.rule_edits import convert_removal_verb_issue, rule_issues
    from dicommap.edits.rules_file import RulesFile
    from dicommap.edits.rules_toml import parse_rules_toml

    name, shared = name or path.name, {} if shared is None else shared
    document, issues = parse_rules_toml(name, read_document(path, RULES_LIMIT.bytes))
    if document is not None:
        issues += [
            convert_removal_verb_issue(issue).with_location(path=name) for issue in check_schema("rules", document)
        ]
    if issues:
        return CheckedRules(issues=tuple(issues))
    rules = RulesFile.model_validate(document).rule
    tables: dict[str, LookupTable] = {}
    for rule in rules:
        if rule.lookup is not None:
            tables[rule.name], table_issues = _make_lookup_table(path, rule.name, rule.lookup, shared, store)
            issues += table_issues
    # Rules that share a lookup table report the same repeated rows, so each issue is kept once. The number of issues is
    # limited, because each unknown keyword, of perhaps a million, is compared with the whole dictionary.
    issues = list(dict.fromkeys(issues))
    issues += limit_and_stop_issues(rule_issues(name, rules, tables), DOCUMENT_ISSUE_LIMIT, Location(path=name))
    refused = has_errors(issues)
    return CheckedRules(rules=() if refused else rules, tables=tables, issues=tuple(issues))


def _make_lookup_table(
    rules: Path, rule: str, lookup: LookupSettings, shared: LookupTables, store: ItemStore
) -> tuple[LookupTable, list[Issue]]:
    """Return the table of a rule's lookup, and its issues. Rules with equal lookups share one table."""
    from dicommap.edits.lookup_tables import missing_column_issues, read_lookup_table, repeated_row_issues

    key = (rules.parent / lookup.file, lookup.by, lookup.column, lookup.delimiter, lookup.encoding)
    issues: list[Issue] = []
    if key not in shared:
        shared[key], issues = read_lookup_table(lookup, _read_lookup_file(rules, rule, lookup), store)
    return shared[key], [
        *issues,
        *missing_column_issues(lookup, shared[key]),
        *repeated_row_issues(lookup, shared[key]),
    ]


def _read_lookup_file(rules: Path, rule: str, lookup: LookupSettings) -> bytes:
    """Return the bytes of a lookup's file, which is named relative to the rules file."""
    try:
        return read_document(rules.parent / lookup.file)
    except DocumentError as error:
        message = f"{rules}, rule '{rule}': {error.message}"
        raise DocumentError(message, fix="A lookup's file is named relative to the rules file.") from None
