"""Inventories that the calls with bad input work on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dicommap.inventory import InventoryWriter
from dicommap.model.attributes import CAPTURED
from tests.unit.inventory.filling import added, inventory_of, put

ROWS = 200_000


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an inventory of two studies, the first with two series; one value is what patterns choke on."""
    path = tmp_path_factory.mktemp("small") / "inventory.db"
    of_one: dict[str, Any] = {"PatientID": "P1", "PatientName": "Doe^Jane", "AccessionNumber": "A1", "StudyID": "S1"}
    files = [
        added("1", "1.2.1 1.2.1.1 1.2.1.1.1", StudyDescription="a" * 5000 + "!", **of_one),
        added("2", "1.2.1 1.2.1.2 1.2.1.2.1", StudyDescription="a" * 5000 + "!", **of_one),
        added("3", "1.2.2 1.2.2.1 1.2.2.1.1", PatientID="P2", PatientName="Roe^Ada", AccessionNumber="A2"),
    ]
    with inventory_of(*files, path=path):
        return path


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an inventory of as many studies of one file as ROWS says."""
    path = tmp_path_factory.mktemp("large") / "inventory.db"
    with InventoryWriter(path, CAPTURED, ["/one"]) as writer:
        for number in range(ROWS):
            uid = f"1.2.{number}"
            values: dict[str, Any] = {
                "PatientID": f"P{number}",
                "PatientName": f"Doe^{number}",
                "AccessionNumber": f"A{number}",
            }
            put(writer, added(str(number), f"{uid} {uid}.1 {uid}.1.1", **values))
        writer.finish(lambda one, other: True)
    return path
