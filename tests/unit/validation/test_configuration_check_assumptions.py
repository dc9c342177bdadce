"""Sizes of override files and attributes of study and series, as the assumptions say."""

from __future__ import annotations

import json

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.model.study import Target
from dicommap.validation.configuration_check import check_import_configuration, check_override_file

DESCRIPTION = {"0008103E": {"vr": "LO", "Value": ["Head"]}}


def test_a_file_larger_than_the_largest_is_refused() -> None:
    content = json.dumps({"00081030": {"vr": "LO", "Value": ["Head"]}}).encode().ljust(1_001)
    target = Target(study_instance_uid="1.2")
    for setting, refused in (("1kB", True), ("1MB", False), ("unlimited", False)):
        assumptions = Assumptions.from_settings([f"largestFile={setting}"])
        codes = [issue.code for issue in check_override_file(content, target, assumptions)]
        assert codes == (["override.not-applied"] if refused else [])
    assert not check_override_file(content[:1_000], target, Assumptions(largestFile="1kB"))


def test_a_study_and_its_series_may_not_share_an_attribute_if_none_precedes() -> None:
    mappings = [
        {"studyInstanceUID": "1.2", "metadataFilePath": "study.json"},
        {"studyInstanceUID": "1.2", "seriesInstanceUID": "1.2.3", "metadataFilePath": "series.json"},
        {"studyInstanceUID": "1.4", "seriesInstanceUID": "1.4.3", "metadataFilePath": "other.json"},
    ]
    document = {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": mappings}}
    same = {name: json.dumps(DESCRIPTION).encode() for name in ("study.json", "series.json", "other.json")}
    other = same | {"study.json": json.dumps({"00081030": {"vr": "LO", "Value": ["x"]}}).encode()}
    for files, assumptions, expected in (
        (
            same,
            Assumptions(precedence="unavailable"),
            ["/dicomJsonMetadataImportConfiguration/dicomMetadataMappings/1"],
        ),
        (other, Assumptions(precedence="unavailable"), []),
        (same, Assumptions(), []),
    ):
        issues = check_import_configuration(document, files, None, None, assumptions)
        assert [issue.location.pointer for issue in issues if issue.code == "override.not-applied"] == expected
