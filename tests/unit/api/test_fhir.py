"""fhir(): studies as ImagingStudy resources."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom.config import disable_value_validation

import dicommap
from dicommap.errors import DocumentError, UsageError
from dicommap.issues.bounded_list import DOCUMENT_ISSUE_LIMIT
from tests.support.p10_files import CT_IMAGE_STORAGE, STUDY, p10, small_tree, uid, write_tree
from tests.support.reconciliation_packages import draft_package, keys_of, manifests, write

Written = Callable[..., tuple[list[dict[str, Any]], dicommap.Issues]]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Return a function that scans files, and gives their resources and what was found."""

    def write(files: dict[str, bytes], attributes: tuple[str, ...] = (), **settings: Any) -> Any:
        with dicommap.scan(write_tree(tmp_path / "files", files), attributes=attributes) as inventory:
            found = dicommap.fhir(inventory, tmp_path / "studies.ndjson", **settings)
        lines = found.path.read_text(encoding="utf-8").splitlines()
        assert found.studies == len(lines)
        return [json.loads(line) for line in lines], found.issues

    return write


def codes(issues: dicommap.Issues) -> list[str]:
    return [one.code for one in issues]


def test_a_study_as_a_resource(written: Written) -> None:
    file = p10(
        StudyTime="101530.5",
        TimezoneOffsetFromUTC="+0100",
        StudyDescription="Head, routine",
        SeriesDescription="Axial",
        SeriesDate="20260103",
        SeriesTime="1100",
        BodyPartExamined="HEAD",
        SeriesNumber=3,
        InstanceNumber=7,
    )
    (resource,), issues = written(
        {"1": file},
        ("TimezoneOffsetFromUTC", "SeriesDate", "SeriesTime"),
        patient_system="https://hospital.example/patients",
        accession_system="urn:oid:1.2.3",
    )
    assert issues == ()
    modality = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CT"}
    assert resource == {
        "resourceType": "ImagingStudy",
        "id": STUDY,
        "identifier": [
            {"system": "urn:dicom:uid", "value": f"urn:oid:{STUDY}"},
            {
                "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]},
                "system": "urn:oid:1.2.3",
                "value": "A1",
            },
        ],
        "status": "available",
        "modality": [modality],
        "subject": {
            "type": "Patient",
            "identifier": {"system": "https://hospital.example/patients", "value": "P1"},
        },
        "started": "2026-01-02T10:15:30.5+01:00",
        "numberOfSeries": 1,
        "numberOfInstances": 1,
        "description": "Head, routine",
        "series": [
            {
                "uid": uid(STUDY, 1),
                "number": 3,
                "modality": modality,
                "description": "Axial",
                "numberOfInstances": 1,
                "bodySite": {"display": "HEAD"},
                "started": "2026-01-03T11:00:00+01:00",
                "instance": [
                    {
                        "uid": uid(STUDY, 1, 1),
                        "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{CT_IMAGE_STORAGE}"},
                        "number": 7,
                    }
                ],
            }
        ],
    }


def test_studies_come_in_order_with_all_series_and_instances(tree: Path, tmp_path: Path) -> None:
    (tree / "study1/series1/again").write_bytes((tree / "study1/series1/IM0001").read_bytes())
    with dicommap.scan(tree) as inventory:
        found = dicommap.fhir(inventory, tmp_path / "o.ndjson")
        again = dicommap.fhir(inventory, tmp_path / "again.ndjson")
        counts = dicommap.fhir(inventory, tmp_path / "counts.ndjson", instances=False)
    assert (found.studies, found.series, found.instances) == (2, 4, 8)
    assert (counts.studies, counts.series, counts.instances) == (2, 4, 0)
    assert found.path.read_bytes() == again.path.read_bytes()
    first, second = (json.loads(line) for line in found.path.read_text().splitlines())
    assert (first["id"], second["id"]) == (uid(STUDY, 1), uid(STUDY, 2))
    assert [[one["number"] for one in series["instance"]] for series in first["series"]] == [[1, 2], [1, 2]]
    assert first["numberOfInstances"] == 4  # a duplicate is no other instance


def test_the_overrides_of_a_package_are_applied(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(
        '[[rule]]\nname = "study"\nlevel = "study"\nmatch = { PatientID = "P1" }\n'
        'set = { PatientID = "NEW", StudyDate = "20270304", AccessionNumber = "" }\n'
        '[[rule]]\nname = "series"\nlevel = "series"\nmatch = { SeriesNumber = "2", PatientID = "P2" }\n'
        'set = { BodyPartExamined = "CHEST" }\n'
    )
    package = tmp_path / "package"
    with dicommap.scan(tree) as inventory:
        drafted = dicommap.draft(
            inventory, rules=tmp_path / "rules.toml", input_s3_uri="s3://example/in/", output=package
        )
        assert drafted.ok
        found = dicommap.fhir(inventory, tmp_path / "o.ndjson", package=package)
    first, second = (json.loads(line) for line in found.path.read_text().splitlines())
    assert first["subject"]["identifier"]["value"] == "NEW"
    assert first["started"] == "2027-03-04"
    assert len(first["identifier"]) == 1
    assert second["subject"]["identifier"]["value"] == "P2"
    assert [one.get("bodySite") for one in second["series"]] == [None, {"display": "CHEST"}]


@pytest.mark.parametrize(
    "form", ["dataSet=array", "identifyingUids=present", "emptyValue=null", "overrideFiles=shared"]
)
def test_overrides_are_read_in_the_packages_form(tree: Path, tmp_path: Path, form: str) -> None:
    (tmp_path / "rules.toml").write_text(
        '[[rule]]\nname = "study"\nlevel = "study"\nset = { PatientID = "NEW", AccessionNumber = "" }\n'
    )
    package = tmp_path / "package"
    with dicommap.scan(tree) as inventory:
        assumptions = dicommap.Assumptions.from_settings([form])
        dicommap.draft(
            inventory,
            rules=tmp_path / "rules.toml",
            input_s3_uri="s3://e-x/in/",
            output=package,
            assumptions=assumptions,
        )
        found = dicommap.fhir(inventory, tmp_path / "o.ndjson", package=package)
    for line in found.path.read_text().splitlines():
        resource = json.loads(line)
        assert resource["subject"]["identifier"]["value"] == "NEW"
        assert len(resource["identifier"]) == 1


def test_a_time_zone_for_files_that_have_none(written: Written) -> None:
    (resource,), issues = written({"1": p10(StudyTime="101530")}, timezone="Europe/Berlin")
    assert resource["started"] == "2026-01-02T10:15:30+01:00"
    assert issues == ()


@pytest.mark.parametrize(("day", "how"), [("20260329", "not at all"), ("20261025", "twice")])
def test_of_a_time_in_a_clock_change_the_date_is_kept(written: Written, day: str, how: str) -> None:
    file = p10(StudyDate=day, StudyTime="0230", SeriesDate=day, SeriesTime="0215")
    captured = ("SeriesDate", "SeriesTime", "TimezoneOffsetFromUTC")
    (resource,), issues = written({"1": file}, captured, timezone="Europe/Berlin")
    date = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    assert resource["started"] == resource["series"][0]["started"] == date
    assert [(one.code, one.location.keyword) for one in issues] == [
        ("fhir.left-out", "SeriesTime"),
        ("fhir.left-out", "StudyTime"),
    ]
    assert all(how in one.message for one in issues)


def test_an_offset_in_the_files_says_which_time_of_a_clock_change_is_meant(written: Written) -> None:
    file = p10(StudyDate="20261025", StudyTime="0230", TimezoneOffsetFromUTC="+0100")
    (resource,), issues = written({"1": file}, ("TimezoneOffsetFromUTC",), timezone="Europe/Berlin")
    assert resource["started"] == "2026-10-25T02:30:00+01:00"
    assert issues == ()


def test_a_time_without_a_zone_is_left_out(written: Written) -> None:
    files = {
        str(number): p10(StudyInstanceUID=f"1.2.{number}", SOPInstanceUID=f"1.3.{number}", StudyTime="1015")
        for number in range(3)
    }
    resources, issues = written(files)
    assert {one["started"] for one in resources} == {"2026-01-02"}
    (found,) = issues
    assert (found.code, found.message.split()[0]) == ("fhir.no-time-zone", "3")


def test_what_fhir_cannot_express_is_left_out(written: Written) -> None:
    file = p10(
        StudyDate="2026.01.02",
        SeriesNumber=-1,
        InstanceNumber=-1,
        StudyDescription="a\x07b",
        PatientID=None,
        Modality=None,
    )
    (resource,), issues = written({"1": file})
    assert {"started", "description", "identifier"} & resource.keys() == {"identifier"}
    assert resource["subject"] == {"type": "Patient"}
    (series,) = resource["series"]
    assert "number" not in series
    assert series["modality"]["code"] == "unknown"
    assert "number" not in series["instance"][0]
    left_out = {one.location.keyword for one in issues if one.code == "fhir.left-out"}
    assert left_out == {"StudyDate", "SeriesNumber", "InstanceNumber", "StudyDescription"}
    assert set(codes(issues)) == {"fhir.left-out", "fhir.no-patient-id", "fhir.no-modality"}
    assert not [one for one in issues if "2026" in one.message or "\x07" in one.message]


def test_of_several_values_the_most_frequent_is_taken(written: Written) -> None:
    files = {str(number): p10(SOPInstanceUID=f"1.{number}", PatientID=name) for number, name in enumerate("BAABX")}
    (resource,), issues = written(files)
    assert resource["subject"]["identifier"]["value"] == "A"  # as frequent as B, and first by its text
    (found,) = issues
    assert (found.code, found.location.keyword) == ("fhir.several-values", "PatientID")
    assert "3 values" in found.message


def test_uids_that_are_no_ids(written: Written) -> None:
    long = "1." + "2" * 70
    with disable_value_validation():
        files = {
            "1": p10(StudyInstanceUID=long),
            "2": p10(StudyInstanceUID=long, SOPInstanceUID=long),
            "3": p10(StudyInstanceUID=long, SOPInstanceUID="1.2.3", SeriesInstanceUID=long),
        }
    (resource,), issues = written(files)
    assert resource["identifier"][0]["value"] == f"urn:oid:{long}"
    assert len(resource["id"]) == 64
    assert [len(one["instance"]) for one in resource["series"]] == [1]
    assert (resource["numberOfSeries"], resource["numberOfInstances"]) == (2, 3)
    found = [one.location.keyword for one in issues if one.code == "fhir.uid-too-long"]
    assert found == ["SOPInstanceUID", "SeriesInstanceUID"]


@pytest.mark.long
def test_findings_are_told_in_bounded_number(written: Written) -> None:
    files = {
        str(number): p10(StudyInstanceUID=f"1.2.{number}", SOPInstanceUID=f"1.3.{number}", PatientID=None)
        for number in range(DOCUMENT_ISSUE_LIMIT + 5)
    }
    _, issues = written(files)
    assert len(issues) == DOCUMENT_ISSUE_LIMIT + 1
    assert (issues[-1].code, issues[-1].severity) == ("document.more-issues", dicommap.Severity.WARNING)
    assert "5 more issues of fhir.no-patient-id" in issues[-1].message


@pytest.mark.parametrize(
    "wrong",
    [{"status": "done"}, {"timezone": "Mars/Olympus"}, {"timezone": "../etc/passwd"}, {"patient_system": "no uri"}],
)
def test_wrong_settings_are_refused(inventory: dicommap.Inventory, tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        dicommap.fhir(inventory, tmp_path / "o.ndjson", **wrong)  # type: ignore[arg-type]
    assert list(tmp_path.glob("*.ndjson")) == []


def test_a_package_with_errors_is_refused(inventory: dicommap.Inventory, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text('[[rule]]\nname = "r"\nlevel = "study"\nset = { PatientID = "NEW" }\n')
    package = tmp_path / "package"
    dicommap.draft(inventory, rules=tmp_path / "rules.toml", input_s3_uri="s3://example/in/", output=package)
    next(package.glob("jobs/0001/files/*/*.json")).write_text("{}")
    with pytest.raises(DocumentError, match="has errors"):
        dicommap.fhir(inventory, tmp_path / "o.ndjson", package=package)
    with pytest.raises(DocumentError, match="no package"):
        dicommap.fhir(inventory, tmp_path / "o.ndjson", package=tree)


def test_a_retry_is_refused_since_it_lacks_overrides(inventory: dicommap.Inventory, tree: Path, tmp_path: Path) -> None:
    package = draft_package(tree, tmp_path / "package")
    first, *rest = keys_of(package)
    write(tmp_path / "output", manifests(package, rest, [first]))
    again = dicommap.reconcile(package.path, manifests=tmp_path / "output").retry(
        tmp_path / "again", stage_uri="s3://bucket/again/"
    )
    assert again.package is not None
    with pytest.raises(UsageError, match="is a retry"):
        dicommap.fhir(inventory, tmp_path / "o.ndjson", package=again.package)
    assert not (tmp_path / "o.ndjson").exists()


def test_nothing_is_written_over(inventory: dicommap.Inventory, tmp_path: Path) -> None:
    path = tmp_path / "o.ndjson"
    path.write_text("mine")
    with pytest.raises(DocumentError, match="exists already"):
        dicommap.fhir(inventory, path)
    assert path.read_text() == "mine"
    with pytest.raises(DocumentError, match="directory"):
        dicommap.fhir(inventory, tmp_path / "nowhere" / "o.ndjson")


def test_a_run_that_fails_leaves_nothing(
    inventory: dicommap.Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_resource: dict[str, Any]) -> None:
        raise ValueError("no ImagingStudy")

    monkeypatch.setattr("dicommap.api.fhir.load_imaging_study_check", lambda: refuse)
    with pytest.raises(ValueError, match="no ImagingStudy"):
        dicommap.fhir(inventory, tmp_path / "o.ndjson")
    assert [path.name for path in tmp_path.iterdir() if "ndjson" in path.name] == []


def test_an_empty_inventory_makes_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with dicommap.scan(tmp_path / "empty") as inventory:
        found = dicommap.fhir(inventory, tmp_path / "o.ndjson")
    assert (found.studies, found.path.read_bytes()) == (0, b"")


def test_the_command(tmp_path: Path) -> None:
    from tests.cli.running import dicommap as run

    tree = small_tree(tmp_path / "tree")
    assert run("scan", tree, "-o", tmp_path / "i.db").status == 0
    ran = run("fhir", tmp_path / "i.db", "-o", tmp_path / "o.ndjson", "--status", "registered")
    assert (ran.status, ran.err) == (0, "")
    assert "2 studies, 4 series, 8 instances" in ran.out
    first = json.loads((tmp_path / "o.ndjson").read_text().splitlines()[0])
    assert first["status"] == "registered"
    assert "P1" not in ran.everything
    again = run("fhir", tmp_path / "i.db", "-o", tmp_path / "o.ndjson")
    assert (again.status, "exists already" in again.err) == (2, True)
