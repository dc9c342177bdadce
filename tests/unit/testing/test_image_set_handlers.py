"""Operations on image sets, as botocore's own client sees them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from dicommap.aws import Clients
from dicommap.testing import ImageSet, ImportJobService
from dicommap.testing.operations import load_imaging_operations
from dicommap.testing.service import DATASTORE_ID
from dicommap.testing.wire_format import find_shape_problems
from tests.support.imported_instances import imported_instance
from tests.support.s3_server import REGION


@pytest.fixture
def service() -> Iterator[ImportJobService]:
    """Return a stand-in without an S3 server, with an image set in two versions and one that is not primary."""
    with ImportJobService() as service:
        service.import_instance(imported_instance("a", SOPInstanceUID="1.1", StudyDescription="old"))
        service.import_instance(imported_instance("b", SOPInstanceUID="1.1", StudyDescription="new"))
        service.import_instance(imported_instance("b", SOPInstanceUID="1.2", PatientID="OTHER"))
        yield service


@pytest.fixture
def client(service: ImportJobService) -> Any:
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 1}, inject_host_prefix=False, parameter_validation=False
    )
    session = Clients(region=REGION).session
    return session.client(
        "medical-imaging",
        endpoint_url=service.url,
        config=config,
        aws_access_key_id="for-tests",
        aws_secret_access_key="for-tests",
    )


def ids(image_set: ImageSet) -> dict[str, str]:
    return {"datastoreId": DATASTORE_ID, "imageSetId": image_set.image_set_id}


def code_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def read_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["contentEncoding"] == "gzip"
    document: dict[str, Any] = json.loads(gzip.decompress(answer["imageSetMetadataBlob"].read()))
    return document


def test_metadata_is_that_of_the_latest_or_an_older_version(service: ImportJobService, client: Any) -> None:
    primary, _ = service.image_sets
    for version, description in ((None, "new"), ("2", "new"), ("1", "old")):
        answer = client.get_image_set_metadata(**ids(primary), **({"versionId": version} if version else {}))
        metadata = read_metadata(answer)
        assert metadata["Study"]["DICOM"]["StudyDescription"] == description
        assert metadata["ImageSetID"] == primary.image_set_id


def test_properties_of_a_version(service: ImportJobService, client: Any) -> None:
    primary, other = service.image_sets
    answer = client.get_image_set(**ids(primary))
    assert (answer["versionId"], answer["imageSetState"], answer["isPrimary"]) == ("2", "ACTIVE", True)
    assert answer["imageSetWorkflowStatus"] == "IMPORTED"
    assert client.get_image_set(**ids(primary), versionId="1")["imageSetWorkflowStatus"] == "CREATED"
    assert client.get_image_set(**ids(other))["isPrimary"] is False


def test_versions_are_listed_in_pages_the_latest_first(service: ImportJobService, client: Any) -> None:
    primary, _ = service.image_sets
    pages = client.get_paginator("list_image_set_versions").paginate(**ids(primary), PaginationConfig={"PageSize": 1})
    listed = [version for page in pages for version in page["imageSetPropertiesList"]]
    assert [(version["versionId"], version["ImageSetWorkflowStatus"]) for version in listed] == [
        ("2", "IMPORTED"),
        ("1", "CREATED"),
    ]


def test_image_sets_are_searched_in_pages(service: ImportJobService, client: Any) -> None:
    pages = client.get_paginator("search_image_sets").paginate(
        datastoreId=DATASTORE_ID,
        searchCriteria={
            "filters": [
                {"operator": "EQUAL", "values": [{"isPrimary": True}]},
                {
                    "operator": "BETWEEN",
                    "values": [{"createdAt": service.image_sets[0].versions[0].created_at}, {"createdAt": 4e9}],
                },
            ],
            "sort": {"sortField": "createdAt", "sortOrder": "ASC"},
        },
        PaginationConfig={"PageSize": 1},
    )
    summaries = [summary for page in pages for summary in page["imageSetsMetadataSummaries"]]
    assert [summary["imageSetId"] for summary in summaries] == [service.image_sets[0].image_set_id]
    assert summaries[0]["version"] == 2
    everything = client.search_image_sets(datastoreId=DATASTORE_ID)
    assert len(everything["imageSetsMetadataSummaries"]) == 2
    assert everything["sort"] == {"sortField": "updatedAt", "sortOrder": "DESC"}


@pytest.mark.parametrize(
    ("criteria", "place"),
    [
        ({"filters": []}, "filters has 0 items"),
        ({"filters": [{"operator": "LIKE", "values": [{"isPrimary": True}]}]}, "is not one of EQUAL, BETWEEN"),
        ({"filters": [{"operator": "EQUAL", "values": [{"isPrimary": "yes"}]}]}, "is not of type boolean"),
        ({"filters": [{"operator": "EQUAL", "values": [{"DICOMStudyInstanceUID": "abc"}]}]}, "does not match"),
        ({"filters": [{"operator": "EQUAL", "values": [{}]}]}, "union"),
        ({"sort": {"sortField": "updatedAt"}}, "sortOrder is required"),
    ],
)
def test_wrong_searches_are_refused(client: Any, criteria: dict[str, Any], place: str) -> None:
    with pytest.raises(ClientError) as error:
        client.search_image_sets(datastoreId=DATASTORE_ID, searchCriteria=criteria)
    assert code_of(error) == ("ValidationException", 400)
    assert place in error.value.response["Error"]["Message"]


def test_a_deleted_image_set_has_a_state_and_no_metadata(service: ImportJobService, client: Any) -> None:
    primary, _ = service.image_sets
    answer = client.delete_image_set(**ids(primary))
    assert (answer["imageSetState"], answer["imageSetWorkflowStatus"]) == ("LOCKED", "DELETING")
    answer = client.get_image_set(**ids(primary))
    assert (answer["imageSetState"], answer["imageSetWorkflowStatus"]) == ("DELETED", "DELETED")
    assert answer["deletedAt"] >= answer["createdAt"]
    with pytest.raises(ClientError) as error:
        client.get_image_set_metadata(**ids(primary))
    assert code_of(error) == ("ResourceNotFoundException", 404)
    assert len(client.search_image_sets(datastoreId=DATASTORE_ID)["imageSetsMetadataSummaries"]) == 1


def test_image_sets_versions_and_data_stores_that_do_not_exist(service: ImportJobService, client: Any) -> None:
    primary, _ = service.image_sets
    for parameters in (
        {**ids(primary), "imageSetId": "0" * 32},
        {**ids(primary), "datastoreId": "0" * 32},
        {**ids(primary), "versionId": "3"},
    ):
        for call in (client.get_image_set, client.get_image_set_metadata):
            with pytest.raises(ClientError) as error:
                call(**parameters)
            assert code_of(error) == ("ResourceNotFoundException", 404)


def test_answers_are_those_of_the_service_model(service: ImportJobService, client: Any) -> None:
    primary, other = service.image_sets
    answers = {
        "SearchImageSets": client.search_image_sets(datastoreId=DATASTORE_ID),
        "GetImageSet": client.get_image_set(**ids(primary)),
        "GetImageSetMetadata": client.get_image_set_metadata(**ids(primary)),
        "ListImageSetVersions": client.list_image_set_versions(**ids(primary)),
        "DeleteImageSet": client.delete_image_set(**ids(other)),
    }
    answers["GetImageSetMetadata"]["imageSetMetadataBlob"] = answers["GetImageSetMetadata"][
        "imageSetMetadataBlob"
    ].read()
    shapes = {operation.name: operation.output_shape for operation in load_imaging_operations()}
    for name, answer in answers.items():
        assert answer["ResponseMetadata"]["RequestId"], name
        del answer["ResponseMetadata"]
        assert list(find_shape_problems(shapes[name], answer)) == [], name


def test_errors_have_a_request_id(client: Any) -> None:
    with pytest.raises(ClientError) as error:
        client.get_image_set(datastoreId=DATASTORE_ID, imageSetId="0" * 32)
    assert error.value.response["ResponseMetadata"]["RequestId"]


def test_a_locked_image_set_has_its_state_and_is_a_conflict(service: ImportJobService, client: Any) -> None:
    primary, other = service.image_sets
    service.fault("locked", match=primary.image_set_id, times=4)
    answer = client.get_image_set(**ids(primary))
    assert (answer["imageSetState"], answer["imageSetWorkflowStatus"]) == ("LOCKED", "UPDATING")
    assert client.list_image_set_versions(**ids(primary))["imageSetPropertiesList"][0]["imageSetState"] == "LOCKED"
    for call in (client.get_image_set_metadata, client.delete_image_set):
        with pytest.raises(ClientError) as error:
            call(**ids(primary))
        assert code_of(error) == ("ConflictException", 409)
    client.get_image_set_metadata(**ids(other))
    assert client.get_image_set(**ids(primary))["imageSetState"] == "ACTIVE"


def test_an_image_set_can_be_deleted_by_a_fault(service: ImportJobService, client: Any) -> None:
    primary, _ = service.image_sets
    service.fault("deleted", match=primary.latest.latest_instance.study_instance_uid, times=2)
    assert client.get_image_set(**ids(primary))["imageSetState"] == "DELETED"
    with pytest.raises(ClientError) as error:
        client.get_image_set_metadata(**ids(primary))
    assert code_of(error) == ("ResourceNotFoundException", 404)
    client.get_image_set_metadata(**ids(primary))


def read_faulty(service: ImportJobService, client: Any, kind: str) -> tuple[bytes, str | None]:
    """Return the body and the content encoding of an answer with this fault."""
    service.fault(kind)
    answer = client.get_image_set_metadata(**ids(service.image_sets[0]))
    return answer["imageSetMetadataBlob"].read(), answer.get("contentEncoding")


def test_metadata_are_not_compressed(service: ImportJobService, client: Any) -> None:
    for kind, encoding in (("not-gzip", "gzip"), ("uncompressed", None)):
        body, told = read_faulty(service, client, kind)
        assert (json.loads(body)["SchemaVersion"], told) == ("1.1", encoding)


def test_metadata_end_in_the_middle(service: ImportJobService, client: Any) -> None:
    body, _ = read_faulty(service, client, "truncated")
    with pytest.raises(EOFError):
        gzip.decompress(body)


def test_metadata_are_not_json(service: ImportJobService, client: Any) -> None:
    body, _ = read_faulty(service, client, "not-json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(gzip.decompress(body))


def test_metadata_have_another_form(service: ImportJobService, client: Any) -> None:
    documents = {
        kind: json.loads(gzip.decompress(read_faulty(service, client, kind)[0]))
        for kind in ("other-study", "schema-version", "unknown-members")
    }
    other = documents["other-study"]["Study"]
    assert other["DICOM"]["StudyInstanceUID"] == "2.25.1"
    ((series_uid, series),) = other["Series"].items()
    assert (series_uid, series["DICOM"]["SeriesInstanceUID"]) == ("2.25.1", "2.25.1")
    assert {uid: one["DICOM"]["SOPInstanceUID"] for uid, one in series["Instances"].items()} == {"2.25.1.1": "2.25.1.1"}
    assert documents["schema-version"]["SchemaVersion"] == "2.0"
    unknown = documents["unknown-members"]
    assert "NewMember" in unknown
    assert "NewMember" in unknown["Patient"]["DICOM"]
    assert all(
        "NewMember" in one for series in unknown["Study"]["Series"].values() for one in series["Instances"].values()
    )


def test_metadata_are_larger_than_the_quota(service: ImportJobService, client: Any) -> None:
    body, _ = read_faulty(service, client, "large-metadata")
    assert len(body) < 2_000_000
    assert len(gzip.decompress(body)) > 50_000_000


@pytest.mark.parametrize(
    "operation",
    ["SearchImageSets", "GetImageSet", "GetImageSetMetadata", "ListImageSetVersions", "DeleteImageSet"],
)
def test_each_operation_can_be_denied_and_throttled(service: ImportJobService, client: Any, operation: str) -> None:
    name = re.sub("(?<!^)([A-Z])", r"_\1", operation).lower()
    parameters = {"datastoreId": DATASTORE_ID} if operation == "SearchImageSets" else ids(service.image_sets[0])
    service.fault("access-denied", operation=operation)
    service.fault("throttle", operation=operation)
    for code in (("AccessDeniedException", 403), ("ThrottlingException", 429)):
        with pytest.raises(ClientError) as error:
            getattr(client, name)(**parameters)
        assert code_of(error) == code
    getattr(client, name)(**parameters)


def test_a_client_with_the_variables_of_the_stand_in_reaches_image_sets(
    service: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {**service.environment, "AWS_ACCESS_KEY_ID": "for-tests", "AWS_SECRET_ACCESS_KEY": "for-tests"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    plain = boto3.client("medical-imaging", region_name=REGION)
    answer = plain.get_image_set_metadata(**ids(service.image_sets[0]))
    assert read_metadata(answer)["SchemaVersion"] == "1.1"
