"""A stand-in that has the instances of files in its data store, without import jobs and without S3."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dicommap.aws import Clients
from dicommap.inventory import Inventory
from dicommap.testing import Behaviour, ImportedInstance, ImportJobService
from dicommap.testing.importable_files import RejectedFileError, read_importable_file
from tests.support.s3_server import REGION

NO_S3 = "http://127.0.0.1:9"
"""An endpoint of S3 that is never called."""


def set_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set credentials and a region in the environment, which the stand-in accepts."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "stand-in")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "stand-in")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


@contextmanager
def data_store_service(*trees: Path) -> Iterator[ImportJobService]:
    """Return a context manager with a stand-in without throttling, which has the instances of the trees."""
    with ImportJobService(NO_S3, behaviour=Behaviour(throttling=False)) as service:
        for tree in trees:
            import_files(service, tree)
        yield service


def import_files(service: ImportJobService, tree: Path, job_id: str = "job") -> None:
    """Store the P10 files below a directory, as a job would. Files that a job rejects are left out."""
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        try:
            file = read_importable_file(path.read_bytes())
        except RejectedFileError:
            continue
        instance = ImportedInstance(
            job_id=job_id, key=str(path), before=file.data_set, after=file.data_set, file_meta=file.file_meta
        )
        service.import_instance(instance)


def clients_of(service: ImportJobService) -> Clients:
    """Return the clients of a stand-in."""
    return Clients(region=REGION, endpoint_url=service.url)


def root_of(service: ImportJobService) -> str:
    """Return the source root of the stand-in's data store."""
    return f"healthimaging:{service.datastore_id}"


def instance_rows(inventory: Inventory) -> dict[str, dict[str, Any]]:
    """Return the rows of the instances of an inventory: SOP Instance UID -> column -> cell, without the file itself."""
    connection: sqlite3.Connection = inventory._connection
    keywords = ("StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID", "TransferSyntaxUID", *inventory.keywords)
    columns = ("SOPInstanceUID", "InstanceNumber", *keywords)
    query = f"SELECT {', '.join(columns)} FROM file JOIN header ON header.id = header WHERE disposition = 'instance'"
    return {row[0]: dict(zip(columns, row, strict=True)) for row in connection.execute(query)}
