"""The stand-in in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from dicommap.aws import Clients
from dicommap.testing.service import DATASTORE_ID
from tests.support.s3_server import REGION, Bucket, environment


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "dicommap.testing", *arguments]
    variables = {**os.environ, **environment("http://127.0.0.1:1"), "PYTHONWARNINGS": "error"}
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0


def start_job(client: Any, bucket_uri: str, token: str = "t1") -> Any:
    """Start a job that imports the folder in/ of a bucket."""
    return client.start_dicom_import_job(
        clientToken=token,
        datastoreId=DATASTORE_ID,
        dataAccessRoleArn="arn:aws:iam::123456789012:role/import",
        inputS3Uri=f"{bucket_uri}in/",
        outputS3Uri=f"{bucket_uri}out/",
    )


@pytest.mark.usefixtures("counted")
def test_it_prints_its_url_and_serves_until_it_is_stopped(s3_environment: str) -> None:
    fault = "not-found,operation=GetDatastore,times=1"
    with serving("--s3-endpoint", s3_environment, "--fault", fault, "--set", "concurrent_jobs=0") as url:
        client = Clients(region=REGION, endpoint_url=url).medical_imaging
        with pytest.raises(ClientError, match="ResourceNotFound"):
            client.get_datastore(datastoreId=DATASTORE_ID)
        assert client.get_datastore(datastoreId=DATASTORE_ID)["datastoreProperties"]["datastoreStatus"] == "ACTIVE"
        with pytest.raises(ClientError, match="ServiceQuotaExceeded"):
            start_job(client, "s3://bucket/")


def asked(url: str, path: str, body: str | None = None) -> Any:
    request = Request(f"{url}/stand-in/{path}", None if body is None else body.encode())
    with urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.usefixtures("counted")
def test_a_test_in_another_process_sees_and_changes_its_state(bucket: Bucket, tree: Path) -> None:
    bucket.upload(tree, "in/")
    with serving("--s3-endpoint", bucket.endpoint_url, "--advance", "call", "--no-throttling") as url:
        client = Clients(region=REGION, endpoint_url=url).medical_imaging
        asked(url, "faults", "rejected,match=study2")
        started = start_job(client, bucket.uri)
        asked(url, "advance", "")
        asked(url, "advance", started["jobId"])
        (job,) = asked(url, "jobs")
        sets = asked(url, "image-sets")
        asked(url, "behaviour", "answers.dataSet=array\nconcurrent_jobs=0")
        with pytest.raises(ClientError, match="ServiceQuotaExceeded"):
            start_job(client, bucket.uri, "t2")
        for path, body in (
            ("faults", "earthquake"),
            ("faults", ""),
            ("behaviour", "answers.dataSet=list"),
            ("nothing", None),
        ):
            with pytest.raises(HTTPError):
                asked(url, path, body)
    assert (job["jobId"], job["jobStatus"], job["calls"]) == (started["jobId"], "COMPLETED", 1)
    assert job["request"]["clientToken"] == "t1"
    keys = {instance["key"] for one in sets for instance in one["instances"]}
    assert keys == {key for key in bucket.keys("in/") if "study1" in key}


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(
    ("arguments", "word"), [(["--fault", "earthquake"], "throttle"), (["--set", "answers.dataSet=list"], "array")]
)
def test_a_fault_or_setting_that_does_not_exist_is_a_wrong_call(arguments: list[str], word: str) -> None:
    command = [sys.executable, "-m", "dicommap.testing", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("counted")
def test_missing_credentials_are_told_at_the_start() -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    variables["AWS_CONFIG_FILE"] = os.devnull
    command = [sys.executable, "-m", "dicommap.testing", "--s3-endpoint", "http://127.0.0.1:1"]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("http://")
        process.send_signal(signal.SIGTERM)
        assert "No AWS credentials were found" in process.stderr.read()
