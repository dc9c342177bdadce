"""validate(): packages and documents, whoever wrote them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.api import validate as validating
from dicommap.errors import DocumentError
from dicommap.reading import document_limits
from dicommap.reading.document_limits import DocumentLimit
from tests.support.p10_files import STUDY, uid
from tests.support.reconciliation_packages import draft_package

SECRET = "Zyzzyva"
MAPPING = {"studyInstanceUID": uid(STUDY, 1), "metadataFilePath": "a.json"}
REQUEST = {
    "dataAccessRoleArn": "arn:aws:iam::012345678901:role/importer",
    "clientToken": "token",
    "datastoreId": "0" * 32,
    "inputS3Uri": "s3://bucket/in/",
    "outputS3Uri": "s3://bucket/out/",
}
OVERRIDE = {"00100020": {"vr": "LO", "Value": [SECRET]}}
PLACE = "/dicomJsonMetadataImportConfiguration/dicomMetadataMappings"


def configuration(*mappings: object) -> dict[str, Any]:
    return {"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": list(mappings)}}


def write(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def found_in(path: Path, **named: Any) -> list[tuple[str, str | None, str | None]]:
    found = dicommap.validate(path, **named)
    assert not any(SECRET in str(one) for one in found)
    return [(one.code, one.location.path, one.location.pointer) for one in found]


def test_a_configuration_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", configuration(MAPPING))
    assert found_in(path) == [("mapping.files-not-given", "c.json", None)]


def test_a_configuration_with_files_beside_it(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", configuration(MAPPING))
    write(tmp_path / "files" / "a.json", OVERRIDE)
    assert not found_in(path)
    write(tmp_path / "files" / "a.json", {"00100020": {"vr": "LO", "Value": SECRET}})
    assert found_in(path) == [("dicom-json.value-form", "a.json", "/00100020/Value")]
    (tmp_path / "files" / "a.json").unlink()
    assert found_in(path) == [("mapping.missing-file", "c.json", f"{PLACE}/0/metadataFilePath")]


def test_a_configuration_with_files_elsewhere(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", configuration(MAPPING))
    write(tmp_path / "upload" / "a.json", OVERRIDE)
    assert not found_in(path, files=tmp_path / "upload")
    with pytest.raises(DocumentError):
        dicommap.validate(path, files=tmp_path / "nowhere")


def test_source_files_beside_the_override_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "c.json", configuration(MAPPING))
    write(tmp_path / "files" / "a.json", OVERRIDE)
    (tmp_path / "files" / "IM0001").write_bytes(bytes(2000))
    monkeypatch.setattr(validating, "OVERRIDE_LIMIT", DocumentLimit(1000, 1000))
    assert not found_in(path)


def test_a_configuration_against_an_inventory(tmp_path: Path, inventory: dicommap.Inventory) -> None:
    series = MAPPING | {"seriesInstanceUID": uid(STUDY, 1, 9)}
    path = write(tmp_path / "c.json", configuration(series, MAPPING | {"studyInstanceUID": "1.9"}))
    found = found_in(path, inventory=inventory)
    assert ("mapping.unknown-series", "c.json", f"{PLACE}/0/seriesInstanceUID") in found
    assert ("mapping.unknown-study", "c.json", f"{PLACE}/1/studyInstanceUID") in found


def test_paths_are_checked_as_keys_under_the_uri(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", configuration(MAPPING | {"metadataFilePath": "a" * 900}))
    assert "mapping.key-too-long" not in [one[0] for one in found_in(path)]
    found = found_in(path, input_s3_uri="s3://bucket/" + "b" * 200 + "/")
    assert ("mapping.key-too-long", "c.json", f"{PLACE}/0/metadataFilePath") in found
    assert "s3-uri.invalid" in [one[0] for one in found_in(path, input_s3_uri="bucket")]


def test_a_request(tmp_path: Path) -> None:
    path = write(tmp_path / "r.json", REQUEST)
    assert not found_in(path)
    write(path, REQUEST | {"importConfiguration": configuration(MAPPING | {"metadataFilePath": "/a"})})
    inner = f"/importConfiguration{PLACE}"
    assert ("mapping.path", "r.json", f"{inner}/0/metadataFilePath") in found_in(path)
    write(path, REQUEST | {"importConfiguration": {}})
    assert found_in(path) == [("schema.required", "r.json", "/importConfiguration")]
    write(path, REQUEST | {"importConfigurations": 1})
    assert found_in(path) == [("schema.unknown-member", "r.json", "/importConfigurations")]


def test_a_request_for_another_prefix(tmp_path: Path) -> None:
    path = write(tmp_path / "r.json", REQUEST)
    assert not found_in(path, input_s3_uri="s3://bucket/in")[1:]
    found = found_in(path, input_s3_uri="s3://bucket/other/")
    assert found == [("s3-uri.mismatch", "r.json", "/inputS3Uri")]


def test_an_override(tmp_path: Path) -> None:
    path = write(tmp_path / "o.json", OVERRIDE)
    assert not found_in(path)
    write(path, {"00100020": {"vr": "DA", "Value": [SECRET]}})
    assert {one[0] for one in found_in(path)} == {"dicom-json.vr-mismatch", "value.format"}
    write(path, [OVERRIDE])
    assert found_in(path) == [("override.form", "o.json", "")]
    write(path, {})
    assert found_in(path) == [("override.empty", "o.json", "")]


def test_a_plan(tmp_path: Path) -> None:
    path = write(tmp_path / "plan.json", {"version": 1, "jobs": [], "x": SECRET})
    assert ("schema.count", "plan.json", "/jobs") in found_in(path)


@pytest.mark.parametrize("name", ["r.toml", "R.TOML"])
def test_rules(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(f"[[rule]]\nname = 'a'\nlevel = 'study'\nset = {{ PatientID = '{SECRET}' }}")
    assert not found_in(path)
    path.write_text(f"[[rule]]\nname = 'a'\nlevel = 'study'\nset = {{ StudyDate = '{SECRET}' }}")
    assert found_in(path) == [("value.format", name, None)]
    path.write_text(f"{SECRET}")
    assert found_in(path) == [("rules.not-toml", name, None)]


@pytest.mark.parametrize("document", [None, 5, SECRET, {"a": SECRET}, True])
def test_a_document_of_no_kind(tmp_path: Path, document: object) -> None:
    path = write(tmp_path / "x.json", document)
    assert found_in(path) == [("document.unknown-kind", "x.json", "")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "json.not-json"),
        (b"\xff", "json.not-utf8"),
        (b"[" * 100_000, "json.too-deep"),
        (b'{"00101002": {"vr": "SQ", "Value": [' * 100 + b"{}" + b"]}}" * 100, "json.too-deep"),
        (b'{"dicomMetadataMappings": ' + b"[" * 400 + b"]" * 400 + b"}", "json.too-deep"),
    ],
)
def test_what_is_no_json_is_one_finding(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    assert {one[0] for one in found_in(path)} == {code}


def test_every_finding_can_be_printed(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b'{"\\ud800": {"vr": "LO"}, "00100020": {"\\udc00": 1}}')
    found = dicommap.validate(path)
    assert len(found) > 2
    assert all(str(one).encode("utf-8") for one in found)


def test_a_directory_without_a_plan_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"without a plan\.json"):
        dicommap.validate(tmp_path)


def test_what_is_not_there_is_raised(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="There is no package or document"):
        dicommap.validate(tmp_path / "no.json")


def test_a_package_on_disk(tmp_path: Path, inventory: dicommap.Inventory) -> None:
    rules = tmp_path / "r.toml"
    rules.write_text(f"[[rule]]\nname = 'a'\nlevel = 'study'\nset = {{ PatientID = '{SECRET}' }}")
    package = tmp_path / "package"
    assert dicommap.draft(inventory, input_s3_uri="s3://bucket/in/", rules=[rules], output=package).package
    assert {one[0] for one in found_in(package, inventory=inventory)} == {"request.placeholder"}
    assert ("s3-uri.mismatch", "plan.json") in [one[:2] for one in found_in(package, input_s3_uri="s3://bucket/x/")]
    (package / "preview.csv").unlink()
    assert ("package.missing-file", "preview.csv", None) in found_in(package)
    assert not found_in(package / "jobs" / "0001" / "import-configuration.json")


@pytest.mark.parametrize("name", ["studies.csv", "STUDIES.TSV"])
def test_a_sheet_is_sent_to_draft(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xef\xbb\xbfStudyInstanceUID\n")
    with pytest.raises(DocumentError, match="dicommap draft"):
        dicommap.validate(tmp_path / name)


def test_files_are_not_named_for_a_package(tmp_path: Path) -> None:
    write(tmp_path / "plan.json", {})
    (tmp_path / "files").mkdir()
    with pytest.raises(DocumentError, match="--files"):
        dicommap.validate(tmp_path, files=tmp_path / "files")


def test_a_plan_alone_is_checked_against_itself(tmp_path: Path, inventory: dicommap.Inventory) -> None:
    rules = tmp_path / "r.toml"
    rules.write_text("[[rule]]\nname = 'a'\nlevel = 'study'\nset = { PatientID = 'x' }")
    plan = json.loads(dicommap.draft(inventory, input_s3_uri="s3://b-b/in/", rules=rules).documents["plan.json"])
    assert not found_in(write(tmp_path / "plan.json", plan))
    plan["studies"] += 1
    assert found_in(write(tmp_path / "plan.json", plan)) == [("package.counts", "plan.json", "/studies")]


def test_an_override_that_is_too_large_is_one_finding_among_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "c.json", configuration(MAPPING, MAPPING | {"metadataFilePath": "b.json"}))
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.json").write_bytes(bytes(2000))
    write(tmp_path / "files" / "b.json", {})
    monkeypatch.setattr(validating, "OVERRIDE_LIMIT", DocumentLimit(1000, 1000))
    found = {one[:2] for one in found_in(path)}
    assert found == {("mapping.duplicate", "c.json"), ("document.too-large", "a.json"), ("override.empty", "b.json")}


def test_tables_of_any_size_are_read_line_by_line(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = draft_package(tree, tmp_path / "package").path
    monkeypatch.setattr(document_limits, "TABLE_LIMIT", DocumentLimit(0))
    assert {found.code for found in dicommap.validate(package)} == {"request.placeholder"}
    objects = package / "jobs/0001/objects.csv"
    lines = objects.read_bytes().splitlines(keepends=True)
    objects.write_bytes(b"".join([lines[0], lines[2], lines[1], *lines[3:]]))
    (package / "preview.csv").write_bytes(b"")
    found = [(one.code, one.location.path) for one in dicommap.validate(package).errors]
    assert found == [("package.changed-file", "preview.csv"), ("package.changed-file", "jobs/0001/objects.csv")]


def test_a_place_without_a_name_is_named_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DocumentError, match=r"^\. is a directory without a plan.json"):
        dicommap.validate(".")


def test_an_inventory_is_no_document(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    dicommap.scan(tmp_path / "tree", output=tmp_path / "pd.db").close()
    with pytest.raises(DocumentError, match="is an inventory, or another SQLite file") as raised:
        dicommap.validate(tmp_path / "pd.db")
    assert "--inventory" in raised.value.fix
