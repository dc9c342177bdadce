"""What takes time takes it in proportion to its size, or is refused: edits, templates, patterns, tables and TOML."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import dicommap
from dicommap.dicom.dictionary import tag_of
from dicommap.edits import csv_reader, table
from dicommap.edits.csv_reader import read_csv_table
from dicommap.edits.edit import Edit
from dicommap.edits.edit_result import EditOutcome, EditResult
from dicommap.edits.edited_sheet import read_sheet
from dicommap.edits.lookup_tables import read_lookup_table
from dicommap.edits.rule_verbs import _strip_person_name
from dicommap.edits.rules_file import MAX_RULES, LookupSettings, Replacement
from dicommap.edits.rules_toml import parse_rules_toml
from dicommap.edits.text_templates import (
    GROUPS_LIMIT,
    PATTERN_LIMIT,
    RESULT_LENGTH_LIMIT,
    SEARCHED_TEXT_LIMIT,
    NoResult,
    compile_replacement,
    fill_template,
    split_template,
)
from dicommap.issues import Issue
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT
from dicommap.model.study import Study
from dicommap.overrides.resolution import filter_effective_edits, record_changes_and_issues
from dicommap.overrides.study_resolution import resolve_study
from dicommap.validation.schema_check import check_schema
from tests.support.filled_inventories import added, inventory_of


def seconds(call: Callable[[], object]) -> float:
    """Return the CPU time of the faster of two calls."""

    def once() -> float:
        start = time.process_time()
        call()
        return time.process_time() - start

    return min(once(), once())


def in_proportion(call: Callable[[int], object], size: int) -> None:
    """Assert that four times the size takes far less than sixteen times the time, or next to none."""
    small, large = seconds(lambda: call(size)), seconds(lambda: call(4 * size))
    assert large < max(9 * small, 0.2), (small, large)


@pytest.fixture(scope="module")
def study() -> Study:
    with inventory_of(added("1", "1.2.1 1.2.1.1 1.2.1.1.1", PatientID="P1")) as inventory:
        (found,) = inventory.studies()
        return found


def edits(study: Study, count: int) -> list[Edit]:
    return [
        Edit(
            target=study.target,
            tag=tag_of("StudyID") or 0,
            attribute={"vr": "SH", "Value": [f"S{number}"]},
            origin=f"rule {number}",
            edit_results=(EditResult(source="rules.toml", rule=f"{number}"),),
        )
        for number in range(count)
    ]


def test_rules_that_contradict_each_other(study: Study) -> None:
    def resolve(count: int) -> list[Edit]:
        edited_attributes = edits(study, count)
        resolution = resolve_study(study, edited_attributes)
        effective_edits = filter_effective_edits(edited_attributes, resolution)
        record_changes_and_issues(study.study_instance_uid, edited_attributes, resolution, effective_edits)
        return edited_attributes

    in_proportion(resolve, 1_000)
    edit_results = [edit.edit_results[0] for edit in resolve(5)]
    for edit_result in edit_results:
        edit_result.finish_study()
    assert {edit_result.outcome for edit_result in edit_results} == {EditOutcome.AMBIGUOUS}


def test_references_in_a_template() -> None:
    def of(count: int) -> str | NoResult:
        parts = split_template("-{PatientID}" * count) or []
        return fill_template("\\", parts, *["x" * 100] * count)

    in_proportion(of, 1_000)
    assert of(2) == ("-" + "x" * 100) * 2
    told = fill_template("\\", split_template("{PatientID}" * 1_000) or [], *["x" * 5_000] * 1_000)
    assert isinstance(told, NoResult)
    assert f"{RESULT_LENGTH_LIMIT:,}" in told.reason


@pytest.mark.long
def test_braces_in_a_template() -> None:
    in_proportion(lambda count: split_template("{{" * count), 200_000)


def test_a_replacement_that_multiplies_a_text() -> None:
    change = compile_replacement(Replacement.model_validate({"pattern": "y*?", "with": "x" * 10_000}))
    assert change is not None
    assert isinstance(change("y" * 1_000), NoResult)
    nine = compile_replacement(Replacement.model_validate({"pattern": "(.*)", "with": "\\1" * 1_000}))
    assert nine is not None
    assert isinstance(nine("y" * 5_000), NoResult)
    assert nine("y") == "y" * 1_000
    assert isinstance(nine("y" * (SEARCHED_TEXT_LIMIT + 1)), NoResult)


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("(a)?" * GROUPS_LIMIT, True),
        ("(a)?" * (GROUPS_LIMIT + 1), False),
        ("a" * PATTERN_LIMIT, True),
        ("a" * (PATTERN_LIMIT + 1), False),
        ("(a)?" * 10_000, False),
    ],
)
def test_the_size_of_patterns(pattern: str, fits: bool) -> None:
    assert (compile_replacement(Replacement.model_validate({"pattern": pattern, "with": ""})) is not None) is fits


def test_the_largest_pattern_on_the_longest_text() -> None:
    change = compile_replacement(Replacement.model_validate({"pattern": "(a)?" * GROUPS_LIMIT, "with": "b"}))
    assert change is not None
    assert seconds(lambda: change("a" * SEARCHED_TEXT_LIMIT)) < 5


def test_results_that_are_many_and_long(tmp_path: Path) -> None:
    rules = tmp_path / "r.toml"
    rules.write_text(
        '[[rule]]\nname = "r"\nlevel = "study"\nset = {StudyDescription = "' + "{PatientName}" * 500 + '"}\n',
        encoding="utf-8",
    )
    files = [added(f"{n}", f"1.2.1 1.2.1.1 1.2.1.1.{n}", PatientName=f"{n:0900}") for n in range(1, 60)]
    with inventory_of(*files) as inventory:
        made = dicommap.draft(inventory, input_s3_uri="s3://bucket/in/", rules=rules)
    assert "rules.differing-values" in {found.code for found in made.issues}


@pytest.mark.long
def test_unknown_columns() -> None:
    header = ",".join(f"PatientNam{number}" for number in range(5_000))
    sheet, issues = read_sheet("s.csv", f"StudyInstanceUID,{header}\n1.2,{',' * 4_999}\n".encode(), ())
    assert sheet is None
    assert (len(issues), issues[-1].code) == (DOCUMENT_ISSUE_LIMIT + 1, "document.more-issues")


@pytest.mark.parametrize("count", [DOCUMENT_ISSUE_LIMIT + 1, pytest.param(5_000, marks=pytest.mark.long)])
def test_unknown_keywords_of_rules(tmp_path: Path, count: int) -> None:
    rules = tmp_path / "r.toml"
    names = ", ".join(f'PatientNam{number} = "x"' for number in range(count))
    rules.write_text(f'[[rule]]\nname = "r"\nlevel = "study"\nset = {{{names}}}\n', encoding="utf-8")
    found = dicommap.validate(rules)
    assert (len(found), found[-1].code) == (DOCUMENT_ISSUE_LIMIT + 1, "document.more-issues")


def test_the_size_of_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = read_csv_table("t.csv", b"a" + b"," * table.COLUMNS_LIMIT, "a")
    assert isinstance(wide, Issue)
    assert "16,384 cells in row 1" in wide.message
    monkeypatch.setattr(csv_reader, "CELLS_LIMIT", 10)
    assert not isinstance(read_csv_table("t.csv", b"a,b\n,\n,\n1,2\n", "a"), Issue)
    for text in (b"a,b\n" + b",\n" * 9, b"a\n" + b"1\n" * 9):
        found = read_csv_table("t.csv", text, "a")
        assert isinstance(found, Issue)
        assert "10 cells" in found.message


def test_a_table_that_many_rules_share_tells_its_rows_once() -> None:
    lookup = LookupSettings.model_validate({"file": "w.csv", "by": "PatientID", "set": {"StudyID": "ID"}})
    table, issues = read_lookup_table(lookup, b"PatientID,ID\nP1,1\nP2,2\n")
    assert not issues
    assert [len(list(table.unused_issues())) for _ in range(3)] == [2, 0, 0]
    assert [len(list(table.edit_results())) for _ in range(3)] == [2, 0, 0]


def test_a_dotted_key_of_many_parts() -> None:
    for text in ("a" + ".a" * 80_000 + " = 1", "[" + '"a" . ' * 80_000 + "a]", "a . " * 64 + "a = 1"):
        document, (found,) = parse_rules_toml("r.toml", text.encode())
        assert (document, found.code) == (None, "json.too-deep")
    uid = "1." * 200
    texts = f'a = "{uid}"\nb = \'{uid}\'\nc = \'\'\'\n{uid}\'\'\'\n# {uid}\nd = """\n{uid}\\""""\n'
    texts += "e." * 60 + "f = 1\n"
    document, issues = parse_rules_toml("r.toml", texts.encode())
    assert not issues
    assert document is not None
    assert document["b"] == uid


def test_spaces_in_a_name() -> None:
    in_proportion(lambda count: _strip_person_name("x" + " " * count + "y"), 100_000)
    assert _strip_person_name(" Doe ^ Jane = X  Y ^ Z ") == "Doe^Jane=X  Y^Z"


@pytest.mark.long
def test_the_schema_has_the_limit_of_rules() -> None:
    schema = json.loads((Path(__file__).parents[2] / "schemas/v1/rules.schema.json").read_bytes())
    assert schema["properties"]["rule"]["maxItems"] == MAX_RULES
    document = {"rule": [{"name": "a", "level": "study", "empty": ["StudyID"]}] * (MAX_RULES + 1)}
    assert [found.code for found in check_schema("rules", document)] == ["schema.count"]
