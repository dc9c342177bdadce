"""The stand-in in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from dicommap.errors import UsageError
from dicommap.testing import Fault
from dicommap.testing.service import DATASTORE_ID
from tests.s3 import REGION, environment


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


def test_it_prints_its_url_and_serves_until_it_is_stopped(s3_environment: str) -> None:
    from dicommap.aws import Clients

    with serving("--s3-endpoint", s3_environment, "--fault", "not-found,operation=GetDatastore,times=1") as url:
        client = Clients(region=REGION, endpoint_url=url).medical_imaging
        with pytest.raises(ClientError, match="ResourceNotFound"):
            client.get_datastore(datastoreId=DATASTORE_ID)
        assert client.get_datastore(datastoreId=DATASTORE_ID)["datastoreProperties"]["datastoreStatus"] == "ACTIVE"


def test_a_fault_that_there_is_not_is_a_wrong_call() -> None:
    command = [sys.executable, "-m", "dicommap.testing", "--fault", "earthquake"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "throttle" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("reset", Fault(kind="reset")),
        ("throttle,times=always", Fault(kind="throttle", times=None)),
        (
            "internal,operation=GetDICOMImportJob,times=2,after=3",
            Fault(kind="internal", operation="GetDICOMImportJob", times=2, after=3),
        ),
        ("job-failed,message=no = more", Fault(kind="job-failed", message="no = more")),
    ],
)
def test_faults_are_written_as_text(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize("text", ["", "earthquake", "reset,times=-1", "reset,when=now", "reset,after=always"])
def test_a_text_that_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Fault.parse(text)
