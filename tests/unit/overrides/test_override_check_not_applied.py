"""What the assumptions say a data store does not apply is refused, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.issues import Severity
from dicommap.model.study import Target
from dicommap.overrides.override import Override
from dicommap.overrides.override_check import check_override

STUDY = Target(study_instance_uid="1.2")
SERIES = Target(study_instance_uid="1.2", series_instance_uid="1.2.3")
NAME = {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "Doe^Jane"}]}}
DESCRIPTION = {"00081030": {"vr": "LO", "Value": ["Head"]}}
SERIES_DESCRIPTION = {"0008103E": {"vr": "LO", "Value": ["Axial"]}}
COMMENTS = {"00204000": {"vr": "LT", "Value": ["Blurred"]}}
EMPTY = {"00080050": {"vr": "SH"}}
SEQUENCE = {"00081032": {"vr": "SQ", "Value": [{"00080100": {"vr": "SH", "Value": ["1"]}}]}}
NUMBER = {"00101030": {"vr": "DS", "Value": ["61.5"]}}
NON_ASCII = {"00081030": {"vr": "LO", "Value": ["Schädel"]}}
PRIVATE = {"00310010": {"vr": "LO", "Value": ["EXAMPLE"]}, "00311001": {"vr": "LO", "Value": ["x"]}}

CASES: list[tuple[str, dict[str, Any], Target]] = [
    ("patientInStudy", NAME, STUDY),
    ("studyInStudy", DESCRIPTION, STUDY),
    ("seriesInStudy", SERIES_DESCRIPTION, STUDY),
    ("instanceInStudy", COMMENTS, STUDY),
    ("patientInSeries", NAME, SERIES),
    ("studyInSeries", DESCRIPTION, SERIES),
    ("seriesInSeries", SERIES_DESCRIPTION, SERIES),
    ("instanceInSeries", COMMENTS, SERIES),
    ("emptyValue", EMPTY, STUDY),
    ("sequences", SEQUENCE, STUDY),
    ("numbers", NUMBER, STUDY),
    ("privateElements", PRIVATE, STUDY),
    ("characterSet", NON_ASCII, STUDY),
]


@pytest.mark.parametrize(("setting", "data_set", "target"), CASES, ids=[case[0] for case in CASES])
def test_only_its_own_setting_refuses_an_attribute(setting: str, data_set: dict[str, Any], target: Target) -> None:
    for name, _, _ in CASES:
        issues = check_override(data_set, target, Assumptions.from_settings([f"{name}=unavailable"]))
        refused = [issue for issue in issues if issue.code == "override.not-applied"]
        level = "studyInStudy" if target == STUDY else ""
        is_second_reason = name == level and setting in (
            "emptyValue",
            "sequences",
            "numbers",
            "characterSet",
        )  # both attributes are of the study
        assert bool(refused) == (name == setting or is_second_reason)
        assert all(issue.severity is Severity.ERROR and f"{name}=unavailable" in issue.message for issue in refused)


def test_an_override_in_memory_is_refused_too() -> None:
    override = Override.from_keywords(study_instance_uid="1.2", attributes={"PatientName": "Doe^Jane"})
    assert not override.issues()
    for form in ([], ["dataSet=array"], ["identifyingUids=present"]):
        assumptions = Assumptions.from_settings(["patientInStudy=unavailable", *form])
        assert [issue.code for issue in override.issues(assumptions)] == ["override.not-applied"]
