"""The issues of a draft are the issues of the package that it writes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.quotas import Quotas
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Issue, Severity
from dicommap.model.package_layout import OBJECTS_FILE, job_folder
from dicommap.model.study import Disposition
from dicommap.overrides.override import Override
from dicommap.planning.package_documents import (
    PackageDocuments,
    PackageTables,
    PlanHeader,
    build_package_documents,
)
from dicommap.planning.planned_objects import PlannedJob, PlannedObject
from dicommap.validation.draft_check import _DraftedFiles, check_drafted_documents, check_override_paths
from dicommap.validation.package_check import check_package

URI = S3Uri(bucket="bucket", prefix="in/")
KNOWN = {"1.2": {"1.2.1"}, "1.3": {"1.3.1"}}
OBJECTS = [
    PlannedObject(
        key=f"a/{study}",
        size=100,
        disposition=Disposition.INSTANCE,
        study_instance_uid=study,
        series_instance_uid=f"{study}.1",
        sop_instance_uid=f"{study}.1.1",
        root=0,
        source=f"a/{study}",
    )
    for study in ("1.2", "1.3", "1.4")
]
DATA_SETS: dict[str, Any] = {
    "right": {"00100020": {"vr": "LO", "Value": ["new"]}},
    "empty": {"00100020": {"vr": "LO"}},
    "another VR": {"00100020": {"vr": "UI", "Value": ["1.2"]}},
    "too long": {"00100020": {"vr": "LO", "Value": ["x" * 65]}},
    "a lone surrogate": {"00100020": {"vr": "LO", "Value": ["\\ud800"]}},
    "of a series": {"00080060": {"vr": "CS", "Value": ["OT"]}},
    "a UID": {"0020000D": {"vr": "UI", "Value": ["1.9"]}},
    "not a tag": {"PatientID": {"vr": "LO", "Value": ["new"]}},
    "nothing": {},
    "more values than are listed": {"00101001": {"vr": "PN", "Value": [{"Other": "x"}] * 150}},
}
SETTINGS: list[dict[str, Any]] = [
    {},
    {"dataSet": "array"},
    {"identifyingUids": "present"},
    {"emptyValue": "null"},
    {"overrideFiles": "shared", "otherLevels": "error"},
]


def documents(overrides: list[Override], assumptions: Assumptions, **account: str) -> PackageDocuments:
    head = PlanHeader(roots=("/data",), uri=URI, quotas=Quotas(), assumptions=assumptions, files=3, instances=3)
    tables = PackageTables(preview="preview\n", edits="edits\n", forecast="forecast\n")
    return build_package_documents([PlannedJob(id="0001", uri=URI, objects=OBJECTS)], overrides, head, tables, account)


def issues_of_values(made: PackageDocuments) -> list[Issue]:
    return check_package(_DraftedFiles(made), KNOWN, None, drafted=made.plan)


def issues_of_texts(made: PackageDocuments) -> list[Issue]:
    return check_package({path: text.encode() for path, text in made.items()}, KNOWN, None)


@pytest.mark.parametrize("members", SETTINGS, ids=str)
@pytest.mark.parametrize("data_set", DATA_SETS.values(), ids=DATA_SETS)
def test_values_have_the_issues_of_the_texts_that_are_written(data_set: Any, members: dict[str, Any]) -> None:
    overrides = [
        Override(study_instance_uid="1.2", series_instance_uid=None, data_set=data_set),
        Override(study_instance_uid="1.3", series_instance_uid="1.3.1", data_set=data_set),
        Override(study_instance_uid="1.4", series_instance_uid=None, data_set=data_set),
    ]
    made = documents(overrides, Assumptions(**members))
    issues = issues_of_values(made)
    assert issues == issues_of_texts(made)
    assert "mapping.unknown-study" in {issue.code for issue in issues}


def test_an_override_of_more_values_than_are_read_is_refused_in_the_same_way() -> None:
    data_set: Any = {"00081120": {"vr": "LO", "Value": ["x"] * 1_000_001}}
    made = documents([Override(study_instance_uid="1.2", series_instance_uid=None, data_set=data_set)], Assumptions())
    issues = issues_of_values(made)
    assert issues == issues_of_texts(made)
    assert "document.too-many-values" in {issue.code for issue in issues}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ATTRIBUTE = st.fixed_dictionaries(
    {"vr": st.sampled_from(["LO", "PN", "UI", "IS", "x"])},
    optional={"Value": st.lists(JSON, max_size=3), "InlineBinary": JSON, "x": JSON},
)


@settings(deadline=None)
@given(
    data_set=st.dictionaries(st.sampled_from(["00100020", "00080060", "00100010", "x"]), ATTRIBUTE, max_size=3),
    output=st.sampled_from(["s3://other/out/", "s3://bucket/in/out/"]),
)
def test_values_of_any_form_have_the_issues_of_their_texts(data_set: Any, output: str) -> None:
    override = Override(study_instance_uid="1.2", series_instance_uid=None, data_set=data_set)
    made = documents([override], Assumptions(), outputS3Uri=output)
    assert issues_of_values(made) == issues_of_texts(made)


def test_an_issue_of_an_override_file_names_its_study_and_no_file() -> None:
    override = Override(study_instance_uid="1.2", series_instance_uid=None, data_set=DATA_SETS["another VR"])
    made = documents([override], Assumptions())
    issues = check_drafted_documents(made)
    assert {(issue.location.study, issue.location.path) for issue in issues} == {("1.2", None)}
    assert Severity.NOTE not in {issue.severity for issue in issues}


def test_the_lists_of_objects_are_not_read() -> None:
    made = documents(
        [Override(study_instance_uid="1.2", series_instance_uid=None, data_set=DATA_SETS["right"])], Assumptions()
    )
    path = f"{job_folder('0001')}/{OBJECTS_FILE}"
    assert path in made
    with pytest.raises(KeyError):
        _DraftedFiles(made)[path]


def test_an_override_file_does_not_get_the_key_of_a_source_file() -> None:
    override = Override(study_instance_uid="1.2", series_instance_uid=None, data_set=DATA_SETS["right"])
    plan = documents([override], Assumptions()).plan
    (issue,) = check_override_paths(plan, URI, lambda key: key == "dicommap-overrides/1.2.json")
    assert (issue.code, issue.location.path) == ("draft.path-taken", "dicommap-overrides/1.2.json")
    assert not list(check_override_paths(plan, URI, lambda key: False))
