"""Inventories that the calls with bad input work on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.filled_inventories import added, inventory_of


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
