"""Mappings are checked on their own, among each other and against the inventory."""

from __future__ import annotations

import pytest

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.model.study import Target
from dicommap.validation.configuration_check import check_mappings, check_mappings_and_files, check_override_file
from dicommap.validation.file_contents import FileContent

AT = "/dicomJsonMetadataImportConfiguration/dicomMetadataMappings"
ASSUMPTIONS = Assumptions()
KNOWN = {"1.2": {"1.2.1"}, "1.3": {"1.3.1"}}


def mapping(study: str, series: str | None = None, path: str = "a.json") -> dict[str, str]:
    return {"studyInstanceUID": study, "metadataFilePath": path} | ({"seriesInstanceUID": series} if series else {})


@pytest.mark.parametrize(
    ("mappings", "code", "pointer"),
    [
        ([mapping("1.2"), mapping("1.2", path="b")], "mapping.duplicate", "/1"),
        ([mapping("1.2", "1.2.1"), mapping("1.2", "1.2.1", "b")], "mapping.duplicate", "/1"),
        ([mapping("1.2", "1.2.1"), mapping("1.2", path="b")], "mapping.study-and-series", "/1"),
        (
            [mapping("1.2"), mapping("1.2", "1.2.1", "b"), mapping("1.2", "1.2.2", "c")],
            "mapping.study-and-series",
            "/0",
        ),
        ([mapping("1.2"), mapping("1.3")], "mapping.shared-file", "/1/metadataFilePath"),
        ([mapping("1..2")], "mapping.invalid-uid", "/0/studyInstanceUID"),
        ([mapping("1" * 300)], "mapping.invalid-uid", "/0/studyInstanceUID"),
        ([mapping("1.2", "1.")], "mapping.invalid-uid", "/0/seriesInstanceUID"),
        ([mapping("1.2", path="../a")], "mapping.path", "/0/metadataFilePath"),
        ([mapping("1.2", path="a" * 1022)], "mapping.key-too-long", "/0/metadataFilePath"),
        ([mapping("1.9")], "mapping.unknown-study", "/0/studyInstanceUID"),
        ([mapping("1.2", "1.3.1")], "mapping.unknown-series", "/0/seriesInstanceUID"),
    ],
)
def test_each_fault_has_its_code_and_place(mappings: list[dict[str, str]], code: str, pointer: str) -> None:
    found = list(check_mappings(mappings, S3Uri.parse("s3://bucket/in/"), KNOWN, ASSUMPTIONS))
    assert (code, AT + pointer) in [(one.code, one.location.pointer) for one in found]


def test_good_mappings_are_left_alone() -> None:
    mappings = [mapping("1.2", "1.2.1"), mapping("1.3", path="b.json")]
    assert not list(check_mappings(mappings, S3Uri.parse("s3://bucket"), KNOWN, ASSUMPTIONS))


def test_without_an_inventory_nothing_is_unknown() -> None:
    assert not list(check_mappings([mapping("1.9")], None, None, ASSUMPTIONS))


def test_places_stand_in_the_document_that_holds_the_configuration() -> None:
    (found,) = check_mappings([mapping("1..2")], None, None, ASSUMPTIONS, "/importConfiguration")
    assert found.location.pointer == f"/importConfiguration{AT}/0/studyInstanceUID"


def test_no_finding_holds_a_uid() -> None:
    mappings = [mapping("1..4711471147", "1..0815"), mapping("1.4711471147"), mapping("1.2", "1.4711471147")]
    found = list(check_mappings(mappings, None, KNOWN, ASSUMPTIONS))
    assert len(found) > 3
    assert not any(part in str(one) for one in found for part in ("4711471147", "0815"))


def test_equal_files_have_the_same_issues_at_their_own_paths() -> None:
    """A rule makes many equal files, which are checked once: a file of a series and one of its study are different."""
    content = b'{"0020000E": {"vr": "UI", "Value": ["1.2"]}}'
    mappings = [
        {"studyInstanceUID": "1.1", "metadataFilePath": "a.json"},
        {"studyInstanceUID": "1.2", "metadataFilePath": "b.json"},
        {"studyInstanceUID": "1.3", "seriesInstanceUID": "1.3.1", "metadataFilePath": "c.json"},
        {"studyInstanceUID": "1.4", "metadataFilePath": "d.json"},
        {"studyInstanceUID": "1.5", "metadataFilePath": "e.json"},
    ]
    files: dict[str, FileContent] = dict.fromkeys(("a.json", "b.json", "c.json", "d.json"), content)
    files["e.json"] = b"{}"
    assumptions = Assumptions()
    expected = [
        issue.with_location(path=mapping["metadataFilePath"])
        for mapping in mappings
        for issue in check_override_file(
            files[mapping["metadataFilePath"]],
            Target(study_instance_uid="", series_instance_uid=mapping.get("seriesInstanceUID")),
            assumptions,
        )
    ]
    issues = list(check_mappings_and_files(mappings, files, None, None, assumptions))
    assert issues == expected
    assert {issue.location.path for issue in issues} == set(files)


def test_equal_files_that_repeat_uids_are_checked_for_each_study() -> None:
    content = b'{"00081030": {"vr": "LO", "Value": ["x"]}, "0020000D": {"vr": "UI", "Value": ["1.1"]}}'
    mappings = [
        {"studyInstanceUID": uid, "metadataFilePath": path} for uid, path in (("1.1", "a.json"), ("1.2", "b.json"))
    ]
    assumptions = Assumptions(identifyingUids="present")
    (issue,) = check_mappings_and_files(mappings, dict.fromkeys(("a.json", "b.json"), content), None, None, assumptions)
    assert (issue.code, issue.location.path) == ("override.other-uid", "b.json")
