"""`dicommap validate --store` against the stand-in: the forecast, its file, and refusals."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicommap.testing import Behaviour, ImportJobService
from dicommap.testing.service import DATASTORE_ID
from tests.cli.running import dicommap
from tests.support.imported_instances import imported_instance
from tests.support.p10_files import STUDY, uid
from tests.support.reconciliation_packages import draft_package
from tests.support.s3_server import REGION


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportJobService]:
    """Return a stand-in with one series of each study; the second study has another PatientID than the package."""
    with ImportJobService(behaviour=Behaviour(throttling=False)) as running:
        keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": REGION}
        for name, value in {**running.environment, **keys}.items():
            monkeypatch.setenv(name, value)
        for study, patient in ((1, "NEW-1"), (2, "SECRET-2")):
            values = {"PatientID": patient, "AccessionNumber": f"A{study}", "StudyID": f"S{study}"}
            uids = {"StudyInstanceUID": uid(STUDY, study), "SeriesInstanceUID": uid(STUDY, study, 1)}
            running.import_instance(imported_instance("before", **uids, **values))
        yield running


@pytest.fixture
def package(tree: Path, tmp_path: Path) -> Path:
    return draft_package(tree, tmp_path / "package").path


STORE = ("--store", "--datastore-id", DATASTORE_ID)


def test_the_forecast_is_a_table_with_masked_values(package: Path, service: ImportJobService) -> None:
    run = dicommap("validate", package, *STORE)
    assert run.status == 0
    rows = [line.split(maxsplit=3) for line in run.out.splitlines() if line.split(" ")[0] in ("new", "non-primary")]
    assert ["new", "1", "2", "the study is stored with the same values, the series is not  yes"] in rows
    assert ["non-primary", "2", "4", "the stored primary image sets have other values              yes"] in rows
    assert "2 non-primary, 0 not known; the data store has 2 of 2 studies" in run.out
    assert "SECRET-2" not in run.out + run.err
    assert "SECRET-2" in dicommap("validate", package, *STORE, "--show-values").out


def test_warnings_can_fail_the_command(package: Path, service: ImportJobService) -> None:
    assert dicommap("validate", package, *STORE, "--fail-on", "warning").status == 1


def test_the_issues_are_json(package: Path, service: ImportJobService) -> None:
    run = dicommap("validate", package, *STORE, "--format", "json")
    codes = [issue["code"] for issue in json.loads(run.out)]
    assert codes.count("store.non-primary") == 2
    assert codes.count("store.forecast") == codes.count("store.new-version") == 1


def test_every_image_set_is_a_line_of_a_file(package: Path, service: ImportJobService, tmp_path: Path) -> None:
    place = tmp_path / "image-sets.csv"
    assert dicommap("validate", package, *STORE, "--image-sets", place).status == 0
    with place.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["SeriesInstanceUID"], row["effect"], row["keywords"]) for row in rows] == [
        (uid(STUDY, 1, 1), "new version", ""),
        (uid(STUDY, 1, 2), "new", ""),
        (uid(STUDY, 2, 1), "non-primary", "PatientID"),
        (uid(STUDY, 2, 2), "non-primary", "PatientID"),
    ]
    assert rows[2]["primary values"] == rows[3]["primary values"] == "<PatientID 2>"
    assert rows[2]["imageSetId"] in {image_set.image_set_id for image_set in service.image_sets}
    again = dicommap("validate", package, *STORE, "--image-sets", place)
    assert (again.status, "exists already" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("fault", "status", "told"),
    [
        ("access-denied", 1, "store.denied"),
        ("not-found", 1, "submit.no-datastore"),
        ("validation", 1, "store.unread"),
        ("expired-token", 2, "expired"),
    ],
)
def test_refusals_are_told(
    package: Path, service: ImportJobService, tmp_path: Path, fault: str, status: int, told: str
) -> None:
    service.fault(fault, operation="SearchImageSets", times=None)
    place = tmp_path / "image-sets.csv"
    run = dicommap("validate", package, *STORE, "--image-sets", place)
    assert run.status == status
    assert told in run.out + run.err
    assert place.exists() == (fault == "validation")  # else there is no forecast


def test_throttled_searches_are_repeated(package: Path, service: ImportJobService) -> None:
    service.fault("throttle", operation="SearchImageSets", times=2)
    assert dicommap("validate", package, *STORE).status == 0


def test_a_package_with_errors_is_not_compared(package: Path, service: ImportJobService, tmp_path: Path) -> None:
    (package / "preview.csv").write_text("changed")
    run = dicommap("validate", package, *STORE, "--image-sets", tmp_path / "sets.csv")
    assert (run.status, "image sets" in run.out, (tmp_path / "sets.csv").exists()) == (1, False, False)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--datastore-id", DATASTORE_ID), "--datastore-id has no effect without --store."),
        (("--search-rate", "5"), "--search-rate has no effect without --store."),
        (("--image-sets", "x.csv"), "--image-sets has no effect without --store."),
        (("--region", "x"), "--region has no effect without --s3 or --store."),
        (("--store",), "No data store is known: the package was not submitted, and its requests name none."),
        (("--store", "--datastore-id", "Store"), "datastoreId does not have AWS's form."),
    ],
)
def test_options_that_do_not_go_together_are_refused(package: Path, options: tuple[str, ...], told: str) -> None:
    run = dicommap("validate", package, *options)
    assert run.status == 2
    assert told in run.err


def test_only_a_package_is_compared(package: Path, service: ImportJobService) -> None:
    run = dicommap("validate", package / "plan.json", *STORE)
    assert (run.status, "is not a package" in run.err) == (2, True)
