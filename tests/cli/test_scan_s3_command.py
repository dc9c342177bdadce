"""`dicommap scan s3://...`: what is told of requests, and of what cannot be done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import dicommap, dicommap_process
from tests.support.p10_files import p10, uid
from tests.support.s3_fault_proxy import Fault, run_fault_proxy, shorten_retries
from tests.support.s3_memory_server import BUCKET, memory_server
from tests.support.s3_server import environment

PREFIX = f"s3://{BUCKET}/p/"


@pytest.fixture
def server() -> Iterator[str]:
    objects = {f"p/{number}": p10(SOPInstanceUID=uid("1.9", number)) for number in range(5)}
    objects["p/long"] = p10(SOPInstanceUID="1.8", InstitutionAddress="y" * 30_000)
    with memory_server(objects) as (url, _):
        yield url


@pytest.fixture(autouse=True)
def found(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def test_requests_and_bytes_are_told(tmp_path: Path) -> None:
    ran = dicommap("scan", PREFIX, "-o", tmp_path / "i.db")
    assert ran.status == 0
    assert "6 instances in 6 files" in ran.out
    assert "Sent 9 requests to S3 and received" in ran.out
    assert "5 of 6 files took one request." in ran.out
    again = dicommap("scan", PREFIX, "-o", tmp_path / "i.db")
    assert "took 6 unchanged files" in again.out
    assert "Sent 2 requests to S3 and received 0 B." in again.out


def test_a_process_of_its_own_says_the_same_and_warns_of_nothing(tmp_path: Path) -> None:
    ran = dicommap_process("scan", PREFIX, "-o", tmp_path / "i.db", "-j", "2")
    assert (ran.status, ran.err) == (0, "")
    assert "Sent 9 requests to S3" in ran.out


def test_options_name_the_endpoint_and_the_region(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    ran = dicommap("scan", PREFIX, "-o", tmp_path / "i.db", "--endpoint-url", server, "--region", "us-east-1")
    assert ran.status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["s3://archive/none/"], "no object below"),
        (["s3://another/"], "NoSuchBucket"),
        (["s3://"], "no S3 URI"),
        ([PREFIX, "--archives"], "cannot be scanned"),
        ([PREFIX, "--files-from", "list"], "for a local source"),
        ([PREFIX, "--s3-inventory", "none.json"], "cannot be read"),
        ([PREFIX, "--profile", "nobody"], "ProfileNotFound"),
        ([PREFIX, "--endpoint-url", "no URL"], "endpoint"),
        (["s3:/archive/p/"], "one slash after s3:"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list").write_text("a\n", encoding="utf-8")
    ran = dicommap("scan", *arguments, "-o", "i.db")
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["list"]


def test_without_the_extra_the_pip_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    ran = dicommap("scan", PREFIX, "-o", tmp_path / "i.db")
    assert ran.status == 2
    assert "pip install 'dicommap[s3]'" in ran.err


def test_expired_credentials_are_told_and_the_next_scan_goes_on(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault("status", key="/long", status=400, code="ExpiredToken")
    with run_fault_proxy(server, fault) as proxy, shorten_retries():
        ran = dicommap("scan", PREFIX, "-o", tmp_path / "i.db", "--endpoint-url", proxy.url)
    assert ran.status == 2
    assert "ExpiredToken" in ran.err
    assert "AKIDEXAMPLE" not in ran.everything
    assert dicommap("scan", PREFIX, "-o", tmp_path / "i.db").status == 0


def test_a_local_scan_loads_no_client_of_s3(tree: Path, tmp_path: Path) -> None:
    code = "import sys, dicommap; dicommap.scan(sys.argv[1]).close(); print(*sys.modules)"
    command = [sys.executable, "-c", code, str(tree)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {module.partition(".")[0] for module in ran.stdout.split()}
    assert "dicommap" in loaded
    assert not loaded & {"boto3", "botocore", "obstore", "xml", "urllib3"}


@pytest.fixture
def no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the credentials away, and the places where botocore would find others."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.usefixtures("no_credentials")
def test_without_credentials_the_option_for_public_buckets_is_named(tmp_path: Path) -> None:
    ran = dicommap("scan", PREFIX, "-o", tmp_path / "i.db")

    assert ran.status == 2
    assert "--no-sign-request" in ran.err


@pytest.mark.usefixtures("no_credentials")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_public_bucket_is_read_without_credentials(jobs: str, tmp_path: Path) -> None:
    with memory_server({f"p/{number}": p10(SOPInstanceUID=uid("1.9", number)) for number in range(3)}) as (url, served):
        ran = dicommap_process(
            "scan", PREFIX, "-o", tmp_path / "i.db", "--endpoint-url", url, "--no-sign-request", "-j", jobs
        )

    assert (ran.status, ran.err) == (0, "")
    assert "3 instances in 3 files" in ran.out
    assert served.requests == 3
    assert served.signed == 0


def test_credentials_that_are_there_are_not_sent_to_a_public_bucket(tmp_path: Path) -> None:
    with memory_server({"p/1": p10()}) as (url, served):
        assert dicommap("scan", PREFIX, "-o", tmp_path / "i.db", "--endpoint-url", url).status == 0
        signed = served.signed
        assert dicommap("scan", PREFIX, "-o", tmp_path / "j.db", "--endpoint-url", url, "--no-sign-request").status == 0

    assert signed > 0
    assert served.signed == signed
