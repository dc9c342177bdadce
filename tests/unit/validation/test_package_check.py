"""A good package has no errors; each thing that is broken has its code and its place."""

from __future__ import annotations

import hashlib
import json
from collections import UserDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.quotas import Quotas
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.issues import Severity, make_issue
from dicommap.model.study import Disposition
from dicommap.overrides.override import Override
from dicommap.planning.package_documents import PackageTables, PlanHeader, build_package_documents
from dicommap.planning.planned_objects import PlannedJob, PlannedObject, dump_objects_csv
from dicommap.updates.update import Update, UpdateRequest
from dicommap.validation.configuration_check import check_import_configuration
from dicommap.validation.file_contents import FileContent
from dicommap.validation.package_check import check_package
from dicommap.validation.plan_check import check_plan

URI = "s3://bucket/in/"
KNOWN = {"1.2": {"1.2.1"}, "1.3": {"1.3.2"}}
SECRET = "Zyzzyva^Quark"
PATIENT: Any = {"00100010": {"vr": "PN", "Value": [{"Alphabetic": SECRET}]}}
SERIES: Any = {"0008103E": {"vr": "LO", "Value": [SECRET]}}

CONFIGURATION = "jobs/0001/import-configuration.json"
REQUEST = "jobs/0001/start-dicom-import-job.json"
OBJECTS = "jobs/0001/objects.csv"
STUDY_FILE = "jobs/0001/files/dicommap-overrides/1.2.json"
SERIES_FILE = "jobs/0001/files/dicommap-overrides/1.3_1.3.2.json"
AT = "/dicomJsonMetadataImportConfiguration/dicomMetadataMappings"

TABLES = PackageTables(preview="preview\n", edits="edits\n", forecast="forecast\n")

OBJECTS_OF_JOB = [
    PlannedObject(
        key=f"a/{series}",
        size=300,
        disposition=Disposition.INSTANCE,
        study_instance_uid=study,
        series_instance_uid=series,
        root=0,
        source=f"a/{series}",
    )
    for study, (series,) in KNOWN.items()
]

Files = dict[str, bytes]


@pytest.fixture
def files() -> Files:
    return package(
        Override(study_instance_uid="1.2", series_instance_uid=None, data_set=PATIENT),
        Override(study_instance_uid="1.3", series_instance_uid="1.3.2", data_set=SERIES),
    )


def package(*overrides: Override) -> Files:
    uri = S3Uri.parse(URI)
    assert uri is not None
    head = PlanHeader(roots=("/data",), uri=uri, quotas=Quotas(), assumptions=Assumptions(), files=2, instances=2)
    job = PlannedJob(id="0001", uri=uri, objects=OBJECTS_OF_JOB)
    account = {"datastoreId": "0" * 32, "outputS3Uri": "s3://bucket/out/"}
    account["dataAccessRoleArn"] = "arn:aws:iam::012345678901:role/importer"
    made = build_package_documents([job], overrides, head, TABLES, account)
    return {name: text.encode() for name, text in made.items()}


def codes(files: Files, uri: str | None = URI) -> set[tuple[str, str | None, str | None]]:
    found = check_package(files, KNOWN, uri)
    assert not any(word in str(one) for one in found for word in SECRET.split("^"))
    return {(one.code, one.location.path, one.location.pointer) for one in found}


def test_a_good_package_has_no_findings(files: Files) -> None:
    assert not codes(files)
    assert not codes(files, None)
    assert not codes(files, URI.removesuffix("/"))


def changed(change: Callable[[Any], object]) -> Callable[[bytes], bytes]:
    def apply(data: bytes) -> bytes:
        document = json.loads(data)
        change(document)
        return json.dumps(document).encode()

    return apply


def in_plan(change: Callable[[Any], object]) -> tuple[str, Callable[[bytes], bytes]]:
    return "plan.json", changed(change)


def in_mappings(change: Callable[[Any], object]) -> tuple[str, Callable[[bytes], bytes]]:
    inner = "dicomJsonMetadataImportConfiguration"
    return CONFIGURATION, changed(lambda document: change(document[inner]["dicomMetadataMappings"]))


def in_request(**members: object) -> tuple[str, Callable[[bytes], bytes]]:
    return REQUEST, changed(lambda document: document.update(members))


def rewritten(text: str) -> Callable[[bytes], bytes]:
    return lambda _: text.encode()


BROKEN = {
    "plan-not-json": ("plan.json", rewritten("{"), "json.not-json", "plan.json", ""),
    "plan-null": ("plan.json", rewritten("null"), "schema.type", "plan.json", ""),
    "plan-version": (*in_plan(lambda plan: plan.update(version=3)), "schema.version", "plan.json", "/version"),
    "plan-member": (*in_plan(lambda plan: plan.update(x=SECRET)), "schema.unknown-member", "plan.json", "/x"),
    "plan-no-jobs": (*in_plan(lambda plan: plan.update(jobs=[])), "schema.count", "plan.json", "/jobs"),
    "plan-job-id": (*in_plan(lambda plan: plan["jobs"][0].update(id="1")), "schema.pattern", "plan.json", "/jobs/0/id"),
    "plan-uri": (
        *in_plan(lambda plan: plan["jobs"][0].update(inputS3Uri="s3://bucket/a//b/")),
        "s3-uri.prefix",
        "plan.json",
        "/jobs/0/inputS3Uri",
    ),
    "plan-other-uri": (
        *in_plan(lambda plan: plan.update(inputS3Uri="s3://bucket/other/")),
        "s3-uri.mismatch",
        "plan.json",
        "/inputS3Uri",
    ),
    "plan-job-elsewhere": (
        *in_plan(lambda plan: plan["jobs"][0].update(inputS3Uri="s3://bucket/other/")),
        "package.job-place",
        "plan.json",
        "/jobs/0/inputS3Uri",
    ),
    "plan-attempt": (*in_plan(lambda plan: plan.update(attempt=0)), "schema.value", "plan.json", "/attempt"),
    "plan-too-many-files": (
        *in_plan(lambda plan: plan["quotas"].update(files=3)),
        "package.over-quota",
        "plan.json",
        "/jobs/0/inputS3Uri",
    ),
    "plan-objects-size": (
        *in_plan(lambda plan: plan["jobs"][0]["objects"].update(size=1)),
        "package.counts",
        "plan.json",
        "/jobs/0/objects/size",
    ),
    "plan-files": (
        *in_plan(lambda plan: plan["jobs"][0].update(sourceFiles=1)),
        "package.counts",
        "plan.json",
        "/jobs/0/sourceFiles",
    ),
    "plan-folders": (
        *in_plan(lambda plan: plan["jobs"][0].update(folders=1)),
        "package.counts",
        "plan.json",
        "/jobs/0/folders",
    ),
    "objects-changed": (OBJECTS, lambda data: data + b" ", "package.changed-file", OBJECTS, None),
    "plan-mapping-left-out": (
        *in_plan(lambda plan: plan["jobs"][0]["mappings"].pop()),
        "mapping.not-planned",
        CONFIGURATION,
        f"{AT}/1",
    ),
    "plan-file-without-mapping": (
        *in_plan(lambda plan: plan["jobs"][0]["mappings"].pop()),
        "package.unmapped-file",
        "plan.json",
        "/jobs/0/files/1/path",
    ),
    "plan-mapping-without-file": (
        *in_plan(lambda plan: plan["jobs"][0]["files"].pop()),
        "package.unlisted-file",
        "plan.json",
        "/jobs/0/mappings/1/metadataFilePath",
    ),
    "plan-studies": (*in_plan(lambda plan: plan.update(studies=3)), "package.counts", "plan.json", "/studies"),
    "plan-series": (*in_plan(lambda plan: plan.update(series=0)), "package.counts", "plan.json", "/series"),
    "plan-job-twice": (
        *in_plan(lambda plan: plan["jobs"].append(plan["jobs"][0])),
        "package.repeated",
        "plan.json",
        "/jobs/1/id",
    ),
    "plan-file-twice": (
        *in_plan(lambda plan: plan["jobs"][0]["files"].append(plan["jobs"][0]["files"][0])),
        "package.repeated",
        "plan.json",
        "/jobs/0/files/2/path",
    ),
    "plan-mapping-twice": (
        *in_plan(lambda plan: plan["jobs"][0]["mappings"].append(plan["jobs"][0]["mappings"][0])),
        "package.repeated",
        "plan.json",
        "/jobs/0/mappings/2",
    ),
    "plan-preview-size": (
        *in_plan(lambda plan: plan["preview"].update(size=1)),
        "package.counts",
        "plan.json",
        "/preview/size",
    ),
    "preview-changed": ("preview.csv", lambda data: data + b" ", "package.changed-file", "preview.csv", None),
    "plan-size": (
        *in_plan(lambda plan: plan["jobs"][0]["files"][0].update(size=1)),
        "package.counts",
        "plan.json",
        "/jobs/0/files/0/size",
    ),
    "plan-hash": (
        *in_plan(lambda plan: plan["jobs"][0]["files"][0].update(sha256="0" * 64)),
        "package.changed-file",
        STUDY_FILE,
        None,
    ),
    "plan-file-left-out": (
        *in_plan(lambda plan: plan["jobs"][0]["files"].pop()),
        "package.unexpected-file",
        SERIES_FILE,
        None,
    ),
    "override-changed": (STUDY_FILE, lambda data: data + b" ", "package.changed-file", STUDY_FILE, None),
    "override-not-json": (STUDY_FILE, rewritten(f'{{"{SECRET}'), "json.not-json", STUDY_FILE, ""),
    "override-wrong": (
        STUDY_FILE,
        rewritten(f'{{"00100010": {{"vr": "PN", "Value": ["{SECRET}"]}}}}'),
        "dicom-json.person-name",
        STUDY_FILE,
        "/00100010/Value/0",
    ),
    "override-level": (
        STUDY_FILE,
        rewritten('{"00080060": {"vr": "CS"}}'),
        "attribute.level",
        STUDY_FILE,
        "/00080060",
    ),
    "override-twice": (
        SERIES_FILE,
        rewritten('{"0008103E": {"vr": "LO", "vr": "LO"}}'),
        "json.duplicate-key",
        SERIES_FILE,
        "/0008103E/vr",
    ),
    "mapping-dropped": (
        *in_mappings(lambda mappings: mappings.pop()),
        "mapping.planned-missing",
        "plan.json",
        "/jobs/0/mappings/1",
    ),
    "mapping-path": (
        *in_mappings(lambda mappings: mappings[0].update(metadataFilePath="../x.json")),
        "mapping.path",
        CONFIGURATION,
        f"{AT}/0/metadataFilePath",
    ),
    "mapping-missing-file": (
        *in_mappings(lambda mappings: mappings[0].update(metadataFilePath="x.json")),
        "mapping.missing-file",
        CONFIGURATION,
        f"{AT}/0/metadataFilePath",
    ),
    "mapping-study": (
        *in_mappings(lambda mappings: mappings[0].update(studyInstanceUID="1.9")),
        "mapping.unknown-study",
        CONFIGURATION,
        f"{AT}/0/studyInstanceUID",
    ),
    "mapping-uid": (
        *in_mappings(lambda mappings: mappings[0].update(studyInstanceUID=SECRET)),
        "schema.pattern",
        CONFIGURATION,
        f"{AT}/0/studyInstanceUID",
    ),
    "configuration-not-json": (CONFIGURATION, rewritten("{"), "json.not-json", CONFIGURATION, ""),
    "request-uri": (*in_request(inputS3Uri="s3://bucket/x/"), "s3-uri.mismatch", REQUEST, "/inputS3Uri"),
    "request-configuration": (
        *in_request(importConfiguration={"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": [
            {"studyInstanceUID": "1.2", "metadataFilePath": "x"}
        ]}}),
        "request.configuration",
        REQUEST,
        "/importConfiguration",
    ),
    "request-member": (*in_request(another=SECRET), "schema.unknown-member", REQUEST, "/***"),
    "request-store": (*in_request(datastoreId=SECRET), "schema.pattern", REQUEST, "/datastoreId"),
    "request-placeholder": (*in_request(datastoreId="<datastoreId>"), "request.placeholder", REQUEST, None),
    "request-not-json": (REQUEST, rewritten(SECRET), "json.not-json", REQUEST, ""),
}  # fmt: skip


@pytest.mark.parametrize(("path", "change", "code", "place", "pointer"), BROKEN.values(), ids=list(BROKEN))
def test_each_fault_has_its_code_and_place(
    files: Files, path: str, change: Callable[[bytes], bytes], code: str, place: str, pointer: str | None
) -> None:
    files[path] = change(files[path])
    assert (code, place, pointer) in codes(files)


@pytest.mark.parametrize("path", ["plan.json", "preview.csv", CONFIGURATION, REQUEST, OBJECTS, STUDY_FILE, SERIES_FILE])
def test_a_file_that_is_not_there_is_found_once(files: Files, path: str) -> None:
    del files[path]
    found = check_package(files, KNOWN, URI)
    assert [one.location.path for one in found if one.code == "package.missing-file"] == [path]


@pytest.mark.parametrize(
    ("path", "shown"), [("stray", "stray"), ("jobs/0001/files/x\udcff", "jobs/0001/files/x\\xff"), ("a\nb", "a\\x0ab")]
)
def test_a_file_that_no_plan_names_is_a_warning(files: Files, path: str, shown: str) -> None:
    files[path] = b""
    (found,) = check_package(files, KNOWN, URI)
    assert (found.code, found.severity, found.location.path) == ("package.unexpected-file", Severity.WARNING, shown)


def test_a_submission_keeps_its_state_in_the_package(files: Files) -> None:
    assert not codes(files | {"submission/0001.json": b"{}"})


def test_a_job_without_overrides_has_no_configuration() -> None:
    files = package()
    assert CONFIGURATION not in files
    assert not codes(files)
    files[REQUEST] = in_request(importConfiguration={"dicomJsonMetadataImportConfiguration": {"dicomMetadataMappings": [
        {"studyInstanceUID": "1.2", "metadataFilePath": "x"}
    ]}})[1](files[REQUEST])  # fmt: skip
    assert codes(files) == {("request.configuration", REQUEST, "/importConfiguration")}


@pytest.mark.parametrize(
    ("prefixes", "overlapping"),
    [
        (("in/a/", "in/b/", "in/a.b/"), []),
        (("in/1.2/", "in/1.23/", "in/1.2-/"), []),
        (("in/a/", "in/a/b/"), [1]),
        (("in/a/b/", "in/a/"), [0]),
        (("in/a/", "in/b/", "in/a/"), [2]),
        (("in/a/", "in/a/b/c/", "in/a/b/"), [1, 2]),
        (("in/", "in/a/", "in/b"), [1, 2]),
    ],
)
def test_no_job_takes_what_another_takes(files: Files, prefixes: tuple[str, ...], overlapping: list[int]) -> None:
    plan = json.loads(files["plan.json"])
    (job,) = plan["jobs"]
    plan["jobs"] = [
        job | {"id": f"000{number}", "inputS3Uri": f"s3://bucket/{prefix}"} for number, prefix in enumerate(prefixes, 1)
    ]
    found = [one.location.pointer for one in check_plan(plan) if one.code == "package.overlapping-jobs"]
    assert sorted(map(str, found)) == [f"/jobs/{index}/inputS3Uri" for index in overlapping]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "row 0"),
        (b"Key\r\n", "row 1"),
        (b"\xff", "not UTF-8"),
        (dump_objects_csv([]).encode() + SECRET.encode(), "row 2"),
        (dump_objects_csv(OBJECTS_OF_JOB[::-1]).encode(), "not in order"),
        (dump_objects_csv([*OBJECTS_OF_JOB, OBJECTS_OF_JOB[-1]]).encode(), "not in order"),
    ],
)
def test_objects_that_are_none_are_found_though_the_plan_has_their_hash(files: Files, data: bytes, said: str) -> None:
    plan = json.loads(files["plan.json"])
    plan["jobs"][0]["objects"] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    found = check_package(files | {OBJECTS: data, "plan.json": json.dumps(plan).encode()}, KNOWN, URI)
    (one,) = [one for one in found if one.code == "package.objects"]
    assert said in one.message
    assert SECRET not in one.message


def test_every_job_is_checked_at_its_own_place(files: Files) -> None:
    plan = json.loads(files["plan.json"])
    plan["jobs"].append(plan["jobs"][0] | {"id": "0007", "inputS3Uri": "s3://bucket/a//b/", "files": []})
    plan["jobs"][1]["mappings"] = []
    files["plan.json"] = json.dumps(plan).encode()
    found = codes(files)
    assert ("s3-uri.prefix", "plan.json", "/jobs/1/inputS3Uri") in found
    assert ("package.missing-file", "jobs/0007/objects.csv", None) in found


def test_a_changed_override_that_the_plan_knows_is_still_checked(files: Files) -> None:
    files[STUDY_FILE] = b'{"0020000D": {"vr": "UI", "Value": ["1.2"]}}'
    plan = json.loads(files["plan.json"])
    digest = hashlib.sha256(files[STUDY_FILE]).hexdigest()
    plan["jobs"][0]["files"][0] |= {"sha256": digest, "size": len(files[STUDY_FILE])}
    files["plan.json"] = json.dumps(plan).encode()
    assert codes(files) == {("attribute.uid", STUDY_FILE, "/0020000D")}


def test_a_configuration_alone_says_that_its_files_were_not_checked(files: Files) -> None:
    document = json.loads(files[CONFIGURATION])
    (found,) = check_import_configuration(document, None, KNOWN, None, Assumptions())
    assert (found.code, found.severity) == ("mapping.files-not-given", Severity.NOTE)


@pytest.mark.parametrize("member", ["studyInstanceUID", "metadataFilePath"])
def test_swapped_mappings_are_found_though_every_document_agrees(member: str) -> None:
    files = package(*(Override(study_instance_uid=uid, series_instance_uid=None, data_set=PATIENT) for uid in KNOWN))
    configuration = json.loads(files[CONFIGURATION])
    first, second = configuration["dicomJsonMetadataImportConfiguration"]["dicomMetadataMappings"]
    first[member], second[member] = second[member], first[member]
    files[CONFIGURATION] = json.dumps(configuration).encode()
    files[REQUEST] = in_request(importConfiguration=configuration)[1](files[REQUEST])
    assert codes(files) == {
        *(("mapping.not-planned", CONFIGURATION, f"{AT}/{index}") for index in range(2)),
        *(("mapping.planned-missing", "plan.json", f"/jobs/0/mappings/{index}") for index in range(2)),
    }


def test_a_job_that_stands_twice_is_checked_once(files: Files) -> None:
    plan = json.loads(files["plan.json"])
    plan["jobs"].append(plan["jobs"][0])
    files["plan.json"] = json.dumps(plan).encode()
    files[REQUEST] = b"{"
    found = [one.code for one in check_package(files, KNOWN, URI)]
    assert sorted(found) == ["json.not-json", "package.repeated"]


class Watched(UserDict[str, FileContent]):
    """Files that tell which of them were read."""

    def __init__(self, files: Mapping[str, FileContent]) -> None:
        super().__init__(files)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> FileContent:
        self.read.add(name)
        return super().__getitem__(name)


def test_only_what_the_plan_or_a_mapping_names_is_read(files: Files) -> None:
    watched = Watched(files | {"jobs/0001/files/IM0001": b"x", "notes": b"x"})
    assert {one.code for one in check_package(watched, KNOWN, URI)} == {"package.unexpected-file"}
    assert watched.read == set(files)


@pytest.mark.parametrize("path", ["plan.json", "preview.csv", CONFIGURATION, REQUEST, OBJECTS, STUDY_FILE])
def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_being_checked(files: Files, path: str) -> None:
    large: dict[str, FileContent] = {**files, path: make_issue("document.too-large", limit=3)}
    found = [(one.code, one.location.path) for one in check_package(large, KNOWN, URI)]
    assert found == [("document.too-large", path)]


def test_each_document_is_read_once(files: Files) -> None:
    read: list[str] = []

    class Recorded(UserDict[str, FileContent]):
        def __getitem__(self, name: str) -> FileContent:
            read.append(name)
            return self.data[name]

    assert not {issue.code for issue in check_package(Recorded(files), KNOWN, URI)}
    assert sorted(read) == sorted(set(read))
    assert {STUDY_FILE, SERIES_FILE, CONFIGURATION, REQUEST} <= set(read)


UPDATE = Update(
    study_instance_uid="1.2",
    series_instance_uid="1.2.1",
    requests=(
        UpdateRequest(
            updatable={"SchemaVersion": 1.1, "Study": {"Series": {"1.2.1": {"DICOM": {"SeriesDescription": SECRET}}}}}
        ),
    ),
)
UPDATE_FILE = "updates/000001.json"


def updates_only(*updates: Update) -> Files:
    head = PlanHeader(roots=(), uri=None, quotas=Quotas(), assumptions=Assumptions(), files=0, instances=0)
    made = build_package_documents([], [], head, TABLES, {}, updates=updates)
    return {name: text.encode() for name, text in made.items()}


def test_a_package_may_have_updates_only() -> None:
    assert not codes(updates_only(UPDATE), None)


def test_an_update_is_compared_with_the_plan_and_with_the_inventory() -> None:
    files = updates_only(UPDATE)
    files[UPDATE_FILE] = files[UPDATE_FILE].replace(b"SeriesDescription", b"PatientName")
    pointer = "/requests/0/updatableAttributes/Study/Series/1.2.1/DICOM/PatientName"
    assert codes(files, None) == {
        ("package.changed-file", UPDATE_FILE, None),
        ("update-document.level", UPDATE_FILE, pointer),
    }
    assert codes({**files, UPDATE_FILE: b"{"}, None) == {
        ("package.changed-file", UPDATE_FILE, None),
        ("json.not-json", UPDATE_FILE, ""),
    }
    del files[UPDATE_FILE]
    assert codes(files, None) == {("package.missing-file", UPDATE_FILE, None)}
    stranger = updates_only(replace(UPDATE, study_instance_uid="1.9"))
    assert codes(stranger, None) == {("update-document.not-in-inventory", UPDATE_FILE, "/studyInstanceUID")}
    assert codes({**updates_only(UPDATE), "updates/000002.json": b"{}"}, None) == {
        ("package.unexpected-file", "updates/000002.json", None)
    }
