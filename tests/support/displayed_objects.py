"""Every object that has a display, from an inventory whose values contain hostile text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dicommap
from dicommap.inventory.instance_values import read_study_instances
from dicommap.model.displayable import Displayable
from tests.support.filled_inventories import Added, added, inventory_of, refused

SECRET = "Zyzzyva"
"""A text in every value of a patient, to find values that are shown."""
DESCRIPTION = "Brain routine"
"""A value that is shown without being asked for."""
KANJI = "山田^太郎"


def files(evil: str = "") -> list[Added]:
    """Return instances whose values contain `evil`, and a file that is not DICOM."""
    patient: dict[str, Any] = {
        "PatientID": f"{SECRET}1{evil}",
        "PatientName": f"{SECRET}{KANJI}{evil}",
        "StudyDate": f"{SECRET}20990101",
        "ReferringPhysicianName": f"{SECRET}{evil}",
        "StudyDescription": f"{DESCRIPTION}{evil}",
        "SeriesDescription": f"{DESCRIPTION}{evil}",
    }
    return [
        added(f"a{evil}", "1.1 1.1.1 1.1.1.1", **patient, Modality=f"CT{evil}", SeriesNumber="1"),
        added("b", "1.1 1.1.1 1.1.1.1", **patient, Modality=f"CT{evil}", SeriesNumber="1"),
        added("c", "1.1 1.1.2 1.1.2.1", **{**patient, "PatientID": f"{SECRET}2"}, Manufacturer=evil or "ACME"),
        added("d", "2.1 2.1.1 2.1.1.1", Modality="XYZZY"),
        refused(f"n{evil}"),
    ]


PLOT = re.compile(r'<div class="dicommap-plot-inline".*?</svg></div><img class="dicommap-plot-image"[^>]*>', re.DOTALL)


def remove_plots(html: str) -> str:
    """Return the HTML of a report without its plots, which tests of the package `plots` check."""
    return PLOT.sub("", html)


@contextmanager
def make_displayed_objects(*every: Added, value: str = "NEW") -> Iterator[dict[str, Displayable]]:
    """Yield every displayed object by name; the draft sets ReferringPhysicianName to `value`."""
    with inventory_of(*every) as inventory:
        yield {
            "inventory": inventory,
            "summary": inventory.summary(),
            **{f"study {study.study_instance_uid}": study for study in inventory.studies()},
            **{f"series {series.series_instance_uid}": series for series in inventory.series()},
            **{f"instance {instance.path}": instance for instance in inventory.instances()},
            "instance values": read_study_instances(inventory, "1.1")[0],
            "found": inventory.find(Modality="CT*"),
            "inconsistencies": inventory.inconsistencies(),
            "sheet of studies": dicommap.sheet(inventory),
            "sheet of series": dicommap.sheet(inventory, level="series"),
            **make_draft_objects(inventory, value),
            "issues": dicommap.Issues(inventory.issues()),
            "no issues": dicommap.Issues(),
        }


def make_draft_objects(inventory: dicommap.Inventory, value: str) -> dict[str, Displayable]:
    """Return a draft, its preview and its plan."""
    draft = dicommap.draft(
        inventory,
        input_s3_uri="s3://bucket/in/",
        by_study=lambda _: {"ReferringPhysicianName": value, "PatientID": "NEW"},
    )
    assert draft.plan is not None
    return {"draft": draft, "preview": draft.preview(), "plan": draft.plan}
