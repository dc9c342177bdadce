"""A probe with override files of 10 and 50 MB, which are sent to an S3 server and read by jobs of the stand-in."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dicommap.healthimaging.override_questions import MEGABYTE
from dicommap.testing import ImportJobService
from tests.benchmarks.child_usage import usage_of
from tests.support.s3_server import Bucket
from tests.unit.api.test_probe import ROLE, probe

pytestmark = pytest.mark.long


@pytest.mark.parametrize("answer", ["applied", "refused"])
def test_the_answer_about_a_file_of_50_mb_is_that_of_the_service(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path, answer: str
) -> None:
    import_jobs.change_behaviour(f"answers.size50={answer}")
    result = probe(import_jobs, bucket, tmp_path / "probe", questions=("size10", "size50"))
    assert result.report is not None
    assert result.report.answers == {"size10": "applied", "size50": answer}
    assumptions = json.loads((tmp_path / "probe/assumptions.json").read_bytes())
    assert assumptions["assumptions"]["largestFile"] == ("50MB" if answer == "applied" else "10MB")
    listed = bucket.client.list_objects_v2(Bucket=bucket.name, Prefix="in/")["Contents"]
    large = sorted(found["Size"] for found in listed)[-2:]
    assert [size // (10 * MEGABYTE) for size in large] == [1, 5]


def test_memory_is_a_small_multiple_of_the_largest_file(
    import_jobs: ImportJobService, bucket: Bucket, tmp_path: Path
) -> None:
    account = ("--datastore-id", import_jobs.datastore_id, "--data-access-role-arn", ROLE)
    places = ("--input-s3-uri", f"{bucket.uri}in/", "--output-s3-uri", f"{bucket.uri}out/")
    command = (sys.executable, "-m", "dicommap", "probe", tmp_path / "probe", "--yes", *account, *places)
    assert usage_of((*command, "--question", "size50"), accepted=(0,)).peak < 4 * 50 * MEGABYTE
