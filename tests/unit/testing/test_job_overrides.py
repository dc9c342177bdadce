"""What several mappings of a job do, for each answer about them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dicommap.healthimaging.override_questions import OverrideAnswers
from dicommap.testing.job_overrides import JobOverrides

STUDY, SERIES, OTHER_SERIES, OTHER_STUDY = "1.2", "1.2.1", "1.2.2", "1.3"
STORED: Any = {"00100020": {"vr": "LO", "Value": ["old"]}, "00081030": {"vr": "LO", "Value": ["old"]}}


def patient_id(value: str) -> bytes:
    return json.dumps({"00100020": {"vr": "LO", "Value": [value]}}).encode()


def mapping(path: str, study: str = STUDY, series: str | None = None) -> dict[str, str]:
    target = {"studyInstanceUID": study} | ({"seriesInstanceUID": series} if series else {})
    return {"metadataFilePath": path, **target}


def read(
    mappings: list[dict[str, str]], contents: dict[str, bytes], ignored: tuple[str, ...] = (), **answers: Any
) -> JobOverrides:
    """Read the overrides of a job that has two series of STUDY."""
    series = {(STUDY, SERIES), (STUDY, OTHER_SERIES)}
    return JobOverrides.read(mappings, contents, OverrideAnswers(**answers), series=series, ignored_keywords=ignored)


def stored_id(overrides: JobOverrides, series: str = SERIES, study: str = STUDY) -> str:
    value: str = overrides.apply_to(STORED, study, series)["00100020"]["Value"][0]
    return value


def refused(overrides: JobOverrides) -> list[int]:
    return [refusal.index for refusal in overrides.refusals]


def test_the_override_of_a_study_and_of_a_series() -> None:
    overrides = read([mapping("a"), mapping("b", series=SERIES)], {"a": patient_id("study"), "b": patient_id("series")})
    assert stored_id(overrides, SERIES) == "series"
    assert stored_id(overrides, OTHER_SERIES) == "study"
    assert stored_id(overrides, SERIES, OTHER_STUDY) == "old"
    assert STORED["00100020"]["Value"] == ["old"]


@pytest.mark.parametrize(
    ("answer", "value", "indices"), [("series", "series", []), ("study", "study", []), ("refused", "old", [0, 1])]
)
def test_precedence(answer: str, value: str, indices: list[int]) -> None:
    mappings = [mapping("a"), mapping("b", series=SERIES)]
    overrides = read(mappings, {"a": patient_id("study"), "b": patient_id("series")}, precedence=answer)
    assert stored_id(overrides) == value
    assert sorted(refused(overrides)) == indices
    other = json.dumps({"0008103E": {"vr": "LO", "Value": ["new"]}}).encode()
    assert refused(read(mappings, {"a": patient_id("study"), "b": other}, precedence=answer)) == []


@pytest.mark.parametrize(
    ("answer", "value", "indices"),
    [("refused", "old", [0, 1]), ("first", "a", []), ("last", "b", []), ("merged", "b", [])],
)
def test_two_mappings_with_one_target(answer: str, value: str, indices: list[int]) -> None:
    overrides = read([mapping("a"), mapping("b")], {"a": patient_id("a"), "b": patient_id("b")}, twoMappings=answer)
    assert stored_id(overrides) == value
    assert refused(overrides) == indices


def test_merged_mappings_are_both_applied() -> None:
    description = json.dumps({"00081030": {"vr": "LO", "Value": ["new"]}}).encode()
    for answer, expected in (("merged", ("a", "new")), ("first", ("a", "old")), ("last", ("old", "new"))):
        overrides = read([mapping("a"), mapping("b")], {"a": patient_id("a"), "b": description}, twoMappings=answer)
        result = overrides.apply_to(STORED, STUDY, SERIES)
        assert tuple(result[tag]["Value"][0] for tag in ("00100020", "00081030")) == expected


@pytest.mark.parametrize(
    ("answer", "value", "indices"), [("applied", "a", []), ("ignored", "old", []), ("refused", "old", [0, 1])]
)
def test_a_shared_file(answer: str, value: str, indices: list[int]) -> None:
    mappings = [mapping("a", series=SERIES), mapping("a", series=OTHER_SERIES)]
    overrides = read(mappings, {"a": patient_id("a")}, sharedFile=answer)
    assert [stored_id(overrides, series) for series in (SERIES, OTHER_SERIES)] == [value] * 2
    assert refused(overrides) == indices


@pytest.mark.parametrize("answer", ["ignored", "refused"])
def test_a_mapping_without_files(answer: str) -> None:
    mappings = [mapping("a"), mapping("b", OTHER_STUDY), mapping("c", series="1.2.9")]
    contents = {path: patient_id(path) for path in "abc"}
    overrides = read(mappings, contents, noMatch=answer)
    assert refused(overrides) == ([1, 2] if answer == "refused" else [])
    assert all(refusal.has_no_files for refusal in overrides.refusals)
    assert stored_id(overrides) == "a"


@pytest.mark.parametrize("answer", ["unchanged", "changed", "refused"])
def test_a_job_without_files_has_its_own_answer(answer: Any) -> None:
    overrides = JobOverrides.read(
        [mapping("a")],
        {"a": patient_id("a")},
        OverrideAnswers(withoutFiles=answer, noMatch="ignored" if answer == "refused" else "refused"),
        series=(),
    )
    assert refused(overrides) == ([0] if answer == "refused" else [])
    assert overrides.has_override_of(STUDY, SERIES) is (answer != "refused")
    assert not overrides.has_override_of(OTHER_STUDY, SERIES)


def test_refusals_are_those_of_a_series_and_its_study() -> None:
    overrides = read(
        [mapping("a"), mapping("b", series=SERIES), mapping("c", series=OTHER_SERIES), mapping("d", OTHER_STUDY)], {}
    )
    assert refused(overrides) == [0, 1, 2, 3]
    assert [refusal.index for refusal in overrides.refusals_of(STUDY, SERIES)] == [0, 1]
    assert overrides.refusals[0].message == "The metadata file of mapping 0 does not exist"


def test_a_refused_file_changes_nothing() -> None:
    content = json.dumps({**json.loads(patient_id("a")), "00190010": {"vr": "LO", "Value": ["X"]}}).encode()
    overrides = read([mapping("a")], {"a": content}, privateElements="refused")
    assert stored_id(overrides) == "old"
    assert refused(overrides) == [0]


def test_ignored_keywords() -> None:
    overrides = read([mapping("a")], {"a": patient_id("a")}, ignored=("PatientID",))
    assert (stored_id(overrides), refused(overrides)) == ("old", [])
