"""What S3 and networks do to a scan: nothing lost, nothing mixed, and a clear word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import dicommap
from dicommap.errors import AwsError
from dicommap.scanning import pipeline
from tests.support.long_cases import one_of
from tests.support.p10_files import p10, uid, write_tree
from tests.support.s3_fault_proxy import Fault, FaultyProxy, run_fault_proxy, shorten_retries
from tests.support.s3_memory_server import BUCKET, MemoryObjects, memory_server
from tests.support.s3_server import environment
from tests.support.scanned_s3_rows import ComparableRows, read_comparable_rows, scan_comparable_rows

PREFIX = f"s3://{BUCKET}/p/"
KEYS = [f"p/{number:02}" for number in range(20)]
LISTING = "list-type"


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with shorten_retries():
        yield


def make_objects() -> dict[str, bytes]:
    return {key: p10(SOPInstanceUID=uid("1.9", number)) for number, key in enumerate(KEYS)}


@pytest.fixture
def served() -> Iterator[tuple[str, MemoryObjects]]:
    with memory_server(make_objects()) as server:
        yield server


@contextmanager
def behind(served: tuple[str, MemoryObjects], monkeypatch: pytest.MonkeyPatch, *faults: Fault) -> Iterator[FaultyProxy]:
    """Let AWS's clients find the server behind a proxy with these faults."""
    with run_fault_proxy(served[0], *faults) as proxy:
        for name, value in environment(proxy.url).items():
            monkeypatch.setenv(name, value)
        yield proxy


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> ComparableRows:
    """Return the rows of a local tree of the same files."""
    root = tmp_path_factory.mktemp("local")
    return scan_comparable_rows(write_tree(root, make_objects()) / "p")


PASSING = [
    Fault("status", key="/05", times=3),
    Fault("status", key="/05", status=500, code="InternalError", times=3),
    Fault("status", times=10, skipped=5),
    Fault("reset", key="/05", times=3),
    Fault("short", key="/05", times=3),
    Fault("reset", query=LISTING, times=1),
    Fault("short", query=LISTING, times=1),
    Fault("short", query=LISTING, times=1, skipped=1),
    Fault("status", query=LISTING, times=1, skipped=1),
]


@pytest.mark.parametrize(
    "fault", one_of(2, PASSING), ids=lambda fault: f"{fault.kind}-{fault.status}-{fault.key}-{fault.query}"
)
def test_what_passes_leaves_no_trace(
    served: tuple[str, MemoryObjects], expected: ComparableRows, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    fault.met = 0
    with behind(served, monkeypatch, fault):
        assert scan_comparable_rows(PREFIX) == expected
    assert fault.met > (fault.times or 0)


OF_ONE_OBJECT = [
    (Fault("status", key="/05", status=403, code="AccessDenied"), "s3.denied"),
    (Fault("status", key="/05", status=400, code="KMS.DisabledException"), "s3.denied"),
    (Fault("status", key="/05", status=403, code="InvalidObjectState"), "s3.archived"),
    (Fault("status", key="/05", status=404, code="NoSuchKey"), "s3.vanished"),
    (Fault("status", key="/05", status=412, code="PreconditionFailed"), "s3.changed"),
    (Fault("status", key="/05", status=416, code="InvalidRange"), "s3.changed"),
    (Fault("status", key="/05", status=500, code="InternalError"), "s3.unreadable"),
    (Fault("reset", key="/05"), "s3.unreadable"),
    (Fault("short", key="/05"), "s3.unreadable"),
    (Fault("other", key="/05", body=b"less"), "s3.unreadable"),
]


@pytest.mark.parametrize(("fault", "code"), one_of(2, OF_ONE_OBJECT), ids=lambda one: getattr(one, "code", one))
def test_what_is_wrong_with_one_object_is_a_finding_and_is_tried_again(
    served: tuple[str, MemoryObjects],
    expected: ComparableRows,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    fault: Fault,
    code: str,
) -> None:
    output = tmp_path / "i.db"
    with behind(served, monkeypatch, fault), dicommap.scan(PREFIX, output=output) as inventory:
        assert [(one.location.path, one.code) for one in inventory.issues()] == [("05", code)]
        counts = inventory.summary()
        assert (counts.dispositions, counts.instances) == ({"instance": 19, "unreadable": 1}, 19)
    with behind(served, monkeypatch), dicommap.scan(PREFIX, output=output) as inventory:
        assert (inventory.summary().read, inventory.summary().unchanged) == (1, 19)
        assert read_comparable_rows(inventory) == expected


OF_ALL = [
    (Fault("status", skipped=6), "SlowDown", "wait"),
    (Fault("status", skipped=6, status=400, code="ExpiredToken"), "ExpiredToken", "renew"),
    (Fault("status", skipped=6, status=403, code="InvalidAccessKeyId"), "InvalidAccessKeyId", "credentials"),
    (Fault("status", skipped=6, status=403, code="RequestTimeTooSkewed"), "RequestTimeTooSkewed", "clock"),
    (Fault("status", skipped=6, status=301, code="PermanentRedirect"), "PermanentRedirect", "region"),
    (Fault("status", skipped=6, status=500, code="InternalError"), "no complete answer", "network"),
    (Fault("reset", skipped=6), "no complete answer", "network"),
    (Fault("status", query=LISTING, skipped=1, status=403, code="AccessDenied"), "AccessDenied", "s3:ListBucket"),
    (Fault("status", query=LISTING, skipped=1, status=400, code="ExpiredToken"), "ExpiredToken", "renew"),
    (Fault("status", query=LISTING, skipped=1), "SlowDown", "wait"),
    (Fault("short", query=LISTING, skipped=1), "ListObjectsV2", "again"),
]


@pytest.mark.parametrize(("fault", "message", "fix"), one_of(2, OF_ALL), ids=lambda one: getattr(one, "code", ""))
def test_what_is_wrong_with_all_ends_the_scan_and_the_next_goes_on(
    served: tuple[str, MemoryObjects],
    expected: ComparableRows,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    fault: Fault,
    message: str,
    fix: str,
) -> None:
    fault.met = 0
    output = tmp_path / "i.db"
    with behind(served, monkeypatch, fault), pytest.raises(AwsError) as caught:
        dicommap.scan(PREFIX, output=output)
    assert message in caught.value.message
    assert fix in caught.value.fix
    assert not output.exists()
    with behind(served, monkeypatch), dicommap.scan(PREFIX, output=output) as inventory:
        assert read_comparable_rows(inventory) == expected


@pytest.mark.usefixtures("others_read")
def test_what_another_process_is_told_is_told_here(
    served: tuple[str, MemoryObjects], expected: ComparableRows, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fault = Fault("status", key="/05", status=400, code="ExpiredToken")
    with behind(served, monkeypatch, fault), pytest.raises(AwsError, match="ExpiredToken") as caught:
        dicommap.scan(PREFIX, output=tmp_path / "i.db", jobs=2)
    assert caught.value.code == "ExpiredToken"
    # Credentials and endpoint of now, and not of when processes were started first.
    with behind(served, monkeypatch), dicommap.scan(PREFIX, output=tmp_path / "i.db", jobs=2) as inventory:
        assert read_comparable_rows(inventory) == expected


def test_credentials_that_expire_half_way_lose_nothing_that_was_read(
    served: tuple[str, MemoryObjects], expected: ComparableRows, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", 4)
    fault = Fault("status", key="/15", status=400, code="ExpiredToken")
    with behind(served, monkeypatch, fault), pytest.raises(AwsError, match="ExpiredToken"):
        dicommap.scan(PREFIX, output=tmp_path / "i.db")
    with behind(served, monkeypatch), dicommap.scan(PREFIX, output=tmp_path / "i.db") as inventory:
        assert inventory.summary().unchanged >= 8
        assert read_comparable_rows(inventory) == expected


def test_an_object_that_changes_behind_its_first_bytes_is_never_mixed(
    served: tuple[str, MemoryObjects], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "y" * 30_000
    url, objects = served
    before, after = (
        p10(SOPInstanceUID=f"1.9.{name}", PatientID=str(name), InstitutionAddress=address) for name in (98, 99)
    )
    assert len(before) == len(after)
    objects.put("p/long", before)
    fault = Fault("none", key="/long", skipped=1, times=1, before=lambda: objects.put("p/long", after))
    with behind((url, objects), monkeypatch, fault), dicommap.scan(PREFIX) as inventory:
        assert [(one.location.path, one.code) for one in inventory.issues()] == [("long", "s3.changed")]
        assert not {"98", "99"} & inventory.distinct("PatientID").keys()


def test_an_object_that_changes_before_it_is_read_is_told(
    served: tuple[str, MemoryObjects], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, objects = served
    fault = Fault("none", key="/00", times=1, before=lambda: objects.put("p/07", p10(SOPInstanceUID="1.9.77")))
    with behind((url, objects), monkeypatch, fault), dicommap.scan(PREFIX, in_flight=1) as inventory:
        found = {(one.location.path, one.code) for one in inventory.issues()}
        assert found <= {("07", "s3.changed")}
        assert "1.9.77" not in {one.sop_instance_uid for one in inventory.instances()}


def test_no_text_of_a_fault_holds_a_key_of_access_or_a_value(
    served: tuple[str, MemoryObjects], monkeypatch: pytest.MonkeyPatch
) -> None:
    for fault in (Fault("status", code="ExpiredToken", status=400), Fault("reset"), Fault("status")):
        with behind(served, monkeypatch, fault), pytest.raises(AwsError) as caught:
            dicommap.scan(PREFIX)
        words = str(caught.value) + repr(caught.value)
        assert not any(word in words for word in ("AKIDEXAMPLE", "loopback-only", "Signature", "127.0.0.1", "Doe"))
