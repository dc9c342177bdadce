"""Placement, mappings and the plan follow from the overrides alone."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.quotas import Quotas
from dicommap.healthimaging.s3_uri import S3Uri, metadata_path_issues
from dicommap.issues import Location, Severity
from dicommap.model.study import Disposition
from dicommap.overrides.mappings import build_import_configuration, build_override_files, metadata_file_path
from dicommap.overrides.override import Override
from dicommap.planning.package_documents import PackageTables, PlanHeader, build_package_documents
from dicommap.planning.plan import FileDigest, Plan
from dicommap.planning.planned_objects import PlannedJob, PlannedObject, dump_objects_csv
from dicommap.updates.update import Update, UpdateRequest, update_from_json
from dicommap.validation.package_check import check_package

OBJECTS = [
    PlannedObject(
        key=f"a/{number}",
        size=100 + number,
        disposition=Disposition.INSTANCE if number < 4 else Disposition.NOT_DICOM,
        study_instance_uid=["1.2", "1.2", "1.3", "1.4"][number] if number < 4 else "",
        series_instance_uid=["1.2.1", "1.2.1", "1.3.2", "1.4.1"][number] if number < 4 else "",
        root=0,
        source=f"a/{number}",
    )
    for number in range(5)
]
DATA: Any = {"00100020": {"vr": "LO", "Value": ["new"]}}
SERIES_DATA: Any = {"00080060": {"vr": "CS", "Value": ["OT"]}}
OVERRIDES = [
    Override(study_instance_uid="1.3", series_instance_uid="1.3.2", data_set=SERIES_DATA),
    Override(study_instance_uid="1.3", series_instance_uid=None, data_set=DATA),
    Override(study_instance_uid="1.2", series_instance_uid=None, data_set=DATA),
]


ASSUMPTIONS = Assumptions()
TABLES = PackageTables(preview="preview\n", edits="edits\n", forecast="forecast\n")


UPDATES = [
    Update(
        study_instance_uid="1.3",
        series_instance_uid=series,
        requests=(UpdateRequest(updatable={"SchemaVersion": 1.1, "Study": {}}),),
    )
    for series in (None, "1.3.2")
]


def documents(
    overrides: list[Override] = OVERRIDES, assumptions: Assumptions = ASSUMPTIONS, *, attempt: int = 1, **account: str
) -> dict[str, str]:
    uri = S3Uri.parse("s3://bucket/in/")
    assert uri is not None
    head = PlanHeader(
        roots=("/data",), uri=uri, quotas=Quotas(), assumptions=assumptions, files=7, instances=5, attempt=attempt
    )
    job = PlannedJob(id="0001", uri=uri, objects=OBJECTS)
    return dict(build_package_documents([job], overrides, head, TABLES, account))


def test_a_file_is_named_by_its_uids() -> None:
    assert [metadata_file_path(override) for override in OVERRIDES] == [
        "dicommap-overrides/1.3_1.3.2.json",
        "dicommap-overrides/1.3.json",
        "dicommap-overrides/1.2.json",
    ]


@pytest.mark.parametrize("length", [64, 200, 201, 256])
def test_long_uids_still_make_a_path_that_file_systems_and_aws_take(length: int) -> None:
    uid = "1." + "9" * (length - 2)
    study = Override(study_instance_uid=uid, series_instance_uid=None, data_set=DATA)
    series = Override(study_instance_uid=uid, series_instance_uid=uid, data_set=DATA)
    paths = [metadata_file_path(study), metadata_file_path(series)]
    assert len(set(paths)) == 2
    for path in paths:
        assert not list(metadata_path_issues(path, None, Location()))
        assert all(len(segment) <= 255 for segment in path.split("/"))


def test_mappings_stand_in_the_order_of_their_uids() -> None:
    mappings = build_import_configuration(
        build_override_files(OVERRIDES, Assumptions())
    ).dicomJsonMetadataImportConfiguration.dicomMetadataMappings
    assert [(one.studyInstanceUID, one.seriesInstanceUID) for one in mappings] == [
        ("1.2", None),
        ("1.3", None),
        ("1.3", "1.3.2"),
    ]


@pytest.mark.parametrize("count", [0, 1001])
def test_no_configuration_of_none_or_too_many(count: int) -> None:
    overrides = (
        Override(study_instance_uid=f"1.{number}", series_instance_uid=None, data_set=DATA) for number in range(count)
    )
    with pytest.raises(ValueError, match="dicomMetadataMappings"):
        build_import_configuration(build_override_files(overrides, Assumptions()))


def test_the_documents_are_the_same_for_the_same_overrides_in_any_order() -> None:
    assert documents() == documents(OVERRIDES[::-1])
    assert list(documents()) == sorted(documents())


def test_the_plan_counts_and_hashes_what_is_there() -> None:
    made = documents()
    plan = json.loads(made["plan.json"])
    assert (plan["studies"], plan["series"], plan["sources"]) == (2, 1, ["/data"])
    (job,) = plan["jobs"]
    assert (job["instances"], job["sourceFiles"], job["sourceBytes"]) == (4, 5, 510)
    assert made["jobs/0001/objects.csv"] == dump_objects_csv(OBJECTS)
    assert job["objects"] == FileDigest.from_text(dump_objects_csv(OBJECTS)).model_dump()
    assert job["folders"] == 2
    assert plan["unplanned"] == {"instances": 1, "files": 2}
    configuration = json.loads(made["jobs/0001/import-configuration.json"])
    assert job["mappings"] == configuration["dicomJsonMetadataImportConfiguration"]["dicomMetadataMappings"]
    for member in ("preview", "edits"):
        table = made[f"{member}.csv"].encode()
        assert plan[member] == {"size": len(table), "sha256": hashlib.sha256(table).hexdigest()}
    for file in job["files"]:
        content = made[f"jobs/0001/files/{file['path']}"].encode()
        assert (file["size"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert len(job["files"]) == 3


def test_documents_hold_no_null_and_end_with_one_newline() -> None:
    for name, text in documents().items():
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert "null" not in text, name


def test_the_request_has_placeholders_for_what_only_the_owner_knows() -> None:
    request = json.loads(documents(datastoreId="0" * 32)["jobs/0001/start-dicom-import-job.json"])
    assert request["datastoreId"] == "0" * 32
    assert request["dataAccessRoleArn"] == "<dataAccessRoleArn>"
    assert request["outputS3Uri"] == "<outputS3Uri>"
    assert request["importConfiguration"] == json.loads(documents()["jobs/0001/import-configuration.json"])


def test_the_token_changes_with_what_the_job_does_and_with_nothing_else() -> None:
    def token(made: dict[str, str]) -> str:
        return str(json.loads(made["jobs/0001/start-dicom-import-job.json"])["clientToken"])

    assert token(documents()) == token(documents(OVERRIDES[::-1]))
    assert token(documents()) != token(documents(OVERRIDES[:2]))
    assert token(documents()) != token(documents(attempt=2))


def test_what_is_planned_passes_the_checks() -> None:
    files = {name: text.encode() for name, text in documents().items()}
    known = {"1.2": {"1.2.1"}, "1.3": {"1.3.2"}}
    found = check_package(files, known, "s3://bucket/in")
    assert {one.severity for one in found if one.code != "mapping.study-and-series"} == {Severity.NOTE}
    assert {one.code for one in found} == {"request.placeholder", "mapping.study-and-series"}


FORMS: list[dict[str, Any]] = [
    {},
    {"dataSet": "array"},
    {"identifyingUids": "present"},
    {"emptyValue": "null"},
    {"characterSet": "declared"},
    {"decimalStrings": "number"},
    {"overrideFiles": "shared"},
    {"dataSet": "array", "identifyingUids": "present", "emptyValue": "null", "overrideFiles": "shared"},
]


@pytest.mark.parametrize("settings", FORMS, ids=str)
def test_a_package_of_any_assumptions_passes_its_own_checks_and_no_others(settings: dict[str, Any]) -> None:
    emptied: Any = {"00100020": {"vr": "LO"}, "00101002": {"vr": "SQ"}}
    overrides = [*OVERRIDES, Override(study_instance_uid="1.4", series_instance_uid=None, data_set=emptied)]
    made = documents(overrides, Assumptions(**settings))
    assert json.loads(made["plan.json"])["assumptions"] == Assumptions(**settings).model_dump()
    assert _errors(made) == set()
    if not settings.keys() - {"overrideFiles", "decimalStrings"}:
        return  # no error in a single file depends on these settings
    plan = json.loads(made["plan.json"])
    plan["assumptions"] = Assumptions().model_dump()
    assert _errors(made | {"plan.json": json.dumps(plan)}) & {
        "override.form",
        "attribute.uid",
        "dicom-json.empty-value",
        "override.character-set",
    }


def _errors(made: dict[str, str]) -> set[str]:
    files = {name: text.encode() for name, text in made.items()}
    known = {"1.2": {"1.2.1"}, "1.3": {"1.3.2"}, "1.4": {"1.4.1"}}
    found = check_package(files, known, "s3://bucket/in")
    return {one.code for one in found if one.severity is Severity.ERROR}


def test_overrides_that_say_the_same_share_a_file_if_the_assumptions_let_them() -> None:
    made = documents(assumptions=Assumptions(overrideFiles="shared"))
    configuration = json.loads(made["jobs/0001/import-configuration.json"])
    mappings = configuration["dicomJsonMetadataImportConfiguration"]["dicomMetadataMappings"]
    assert [one["metadataFilePath"] for one in mappings] == [
        "dicommap-overrides/1.2.json",
        "dicommap-overrides/1.2.json",
        "dicommap-overrides/1.3_1.3.2.json",
    ]
    assert sum("/files/" in name for name in made) == 2


def test_files_that_repeat_their_uids_are_never_the_same() -> None:
    made = documents(assumptions=Assumptions(overrideFiles="shared", identifyingUids="present"))
    assert sum("/files/" in name for name in made) == 3


def test_updates_are_files_that_the_plan_lists() -> None:
    uri = S3Uri(bucket="bucket", prefix="in/")
    head = PlanHeader(roots=("/data",), uri=uri, quotas=Quotas(), assumptions=ASSUMPTIONS, files=7, instances=5)
    job = PlannedJob(id="0001", uri=uri, objects=OBJECTS)
    made = build_package_documents([job], OVERRIDES, head, TABLES, {}, updates=UPDATES)
    paths = [path for path in made if path.startswith("updates/")]
    assert paths == ["updates/000001.json", "updates/000002.json"]
    assert [update_from_json(json.loads(made[path])) for path in paths] == UPDATES
    assert [dict(file) for file in made.plan.updates or ()] == [
        {"path": path, **FileDigest.from_text(made[path]).model_dump()} for path in paths
    ]
    assert list(json.loads(made["plan.json"]))[-2:] == ["updates", "jobs"]
    assert "updates" not in json.loads(documents()["plan.json"])


def test_a_package_may_have_updates_only() -> None:
    head = PlanHeader(roots=("/data",), uri=None, quotas=Quotas(), assumptions=ASSUMPTIONS, files=0, instances=0)
    made = build_package_documents([], [], head, TABLES, {}, updates=UPDATES)
    plan = json.loads(made["plan.json"])
    assert plan["jobs"] == []
    assert "inputS3Uri" not in plan
    assert Plan.model_validate(plan) == made.plan
    with pytest.raises(ValueError, match="neither a job nor an update"):
        build_package_documents([], [], head, TABLES, {})
    jobs = json.loads(documents()["plan.json"])["jobs"]
    with pytest.raises(ValueError, match="without an inputS3Uri"):
        Plan.model_validate({**plan, "jobs": jobs})
