"""Resolved edits are the same, in the same order, whether a store keeps their items in memory or in a database."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dicommap.edits.edit_provider import CombinedEdits, EditProvider
from dicommap.edits.edited_sheet import read_sheet
from dicommap.edits.function_edits import FunctionEdits
from dicommap.edits.harmonize_edits import HarmonizeEdits
from dicommap.edits.lookup_tables import read_lookup_table
from dicommap.edits.rule_edits import RuleEdits
from dicommap.edits.rules_file import LookupSettings, Rule
from dicommap.edits.sheet_edits import SheetEdits
from dicommap.model.item_store import MEMORY, ItemStore
from dicommap.model.study import Series, Study
from dicommap.overrides.resolution import resolve_edits
from dicommap.package.temporary_store import TemporaryStore
from tests.support.example_counts import examples
from tests.support.studies import files_of

KEYWORDS = ("PatientID", "PatientName", "AccessionNumber", "StudyDate")
VALUES = st.sampled_from(["", "1", "01", "2", "A^B", "a^b", "20240101", "<2 different values>", "=1", "\udc80"])
UIDS = st.sampled_from(["1.2", "1.3", "1.4", "1.40", "15", "1.2.1", "x"])


@st.composite
def made_studies(draw: st.DrawFn) -> list[Study]:
    studies = []
    for uid in sorted(draw(st.sets(st.sampled_from(["1.2", "1.3", "1.4", "1.5"]), min_size=1))):
        members = []
        for number in range(draw(st.integers(1, 2))):
            values = {keyword: {draw(VALUES.filter(lambda text: "<" not in text)): 2} for keyword in KEYWORDS}
            members.append(
                Series(
                    study_instance_uid=uid,
                    series_instance_uid=f"{uid}.{number}",
                    instances=2,
                    files=2,
                    size=1,
                    values=values,
                )
            )
        studies.append(Study.from_series(members))
    return studies


@st.composite
def sheets(draw: st.DrawFn) -> bytes:
    rows = draw(st.lists(st.tuples(UIDS, *[VALUES] * 2), max_size=6))
    text = "StudyInstanceUID,PatientID,AccessionNumber\n" + "".join(",".join(row) + "\n" for row in rows)
    return text.encode("utf-8", "replace")


@st.composite
def lookups(draw: st.DrawFn) -> bytes:
    rows = draw(st.lists(st.tuples(VALUES, VALUES), max_size=6))
    return ("PatientID,New\n" + "".join(",".join(row) + "\n" for row in rows)).encode("utf-8", "replace")


def resolve(store: ItemStore, studies: list[Study], sheet: bytes, lookup: bytes, new: dict[str, str]) -> list[Any]:
    """Return all that comes of the edits, as lists."""
    edited, issues = read_sheet("s.csv", sheet, KEYWORDS, store=store)
    settings = LookupSettings.model_validate({"file": "w.csv", "by": "PatientID", "set": {"PatientName": "New"}})
    table, lookup_issues = read_lookup_table(settings, lookup, store)
    rule = Rule.model_validate({"name": "r", "level": "study", "lookup": settings.model_dump(exclude_none=True)})
    second = Rule.model_validate({"name": "q", "level": "series", "lookup": settings.model_dump(exclude_none=True)})
    tables = {"r": table, "q": table}
    providers: list[EditProvider] = [] if edited is None else [SheetEdits(edited, store)]
    providers += [RuleEdits("r.toml", given, KEYWORDS, tables) for given in (rule, second)]
    providers.append(FunctionEdits(by_study=lambda study: new))
    result = resolve_edits(
        studies, CombinedEdits(tuple(providers), (HarmonizeEdits("StudyDate"),)), files_of(*studies), store=store
    )
    return [
        issues,
        lookup_issues,
        list(result.overrides),
        list(result.changes),
        list(result.edit_results),
        [(str(found), found.outcome, found.is_used) for found in result.edit_results],
        list(result.conflicts),
        list(result.issues),
        "".join(result.grouping.pieces()),
    ]


@examples(300)
@given(
    made_studies(),
    sheets(),
    lookups(),
    st.dictionaries(st.sampled_from(KEYWORDS), st.sampled_from(["1", "2", "20240101"]), max_size=2),
    st.sampled_from([0, 1, 3]),
)
def test_a_database_gives_what_memory_gives(
    studies: list[Study], sheet: bytes, lookup: bytes, new: dict[str, str], items_in_memory: int
) -> None:
    store = TemporaryStore(items_in_memory=items_in_memory)
    assert resolve(store, studies, sheet, lookup, new) == resolve(MEMORY, studies, sheet, lookup, new)
