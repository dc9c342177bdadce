"""The corpus: every case finds what it says, no more and no less. README.md says what a case is."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import dicommap
from dicommap.issues import CATALOGUE
from dicommap.model.package_layout import OBJECTS_FILE
from dicommap.validation.schema_registry import get_schema_validator
from tests.cases import make_archives, make_p10, make_workbooks
from tests.cases.running import ROOT, Case, case_names, run

NAMES = case_names()

_SHORTEST_VALUE = 3
_KEYS = {"StudyInstanceUID", "SeriesInstanceUID"}
SHARED_VALUES = {"Doe^Jane", "Roe^Richard", "0042"}
"""Values in the shared trees."""


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str, tmp_path: Path) -> None:
    case = Case.read(name)
    issues = run(case, tmp_path)
    assert _sorted(_finding(found) for found in issues) == _sorted(case.expected)
    values = _values(case)
    for found in issues:
        document = found.to_dict()
        get_schema_validator("issue").validate(document)
        assert (str(found) + json.dumps(document, ensure_ascii=False)).encode("utf-8")
        assert not [value for value in values if value in found.message]


@pytest.mark.parametrize("name", NAMES)
def test_case_json_fits_its_schema(name: str) -> None:
    _case_schema().validate(json.loads((ROOT / name / "case.json").read_bytes()))


def test_every_code_has_a_case() -> None:
    missing = CATALOGUE.keys() - {finding["code"] for name in NAMES for finding in Case.read(name).expected}
    assert not missing


def test_no_case_expects_an_unknown_code() -> None:
    unknown = {finding["code"] for name in NAMES for finding in Case.read(name).expected} - CATALOGUE.keys()
    assert not unknown


def test_a_case_stands_in_the_family_of_a_code_it_expects() -> None:
    strays = [
        case.name
        for case in map(Case.read, NAMES)
        if case.expected and not any(one["code"].startswith(case.name.split("/")[0] + ".") for one in case.expected)
    ]
    assert not strays


def test_every_file_is_used() -> None:
    used = {path for name in NAMES for path in (*Case.read(name).inputs(), f"{name}/case.json")}
    files = {
        path.relative_to(ROOT) for path in ROOT.glob("*/*/**/*") if path.is_file() and "__pycache__" not in path.parts
    }
    unused = [str(file) for file in files if not used & {str(file), *map(str, file.parents)}]
    assert not unused


def test_every_named_file_is_there_or_made() -> None:
    missing = [
        f"{name}: {path}"
        for name in NAMES
        for path in Case.read(name).inputs()
        if not (ROOT / path).exists() and path not in Case.read(name).made()
    ]
    assert not missing


def test_the_script_makes_the_p10_files() -> None:
    changed = [name for name, make in make_p10.FILES.items() if (ROOT / name).read_bytes() != make()]
    assert not changed


def test_the_script_makes_the_archives() -> None:
    changed = [name for name, make in make_archives.FILES.items() if (ROOT / name).read_bytes() != make()]
    assert not changed


def test_the_script_makes_the_workbooks() -> None:
    changed = [name for name, make in make_workbooks.FILES.items() if (ROOT / name).read_bytes() != make()]
    assert not changed


def test_the_script_makes_all_p10_files() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.glob("*/*/**/*")
        if path.is_file()
        and path.relative_to(ROOT).as_posix() not in make_workbooks.FILES
        and b"1.2.826.0.1.3680043.10.1" in path.read_bytes()
        and b"\0\0" in path.read_bytes()
    }
    assert found == make_p10.FILES.keys()


def _finding(found: dicommap.Issue) -> dict[str, Any]:
    return {"code": found.code, "severity": found.severity.value, "location": found.location.to_dict()}


def _sorted(findings: Any) -> list[dict[str, Any]]:
    return sorted(findings, key=lambda finding: json.dumps(finding, sort_keys=True))


@lru_cache(maxsize=1)
def _case_schema() -> Draft202012Validator:
    schema = json.loads((ROOT / "case.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _values(case: Case) -> set[str]:
    """Return the values that the case's own documents and trees hold, and no message may repeat."""
    found: set[str] = set()
    for path in ROOT.joinpath(case.name).rglob("*"):
        if path.is_file() and path.name != "case.json":
            found.update(_values_of(path))
    if any(path.startswith("material/") for path in case.inputs()):
        found |= SHARED_VALUES
    return {value for value in found if len(value) >= _SHORTEST_VALUE}


def _values_of(path: Path) -> Iterator[str]:
    try:
        if path.name == OBJECTS_FILE:
            return  # keys, sizes and UIDs
        if path.suffix == ".csv":
            rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
            yield from (str(cell) for row in rows for column, cell in row.items() if column not in _KEYS)
        elif path.suffix == ".toml":
            rules = tomllib.loads(path.read_text("utf-8")).get("rule", [])
            yield from (str(one) for rule in rules for verb in ("match", "set") for one in rule.get(verb, {}).values())
        elif path.suffix == ".json":
            yield from _leaves(json.loads(path.read_bytes()))
    except (ValueError, RecursionError):
        return  # broken on purpose


def _leaves(value: object) -> Iterator[str]:
    """Return the texts and numbers below every member Value."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _scalars(member) if name == "Value" else _leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member)


def _scalars(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _scalars(member)
    else:
        yield str(value)
