"""Verifying overrides of 1,000 image sets against the stand-in, beside bare requests; memory for four times as many."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
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
from tests.benchmarks.child_usage import usage_of
from tests.benchmarks.machine import provenance
from tests.benchmarks.options import Options
from tests.benchmarks.table import table
from tests.benchmarks.targets import Target, targets_table
from tests.support.imported_instances import imported_instance
from tests.support.p10_files import data_set, p10, uids_of_study

IMAGE_SETS = 1_000
GROWTH = 4
MAX_ROUNDS = 5
FILES_OF_JOB = 250
"""Files of a job; their override files count as files, too."""
BOUND = 0.8
"""Requests per second of verify, relative to bare requests."""
GROWTH_BOUND = 1.2
"""Peak of memory for GROWTH times as many image sets, relative to the peak for the first number."""
_NO_RATE = 10_000
_EDIT = {"PatientID": "CORRECT-1", "StudyDescription": "corrected"}


def serve(pipe: Connection, image_sets: int) -> None:
    """Serve image sets whose overrides are applied, until the pipe is closed. Sends the URL and the ids."""
    with ImportJobService("http://127.0.0.1:1", behaviour=Behaviour(throttling=False)) as service:
        ids = [
            service.import_instance(imported_instance(**uids_of_study(number), **_EDIT)).image_set_id
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
    tree.mkdir(parents=True)
    for number in range(len(ids)):
        path = tree / f"{number // FILES_OF_JOB:04}" / f"{number:06}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(p10(data_set(**uids_of_study(number))))
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


@dataclass(frozen=True, slots=True)
class Round:
    """The rate and the CPU time of one way to read image sets."""

    rate: float
    """Image sets per second."""
    cpu: float
    """Milliseconds of CPU time of this process for one image set. The stand-in has a process of its own."""


def timed(work: Callable[[], object], image_sets: int) -> Round:
    """Run a function that reads a number of image sets, and return its rate and CPU time."""
    begin, cpu = time.perf_counter(), time.process_time()
    work()
    return Round(image_sets / (time.perf_counter() - begin), (time.process_time() - cpu) * 1000 / image_sets)


def fetch_bare(clients: dicommap.Clients, ids: list[str]) -> None:
    """Call GetImageSetMetadata for each image set and read the bodies, in as many threads as verify has."""
    client = clients.medical_imaging

    def fetch(image_set: str) -> int:
        answer = client.get_image_set_metadata(datastoreId=DATASTORE_ID, imageSetId=image_set)
        return len(answer["imageSetMetadataBlob"].read())

    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as threads:
        assert all(threads.map(fetch, ids))


def verify(clients: dicommap.Clients, package: Path, manifests: Path, image_sets: int) -> None:
    """Verify the package with the client of the bare requests."""
    result = dicommap.verify(package, manifests=manifests, clients=clients, metadata_rate=_NO_RATE)
    assert result.ok, result.issues
    assert result.image_sets == image_sets


def peak_of_command(url: str, package: Path, manifests: Path) -> float:
    """Return the most MiB that the process of `dicommap verify` holds at once."""
    options = ("--manifests", manifests, "--metadata-rate", str(_NO_RATE), "--endpoint-url", url)
    command = (sys.executable, "-m", "dicommap", "verify", package, *options, "--region", "us-east-1")
    return usage_of(command, accepted=(0,)).peak / 2**20


def measure(options: Options, image_sets: int = IMAGE_SETS) -> str:
    """Measure, and return the section."""
    credentials = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    many = GROWTH * image_sets
    with patch.dict(os.environ, credentials), TemporaryDirectory() as directory, served(many) as (url, ids):
        few_files = write_package(Path(directory) / "few", ids[:image_sets])
        many_files = write_package(Path(directory) / "many", ids)
        clients = dicommap.Clients(region="us-east-1", endpoint_url=url)
        bare, ours = [], []
        for _ in range(min(options.rounds, MAX_ROUNDS)):
            bare.append(timed(partial(fetch_bare, clients, ids[:image_sets]), image_sets))
            ours.append(timed(partial(verify, clients, *few_files, image_sets), image_sets))
        peaks = [peak_of_command(url, *files) for files in (few_files, many_files)]
    rates = [max(one.rate for one in rounds) for rounds in (bare, ours)]
    cpu = [min(one.cpu for one in rounds) for rounds in (bare, ours)]
    targets = [
        Target(name="requests of verify, relative to bare requests", bound=BOUND, measured=rates[1] / rates[0]),
        Target(
            name="memory for four times as many image sets",
            bound=GROWTH_BOUND,
            at_least=False,
            measured=peaks[1] / peaks[0],
        ),
    ]
    speed = [
        ("bare GetImageSetMetadata", f"{rates[0]:.0f}", f"{cpu[0]:.2f}"),
        ("`verify`", f"{rates[1]:.0f}", f"{cpu[1]:.2f}"),
        ("ratio", f"{rates[1] / rates[0]:.2f}", f"{cpu[0] / cpu[1]:.2f}"),
    ]
    memory = [(f"{count:,}", f"{peak:.1f}") for count, peak in zip((image_sets, many), peaks, strict=True)]
    each = ", ".join(f"{b.rate:.0f} and {a.rate:.0f}" for b, a in zip(bare, ours, strict=True))
    return f"""## Verifying overrides

{provenance("dicommap", "boto3")}

`verify` compares an override of two attributes with each of {image_sets:,} image sets, from the job manifests in a
directory to the kept results. Bare requests are GetImageSetMetadata of the same boto3 client in as many threads
({REQUESTS_AT_ONCE}); the bodies are read and dropped. The stand-in answers both from a process of its own, without
latency and without throttling, with a new connection for each request, so that it has one of the cores. Both run in
turn, and the best of {len(bare)} rounds counts: other programs make a round slower, but none faster. AWS documents a
limit of 50 requests per second, which is the rate in practice.

{table(("", "image sets/s", "ms CPU for one"), speed)}

The rounds, bare and verify, in image sets/s: {each}.

Memory is the peak of the process of `dicommap verify`, which has the plan in memory as a whole, in jobs of
{FILES_OF_JOB} files.

{table(("image sets", "peak MiB"), memory)}
{targets_table(targets)}"""
