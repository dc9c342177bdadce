from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
)

from dicommap.aws import Clients
from dicommap.aws.client_errors import convert_client_errors
from dicommap.errors import AwsError
from tests.support.s3_server import Bucket


def refusal(code: str, status: int = 400, words: str = "") -> ClientError:
    answer = {"Error": {"Code": code, "Message": words}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "StartDICOMImportJob")


def told(error: Exception) -> AwsError:
    with pytest.raises(AwsError) as raised, convert_client_errors("StartDICOMImportJob", "s3://bucket/in/"):
        raise error
    return raised.value


@pytest.mark.parametrize(
    ("code", "status", "fix", "transient"),
    [
        ("AccessDeniedException", 403, "policy", False),
        ("403", 403, "policy", False),
        ("404", 404, "Check the name", False),
        ("ExpiredTokenException", 400, "renew", False),
        ("InvalidAccessKeyId", 403, "credentials", False),
        ("RequestTimeTooSkewed", 403, "clock", False),
        ("PermanentRedirect", 301, "--region", False),
        ("ThrottlingException", 429, "wait", True),
        ("SlowDown", 503, "wait", True),
        ("InternalServerException", 500, "internal error", True),
        ("ValidationException", 400, "validate", False),
    ],
)
def test_a_refusal_names_operation_subject_code_and_what_to_do(
    code: str, status: int, fix: str, transient: bool
) -> None:
    error = told(refusal(code, status))
    assert error.message.startswith(f"StartDICOMImportJob of s3://bucket/in/ was refused: {code}.")
    assert fix in error.fix
    assert (error.code, error.transient) == (code, transient)


@pytest.mark.parametrize("error", [RecursionError(), HTTPClientError(error=RecursionError())])
def test_redirects_without_end_are_told_wherever_the_stack_ends(error: Exception) -> None:
    found = told(error)
    assert found.message == "StartDICOMImportJob of s3://bucket/in/ is redirected without end."
    assert "endpoint" in found.fix


@pytest.mark.parametrize(
    ("header", "request_id"),
    [("7d1b-4c", "7d1b-4c"), ("", ""), ("an id\nwith lines", ""), ("x" * 65, "")],
)
def test_an_error_has_the_request_id_that_support_asks_for(header: str, request_id: str) -> None:
    error = refusal("ValidationException", words="no")
    error.response["ResponseMetadata"]["HTTPHeaders"] = {"x-amzn-requestid": header}
    raised = told(error)
    assert raised.request_id == request_id
    assert raised.message.endswith(f"AWS says: no. Request id: {request_id}." if request_id else "AWS says: no.")


def test_aws_is_quoted_where_its_words_help_and_no_further() -> None:
    said = "User: arn:aws:iam::111122223333:user/a is not authorized, Zyzzyva\x1b[31m."
    assert "AWS says: User: arn:aws:iam::111122223333:user/a is not authorized, ***" in str(
        told(refusal("AccessDeniedException", 403, said))
    )
    assert "AWS says: Access Denied." in str(told(refusal("AccessDenied", 403, "Access Denied")))
    odd = told(refusal("Zyzzyva^Quark", 400))
    assert "Zyzzyva" not in odd.message
    assert "secret" not in str(told(refusal("ExpiredToken", 400, "secret")))
    assert len(told(refusal("ValidationException", 400, "x" * 5000)).message) < 1000


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (NoCredentialsError(), "--profile"),
        (EndpointConnectionError(endpoint_url="http://user:secret@127.0.0.1:1"), "network"),
        (ParamValidationError(report="Doe^Jane"), "form"),
    ],
)
def test_what_is_no_answer_is_told_without_its_own_text(error: Exception, fix: str) -> None:
    found = told(error)
    assert fix in found.fix
    assert "secret" not in str(found)
    assert "Doe" not in str(found)


def test_an_endpoint_that_is_no_url_is_told(s3_environment: str) -> None:
    with pytest.raises(AwsError, match="--endpoint-url"), convert_client_errors("ListBuckets"):
        Clients(endpoint_url="nowhere").s3.list_buckets()


def test_a_profile_that_is_none_is_told(s3_environment: str) -> None:
    with pytest.raises(AwsError, match="--profile"), convert_client_errors("ListBuckets"):
        Clients(profile="nobody").s3.list_buckets()


def test_another_error_is_our_own_and_stays_what_it_is() -> None:
    with pytest.raises(ValueError, match="ours"), convert_client_errors("ListBuckets"):
        raise ValueError("ours")


def test_a_bucket_that_is_not_there(bucket: Bucket) -> None:
    with (
        pytest.raises(AwsError, match="NoSuchBucket") as raised,
        convert_client_errors("ListObjectsV2", "s3://nowhere-1/"),
    ):
        bucket.client.list_objects_v2(Bucket="nowhere-1")
    assert raised.value.code == "NoSuchBucket"
