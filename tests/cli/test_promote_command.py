"""dicommap promote: what it prints and asks, and a process that is killed at several steps."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicommap.testing import Behaviour, ImageSet, ImportJobService
from dicommap.testing.service import DATASTORE_ID
from dicommap.validation.schema_registry import get_schema_validator
from tests.cli.killing import killing
from tests.cli.running import dicommap
from tests.support.imported_instances import imported_instance
from tests.support.p10_files import small_tree
from tests.support.reconciliation_packages import draft_package, write_submission_state
from tests.support.s3_server import environment


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportJobService]:
    behaviour = Behaviour(throttling=False, locked_reads=0)
    with ImportJobService("http://127.0.0.1:1", behaviour=behaviour) as service:
        for name, value in environment(service.url).items():
            monkeypatch.setenv(name, value)
        yield service


@pytest.fixture
def package(tmp_path: Path) -> Path:
    package = draft_package(small_tree(tmp_path / "tree", studies=1, series=1, instances=1), tmp_path / "package")
    write_submission_state(package, datastoreId=DATASTORE_ID)
    return package.path


def store_conflict(service: ImportJobService, study: str, **attributes: str) -> tuple[ImageSet, ImageSet]:
    """Store a primary image set, and one that conflicts with it in AccessionNumber."""
    uids = {"StudyInstanceUID": study, "SeriesInstanceUID": f"{study}.1"}
    first = imported_instance("a", SOPInstanceUID=f"{study}.1.1", AccessionNumber="SECRET1", **uids)
    second = imported_instance("b", SOPInstanceUID=f"{study}.1.2", AccessionNumber="SECRET2", **uids, **attributes)
    return service.import_instance(first), service.import_instance(second)


def test_the_preview_the_question_and_the_promotion(service: ImportJobService, package: Path) -> None:
    primary, other = store_conflict(service, "1.2.3")
    named = ("promote", package, "--endpoint-url", service.url, "--image-set", other.image_set_id)
    preview = dicommap(*named, "-n")
    assert preview.status == 0
    assert "AccessionNumber: <AccessionNumber 1> -> <AccessionNumber 2>" in " ".join(preview.out.split())
    assert "Nothing was sent." in preview.out
    assert "Next:" in preview.out
    assert "SECRET" not in preview.everything
    asked = dicommap(*named)
    assert asked.status == 2
    assert "There is no terminal to ask on, so nothing was sent." in asked.err
    assert "To be promoted: 1 image set with 1 instance; 1 update, 1 copy" in asked.err
    assert other.version == 1
    promoted = dicommap(*named, "--yes")
    assert (promoted.status, set(primary.latest.by_uid)) == (0, {"1.2.3.1.1", "1.2.3.1.2"})
    assert "1 image set of 1 promoted" in promoted.out
    assert "Done: no image set is left to promote." in promoted.out
    assert "SECRET" not in promoted.everything


def test_records_fit_their_schema(service: ImportJobService, package: Path) -> None:
    _, other = store_conflict(service, "1.2.3")
    _, stranger = store_conflict(service, "1.2.4", PatientID="SECRET9")
    named = ("promote", package, "--endpoint-url", service.url, "--study", "1.2.3", "--study", "1.2.4", "-n")
    ran = dicommap(*named, "--format", "json")
    assert ran.status == 1  # the second image set is refused
    records = {record["imageSetId"]: record for record in json.loads(ran.out)}
    for record in records.values():
        get_schema_validator("promotion").validate(record)
    assert records[other.image_set_id]["outcome"] == "planned"
    assert records[stranger.image_set_id]["refusals"] == ["other-patient"]
    assert "SECRET" not in ran.everything
    (row, _) = csv.DictReader(dicommap(*named, "--format", "csv", "--show-values").out.splitlines())
    assert row["changes"] == "AccessionNumber: SECRET2 -> SECRET1"


@pytest.mark.parametrize("moments", [1, pytest.param(12, marks=pytest.mark.long)])
def test_killed_at_several_steps_it_goes_on_and_sends_nothing_twice(
    service: ImportJobService, package: Path, moments: int
) -> None:
    def command(image_set: ImageSet) -> tuple[str | Path, ...]:
        return ("promote", package, "--yes", "--endpoint-url", service.url, "--image-set", image_set.image_set_id)

    with killing(environment(service.url)) as killer:
        _, other = store_conflict(service, "1.2.1")
        whole = killer.run(*command(other))
        assert whole.status == 0, whole.printed
        last = len(whole.steps) - 1
        for moment in range(1, moments + 1):
            primary, other = store_conflict(service, f"1.2.{moment + 1}")
            killer.killed(1 + (last - 1) * moment // (moments + 1), *command(other))
            repeated = killer.run(*command(other))
            assert repeated.status == 0, repeated.printed
            assert (len(primary.latest.by_uid), primary.version, other.version) == (2, 2, 2)
