"""Updates and copies of image sets, as botocore's own client sees them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError

from dicommap.aws import Clients
from dicommap.testing import Behaviour, ImageSet, ImportJobService
from dicommap.testing.image_set_changes import OTHER_CHANGE
from dicommap.testing.service import DATASTORE_ID
from tests.support.imported_instances import imported_instance
from tests.support.s3_server import REGION


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportJobService]:
    """Return a stand-in with two series of a study, and an image set of the first series with another PatientID."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "for-tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "for-tests")
    with ImportJobService(behaviour=Behaviour(throttling=False)) as service:
        service.import_instance(imported_instance("a", SOPInstanceUID="1.1", StudyDescription="old"))
        service.import_instance(imported_instance("a", SOPInstanceUID="1.2", StudyDescription="old"))
        service.import_instance(imported_instance("a", SOPInstanceUID="1.3", SeriesInstanceUID="1.9"))
        service.import_instance(imported_instance("b", SOPInstanceUID="1.4", PatientID="OTHER"))
        yield service


@pytest.fixture
def client(service: ImportJobService) -> Any:
    return Clients(region=REGION, endpoint_url=service.url).medical_imaging_once


def ids(image_set: ImageSet) -> dict[str, str]:
    return {"datastoreId": DATASTORE_ID, "imageSetId": image_set.image_set_id}


def update(client: Any, image_set: ImageSet, *, version: str | None = None, **settings: Any) -> dict[str, Any]:
    """Send an update; `set` and `remove` are the documents without SchemaVersion."""
    names = {"set": "updatableAttributes", "remove": "removableAttributes"}
    documents = {
        names[name]: json.dumps({"SchemaVersion": 1.1, **settings.pop(name)}) for name in names if name in settings
    }
    revert = settings.pop("revert", None)
    updates = {"DICOMUpdates": documents} if revert is None else {"revertToVersionId": revert}
    answer: dict[str, Any] = client.update_image_set_metadata(
        **ids(image_set),
        latestVersionId=version or str(image_set.version),
        updateImageSetMetadataUpdates=updates,
        **settings,
    )
    return answer


def at_instance(image_set: ImageSet, instance: str, attributes: dict[str, Any], **members: Any) -> dict[str, Any]:
    series = {"Instances": {instance: {"DICOM": attributes, **members}}}
    return {"Study": {"Series": {image_set.latest.series_instance_uid: series}}}


def read(client: Any, image_set: ImageSet, version: str | None = None) -> dict[str, Any]:
    answer = client.get_image_set_metadata(**ids(image_set), **({"versionId": version} if version else {}))
    document: dict[str, Any] = json.loads(gzip.decompress(answer["imageSetMetadataBlob"].read()))
    return document


def wait(client: Any, image_set: ImageSet) -> tuple[str, str, str]:
    """Read an image set until it is not LOCKED, and return its version, workflow status and message."""
    answer = client.get_image_set(**ids(image_set))
    while answer["imageSetState"] == "LOCKED":
        answer = client.get_image_set(**ids(image_set))
    return answer["versionId"], answer["imageSetWorkflowStatus"], answer.get("message", "")


def refusal(call: Any, *arguments: Any, **settings: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(*arguments, **settings)
    return str(error.value.response["Error"]["Code"]).removesuffix("Exception")


STUDY_DESCRIPTION = {"Study": {"DICOM": {"StudyDescription": "new"}}}
STUDY_AND_FLAG: dict[str, Any] = {"set": STUDY_DESCRIPTION, "includeStudyImageSets": True}


def test_an_update_of_an_instance_is_asynchronous_and_makes_a_version(service: ImportJobService, client: Any) -> None:
    primary = service.image_sets[0]
    answer = update(client, primary, set=at_instance(primary, "1.1", {"ImageComments": "checked"}))
    assert (answer["latestVersionId"], answer["imageSetState"], answer["imageSetWorkflowStatus"]) == (
        "2",
        "LOCKED",
        "UPDATING",
    )
    assert refusal(update, client, primary, set=STUDY_DESCRIPTION) == "Conflict"
    assert refusal(client.get_image_set_metadata, **ids(primary)) == "Conflict"
    assert wait(client, primary) == ("2", "UPDATED", "")
    (series,) = read(client, primary)["Study"]["Series"].values()
    assert [instance["DICOM"].get("ImageComments") for instance in series["Instances"].values()] == ["checked", None]
    (before,) = read(client, primary, "1")["Study"]["Series"].values()
    assert "ImageComments" not in before["Instances"]["1.1"]["DICOM"]
    listed = client.list_image_set_versions(**ids(primary))["imageSetPropertiesList"]
    assert [(one["versionId"], one["ImageSetWorkflowStatus"]) for one in listed] == [("2", "UPDATED"), ("1", "CREATED")]


def test_attributes_of_the_study_change_in_all_its_primary_image_sets(service: ImportJobService, client: Any) -> None:
    first, second, other = service.image_sets
    assert refusal(update, client, first, set=STUDY_DESCRIPTION) == "Validation"
    update(client, first, **STUDY_AND_FLAG)
    assert client.get_image_set(**ids(second))["imageSetWorkflowStatus"] == "UPDATING_FOR_STUDY_CONSISTENCY"
    assert [wait(client, one)[0] for one in (first, second, other)] == ["2", "2", "1"]
    assert [read(client, one)["Study"]["DICOM"]["StudyDescription"] for one in (first, second)] == ["new", "new"]
    summaries = client.search_image_sets(datastoreId=DATASTORE_ID)["imageSetsMetadataSummaries"]
    shown = {one["imageSetId"]: one["DICOMTags"].get("DICOMStudyDescription") for one in summaries}
    assert [shown[one.image_set_id] == "new" for one in (first, second, other)] == [True, True, False]


def test_removals_and_reverting(service: ImportJobService, client: Any) -> None:
    _, _, other = service.image_sets
    stored = read(client, other)["Patient"]["DICOM"]["PatientName"]
    wrong = {"Patient": {"DICOM": {"PatientName": "Nobody"}}}
    assert refusal(update, client, other, remove=wrong) == "Validation"
    assert refusal(update, client, other, remove={"Patient": {"DICOM": {"OtherPatientNames": "x"}}}) == "Validation"
    update(client, other, remove={"Patient": {"DICOM": {"PatientName": stored}}})
    wait(client, other)
    assert "PatientName" not in read(client, other)["Patient"]["DICOM"]
    assert refusal(update, client, other, revert="9") == "Validation"
    assert refusal(update, client, other, revert="1", includeStudyImageSets=True) == "Validation"
    update(client, other, revert="1")
    assert wait(client, other) == ("3", "UPDATED", "")
    assert read(client, other)["Patient"]["DICOM"]["PatientName"] == stored
    service.change_behaviour("removal_values=ignored")
    update(client, other, remove=wrong)
    assert wait(client, other)[0] == "4"


def test_an_instance_is_removed_and_the_attributes_of_its_image_set_stay(
    service: ImportJobService, client: Any
) -> None:
    primary = service.image_sets[0]
    service.import_instance(imported_instance("c", SOPInstanceUID="1.5", StudyDescription="latest"))
    series: dict[str, Any] = {"Instances": {"1.5": {}}}
    document = {"Study": {"Series": {primary.latest.series_instance_uid: series}}}
    assert refusal(update, client, primary, remove=document) == "Validation"
    update(client, primary, remove=document, force=True)
    wait(client, primary)
    metadata = read(client, primary)
    (stored,) = metadata["Study"]["Series"].values()
    assert (list(stored["Instances"]), metadata["Study"]["DICOM"]["StudyDescription"]) == (["1.1", "1.2"], "latest")


FORBIDDEN: dict[str, dict[str, Any]] = {
    "level": {"set": {"Study": {"DICOM": {"PatientName": "A"}}}, "force": True},
    "generated": {"set": {"Patient": {"DICOM": {"Checksum": "1"}}}, "force": True},
    "unknown name": {"set": {"Patient": {"DICOM": {"PatientNam": "A"}}}, "force": True},
    "uid": {"set": {"Study": {"DICOM": {"StudyInstanceUID": "1.7"}}}},
    "study id": {"set": {"Study": {"DICOM": {"StudyID": "7"}}}},
    "value": {"set": {"Patient": {"DICOM": {"PatientBirthDate": "yesterday"}}}},
    "sequence": {"set": {"Patient": {"DICOM": {"OtherPatientIDsSequence": [{"PatientID": "7"}]}}}},
    "several values": {"set": {"Patient": {"DICOM": {"OtherPatientNames": ["A", "B"]}}}},
    "private": {"set": {"Patient": {"DICOM": {"00091001": "A"}}}, "force": True},
    "series": {"set": {"Study": {"Series": {"1.77": {"DICOM": {"SeriesDescription": "A"}}}}}},
    "flag": {"set": {"Patient": {"DICOM": {"PatientName": "A"}}}, "includeStudyImageSets": True},
    "no attribute": {"set": {}},
    "member": {"set": {"Patient": {"DICOM": {}}, "Series": {}}},
    "no document": {},
}


def test_what_the_guide_forbids_is_refused_at_once(service: ImportJobService, client: Any) -> None:
    other = service.image_sets[2]
    refusals = {name: refusal(update, client, other, **settings) for name, settings in FORBIDDEN.items()}
    assert refusals == dict.fromkeys(FORBIDDEN, "Validation")
    private = at_instance(other, "1.4", {"00091001": "A"})
    assert refusal(update, client, other, set=private) == "Validation"
    assert refusal(update, client, other, set=private, force=True) == "Validation"  # no VR
    long = {"Patient": {"DICOM": {"PatientComments": "x" * 10_000}}}
    assert refusal(update, client, other, set=long) == "ServiceQuotaExceeded"
    assert refusal(update, client, other, version="9", set=STUDY_DESCRIPTION) == "Conflict"
    assert other.version == 1


def test_force_allows_what_the_guide_says(service: ImportJobService, client: Any) -> None:
    primary, _, other = service.image_sets
    for settings in (FORBIDDEN[name] for name in ("uid", "study id", "value", "sequence", "several values")):
        update(client, other, **{**settings, "force": True})
        wait(client, other)
    document = at_instance(other, "1.4", {"00091001": "A", "SOPInstanceUID": "1.44"}, DICOMVRs={"00091001": "LO"})
    update(client, other, set=document, force=True)
    assert wait(client, other)[0] == "7"
    metadata = read(client, other)
    (series,) = metadata["Study"]["Series"].values()
    assert series["Instances"]["1.44"]["DICOMVRs"]["00091001"] == "LO"
    assert metadata["Patient"]["DICOM"]["OtherPatientIDsSequence"] == [{"PatientID": "7"}]
    assert metadata["Patient"]["DICOM"]["OtherPatientNames"] == ["A", "B"]
    assert metadata["Study"]["DICOM"]["StudyInstanceUID"] == "1.7"
    forced: dict[str, Any] = {"force": True, "includeStudyImageSets": True}
    assert refusal(update, client, primary, **FORBIDDEN["uid"], **forced) == "Validation"
    service.change_behaviour("force_on_primary=refused", "fixed_primary_levels=study")
    assert refusal(update, client, primary, **FORBIDDEN["study id"], **forced) == "Validation"
    assert refusal(update, client, primary, **STUDY_AND_FLAG) == "Validation"


@pytest.mark.parametrize(("failed", "versions"), [("no-version", 1), ("version", 2)])
def test_an_update_that_fails(service: ImportJobService, client: Any, failed: str, versions: int) -> None:
    service.change_behaviour(f"failed_changes={failed}")
    other = service.image_sets[2]
    service.fault("change-failed", message="Some reason")
    update(client, other, set=STUDY_DESCRIPTION)
    assert wait(client, other) == (str(versions), "UPDATE_FAILED", "Some reason")
    assert read(client, other)["Study"]["DICOM"].get("StudyDescription") != "new"
    update(client, other, set=STUDY_DESCRIPTION)
    assert wait(client, other) == (str(versions + 1), "UPDATED", "")


def test_faults_of_a_change(service: ImportJobService, client: Any) -> None:
    other = service.image_sets[2]
    service.fault("changed-meanwhile")
    assert refusal(update, client, other, set=STUDY_DESCRIPTION) == "Conflict"
    assert read(client, other)["Patient"]["DICOM"]["PatientComments"] == OTHER_CHANGE[1]["Value"][0]
    service.fault("answer-lost", operation="UpdateImageSetMetadata")
    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        update(client, other, set=STUDY_DESCRIPTION)
    assert wait(client, other) == ("3", "UPDATED", "")
    service.change_behaviour("locked_reads=2", "advance=call")
    update(client, other, set=STUDY_DESCRIPTION)
    assert {client.get_image_set(**ids(other))["imageSetState"] for _ in range(4)} == {"LOCKED"}
    service.advance()
    assert wait(client, other)[0] == "4"


def copy(client: Any, source: ImageSet, destination: ImageSet | None = None, **settings: Any) -> dict[str, Any]:
    information: dict[str, Any] = {"sourceImageSet": {"latestVersionId": str(source.version)}}
    instances = settings.pop("instances", None)
    if instances is not None:
        series: dict[str, Any] = {source.latest.series_instance_uid: {"Instances": {uid: {} for uid in instances}}}
        document = json.dumps({"SchemaVersion": 1.1, "Study": {"Series": series}})
        information["sourceImageSet"]["DICOMCopies"] = {"copiableAttributes": document}
    if destination is not None:
        named = {"imageSetId": destination.image_set_id, "latestVersionId": str(destination.version)}
        information["destinationImageSet"] = named
    answer: dict[str, Any] = client.copy_image_set(
        datastoreId=DATASTORE_ID,
        sourceImageSetId=source.image_set_id,
        copyImageSetInformation=information,
        **settings,
    )
    return answer


def test_a_copy_without_a_destination_is_not_primary(service: ImportJobService, client: Any) -> None:
    primary = service.image_sets[0]
    answer = copy(client, primary, instances=["1.2"])
    source, made = answer["sourceImageSetProperties"], answer["destinationImageSetProperties"]
    assert (source["imageSetWorkflowStatus"], source["latestVersionId"]) == ("COPYING_WITH_READ_ONLY_ACCESS", "1")
    assert (made["imageSetWorkflowStatus"], made["latestVersionId"]) == ("COPYING", "1")
    assert refusal(copy, client, primary) == "Conflict"
    new = service.image_sets[-1]
    assert refusal(read, client, new) == "Conflict"
    assert read(client, primary)["Study"]
    assert wait(client, new) == ("1", "COPIED", "")
    assert (new.image_set_id, new.is_primary, list(new.latest.by_uid)) == (made["imageSetId"], False, ["1.2"])
    assert refusal(copy, client, primary, instances=["7"]) == "Validation"


def test_a_copy_into_an_image_set(service: ImportJobService, client: Any) -> None:
    primary, _, other = service.image_sets
    assert refusal(copy, client, other, primary) == "Validation"
    assert refusal(copy, client, other, primary, promoteToPrimary=True) == "Validation"
    copy(client, other, primary, force=True)
    assert wait(client, primary) == ("2", "COPIED", "")
    metadata = read(client, primary)
    (series,) = metadata["Study"]["Series"].values()
    assert set(series["Instances"]) == {"1.1", "1.2", "1.4"}
    assert metadata["Patient"]["DICOM"]["PatientID"] != "OTHER"
    copy(client, other, primary, force=True)
    assert wait(client, primary) == ("2", "COPY_FAILED", "SOP Instance UIDs are not unique")


def take_conflict_away(client: Any, primary: ImageSet, other: ImageSet) -> None:
    patient = read(client, primary)["Patient"]["DICOM"]["PatientID"]
    update(client, other, set={"Patient": {"DICOM": {"PatientID": patient}}})
    wait(client, other)


def test_a_promotion_adds_the_instances_to_the_primary_image_set(service: ImportJobService, client: Any) -> None:
    primary, _, other = service.image_sets
    assert refusal(copy, client, primary, promoteToPrimary=True) == "Validation"
    failed = copy(client, other, promoteToPrimary=True)["destinationImageSetProperties"]["imageSetId"]
    properties = [client.get_image_set(datastoreId=DATASTORE_ID, imageSetId=failed) for _ in range(2)][-1]
    assert (properties["imageSetWorkflowStatus"], properties["isPrimary"]) == ("COPY_FAILED", False)
    assert "conflicts" in properties["message"]
    take_conflict_away(client, primary, other)
    made = copy(client, other, promoteToPrimary=True)["destinationImageSetProperties"]
    assert made["imageSetId"] == primary.image_set_id
    assert wait(client, primary) == ("2", "COPIED", "")
    assert set(primary.latest.by_uid) == {"1.1", "1.2", "1.4"}
    copy(client, other, promoteToPrimary=True)
    assert wait(client, primary)[1] == "COPY_FAILED"


def test_a_promotion_may_make_an_image_set_of_its_own(service: ImportJobService, client: Any) -> None:
    service.change_behaviour("promoted_series=separate")
    primary, _, other = service.image_sets
    take_conflict_away(client, primary, other)
    made = copy(client, other, promoteToPrimary=True)["destinationImageSetProperties"]["imageSetId"]
    new = service.image_sets[-1]
    assert (new.image_set_id, new.is_primary, wait(client, new)) == (made, True, ("1", "COPIED", ""))


def test_imports_after_an_update(service: ImportJobService, client: Any) -> None:
    primary, _, other = service.image_sets
    take_conflict_away(client, primary, other)
    instance = imported_instance("d", SOPInstanceUID="1.6")
    assert service.import_instance(instance) is primary
    update(client, primary, **STUDY_AND_FLAG)
    assert service.import_instance(imported_instance("d", SOPInstanceUID="1.7", StudyDescription="d")) is primary
    assert primary.pending is None
    assert read(client, primary)["Study"]["DICOM"]["StudyDescription"] == "d"
