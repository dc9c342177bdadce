"""Whatever studies and edits there are: the identifiers that are told are those that comparing all files finds."""

from __future__ import annotations

from itertools import combinations

from hypothesis import example, given
from hypothesis import strategies as st

import dicommap
from dicommap.model.study import Series
from tests.support.example_counts import examples
from tests.support.filled_inventories import added, inventory_of

NAMES = {"": None, "Doe^J": "doe", "DOE^J^^": "doe", "Roe": "roe"}
SEXES = {"": None, "M": "m", "F": "f"}
URI = "s3://bucket/in/"

FILES = st.lists(
    st.tuples(
        st.sampled_from("123"),
        st.sampled_from("12"),
        st.sampled_from(["", "7", "07", "007"]),
        st.sampled_from(sorted(NAMES)),
        st.sampled_from(sorted(SEXES)),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda file: file[:2],
)
"""Study, series, PatientID, PatientName and PatientSex of each file, which is the only one of its series."""

EDITS = st.dictionaries(
    st.tuples(st.sampled_from("123"), st.sampled_from("12")),
    st.fixed_dictionaries(
        {},
        optional={
            "PatientID": st.sampled_from(["", "7", "07", "8"]),
            "PatientName": st.sampled_from(sorted(NAMES)),
            "PatientSex": st.sampled_from(sorted(SEXES)),
        },
    ),
)
"""New values by study and series."""


@given(FILES, EDITS)
@example(
    [("1", "1", "", "", ""), ("2", "1", "", "", "")],
    {("1", "1"): {"PatientID": "8", "PatientName": "Doe^J"}, ("2", "1"): {"PatientID": "8", "PatientName": "Roe"}},
)
@examples(150)
def test_patients_that_become_one_are_those_that_all_pairs_of_files_show(
    files: list[tuple[str, str, str, str, str]], edits: dict[tuple[str, str], dict[str, str]]
) -> None:
    def edited(series: Series) -> dict[str, str]:
        return edits.get((series.study_instance_uid[-1], series.series_instance_uid[-1]), {})

    rows = [
        added(
            f"{study}{series}",
            f"1.{study} 1.{study}.{series} 1.{study}.{series}.1",
            PatientID=identifier,
            PatientName=name,
            PatientSex=sex,
        )
        for study, series, identifier, name, sex in files
    ]
    with inventory_of(*rows) as inventory:
        draft = dicommap.draft(inventory, input_s3_uri=URI, by_series=edited)
    told = {one.message.partition(" differ in ")[2] for one in draft.issues if one.code == "edit.same-patient"}
    assert told == _by_pairs(files, edits)


def _by_pairs(files: list[tuple[str, str, str, str, str]], edits: dict[tuple[str, str], dict[str, str]]) -> set[str]:
    """Return what is to be told: keywords and studies of each new PatientID, found by comparing each pair of files."""
    after = []
    for study, series, identifier, name, sex in files:
        new = {"PatientID": identifier, "PatientName": name, "PatientSex": sex, **edits.get((study, series), {})}
        values = {"PatientName": NAMES[new["PatientName"]], "PatientSex": SEXES[new["PatientSex"]]}
        # A study without an identifier counts as one with an identifier of its own.
        after.append((new["PatientID"], identifier or f"none of study {study}", f"1.{study}", values))
    found = set()
    for identifier in {one[0] for one in after} - {""}:
        own = [one for one in after if one[0] == identifier]
        pairs = list(combinations(own, 2))
        keywords = [
            keyword
            for keyword in ("PatientName", "PatientSex")
            if any(None not in (a[3][keyword], b[3][keyword]) and a[3][keyword] != b[3][keyword] for a, b in pairs)
        ]
        if keywords and any(a[1] != b[1] for a, b in pairs):
            studies = sorted({one[2] for one in own})
            count = "1 study" if len(studies) == 1 else f"{len(studies)} studies"
            found.add(f"{', '.join(keywords)}; {count}: {', '.join(studies)}.")
    return found
