"""Packages that have only updates, and a stand-in with the image sets that they change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.aws import Clients
from dicommap.aws.image_sets import ImageSets
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.quotas import Quotas
from dicommap.package.package_update_result import UpdateResult
from dicommap.package.package_writer import write_package
from dicommap.planning.package_documents import PackageTables, PlanHeader, build_package_documents
from dicommap.testing import Behaviour, ImageSet, ImportJobService
from dicommap.testing.service import DATASTORE_ID
from dicommap.updates.update import Update, UpdateRequest
from tests.support.fake_clock import QuickClock
from tests.support.imported_instances import imported_instance
from tests.support.p10_files import data_set
from tests.support.s3_server import REGION

STUDY = str(data_set().StudyInstanceUID)
SERIES = str(data_set().SeriesInstanceUID)
OTHER_SERIES = "1.2.9"
FIRST, SECOND, THIRD = "1.1", "1.2", "1.3"
"""SOP Instance UIDs: two of SERIES, and one of OTHER_SERIES."""


def at_instance(instance: str, attributes: dict[str, Any], series: str = SERIES, **members: Any) -> dict[str, Any]:
    """Return a document of a request with attributes of one instance."""
    instances = {instance: {"DICOM": attributes, **members}}
    return {"SchemaVersion": 1.1, "Study": {"Series": {series: {"Instances": instances}}}}


def of_study(**attributes: Any) -> dict[str, Any]:
    """Return a document of a request with attributes of the study."""
    return {"SchemaVersion": 1.1, "Study": {"DICOM": attributes}}


def series_update(*requests: UpdateRequest, series: str = SERIES) -> Update:
    return Update(study_instance_uid=STUDY, series_instance_uid=series, requests=requests)


def study_update(**attributes: Any) -> Update:
    request = UpdateRequest(updatable=of_study(**attributes))
    return Update(study_instance_uid=STUDY, series_instance_uid=None, requests=(request,))


CORRECTION = series_update(UpdateRequest(updatable=at_instance(FIRST, {"ImageComments": "new"})))
"""One instance gets another value."""
REMOVAL = series_update(UpdateRequest(removable=at_instance(SECOND, {"ImageComments": None})))
"""One attribute of an instance is removed."""


def write_updates(place: Path, *updates: Update) -> Path:
    """Write a package that has these updates and no job."""
    head = PlanHeader(roots=(), uri=None, quotas=Quotas(), assumptions=Assumptions(), files=0, instances=0)
    tables = PackageTables(preview="", edits="", forecast="")
    write_package(place, build_package_documents([], [], head, tables, {}, updates=updates))
    return place


@dataclass
class Store:
    """The stand-in's data store, and the calls that a test makes for it."""

    service: ImportJobService
    root: Path

    @property
    def clients(self) -> Clients:
        return Clients(region=REGION, endpoint_url=self.service.url)

    @property
    def image_set(self) -> ImageSet:
        """Return the primary image set of SERIES."""
        return next(one for one in self.service.image_sets if one.is_primary and FIRST in one.latest.by_uid)

    def find(self, instance: str) -> ImageSet:
        """Return the image set that has an instance."""
        return next(one for one in self.service.image_sets if instance in one.latest.by_uid)

    def package(self, *updates: Update, name: str = "package") -> Path:
        return write_updates(self.root / name, *updates)

    def update(self, package: Path, **options: Any) -> UpdateResult:
        """Update with a clock that does not wait."""
        given: dict[str, Any] = {
            "datastore_id": DATASTORE_ID,
            "clients": self.clients,
            "clock": QuickClock(),
            "lock_timeout": 100,
        }
        return dicommap.update(package, **(given | options))

    def stored(self, instance: str, keyword: str, version: str | None = None) -> Any:
        """Return the stored value of an attribute of an instance, as GetImageSetMetadata returns it."""
        image_set = self.find(instance)
        service = ImageSets(self.clients, QuickClock())
        document = json.loads(service.get_metadata(DATASTORE_ID, image_set.image_set_id, version))
        (series,) = document["Study"]["Series"].values()
        return series["Instances"][instance]["DICOM"].get(keyword)

    def sent(self, package: Path) -> list[dict[str, Any]]:
        """Return the records of all requests that the package keeps."""
        return [record for state in read_states(package) for record in state["requests"]]


def read_states(package: Path) -> Sequence[dict[str, Any]]:
    """Return the saved states of a package's updates, in the order of the updates."""
    return [json.loads(path.read_bytes()) for path in sorted(package.glob("updates-state/[0-9]*.json"))]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Store]:
    """Return a data store with two series of a study."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "for-tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "for-tests")
    with ImportJobService(behaviour=Behaviour(throttling=False)) as service:
        for uid in (FIRST, SECOND):
            service.import_instance(imported_instance("a", SOPInstanceUID=uid, ImageComments="old"))
        service.import_instance(
            imported_instance("a", SOPInstanceUID=THIRD, SeriesInstanceUID=OTHER_SERIES, ImageComments="old")
        )
        yield Store(service, tmp_path)
