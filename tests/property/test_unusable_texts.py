"""Texts that no attribute can be meant to have are refused in every way that gives an edit its value."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydicom import Dataset

from dicommap import Override, Severity
from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.edits.edit import Edit
from dicommap.edits.edited_sheet import read_sheet
from dicommap.edits.function_edits import FunctionEdits
from dicommap.edits.lookup_tables import read_lookup_table
from dicommap.edits.rule_edits import RuleEdits, rule_issues
from dicommap.edits.rules_file import LookupSettings, Rule
from dicommap.edits.sheet_edits import SheetEdits
from dicommap.issues import Issue
from dicommap.model.study import Study
from tests.support.example_counts import examples
from tests.support.studies import KEYWORDS, study

PLACEHOLDERS = ("***", "<2 different values>", "<PatientID 3>", "<PatientName 12>", "<AccessionNumber 1>")
PROGRAM_WORDS = ("nan", "NaN", "NaT", "null", "NULL", "<NA>", "#REF!", "#N/A", "#DIV/0!", "#BEZUG!", "Err:502", "####")
PEOPLE_WORDS = ("None", "none", "N/A", "NA", "-", "n.a.")
IDENTIFIERS = ("PatientID", "AccessionNumber", "PatientName")
ATTRIBUTES = (*IDENTIFIERS, "SeriesDescription")
CODES = {"edit.damaged-value", "sheet.placeholder-cell", "sheet.damaged-cell", "sheet.no-value-word"}

UNUSABLE = (
    st.tuples(st.sampled_from(ATTRIBUTES), st.sampled_from((*PLACEHOLDERS, *PROGRAM_WORDS)))
    | st.tuples(st.sampled_from(IDENTIFIERS), st.sampled_from(PEOPLE_WORDS))
    | st.tuples(
        st.sampled_from(["PatientID", "AccessionNumber"]),
        st.sampled_from(["S-nan", "S_None", "NaT/1", "P-***", "A<NA>", "P <PatientID 3>"]),
    )
    | st.tuples(st.just("PatientName"), st.sampled_from(["***^***", "nan^Jane", "Doe^None", "Doe^J=***"]))
)
"""Keywords with texts that they cannot be meant to have."""
FITTING = UNUSABLE.filter(lambda edited: edited[0] != "AccessionNumber" or len(edited[1]) <= 16)
NEW_VALUES = st.sampled_from(["P-7", "Nan^Goldin", "NANCY", "Nonesuch", "a**", "x < 3", "Null^C", "NULLIPARA", "#4711"])


def rule(verbs: dict[str, object], current: Study) -> Iterator[Edit | Issue]:
    made = Rule.model_validate({"name": "one", "level": "series", **verbs})
    yield from rule_issues("r.toml", [made])
    yield from RuleEdits("r.toml", made, KEYWORDS).edits_for_study(current)


def lookup(keyword: str, text: str, current: Study) -> Iterator[Edit | Issue]:
    settings = LookupSettings.model_validate({"file": "w.csv", "by": "StudyInstanceUID", "set": {keyword: "New"}})
    cells = io.StringIO()
    csv.writer(cells).writerows([["StudyInstanceUID", "New"], ["1.2", text]])
    table, issues = read_lookup_table(settings, cells.getvalue().encode())
    assert not issues
    made = Rule.model_validate({"name": "one", "level": "series", "lookup": settings})
    yield from RuleEdits("r.toml", made, KEYWORDS, {"one": table}).edits_for_study(current)


def sheet(keyword: str, text: str, current: Study) -> Iterator[Edit | Issue]:
    cells = io.StringIO()
    rows = [["StudyInstanceUID", "SeriesInstanceUID", keyword], ["1.2", "1.2.1", text]]
    csv.writer(cells).writerows(rows)
    read, issues = read_sheet("s.csv", cells.getvalue().encode(), KEYWORDS)
    assert read is not None
    yield from issues
    yield from SheetEdits(read).edits_for_study(current)


def json_attribute(keyword: str, text: str) -> dict[str, dict[str, object]]:
    (vr,) = vrs_of(tag_of(keyword) or 0)
    value = {"Alphabetic": text.partition("=")[0], "Ideographic": text.partition("=")[2]} if vr == "PN" else text
    members = {name: group for name, group in value.items() if group} if isinstance(value, dict) else value
    return {f"{tag_of(keyword):08X}": {"vr": vr, "Value": [members]}}


def from_dataset(keyword: str, text: str) -> Override:
    dataset = Dataset()
    setattr(dataset, keyword, text)
    return Override.from_dataset(dataset, study_instance_uid="1.2", series_instance_uid="1.2.1")


def override(made: Override) -> Iterator[Edit | Issue]:
    """Yield an edit for each attribute of an override, and its errors."""
    yield from made.rejected
    for tag, attribute in made.data_set.items():
        yield Edit(target=made, tag=int(tag, 16), attribute=attribute, origin="an override")


def from_template(keyword: str, text: str, current: Study) -> Iterator[Edit | Issue]:
    source = "AccessionNumber" if keyword != "AccessionNumber" else "PatientID"
    values = {name: "".join(current.values[name]) for name in KEYWORDS} | {source: text}
    return rule({"set": {keyword: f"{{{source}}}"}}, study(values))


TARGET = {"study_instance_uid": "1.2", "series_instance_uid": "1.2.1"}
Find = Callable[[str, str, Study], Iterable[Edit | Issue]]
"""Takes a keyword, its new text and a study, and yields the edit or the issues that refuse it."""
RULES: dict[str, Find] = {
    "set": lambda keyword, text, now: rule({"set": {keyword: text}}, now),
    "raw": lambda keyword, text, now: rule({"raw": json_attribute(keyword, text)}, now),
    "replace": lambda keyword, text, now: rule({"replace": {keyword: {"pattern": ".+", "with": text}}}, now),
    "lookup": lookup,
}
COMPARED: dict[str, Find] = {
    "sheet": sheet,
    "template": from_template,
    "replace": RULES["replace"],
    "lookup": lookup,
    "by_study": lambda keyword, text, now: FunctionEdits(by_study=lambda _: {keyword: text}).edits_for_study(now),
    "by_series": lambda keyword, text, now: FunctionEdits(by_series=lambda _: {keyword: text}).edits_for_study(now),
}
"""The ways that compare a new value with the current values of a study."""
OVERRIDES: dict[str, Find] = {
    "from_keywords": lambda keyword, text, _: override(Override.from_keywords(attributes={keyword: text}, **TARGET)),
    "from_json": lambda keyword, text, _: override(
        Override.from_json(json.dumps(json_attribute(keyword, text)), **TARGET)  # type: ignore[arg-type]
    ),
    "from_dataset": lambda keyword, text, _: override(from_dataset(keyword, text)),
}
ALL = {**RULES, **COMPARED, **OVERRIDES}
UNCHANGING = {
    "name",
    "level",
    "match",
    "policy",
    "empty",
    "remove",
    "shift_days",
    "truncate_date",
    "upper",
    "lower",
    "strip",
}
"""The members of a rule that are no way to a text of one's own."""


def current(**values: str) -> Study:
    return study({**dict.fromkeys(KEYWORDS, "OLD"), "StudyDate": "20260102", **values})


@pytest.mark.parametrize("way", ALL)
@given(FITTING)
@examples(60)
def test_no_way_sets_an_unusable_text(way: str, edited: tuple[str, str]) -> None:
    keyword, text = edited
    assume(way != "raw" or any(mark in text for mark in ("***", "<2", "<Pat", "<Acc")))
    found = list(ALL[way](keyword, text, current()))
    assert found
    for issue in found:
        assert isinstance(issue, Issue), "the text would be set"
        assert issue.severity is Severity.ERROR
        assert issue.code in CODES


@pytest.mark.parametrize("way", COMPARED)
@given(FITTING)
@examples(40)
def test_a_value_that_the_files_have_is_no_new_value(way: str, edited: tuple[str, str]) -> None:
    keyword, text = edited
    found = list(COMPARED[way](keyword, text, current(**{keyword: text})))
    assert [issue for issue in found if isinstance(issue, Issue)] == []


@pytest.mark.parametrize("way", ALL)
@given(st.sampled_from(["PatientID", "PatientName"]), NEW_VALUES)
@examples(30)
def test_other_texts_are_set_in_all_ways(way: str, keyword: str, text: str) -> None:
    assume(keyword == "PatientID" or "<" not in text)
    (edit,) = ALL[way](keyword, text, current())
    assert isinstance(edit, Edit), edit
    assert text_from_attribute(edit.attribute) == text


def test_each_verb_that_takes_a_text_is_tested() -> None:
    assert set(Rule.model_fields) == {*RULES, *UNCHANGING}


@pytest.mark.parametrize("text", [*PROGRAM_WORDS, *PEOPLE_WORDS])
def test_a_rule_sets_a_word_for_no_value_on_purpose(text: str) -> None:
    (edit,) = RULES["raw"]("PatientID", text, current())
    assert isinstance(edit, Edit)
    assert text_from_attribute(edit.attribute) == text
