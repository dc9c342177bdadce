"""Requests are as few as their limit allows, each is valid alone, and none depends on the order of the input."""

from __future__ import annotations

import itertools
import random
from typing import Any

from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.limits import MAX_UPDATE_BYTES
from dicommap.updates.attribute_update import AttributeUpdate
from dicommap.updates.request_packing import measure_request, pack_requests
from dicommap.updates.update import UpdateRequest

SERIES = "1.2.3." + "4" * 58
MANY = [
    AttributeUpdate(
        tag=tag, level=Level.INSTANCE, series=SERIES, instance=f"{SERIES[:58]}.{number:05d}", value="é" * (number % 60)
    )
    for number in range(400)
    for tag in (0x00080022, 0x00080032)
]


def attributes_of(request: UpdateRequest) -> list[tuple[str, str, str, Any]]:
    return [
        (series, instance, name, value)
        for document in (request.updatable, request.removable)
        if document is not None
        for series, content in document["Study"]["Series"].items()
        for instance, place in content["Instances"].items()
        for name, value in place["DICOM"].items()
    ]


def test_all_attributes_are_in_requests_within_the_limit() -> None:
    requests = list(pack_requests(MANY))
    assert all(request.size <= MAX_UPDATE_BYTES for request in requests)
    found = [attribute for request in requests for attribute in attributes_of(request)]
    assert len(found) == len(set(found)) == len(MANY)
    assert {(series, instance, value) for series, instance, _, value in found} == {
        (update.series, update.instance, update.value) for update in MANY
    }
    # The computed sizes are at most 100 bytes too large, so that no request could have those of the next one too.
    assert all(first.size + second.size > MAX_UPDATE_BYTES - 100 for first, second in itertools.pairwise(requests))


def test_the_requests_do_not_depend_on_the_order_of_the_attributes() -> None:
    shuffled = list(MANY)
    random.Random(1).shuffle(shuffled)
    assert list(pack_requests(shuffled)) == list(pack_requests(MANY))


def test_the_computed_size_is_not_smaller_than_the_bytes() -> None:
    update = AttributeUpdate(
        tag=0x00191001, level=Level.INSTANCE, series=SERIES, instance=SERIES, value='"\n é\\', vr="LO", needs_force=True
    )
    (request,) = pack_requests([update])
    assert measure_request(update) - 80 <= request.size <= measure_request(update)


def test_changes_removals_and_forced_changes_of_all_levels() -> None:
    updates = [
        AttributeUpdate(tag=0x00100010, level=Level.PATIENT, value="A^B"),
        AttributeUpdate(tag=0x00081030, level=Level.STUDY, value="CHEST", is_removal=True),
        AttributeUpdate(tag=0x0008103E, level=Level.SERIES, series="1.2", value=None),
        AttributeUpdate(
            tag=0x00080008, level=Level.INSTANCE, series="1.2", instance="1.3", value=["A"], needs_force=True
        ),
    ]
    plain, forced = pack_requests(updates)
    assert plain == UpdateRequest(
        updatable={
            "SchemaVersion": 1.1,
            "Patient": {"DICOM": {"PatientName": "A^B"}},
            "Study": {"Series": {"1.2": {"DICOM": {"SeriesDescription": None}}}},
        },
        removable={"SchemaVersion": 1.1, "Study": {"DICOM": {"StudyDescription": "CHEST"}}},
    )
    instance = {"1.3": {"DICOM": {"ImageType": ["A"]}}}
    assert forced == UpdateRequest(
        updatable={"SchemaVersion": 1.1, "Study": {"Series": {"1.2": {"Instances": instance}}}}, force=True
    )


def test_a_private_creator_is_added_before_and_removed_after_its_elements() -> None:
    def private(tag: int, *, is_removal: bool) -> AttributeUpdate:
        return AttributeUpdate(
            tag=tag,
            level=Level.INSTANCE,
            series="1.2",
            instance="1.3",
            value="x" * 6000,
            vr=None if is_removal else "LO",
            is_removal=is_removal,
            needs_force=True,
        )

    tags = (0x00191002, 0x00190010, 0x00191001)
    for is_removal, order in (
        (False, ["00190010", "00191001", "00191002"]),
        (True, ["00191001", "00191002", "00190010"]),
    ):
        requests = list(pack_requests(private(tag, is_removal=is_removal) for tag in tags))
        assert [name for request in requests for _, _, name, _ in attributes_of(request)] == order
        assert len(requests) == 3
    (added,) = pack_requests([private(0x00191001, is_removal=False)])
    assert added.updatable is not None
    assert added.updatable["Study"]["Series"]["1.2"]["Instances"]["1.3"]["DICOMVRs"] == {"00191001": "LO"}
