"""Whatever values a study's files have: each file outside of the largest group is named, and the cure cures it."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

import dicommap
from tests.support.example_counts import examples
from tests.support.filled_inventories import added, inventory_of

URI = "s3://bucket/in/"
STUDY = ("PatientID", "AccessionNumber")

FILES = st.lists(
    st.tuples(
        st.sampled_from("12"), st.sampled_from(["", "A", "B"]), st.sampled_from(["X", "Y"]), st.sampled_from("78")
    ),
    min_size=1,
    max_size=12,
)
"""Series, PatientID, AccessionNumber and SeriesNumber of each file."""


@given(FILES)
@examples(40)
def test_files_outside_the_largest_group_are_named_and_the_cure_cures_it(
    files: list[tuple[str, str, str, str]],
) -> None:
    rows = [
        added(
            f"{n:02}", f"1.1 1.1.{series} 1.1.{series}.{n}", PatientID=patient, AccessionNumber=number, SeriesNumber=own
        )
        for n, (series, patient, number, own) in enumerate(files)
    ]
    with inventory_of(*rows) as inventory:
        conflicts = dicommap.draft(inventory, input_s3_uri=URI).conflicts
        named = {file.path for one in conflicts for file in one.listed}
        assert all(len(one.listed) == one.non_primary_files for one in conflicts)
        primary = {f"{n:02}" for n in range(len(files))} - named
        _is_one_group(primary, files)
        combinations = Counter((patient, number) for _, patient, number, _ in files)
        by_study = {file.path for one in conflicts if one.keyword in STUDY for file in one.listed}
        assert len(files) - len(by_study) == max(combinations.values())
        differing = {
            keyword for keyword, at in (("PatientID", 1), ("AccessionNumber", 2)) if len({f[at] for f in files}) > 1
        }
        assert {one.keyword for one in conflicts if one.series_instance_uid is None} == differing
        cures = {one.keyword for one in conflicts if one.is_harmonizable}
        left = {one.keyword for one in conflicts if not one.is_harmonizable}
        after = dicommap.draft(inventory, input_s3_uri=URI, harmonize=sorted(cures)).conflicts
        assert {one.keyword for one in after} == left


def _is_one_group(primary: set[str], files: list[tuple[str, str, str, str]]) -> None:
    """Fail unless files that are in no conflict agree: in the study, and in each series."""
    kept = [files[int(path)] for path in primary]
    assert len({(patient, number) for _, patient, number, _ in kept}) <= 1
    assert all(len({own for series, *_, own in kept if series == one}) <= 1 for one in "12")
