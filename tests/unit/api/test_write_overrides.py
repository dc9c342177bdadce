"""write_overrides(): files and an import configuration from values, without a scan."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

import dicommap
from dicommap import Assumptions, DicomMetadataMapping, ImportConfiguration, Override, StartDICOMImportJobRequest
from dicommap.errors import DocumentError, UsageError
from dicommap.healthimaging.limits import MAX_MAPPINGS

URI = "s3://example-bucket/incoming/"


def override(study: str = "1.2", series: str | None = None, /, **attributes: Any) -> Override:
    return Override.from_keywords(
        study_instance_uid=study,
        series_instance_uid=series,
        attributes=attributes or {"PatientID" if series is None else "SeriesDescription": "X"},
    )


def files_in(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): path.read_text(encoding="utf-8")
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_each_mapping_has_its_file(tmp_path: Path) -> None:
    overrides = [override("1.2", "1.2.3"), override("1.2"), override("1.1", PatientName="Müller")]
    configuration = dicommap.write_overrides(iter(overrides), tmp_path / "upload", input_s3_uri=URI)
    assert isinstance(configuration, ImportConfiguration)
    mappings = configuration.dicomJsonMetadataImportConfiguration.dicomMetadataMappings
    assert [(one.studyInstanceUID, one.seriesInstanceUID, one.metadataFilePath) for one in mappings] == [
        ("1.1", None, "dicommap-overrides/1.1.json"),
        ("1.2", None, "dicommap-overrides/1.2.json"),
        ("1.2", "1.2.3", "dicommap-overrides/1.2_1.2.3.json"),
    ]
    assert files_in(tmp_path / "upload") == {
        "dicommap-overrides/1.1.json": overrides[2].to_json(),
        "dicommap-overrides/1.2.json": overrides[1].to_json(),
        "dicommap-overrides/1.2_1.2.3.json": overrides[0].to_json(),
    }


def test_validate_finds_nothing_in_what_is_written(tmp_path: Path) -> None:
    configuration = dicommap.write_overrides([override()], tmp_path / "upload", input_s3_uri=URI)
    document = tmp_path / "import-configuration.json"
    document.write_text(json.dumps(configuration.model_dump(exclude_none=True)))
    assert dicommap.validate(document, files=tmp_path / "upload") == ()


@pytest.fixture(scope="module")
def request_shape() -> Any:
    model = botocore.session.get_session().get_service_model("medical-imaging")
    return model.operation_model("StartDICOMImportJob").input_shape


def test_botocore_takes_the_configuration_as_it_is(tmp_path: Path, request_shape: Any) -> None:
    overrides = [override(), override("1.3", "1.3.1")]
    configuration = dicommap.write_overrides(overrides, tmp_path / "upload", input_s3_uri=URI)
    request: dict[str, Any] = {
        "dataAccessRoleArn": "arn:aws:iam::012345678901:role/importer",
        "clientToken": "token",
        "datastoreId": "0" * 32,
        "inputS3Uri": URI,
        "outputS3Uri": "s3://example-output/",
        "importConfiguration": configuration.model_dump(exclude_none=True),
    }
    assert ParamValidator().validate(request, request_shape).generate_report() == ""
    whole = StartDICOMImportJobRequest(**{**request, "importConfiguration": configuration})
    assert ParamValidator().validate(whole.model_dump(exclude_none=True), request_shape).generate_report() == ""
    assert ParamValidator().validate({**request, "importConfiguration": {"other": {}}}, request_shape).has_errors()


def test_mappings_that_hold_the_same_may_share_a_file(tmp_path: Path) -> None:
    shared = Assumptions.from_settings(["overrideFiles=shared"])
    configuration = dicommap.write_overrides(
        [override("1.1"), override("1.2")], tmp_path / "upload", input_s3_uri=URI, assumptions=shared
    )
    mappings = configuration.dicomJsonMetadataImportConfiguration.dicomMetadataMappings
    assert {one.metadataFilePath for one in mappings} == {"dicommap-overrides/1.1.json"}
    assert list(files_in(tmp_path / "upload")) == ["dicommap-overrides/1.1.json"]
    assert isinstance(mappings[0], DicomMetadataMapping)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([], "overrides is empty"),
        ([override(), override("1.3", StudyDate="CANARY")], r"^1 override has errors.*study 1\.3: StudyDate"),
        ([override("1.2"), override("1.3"), override("1.2")], r"Two overrides are for study 1\.2\."),
        ([override("1.2", "1.3"), override("1.2", "1.3")], r"Two overrides are for study 1\.2 series 1\.3\."),
        ([override("1..2")], "studyInstanceUID has an empty component"),
        (["CANARY"], "not an Override"),
        (override(), "overrides is not a list"),
        (None, "overrides is not a list"),
        (
            [override(), Override.from_keywords(study_instance_uid="1.3", attributes={})],
            r"The override for study 1\.3 has no attributes",
        ),
    ],
)
def test_wrong_overrides_are_refused_and_nothing_is_written(
    tmp_path: Path, overrides: list[Override], message: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        dicommap.write_overrides(overrides, tmp_path / "upload", input_s3_uri=URI)
    assert "CANARY" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_more_overrides_than_a_job_takes_are_refused(tmp_path: Path) -> None:
    def endless() -> Iterator[Override]:
        number = 0
        while True:
            yield override(f"1.{(number := number + 1)}")

    with pytest.raises(UsageError, match="more than 1,000 overrides"):
        dicommap.write_overrides(endless(), tmp_path / "upload", input_s3_uri=URI)
    assert list(tmp_path.iterdir()) == []


def test_as_many_overrides_as_a_job_takes_are_written(tmp_path: Path) -> None:
    many = [override(f"1.{number}") for number in range(1, MAX_MAPPINGS + 1)]
    dicommap.write_overrides(many, tmp_path / "upload", input_s3_uri=URI)
    assert len(files_in(tmp_path / "upload")) == MAX_MAPPINGS


def test_strict_assumptions_refuse_another_level(tmp_path: Path) -> None:
    series = [override("1.2", "1.3", PatientID="X")]
    strict = Assumptions.from_settings(["strict"])
    with pytest.raises(UsageError, match=r"attribute\.level"):
        dicommap.write_overrides(series, tmp_path / "upload", input_s3_uri=URI, assumptions=strict)
    dicommap.write_overrides(series, tmp_path / "upload", input_s3_uri=URI)


@pytest.mark.parametrize("uri", ["", "incoming/", "s3://B/", "s3://example-bucket/a//b/", "s3://example-bucket/../", 5])
def test_a_uri_that_no_job_takes_is_refused(tmp_path: Path, uri: Any) -> None:
    with pytest.raises(UsageError, match="input_s3_uri is not"):
        dicommap.write_overrides([override()], tmp_path / "upload", input_s3_uri=uri)
    assert list(tmp_path.iterdir()) == []


def test_a_prefix_that_makes_a_key_too_long_is_refused(tmp_path: Path) -> None:
    uri = f"s3://example-bucket/{'a' * 1000}/"
    with pytest.raises(UsageError, match=r"mapping\.key-too-long"):
        dicommap.write_overrides([override()], tmp_path / "upload", input_s3_uri=uri)


def test_nothing_is_written_over_files(tmp_path: Path) -> None:
    (tmp_path / "upload").mkdir()
    (tmp_path / "upload" / "image.dcm").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("upload", "file", "link"):
        with pytest.raises(DocumentError, match="exists already"):
            dicommap.write_overrides([override()], tmp_path / name, input_s3_uri=URI)
    assert files_in(tmp_path / "upload") == {"image.dcm": "mine"}


def test_an_empty_directory_is_taken_and_a_missing_parent_is_not(tmp_path: Path) -> None:
    (tmp_path / "upload").mkdir()
    dicommap.write_overrides([override()], tmp_path / "upload", input_s3_uri=URI)
    assert list(files_in(tmp_path / "upload")) == ["dicommap-overrides/1.2.json"]
    with pytest.raises(DocumentError, match="parent directory"):
        dicommap.write_overrides([override()], tmp_path / "no" / "upload", input_s3_uri=URI)
    with pytest.raises(UsageError, match="directory is a path with a null character"):
        dicommap.write_overrides([override()], tmp_path / "no\0", input_s3_uri=URI)


def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(DocumentError, match="No space left on device"):
        dicommap.write_overrides([override()], tmp_path / "upload", input_s3_uri=URI)
    assert list(tmp_path.iterdir()) == []


def test_arguments_of_the_wrong_type_are_refused(tmp_path: Path) -> None:
    wrong: Any = "strict"
    with pytest.raises(UsageError, match="assumptions is a value of type str"):
        dicommap.write_overrides([override()], tmp_path / "upload", input_s3_uri=URI, assumptions=wrong)
    none: Any = None
    with pytest.raises(UsageError, match="directory is None"):
        dicommap.write_overrides([override()], none, input_s3_uri=URI)
    with pytest.raises(UsageError, match="assumptions is a value of type str"):
        dicommap.draft(none, assumptions=wrong)
    assert list(tmp_path.iterdir()) == []


def test_warnings_of_the_overrides_are_in_the_result(tmp_path: Path) -> None:
    overrides = [
        Override.from_keywords(study_instance_uid="1.2.03", attributes={"SeriesDescription": "Knee"}),
        Override.from_keywords(study_instance_uid="1.3", attributes={"PatientID": "7"}),
    ]
    configuration = dicommap.write_overrides(overrides, tmp_path / "upload", input_s3_uri=URI)
    found = [(issue.code, issue.location.study) for issue in configuration.issues.warnings]
    assert found == [("override.nonconformant-uid", "1.2.03"), ("attribute.level", "1.2.03")]
    assert configuration.model_dump(exclude_none=True).keys() == {"dicomJsonMetadataImportConfiguration"}
