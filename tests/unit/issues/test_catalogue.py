"""The catalogue of codes is complete, consistent, and every message can be made."""

from __future__ import annotations

import ast
import json
import re
import string
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from dicommap.issues import CATALOGUE, Issue, IssueCode, Location, Severity, find_issue_code, make_issue
from dicommap.validation.schema_registry import get_schema_validator

SOURCE = Path(__file__).parents[3] / "src" / "dicommap"


def fields_of(code: IssueCode) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(code.message) if name}


def numbers_of(code: IssueCode) -> set[str]:
    """Return the fields of a message that are numbers: those with a noun, a verb or a comma."""
    return {name for _, name, form, _ in string.Formatter().parse(code.message) if name and form}


@pytest.mark.parametrize("code", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_code_says_what_is_wrong_and_what_to_do(code: IssueCode) -> None:
    assert re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", code.name)
    assert code.title
    assert not code.title.endswith(".")
    for text in (code.message, code.explanation, code.fix):
        assert text.endswith((".", "{told}", "?"))  # what is told is a sentence
    facts: dict[str, Any] = dict.fromkeys(fields_of(code), "x")
    for number in (1, 2):
        made = make_issue(code.name, **facts | dict.fromkeys(numbers_of(code), number))
        assert made.severity is code.severity
        assert not re.search(r"[{}|]", made.message)
        wrong = r"\b1 (?!series)\w+s\b(?! not\b)" if number == 1 else r"\b2 \w+ (has|is|was)\b"
        assert not re.search(wrong, made.message), made.message
    get_schema_validator("issue").validate(made.to_dict())
    assert find_issue_code(code.name) is code


def test_every_code_stands_in_the_file_of_its_family() -> None:
    families = {path.stem: path for path in (SOURCE / "issues" / "codes").glob("*.py") if path.stem != "__init__"}
    for family, path in families.items():
        codes = import_module(f"dicommap.issues.codes.{family}").CODES
        assert codes, f"{path.name} has no code"
        assert {code.name.partition(".")[0].replace("-", "_") for code in codes} == {family}
    assert {name.partition(".")[0].replace("-", "_") for name in CATALOGUE} == set(families)


def test_no_code_is_there_twice() -> None:
    names = re.findall(
        r'^        name="([^"]+)"',
        "".join(path.read_text(encoding="utf-8") for path in (SOURCE / "issues" / "codes").glob("*.py")),
        re.MULTILINE,
    )
    assert sorted(names) == sorted(CATALOGUE)


def test_the_source_makes_no_issue_that_the_catalogue_does_not_know() -> None:
    used = set()
    for text in (path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(text)) if "make_issue(" in text else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "make_issue":
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    used.add(first.value)
                    known = fields_of(CATALOGUE[first.value])
                    named = {keyword.arg for keyword in node.keywords if keyword.arg} - {"severity"}
                    assert known <= named or None in {keyword.arg for keyword in node.keywords}, first.value
    assert used <= set(CATALOGUE)
    assert len(used) > 50


def test_an_unknown_code_or_fact_is_our_own_fault() -> None:
    with pytest.raises(KeyError):
        make_issue("no.code")
    with pytest.raises(KeyError):
        make_issue("json.not-json")
    assert find_issue_code("no.code") is None


def test_severities_have_an_order() -> None:
    assert sorted(Severity, key=lambda one: one.rank) == [Severity.NOTE, Severity.WARNING, Severity.ERROR]
    assert Severity.ERROR.is_at_least(Severity.WARNING)
    assert Severity.NOTE.is_at_least(Severity.NOTE)
    assert not Severity.WARNING.is_at_least(Severity.ERROR)


def test_an_issue_reads_as_one_line() -> None:
    found = make_issue("sheet.ragged-row", Location(path="s.csv", row=3), count=1, expected=2)
    assert str(found) == "error: s.csv row 3: The row has 1 cell; the header has 2. [sheet.ragged-row]"
    assert str(make_issue("draft.nothing-to-do")).startswith("error: No edit")


def test_a_keyword_is_named_once() -> None:
    found = make_issue("attribute.uid", Location(row=2, keyword="FrameOfReferenceUID"), keyword="FrameOfReferenceUID")
    assert str(found).count("FrameOfReferenceUID") == 1


def test_more_of_a_place_can_be_learned_later() -> None:
    found = make_issue("json.not-finite", Location(pointer="/a")).with_location(path="x.json")
    assert found.location == Location(path="x.json", pointer="/a")
    assert str(found.location) == "x.json #/a"


def test_an_issue_is_json_as_its_schema_says() -> None:
    place = Location(path="p", pointer="/a", row=2, column="c", rule="r", keyword="k", study="1.2", series="1.3")
    made = Issue(code="a.b", severity=Severity.NOTE, location=place, message="m")
    document = json.loads(json.dumps(made.to_dict()))
    get_schema_validator("issue").validate(document)
    assert set(document["location"]) == {"path", "pointer", "row", "column", "rule", "keyword", "study", "series"}
