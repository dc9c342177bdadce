"""Two random inventories: the merge finds the differences that dictionaries of all files find."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import dicommap
from dicommap.model.inventory_difference import ChangeKind, DifferenceStatus
from tests.support.example_counts import examples
from tests.support.filled_inventories import Added, added, inventory_of

SERIES = ("1.1 1.1.1", "1.1 1.1.2", "1.2 1.2.1", "1.10 1.10.1")
FileKey = tuple[int, str]
Files = dict[str, list[dict[str, Any]]]


@st.composite
def file_lists(draw: st.DrawFn) -> list[Added]:
    paths = draw(st.lists(st.tuples(st.integers(0, 1), st.sampled_from("abcdefgh")), unique=True, max_size=8))
    files = []
    for source, path in sorted(paths):
        uids = f"{draw(st.sampled_from(SERIES))} 1.9.{draw(st.integers(1, 5))}"
        values = draw(st.fixed_dictionaries({}, optional={"PatientID": st.sampled_from(["P1", "P2", ""])}))
        values |= draw(st.fixed_dictionaries({}, optional={"PatientName": st.sampled_from(["A^B", "A^B^^", "C"])}))
        values |= draw(st.fixed_dictionaries({}, optional={"InstanceNumber": st.sampled_from(["1", "2"])}))
        files.append(added(path, uids, source=source, size=draw(st.integers(10, 11)), **values))
    return files


def by_instance(files: list[Added]) -> Files:
    """Return SOP Instance UID -> its files in the order of source and path; the first file is the instance."""
    found: Files = defaultdict(list)
    for source, file, header in sorted(files, key=lambda item: (item[0], item[1].path)):
        values: dict[str, str] = dict(header.values)  # type: ignore[union-attr]
        uids = (values.pop("StudyInstanceUID"), values.pop("SeriesInstanceUID"))
        instance = values.pop("SOPInstanceUID")
        values = {name: value.rstrip("^") for name, value in values.items() if value}
        found[instance].append({"series": uids, "place": (source, file.path), "size": file.size, "values": values})
    return found


def expected_differences(before: Files, after: Files) -> list[tuple[Any, ...]]:
    """Return status, series, SOP Instance UID and kinds of each difference."""
    found: list[tuple[Any, ...]] = []
    for instance in sorted({*before, *after}):
        old, new = before.get(instance, []), after.get(instance, [])
        homes = {files[0]["series"] for files in (old, new) if files}
        if not old:
            found.append((DifferenceStatus.NEW, new[0]["series"], instance, frozenset()))
        elif not new:
            found.append((DifferenceStatus.GONE, old[0]["series"], instance, frozenset()))
        else:
            kinds = expected_kinds(
                *([file for file in files if file["series"] == files[0]["series"]] for files in (old, new))
            )
            if kinds:
                found.append((DifferenceStatus.CHANGED, new[0]["series"], instance, frozenset(kinds)))
        for series in {file["series"] for file in (*old, *new)} - homes:
            copies = [[file for file in files if file["series"] == series] for files in (old, new)]
            if not equal_files(*copies):
                found.append((DifferenceStatus.CHANGED, series, instance, frozenset({ChangeKind.DUPLICATES})))
    return found


def expected_kinds(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> set[ChangeKind]:
    first, second = old[0], new[0]
    shared = {file["place"] for file in old} & {file["place"] for file in new}
    if shared:
        preferred = [place for place in (first["place"], second["place"]) if place in shared]
        place = [*preferred, *sorted(shared, key=lambda place: place[::-1])][0]
        first, second = (next(file for file in files if file["place"] == place) for files in (old, new))
    kinds = set()
    if first["series"] != second["series"]:
        kinds.add(ChangeKind.SERIES)
    if first["place"] != second["place"]:
        kinds.add(ChangeKind.PATH)
    if first["size"] != second["size"]:
        kinds.add(ChangeKind.SIZE)
    if first["values"] != second["values"]:
        kinds.add(ChangeKind.ATTRIBUTES)
    if not equal_files([file for file in old if file is not first], [file for file in new if file is not second]):
        kinds.add(ChangeKind.DUPLICATES)
    return kinds


def equal_files(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> bool:
    def sort(files: list[dict[str, Any]]) -> list[Any]:
        return sorted((file["place"], file["size"], sorted(file["values"].items())) for file in files)

    return sort(old) == sort(new)


@examples(300)
@given(file_lists(), file_lists())
def test_the_merge_finds_what_dictionaries_find(first: list[Added], second: list[Added]) -> None:
    with inventory_of(*first) as before, inventory_of(*second) as after:
        comparison = dicommap.compare(before, after)
        instances = [*comparison.instances()]
        series = [*comparison.series()]
        studies = [*comparison.studies()]
    found = [
        (item.status, (item.study_instance_uid, item.series_instance_uid), item.sop_instance_uid, frozenset(item.kinds))
        for item in instances
    ]
    expected = expected_differences(by_instance(first), by_instance(second))
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    keys = [(item.study_instance_uid, item.series_instance_uid, item.sop_instance_uid) for item in instances]
    assert keys == sorted(keys)
    check_numbers(comparison, found, first, second)
    assert comparison.is_same == (not instances) == (not series) == (not studies)
    assert {item.study_instance_uid for item in series} == {item.study_instance_uid for item in studies}
    assert comparison.totals.series.total() - comparison.totals.series[DifferenceStatus.SAME] == len(series)
    assert comparison.totals.studies.total() - comparison.totals.studies[DifferenceStatus.SAME] == len(studies)


def check_numbers(
    comparison: dicommap.Comparison, found: list[tuple[Any, ...]], first: list[Added], second: list[Added]
) -> None:
    """Check that the totals are those of the single differences, and that the numbers of instances add up."""
    counts = comparison.totals.instances
    statuses = Counter(item[0] for item in found)
    moved = sum(ChangeKind.SERIES in item[3] for item in found)
    assert (counts.before, counts.after) == (len(by_instance(first)), len(by_instance(second)))
    assert (counts.new, counts.gone) == (statuses[DifferenceStatus.NEW], statuses[DifferenceStatus.GONE])
    assert counts.to_other_series == counts.from_other_series == moved
    assert counts.kinds == Counter(kind for item in found for kind in item[3])
    assert counts.before == counts.same + counts.changed + counts.gone + counts.to_other_series
    assert counts.after == counts.same + counts.changed + counts.new + counts.from_other_series


@examples(50)
@given(file_lists())
def test_an_inventory_has_no_difference_from_itself(files: list[Added]) -> None:
    with inventory_of(*files) as before, inventory_of(*files) as after:
        assert dicommap.compare(before, after).is_same
