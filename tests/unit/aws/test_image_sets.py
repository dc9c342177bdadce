"""Image sets are searched, read and deleted within AWS's rates, and damaged metadata is refused in plain words."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from dicommap.aws import Clients
from dicommap.aws.image_sets import ImageSets
from dicommap.aws.metadata_bodies import decompress_metadata
from dicommap.errors import AwsError, ConflictError, UsageError
from dicommap.healthimaging.limits import DELETE_IMAGE_SET_RATE, GET_IMAGE_SET_METADATA_RATE
from dicommap.reading import document_limits
from tests.support.fake_clock import QuickClock

DATASTORE = "12345678901234567890123456789012"
IMAGE_SET = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Clients:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return Clients(region="us-east-1")


@pytest.fixture
def service(clients: Clients) -> Iterator[Stubber]:
    with Stubber(clients.medical_imaging) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def image_sets(clients: Clients) -> ImageSets:
    return ImageSets(clients, QuickClock())


def body_answer(body: bytes) -> dict[str, Any]:
    return {
        "imageSetMetadataBlob": StreamingBody(io.BytesIO(body), len(body)),
        "contentType": "application/json",
        "contentEncoding": "gzip",
    }


def named(**members: Any) -> dict[str, Any]:
    return {"datastoreId": DATASTORE, "imageSetId": IMAGE_SET, **members}


def test_a_search_names_its_filters_and_reads_all_pages(service: Stubber, image_sets: ImageSets) -> None:
    criteria = {"filters": [{"values": [{"DICOMStudyInstanceUID": "1.2"}], "operator": "EQUAL"}]}
    expected = {"datastoreId": DATASTORE, "maxResults": 50, "searchCriteria": criteria}
    tags = {"DICOMStudyInstanceUID": "1.2", "DICOMPatientId": "P1", "DICOMSeriesNumber": 7}
    first = {"imageSetId": IMAGE_SET, "version": 2, "isPrimary": True, "DICOMTags": tags}
    second = {"imageSetId": OTHER, "isPrimary": False}
    service.add_response(
        "search_image_sets", {"imageSetsMetadataSummaries": [first], "nextToken": "next"}, dict(expected)
    )
    service.add_response(
        "search_image_sets", {"imageSetsMetadataSummaries": [second]}, {**expected, "nextToken": "next"}
    )
    summaries = list(image_sets.search(DATASTORE, {"StudyInstanceUID": "1.2"}))
    assert [(summary.imageSetId, summary.isPrimary) for summary in summaries] == [(IMAGE_SET, True), (OTHER, False)]
    assert summaries[0].attributes == {"StudyInstanceUID": "1.2", "PatientID": "P1", "SeriesNumber": "7"}
    assert "P1" not in repr(summaries[0])
    assert summaries[1].attributes == {}


def test_a_search_without_filters_lists_all_image_sets(service: Stubber, image_sets: ImageSets) -> None:
    service.add_response(
        "search_image_sets", {"imageSetsMetadataSummaries": []}, {"datastoreId": DATASTORE, "maxResults": 50}
    )
    assert list(image_sets.search(DATASTORE, {})) == []


def test_a_list_that_does_not_end_is_refused(service: Stubber, image_sets: ImageSets) -> None:
    for _ in range(2):
        service.add_response("search_image_sets", {"imageSetsMetadataSummaries": [], "nextToken": "same"})
    with pytest.raises(AwsError, match="SearchImageSets does not end"):
        list(image_sets.search(DATASTORE, {"PatientID": "1"}))


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"PatientName": "DOE"}, "searchable attribute"),
        ({"PatientID": "1", "StudyID": "2", "AccessionNumber": "3"}, "3 filters are too many"),
    ],
)
def test_a_search_that_aws_does_not_offer_is_refused(
    image_sets: ImageSets, filters: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        list(image_sets.search(DATASTORE, filters))


def test_properties_of_an_image_set_and_of_its_versions(service: Stubber, image_sets: ImageSets) -> None:
    state = named(versionId="2", imageSetState="LOCKED", imageSetWorkflowStatus="UPDATING")
    service.add_response("get_image_set", state, named())
    assert image_sets.get(DATASTORE, IMAGE_SET).imageSetState == "LOCKED"
    service.add_response("get_image_set", {**state, "versionId": "1"}, named(versionId="1"))
    assert image_sets.get(DATASTORE, IMAGE_SET, "1").versionId == "1"
    version = {"imageSetId": IMAGE_SET, "versionId": "1", "imageSetState": "ACTIVE", "ImageSetWorkflowStatus": "COPIED"}
    service.add_response(
        "list_image_set_versions", {"imageSetPropertiesList": [version], "nextToken": "t"}, named(maxResults=50)
    )
    service.add_response(
        "list_image_set_versions", {"imageSetPropertiesList": [version]}, named(maxResults=50, nextToken="t")
    )
    versions = list(image_sets.list_versions(DATASTORE, IMAGE_SET))
    assert [properties.imageSetWorkflowStatus for properties in versions] == ["COPIED", "COPIED"]


def test_a_deletion_returns_the_state(service: Stubber, image_sets: ImageSets) -> None:
    service.add_response("delete_image_set", named(imageSetState="LOCKED", imageSetWorkflowStatus="DELETING"), named())
    assert image_sets.delete(DATASTORE, IMAGE_SET).imageSetWorkflowStatus == "DELETING"


def test_metadata_is_decompressed(service: Stubber, image_sets: ImageSets) -> None:
    service.add_response("get_image_set_metadata", body_answer(gzip.compress(b'{"a": 1}')), named())
    assert image_sets.get_metadata(DATASTORE, IMAGE_SET) == b'{"a": 1}'
    two_members = gzip.compress(b'{"a":') + gzip.compress(b" 1}")
    service.add_response("get_image_set_metadata", body_answer(two_members), named(versionId="3"))
    assert image_sets.get_metadata(DATASTORE, IMAGE_SET, "3") == b'{"a": 1}'


def test_an_interrupted_body_is_requested_again(service: Stubber, image_sets: ImageSets) -> None:
    whole = gzip.compress(b"{}")
    cut = {"imageSetMetadataBlob": StreamingBody(io.BytesIO(whole[:9]), len(whole))}
    service.add_response("get_image_set_metadata", cut)
    service.add_response("get_image_set_metadata", body_answer(whole))
    assert image_sets.get_metadata(DATASTORE, IMAGE_SET) == b"{}"


def test_a_body_that_is_always_interrupted_is_an_error(service: Stubber, image_sets: ImageSets) -> None:
    for _ in range(3):
        service.add_response(
            "get_image_set_metadata", {"imageSetMetadataBlob": StreamingBody(io.BytesIO(b"short"), 100)}
        )
    with pytest.raises(AwsError, match="interrupted several times") as raised:
        image_sets.get_metadata(DATASTORE, IMAGE_SET)
    assert raised.value.transient


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b'{"a": 1}', "is not gzip data"),
        (b"", "is incomplete gzip data"),
        (gzip.compress(b"x" * 1000)[:-5], "is incomplete gzip data"),
        (gzip.compress(b"x" * 1000)[:-8] + bytes(8), "is not gzip data"),
        (gzip.compress(b"{}") + b"<html>", "is not gzip data"),
        (gzip.compress(b" ") * 200, "has too many gzip members"),
    ],
    ids=["json", "empty", "truncated", "wrong-checksum", "trailing-text", "many-members"],
)
def test_damaged_metadata_is_refused(body: bytes, problem: str) -> None:
    with pytest.raises(AwsError, match=f"image set {IMAGE_SET} {problem}") as raised:
        decompress_metadata(body, IMAGE_SET)
    assert raised.value.local


def test_metadata_beyond_the_limit_is_refused(
    monkeypatch: pytest.MonkeyPatch, service: Stubber, image_sets: ImageSets
) -> None:
    limit = document_limits.DocumentLimit(1000)
    monkeypatch.setattr("dicommap.aws.metadata_bodies.IMAGE_SET_METADATA_LIMIT", limit)
    assert decompress_metadata(gzip.compress(bytes(1000)), IMAGE_SET) == bytes(1000)
    halves = gzip.compress(bytes(600)) + gzip.compress(bytes(401))
    for body in (gzip.compress(bytes(1001)), halves):
        with pytest.raises(AwsError, match="more than 1,000 bytes"):
            decompress_metadata(body, IMAGE_SET)
    service.add_response("get_image_set_metadata", body_answer(bytes(1001)))
    with pytest.raises(AwsError, match="more than 1,000 bytes"):
        image_sets.fetch_metadata(DATASTORE, IMAGE_SET)


def test_a_refusal_names_the_operation_and_the_image_set(service: Stubber, image_sets: ImageSets) -> None:
    service.add_client_error("get_image_set_metadata", "AccessDeniedException", "not authorized", 403)
    with pytest.raises(AwsError, match=f"GetImageSetMetadata of image set {IMAGE_SET} was refused") as raised:
        image_sets.get_metadata(DATASTORE, IMAGE_SET)
    assert (raised.value.code, raised.value.local) == ("AccessDeniedException", True)


def test_an_answer_without_a_required_member_is_no_answer(service: Stubber, image_sets: ImageSets) -> None:
    events = image_sets._clients.medical_imaging.meta.events
    name = "after-call.medical-imaging.DeleteImageSet"
    events.register(name, lambda parsed, **_: parsed.pop("imageSetState"))
    service.add_response("delete_image_set", named(imageSetState="LOCKED", imageSetWorkflowStatus="DELETING"))
    with pytest.raises(AwsError, match="answer to DeleteImageSet lacks"):
        image_sets.delete(DATASTORE, IMAGE_SET)


def test_calls_stay_within_the_documented_rates(clients: Clients, service: Stubber) -> None:
    clock = QuickClock()
    image_sets = ImageSets(clients, clock)
    for _ in range(3):
        service.add_response("delete_image_set", named(imageSetState="LOCKED", imageSetWorkflowStatus="DELETING"))
        image_sets.delete(DATASTORE, IMAGE_SET)
    assert clock.seconds == 2 / DELETE_IMAGE_SET_RATE.per_second
    before = clock.seconds
    for _ in range(GET_IMAGE_SET_METADATA_RATE.burst + 10):
        service.add_response("get_image_set_metadata", body_answer(gzip.compress(b"{}")))
        image_sets.fetch_metadata(DATASTORE, IMAGE_SET)
    assert clock.seconds - before == pytest.approx(10 / GET_IMAGE_SET_METADATA_RATE.per_second)


UPDATE_ANSWER = {**named(), "latestVersionId": "2", "imageSetState": "LOCKED", "imageSetWorkflowStatus": "UPDATING"}


def test_changes_are_sent_once_with_their_flags(clients: Clients, image_sets: ImageSets) -> None:
    updates = {"DICOMUpdates": {"updatableAttributes": b"{}"}}
    expected = named(latestVersionId="1", force=True, includeStudyImageSets=True, updateImageSetMetadataUpdates=updates)
    copied = {"imageSetId": OTHER, "latestVersionId": "1", "imageSetState": "LOCKED"}
    copy = {
        "datastoreId": DATASTORE,
        "sourceImageSetId": IMAGE_SET,
        "copyImageSetInformation": {"sourceImageSet": {"latestVersionId": "1"}},
    }
    answer = {"datastoreId": DATASTORE, "sourceImageSetProperties": copied, "destinationImageSetProperties": copied}
    with Stubber(clients.medical_imaging_once) as service:
        service.add_response("update_image_set_metadata", UPDATE_ANSWER, expected)
        service.add_response(
            "update_image_set_metadata",
            UPDATE_ANSWER,
            named(latestVersionId="2", updateImageSetMetadataUpdates={"revertToVersionId": "1"}),
        )
        service.add_response("copy_image_set", answer, {**copy, "promoteToPrimary": True})
        updated = image_sets.update(DATASTORE, IMAGE_SET, "1", updatable=b"{}", force=True, include_study=True)
        assert (updated.versionId, updated.imageSetState) == ("2", "LOCKED")
        assert image_sets.revert(DATASTORE, IMAGE_SET, "2", "1").versionId == "2"
        promoted = image_sets.copy(DATASTORE, IMAGE_SET, "1", promote=True)
        assert promoted.destinationImageSetProperties.imageSetId == OTHER
        service.assert_no_pending_responses()
    clock = image_sets._clock
    assert isinstance(clock, QuickClock)
    assert clock.sleeps == [4.0]  # the second update waits for AWS's rate limit
    assert clients.medical_imaging_once.meta.config.retries["total_max_attempts"] == 1


def test_a_change_is_sent_again_only_if_it_was_throttled(clients: Clients, image_sets: ImageSets) -> None:
    with Stubber(clients.medical_imaging_once) as service:
        service.add_client_error("update_image_set_metadata", "ThrottlingException", http_status_code=429)
        service.add_response("update_image_set_metadata", UPDATE_ANSWER)
        assert image_sets.update(DATASTORE, IMAGE_SET, "1", removable=b"{}").versionId == "2"
        service.add_client_error("update_image_set_metadata", "InternalServerException", http_status_code=500)
        with pytest.raises(AwsError) as error:
            image_sets.update(DATASTORE, IMAGE_SET, "1", removable=b"{}")
        assert (error.value.transient, type(error.value)) == (True, AwsError)
        service.add_client_error("copy_image_set", "ConflictException", "It is LOCKED", http_status_code=409)
        with pytest.raises(ConflictError, match="AWS says"):
            image_sets.copy(DATASTORE, IMAGE_SET, "1", destination=(OTHER, "1"))
