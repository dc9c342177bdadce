"""scan() of buckets: the inventory of a bucket is that of a tree of the same files, and only what changed is read."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import dicommap
from dicommap.aws import Clients
from dicommap.display.inventory_records import build_file_record, build_instance_record
from dicommap.errors import AwsError, SourceError, UsageError
from dicommap.inventory import InventorySummary
from dicommap.model.masking import Masker
from dicommap.scanning import pipeline
from dicommap.sources.s3 import range_requests
from tests.support.long_cases import one_of
from tests.support.needed_tools import CORPUS, needs_corpus
from tests.support.p10_files import DEFLATED, p10, small_tree, uid, write_tree
from tests.support.s3_fault_proxy import Fault, run_fault_proxy
from tests.support.s3_inventory_files import SCHEMAS, encode_csv, make_data_file, make_rows, write_inventory
from tests.support.s3_memory_server import BUCKET, MemoryObjects, memory_server
from tests.support.s3_server import REGION, Bucket, environment
from tests.support.scanned_s3_rows import scan_comparable_rows
from tests.unit.api.test_scan_executors import dask_executor

PREFIX = f"s3://{BUCKET}/p/"


def varied(root: Path) -> Path:
    """Write what files can be, but for what only disks have, and return the tree."""
    small_tree(root, studies=2, series=2, instances=2)
    long = p10(SOPInstanceUID="1.5", PatientComments="x" * 19_000, SeriesInstanceUID="1.5.5")
    return write_tree(
        root,
        {
            **{f"many/{n:03}": p10(SOPInstanceUID=uid("1.9", n), PatientID=f"P{n % 7}") for n in range(40)},
            "copy": p10(),
            "copy2": p10(),
            "conflict": p10(Rows=2),
            "text": b"hello",
            "empty": b"",
            "cut": p10()[:300],
            "long": long + bytes(100_000),
            "longest": p10(
                SOPInstanceUID="1.6", InstitutionAddress="y" * 40_000, AdditionalPatientHistory="x" * 50_000
            ),
            "deflated": p10(SOPInstanceUID="1.7", transfer_syntax=DEFLATED, ImageComments=os.urandom(30_000).hex()),
            "a.b/c": b"x",
            "a/b/c": b"x",
        },
    )


def objects_of(tree: Path, prefix: str = "p/") -> dict[str, bytes]:
    files = (path for path in sorted(tree.rglob("*")) if path.is_file())
    return {prefix + path.relative_to(tree).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return varied(tmp_path / "tree")


@pytest.fixture
def served(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryObjects]:
    """Serve the tree as objects, so that AWS's clients find the server."""
    with memory_server(objects_of(tree)) as (url, served):
        for name, value in environment(url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield served


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", 9)


def summary(source: str, output: Path | None = None, *, cache: bool = True) -> InventorySummary:
    with dicommap.scan(source, output=output, cache=cache) as inventory:
        return inventory.summary()


@pytest.mark.usefixtures("served", "small_batches")
@pytest.mark.parametrize("jobs", [1, 2])
def test_the_rows_are_those_of_the_tree(tree: Path, jobs: int) -> None:
    assert scan_comparable_rows(PREFIX, jobs=jobs) == scan_comparable_rows(tree)


@pytest.mark.usefixtures("served", "small_batches")
def test_an_executor_gives_the_same_rows(tree: Path) -> None:
    with ThreadPoolExecutor(3) as threads:
        assert scan_comparable_rows(PREFIX, executor=threads) == scan_comparable_rows(tree)


@pytest.mark.long
@pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="the extra [dask] is not installed")
@pytest.mark.usefixtures("small_batches")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_dask_cluster_of_two_workers_gives_the_same_rows(tree: Path, bucket: Bucket) -> None:
    bucket.upload(tree, "p/")
    source = f"{bucket.uri}p/"
    with dask_executor() as executor:
        assert executor.submit(os.getpid).result() != os.getpid()
        assert (
            scan_comparable_rows(source, executor=executor)
            == scan_comparable_rows(source)
            == scan_comparable_rows(tree)
        )


def test_another_s3_server_gives_the_same_rows(tree: Path, bucket: Bucket) -> None:
    bucket.upload(tree, "p/")
    assert scan_comparable_rows(f"{bucket.uri}p") == scan_comparable_rows(tree)
    clients = Clients(region=REGION, endpoint_url=bucket.endpoint_url)
    assert scan_comparable_rows(f"{bucket.uri}p", clients=clients) == scan_comparable_rows(tree)


@pytest.mark.parametrize("corpus", ["pydicom", pytest.param("given", marks=[needs_corpus, pytest.mark.long])])
def test_real_files_give_the_same_rows_and_take_one_request_each(
    corpus: str, pydicom_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = CORPUS if CORPUS and corpus == "given" else pydicom_files / "test_files"
    with memory_server(objects_of(tree)) as (url, served):
        for name, value in environment(url).items():
            monkeypatch.setenv(name, value)
        with dicommap.scan(PREFIX) as inventory:
            counts = inventory.summary()
        assert scan_comparable_rows(PREFIX) == scan_comparable_rows(tree)
    assert served.requests > 0
    assert counts.traffic.repeated <= 0.05 * counts.read


def test_requests_and_bytes_are_counted_as_the_server_counts_them(served: MemoryObjects, tmp_path: Path) -> None:
    counts = summary(PREFIX, tmp_path / "i.db")
    assert counts.traffic.requests == served.requests + served.lists
    assert counts.traffic.received == served.sent
    assert 0 < counts.traffic.repeated < counts.read / 2
    with dicommap.Inventory.open(tmp_path / "i.db") as inventory:
        assert inventory.summary().traffic == counts.traffic


@pytest.mark.usefixtures("served")
def test_a_first_request_grows_with_the_headers_that_are_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "FILES_PER_BATCH", 5)
    objects = {
        f"p/{n:02}": p10(SOPInstanceUID=uid("1.9", n), InstitutionAddress="y" * 30_000) + bytes(9_000)
        for n in range(40)
    }
    with memory_server(objects) as (url, _):
        counts_of = dicommap.scan(PREFIX, clients=Clients(endpoint_url=url), in_flight=1)
        with counts_of as inventory:
            repeated = inventory.summary().traffic.repeated
    assert 0 < repeated < 20
    assert range_requests.FIRST_REQUEST_BYTES < 30_000


@pytest.mark.usefixtures("served")
def test_etags_are_kept(tmp_path: Path, served: MemoryObjects) -> None:
    with dicommap.scan(PREFIX) as inventory:
        kept = {f"p/{file.path}": file.etag for file in inventory.files()}
        assert kept == {key: etag for key, (_, etag) in served.bodies.items()}
        assert all(one.etag == kept[f"p/{one.path}"] for one in inventory.instances())
        assert {f"p/{row['path']}": row["etag"] for row in inventory.to_arrow("file").to_pylist()} == kept
        assert all(row["etag"] == kept[f"p/{row['path']}"] for row in inventory.to_arrow().to_pylist())
        assert {f"p/{one['path']}": one["etag"] for one in map(build_file_record, inventory.files())} == kept
        assert all(build_instance_record(one, masker=Masker())["etag"] in str(one) for one in inventory.instances())


def test_a_second_scan_reads_nothing_and_lists_once(served: MemoryObjects, tmp_path: Path) -> None:
    output = tmp_path / "i.db"
    first = scan_comparable_rows(PREFIX, output=output)
    before = served.requests, served.lists
    counts = summary(PREFIX, output)
    assert (counts.read, counts.unchanged) == (0, len(served.bodies))
    # A conflict is compared again, byte by byte; all else rests on the ETag.
    assert served.requests - before[0] <= 2 * 2
    assert served.requests - before[0] + served.lists - before[1] == counts.traffic.requests
    assert scan_comparable_rows(PREFIX, output=output) == first


def test_only_what_has_another_etag_is_read_again(bucket: Bucket, tmp_path: Path) -> None:
    for number in range(6):
        bucket.put(f"p/{number}", p10(SOPInstanceUID=uid("1.9", number)))
    source, output = f"{bucket.uri}p/", tmp_path / "i.db"
    assert summary(source, output).read == 6
    bucket.put("p/1", p10(SOPInstanceUID=uid("1.9", 1)))  # the same bytes, put there again
    bucket.put("p/3", p10(SOPInstanceUID=uid("1.8", 3)))  # others, as many
    bucket.put("p/7", p10(SOPInstanceUID=uid("1.9", 7)))
    bucket.client.delete_object(Bucket=bucket.name, Key="p/5")
    counts = summary(source, output)
    assert (counts.read, counts.unchanged, counts.files) == (2, 4, 6)
    assert scan_comparable_rows(source, output=output) == scan_comparable_rows(source)
    assert summary(source, output, cache=False).read == 6


def test_findings_of_keys_stay_when_nothing_is_read_again(bucket: Bucket, tmp_path: Path) -> None:
    for key in ("p/a", "p/a/b", "p//c", "p/d"):
        bucket.put(key, p10(SOPInstanceUID=f"1.9.{sum(key.encode())}"))
    source, output = f"{bucket.uri}p/", tmp_path / "i.db"
    first = scan_comparable_rows(source, output=output)
    assert {row[0] for row in first[1]} == {"s3.key", "s3.object-and-folder"}
    assert scan_comparable_rows(source, output=output) == first
    bucket.put("p/0", p10(SOPInstanceUID="1.9.7"))
    again = scan_comparable_rows(source, output=output)
    assert again == scan_comparable_rows(source)
    assert again[1] == first[1]


def test_keys_that_only_boto3_can_ask_for_are_read(bucket: Bucket) -> None:
    keys = ["p//a", "p/./b", "p/../c", "p/d\x01", "p/e/", "p/f\\g", "p/" + "x" * 1_022]
    for number, key in enumerate(keys):
        bucket.put(key, p10(SOPInstanceUID=uid("1.9", number), InstitutionAddress="y" * 40_000))
    with dicommap.scan(f"{bucket.uri}p/") as inventory:
        assert {one.path: one.sop_instance_uid for one in inventory.instances()} == {
            dicommap_path(key): uid("1.9", number) for number, key in enumerate(keys)
        }


def dicommap_path(key: str) -> str:
    return key.removeprefix("p/").replace("\x01", "\\x01")


def test_copies_of_other_etags_are_compared_by_their_bytes(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    content = p10() + bytes(3 * 2**20)
    bucket.put("p/a", content)
    upload = bucket.client.create_multipart_upload(Bucket=bucket.name, Key="p/b")["UploadId"]
    named = {"Bucket": bucket.name, "Key": "p/b", "UploadId": upload}
    part = bucket.client.upload_part(**named, PartNumber=1, Body=content)["ETag"]
    bucket.client.complete_multipart_upload(**named, MultipartUpload={"Parts": [{"ETag": part, "PartNumber": 1}]})
    bucket.put("p/c", content[:-1] + b"x")
    with dicommap.scan(f"{bucket.uri}p/") as inventory:
        assert len({file.etag for file in inventory.files()}) == 3
        assert {(one.location.path, one.code) for one in inventory.issues()} == {
            ("b", "instance.duplicate"),
            ("c", "instance.conflict"),
        }


@pytest.mark.parametrize("form", one_of(3, SCHEMAS))
def test_an_inventory_of_s3_stands_in_for_listing(tree: Path, bucket: Bucket, tmp_path: Path, form: str) -> None:
    bucket.upload(tree, "p/")
    data = make_data_file(make_rows(bucket), form)
    manifest = write_inventory(tmp_path / "listed", bucket, data, fileFormat=form, fileSchema=SCHEMAS[form])
    source, output = f"{bucket.uri}p/", tmp_path / "i.db"
    assert scan_comparable_rows(source, s3_inventory=manifest, output=output) == scan_comparable_rows(tree)
    counts = summary(source, output)
    assert counts.read == 0


def test_what_an_old_inventory_of_s3_has_and_the_bucket_has_not_is_told(bucket: Bucket, tmp_path: Path) -> None:
    for key in ("p/a", "p/b", "p/c"):
        bucket.put(key, p10(SOPInstanceUID=f"1.9.{ord(key[-1])}"))
    manifest = write_inventory(tmp_path, bucket, {"1.csv.gz": encode_csv(make_rows(bucket))})
    bucket.client.delete_object(Bucket=bucket.name, Key="p/a")
    bucket.put("p/b", p10(SOPInstanceUID="1.10.1"))
    with dicommap.scan(f"{bucket.uri}p/", s3_inventory=manifest) as inventory:
        assert {(one.location.path, one.code) for one in inventory.issues()} == {
            ("a", "s3.vanished"),
            ("b", "s3.changed"),
        }
        assert inventory.summary().instances == 1


def test_a_tree_and_a_bucket_are_scanned_together(tree: Path, served: MemoryObjects) -> None:
    with dicommap.scan(tree, PREFIX) as inventory:
        assert inventory.sources == (str(tree), PREFIX)
        counts = inventory.summary()
    assert counts.files == 2 * len(served.bodies)
    assert counts.instances == summary(PREFIX).instances


@pytest.mark.usefixtures("served")
def test_the_total_of_progress_is_known_before_the_end() -> None:
    seen: list[tuple[int, int, bool]] = []
    dicommap.scan(PREFIX, progress=lambda now: seen.append((now.done, now.total, now.is_counted))).close()
    assert seen[-1][0] == seen[-1][1]
    assert seen[-1][2]


@pytest.mark.usefixtures("served")
def test_what_is_not_for_buckets_is_refused(tree: Path, tmp_path: Path) -> None:
    for options in ({"archives": True}, {"files": ["a"]}):
        with pytest.raises(UsageError):
            dicommap.scan(PREFIX, **options)
    for sources in ((tree,), (PREFIX, tree)):
        with pytest.raises(UsageError):
            dicommap.scan(*sources, s3_inventory="manifest.json")
    with pytest.raises(SourceError, match="one slash after s3:"):
        dicommap.scan(Path(PREFIX))
    with pytest.raises(SourceError, match="overlap"):
        dicommap.scan(PREFIX, f"{PREFIX}many/", output=tmp_path / "i.db")
    assert not (tmp_path / "i.db").exists()


def test_no_credentials_at_all_are_told(monkeypatch: pytest.MonkeyPatch, s3_environment: str) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(AwsError, match="NoCredentialsError") as caught:
        dicommap.scan("s3://bucket/")
    assert "profile" in caught.value.fix


def test_a_profile_is_taken_and_no_credential_is_in_what_is_written(
    tree: Path, served: MemoryObjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = "aws_access_key_id = PROFILEKEY\naws_secret_access_key = PROFILESECRET\naws_session_token = PROFILETOKEN\n"
    (tmp_path / "credentials").write_text(f"[imaging]\n{keys}", encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    with run_fault_proxy(endpoint, Fault("none", query="never")) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")  # nobody is there: what is named comes first
        clients = Clients(profile="imaging", endpoint_url=proxy.url)
        dicommap.scan(PREFIX, output=tmp_path / "i.db", clients=clients).close()
        assert len(proxy.requests) > len(served.bodies) - 2
        assert all("PROFILEKEY" in one for one in proxy.authorizations)
    content = (tmp_path / "i.db").read_bytes()
    assert not any(word in content for word in (b"PROFILEKEY", b"PROFILESECRET", b"PROFILETOKEN", b"AKIDEXAMPLE"))
