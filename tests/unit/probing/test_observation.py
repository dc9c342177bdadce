"""The stored instances of an observation, from the metadata of image sets."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import pytest

from dicommap.probing.experiments import build_job
from dicommap.probing.observation import (
    MAX_ELEMENTS,
    Observation,
    StoredInstance,
    format_stored_value,
    list_stored_instances,
)
from dicommap.probing.override_forms import FORMS, PAIRS
from dicommap.verification.stored_metadata import ABSENT, read_stored_image_set

METADATA: dict[str, Any] = {
    "SchemaVersion": "1.1",
    "ImageSetID": "a" * 32,
    "Patient": {"DICOM": {"PatientID": "P"}},
    "Study": {
        "DICOM": {"StudyInstanceUID": "1.2", "PatientWeight": 61.50},
        "Series": {
            "1.2.1": {"DICOM": {"Modality": "MR"}, "Instances": {"1.2.1.1": {"DICOM": {"InstanceNumber": "1 "}}}},
            "1.2.2": {"DICOM": {"Modality": "CT"}, "Instances": {"1.2.2.1": {"DICOM": {}}}},
        },
    },
}


def observe(stored: Iterable[StoredInstance]) -> Observation:
    return Observation(
        job="copies",
        number="0001",
        jobId="b" * 32,
        jobStatus="COMPLETED",
        isConfigurationSent=False,
        stored=tuple(stored),
        unreadable=("an image set",),
        observedAt="2026-01-02T03:04:05Z",
    )


def test_an_instance_has_the_attributes_of_all_levels() -> None:
    stored = read_stored_image_set(json.dumps(METADATA).encode(), "a" * 32)
    first, second = list_stored_instances(stored, "a" * 32, is_primary=False)
    assert (first.sopInstanceUid, first.isPrimary) == ("1.2.1.1", False)
    assert first.attributes["PatientID"] == second.attributes["PatientID"] == "P"
    assert (first.attributes["Modality"], second.attributes["Modality"]) == ("MR", "CT")
    assert "InstanceNumber" not in second.attributes


def test_a_long_array_is_kept_as_its_first_elements_and_its_length() -> None:
    job = build_job(str(uuid.UUID(int=7)), "size-1", FORMS[0], PAIRS[0])
    study, watch = job.studies[0], job.watches["filled"]
    for count, state in ((1, "before"), (MAX_ELEMENTS, "other"), (int(watch.values["after"]), "after")):
        metadata = deepcopy(METADATA)
        metadata["Study"]["DICOM"][watch.keyword] = [{"CodeValue": "x"}] * count
        instances = metadata["Study"]["Series"]["1.2.1"]["Instances"]
        instances |= dict.fromkeys(study.sop_instance_uids, instances["1.2.1.1"])
        stored = list_stored_instances(read_stored_image_set(json.dumps(metadata).encode()), "a" * 32, is_primary=True)
        observation = observe(stored)
        assert observation.get_state(watch) == state
        assert len(observation.model_dump_json()) < 5_000


def test_a_saved_observation_has_the_same_values() -> None:
    stored = read_stored_image_set(json.dumps(METADATA).encode(), "a" * 32)
    instances = list_stored_instances(stored, "a" * 32, is_primary=None)
    observation = observe(instances)
    again = Observation.model_validate_json(observation.model_dump_json())
    texts = [format_stored_value(item.stored[0].attributes["PatientWeight"]) for item in (observation, again)]
    assert texts == ["61.5", "61.5"]
    assert again.unreadable == ("an image set",)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (ABSENT, ""),
        ([], ""),
        ("a ", "a"),
        (["a", "b "], "a\\b"),
        ({"Alphabetic": "x", "Phonetic": ""}, "x"),
    ],
)
def test_stored_values_as_text(value: Any, text: str) -> None:
    assert format_stored_value(value) == text
