"""Judging single observations: each stored state and each report has one answer, and doubt has none."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from dicommap.probing.experiments import AFTER, build_job
from dicommap.probing.judging import SILENT, judge_copies, judge_effect, judge_emptied, judge_sequence
from dicommap.probing.observation import Observation, RecordNote, StoredInstance
from dicommap.probing.override_forms import FORMS, PAIRS
from dicommap.probing.probe_job import ProbeJob
from dicommap.probing.synthetic_studies import BEFORE, ITEMS

PROBE = str(uuid.UUID(int=7))
TEXT, SECOND = "AdmittingDiagnosesDescription", "AdditionalPatientHistory"
CODES = "ProcedureCodeSequence"


def job_of(name: str) -> ProbeJob:
    return build_job(PROBE, name, FORMS[0], PAIRS[0])


def observe(job: ProbeJob, *, kind: Any = "", stored: bool = True, **changed: Any) -> Observation:
    """Return the observation of a job after which all instances have the attributes from before, except `changed`."""
    options = {name: changed.pop(name) for name in ("jobStatus", "configuration", "unreadable") if name in changed}
    notes = [RecordNote(kind=kind, inputFile=f"in/{path}") for path in job.list_p10_paths()] if kind else []
    attributes = {**BEFORE, CODES: [ITEMS[CODES]], **changed}
    instances = [
        StoredInstance(sopInstanceUid=uid, imageSetId="a" * 32, isPrimary=True, attributes=attributes)
        for study in job.studies
        for uid in study.sop_instance_uids
    ]
    members: dict[str, Any] = {
        "job": job.name,
        "number": "0001",
        "jobId": "b" * 32,
        "jobStatus": "COMPLETED",
        "configuration": "same",
        "isConfigurationSent": bool(job.mappings),
        "records": tuple(notes),
        "stored": tuple(instances) if stored else (),
        "observedAt": "2026-01-02T03:04:05Z",
    }
    return Observation(**members | options)


@pytest.mark.parametrize(
    ("seen", "answer", "reported"),
    [
        ({TEXT: AFTER}, "applied", ""),
        ({TEXT: f"{AFTER} "}, "applied", ""),
        ({TEXT: AFTER, "kind": "WARNING"}, "applied", ""),
        ({}, "ignored", ""),
        ({"kind": "WARNING"}, "refused", "warned"),
        ({"kind": "FAILURE", "stored": False}, "refused", "files-failed"),
        ({"jobStatus": "FAILED", "stored": False}, "refused", "job-failed"),
        ({"stored": False}, None, ""),
        ({TEXT: "something else"}, None, ""),
        ({TEXT: AFTER, "kind": "FAILURE"}, None, ""),
        ({TEXT: AFTER, "configuration": "differs"}, None, ""),
        ({"configuration": None}, None, ""),
        ({"kind": "WARNING", "stored": False, "unreadable": ("an image set cannot be used",)}, None, ""),
    ],
)
def test_an_override_with_one_attribute(seen: dict[str, Any], answer: str | None, reported: str) -> None:
    job = job_of("byte-order-mark")
    verdict = judge_effect(job, observe(job, **seen))
    assert (verdict.answer, verdict.reported) == (answer, reported)
    assert verdict.jobs == (job.name,)


def test_what_cannot_be_read_is_in_the_evidence() -> None:
    job = job_of("byte-order-mark")
    reason = "the metadata of image set x cannot be used: it is not JSON in UTF-8"
    assert reason in judge_effect(job, observe(job, unreadable=(reason,))).seen


@pytest.mark.parametrize(
    ("seen", "answer", "reported"),
    [
        ({TEXT: AFTER, SECOND: None}, "cleared", ""),
        ({TEXT: AFTER, SECOND: []}, "cleared", ""),
        ({TEXT: AFTER}, "ignored", ""),
        ({}, "refused", SILENT),
        ({TEXT: "something else"}, None, ""),
    ],
)
def test_an_empty_attribute_with_a_control(seen: dict[str, Any], answer: str | None, reported: str) -> None:
    job = job_of("empty-no-value")
    verdict = judge_emptied(job, observe(job, **seen))
    assert (verdict.answer, verdict.reported) == (answer, reported)


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        ({"CodeMeaning": AFTER}, "replaced"),
        ({"CodeMeaning": AFTER, "CodingSchemeVersion": None}, "replaced"),
        ({**ITEMS[CODES], "CodeMeaning": AFTER}, "merged"),
        ({**ITEMS[CODES]}, None),
        ({"CodeMeaning": AFTER, "CodingSchemeVersion": "other"}, None),
    ],
)
def test_the_item_of_a_sequence(item: dict[str, Any], answer: str | None) -> None:
    job = job_of("sequence")
    stored: dict[str, Any] = {TEXT: AFTER, CODES: [item]}
    assert judge_sequence(job, observe(job, **stored)).answer == answer


@pytest.mark.parametrize(("comment", "answer"), [("first", "first"), ("last", "last"), ("", None), ("x", None)])
def test_two_copies(comment: str, answer: str | None) -> None:
    job = job_of("copies")
    assert judge_copies(job, observe(job, ImageComments=comment)).answer == answer
