"""Verifying overrides of 1,000 and 4,000 image sets against the stand-in, beside bare requests for the metadata."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import dicommap
from dicommap.dicom.strict_json import dump_json
from dicommap.model.submission import AwsAccount
from dicommap.package.job_verifier import REQUESTS_AT_ONCE
from dicommap.package.package_directory import PackageDirectory
from dicommap.testing import Behaviour, ImportJobService
from dicommap.testing.service import DATASTORE_ID
from tests.benchmarks.machine import provenance
from tests.benchmarks.options import Options
from tests.benchmarks.table import table
from tests.benchmarks.targets import Target, targets_table
from tests.support.imported_instances import imported_instance
from tests.support.p10_files import data_set, p10, uid

IMAGE_SETS = 1_000
MANY = 4 * IMAGE_SETS
FILES_OF_JOB = 250
"""Files of a job; their override files count as files, too."""
BOUND = 0.8
"""Requests per second of verify, relative to bare requests."""
GROWTH_BOUND = 1.5
"""Peak of memory for four times as many image sets, relative to the peak for the first number."""
_NO_RATE = 10_000
_EDIT = {"PatientID": "CORRECT-1", "StudyDescription": "corrected"}


def study_of(number: int) -> dict[str, str]:
    """Return the UIDs of a study with one series and one instance."""
    return {
        "StudyInstanceUID": uid(number),
        "SeriesInstanceUID": uid(number, 1),
        "SOPInstanceUID": uid(number, 1, 1),
    }


def serve(pipe: Connection, image_sets: int) -> None:
    """Serve image sets whose overrides are applied, until the pipe is closed. Sends the URL and the ids."""
    with ImportJobService("http://127.0.0.1:1", behaviour=Behaviour(throttling=False)) as service:
        ids = [
            service.import_instance(imported_instance(**study_of(number), **_EDIT)).image_set_id
            for number in range(image_sets)
        ]
        pipe.send((service.url, ids))
        pipe.recv()


@contextmanager
def served(image_sets: int) -> Iterator[tuple[str, list[str]]]:
    """Run the stand-in in a process of its own; yield its URL and the image sets' ids."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there, image_sets))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send(None)
        process.join()


def write_package(root: Path, ids: list[str]) -> tuple[Path, Path]:
    """Write a package with an override for each study, and job manifests that name the image sets."""
    tree = root / "tree"
    tree.mkdir()
    for number in range(len(ids)):
        path = tree / f"{number // FILES_OF_JOB:04}" / f"{number:06}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(p10(data_set(**study_of(number))))
    quotas = dicommap.Quotas.from_settings([f"files={2 * FILES_OF_JOB}"])
    with dicommap.scan(tree) as inventory:
        made = dicommap.draft(
            inventory,
            input_s3_uri="s3://bucket/in/",
            by_study=lambda _: _EDIT,
            quotas=quotas,
            output=root / "package",
        )
    assert made.ok, made.issues
    package = PackageDirectory(root / "package")
    (package.path / "submission").mkdir()
    account = AwsAccount(datastoreId=DATASTORE_ID, dataAccessRoleArn="arn", outputS3Uri="s3://bucket/out/")
    (package.path / "submission/account.json").write_text(
        dump_json(account.model_dump(mode="json", exclude_none=True)), encoding="utf-8"
    )
    for job in package.plan.jobs:
        folder = root / "manifests" / f"{DATASTORE_ID}-DicomImport-{job.id}"
        (folder / "SUCCESS").mkdir(parents=True)
        summary = {"jobSummary": {"jobId": job.id, "inputS3Uri": job.inputS3Uri}}
        (folder / "job-output-manifest.json").write_text(json.dumps(summary), encoding="utf-8")
        prefix = job.inputS3Uri.removeprefix("s3://bucket/")
        records = (
            {
                "inputFile": prefix + planned.key,
                "importResponse": {"imageSetId": ids[int(planned.key[-6:])], "isPrimary": True},
            }
            for planned in package.objects(job)
        )
        text = "".join(json.dumps(record) + "\n" for record in records)
        (folder / "SUCCESS/success.ndjson").write_text(text, encoding="utf-8")
    return package.path, root / "manifests"


def bare_rate(clients: dicommap.Clients, ids: list[str]) -> float:
    """Return the requests per second of bare GetImageSetMetadata calls, whose bodies are read, in as many threads."""
    client = clients.medical_imaging

    def fetch(image_set: str) -> int:
        answer = client.get_image_set_metadata(datastoreId=DATASTORE_ID, imageSetId=image_set)
        return len(answer["imageSetMetadataBlob"].read())

    begin = time.perf_counter()
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as threads:
        assert all(threads.map(fetch, ids))
    return len(ids) / (time.perf_counter() - begin)


def verify_rate(clients: dicommap.Clients, package: Path, manifests: Path) -> float:
    """Return the image sets per second of verify, from the call to the result."""
    begin = time.perf_counter()
    result = dicommap.verify(package, manifests=manifests, clients=clients, metadata_rate=_NO_RATE)
    seconds = time.perf_counter() - begin
    assert result.ok, result.issues
    return result.image_sets / seconds


def peak(clients: dicommap.Clients, package: Path, manifests: Path) -> float:
    """Return the most MiB that verify holds at once, as tracemalloc counts it."""
    tracemalloc.start()
    verify_rate(clients, package, manifests)
    (_, most) = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 2**20


def measure(options: Options, image_sets: int = IMAGE_SETS) -> str:
    """Measure, and return the section."""
    credentials = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    rows, peaks, ratios = [], [], []
    with patch.dict(os.environ, credentials):
        for count in (image_sets, 4 * image_sets):
            with TemporaryDirectory() as directory, served(count) as (url, ids):
                package, manifests = write_package(Path(directory), ids)
                clients = dicommap.Clients(region="us-east-1", endpoint_url=url)
                bare_rate(clients, ids[:100])
                rounds = [
                    (bare_rate(clients, ids), verify_rate(clients, package, manifests))
                    for _ in range(options.rounds if count == image_sets else 1)
                ]
                bare, ours = (max(rates) for rates in zip(*rounds, strict=True))
                peaks.append(peak(clients, package, manifests))
                ratios.append(ours / bare)
                rows.append((f"{count:,}", f"{bare:.0f}", f"{ours:.0f}", f"{ours / bare:.2f}", f"{peaks[-1]:.1f}"))
    targets = [
        Target(name="requests of verify, relative to bare requests", bound=BOUND, measured=ratios[0]),
        Target(
            name="memory for four times as many image sets",
            bound=GROWTH_BOUND,
            at_least=False,
            measured=peaks[1] / peaks[0],
        ),
    ]
    head = ("image sets", "bare: requests/s", "verify: requests/s", "ratio", "MiB")
    return f"""## Verifying overrides

{provenance("dicommap", "boto3")}

`verify` compares an override of two attributes with each image set, from the job manifests in a directory to the kept
results. The stand-in answers from a process of its own, without latency and without throttling; bare requests are
GetImageSetMetadata of boto3 in as many threads ({REQUESTS_AT_ONCE}), whose bodies are read and dropped. The best of
the rounds. AWS documents a limit of 50 requests per second, which is the rate in practice. MiB is the most that verify
holds at once, as tracemalloc counts it, in jobs of {FILES_OF_JOB} files, with the plan, which is in memory as a whole.

{table(head, rows)}
{targets_table(targets)}"""
