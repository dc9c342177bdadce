"""Judging single observations: each stored state and each report has one answer, and doubt has none."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from dicommap.probing import judging
from dicommap.probing.experiments import ABSENT_NAME, AFTER, LONG_TEXT, build_job
from dicommap.probing.judging import (
    SILENT,
    judge_copies,
    judge_effect,
    judge_emptied,
    judge_level,
    judge_sequence,
    judge_size,
    judge_two_mappings,
)
from dicommap.probing.observation import Observation, RecordNote, StoredInstance
from dicommap.probing.override_forms import FORMS, PAIRS, LevelPair
from dicommap.probing.probe_job import ProbeJob
from dicommap.probing.synthetic_studies import BEFORE, ITEMS

PROBE = str(uuid.UUID(int=7))
TEXT, SECOND = "AdmittingDiagnosesDescription", "AdditionalPatientHistory"
CODES = "ProcedureCodeSequence"


SERIES_PAIR = PAIRS[2]


def job_of(name: str, pair: LevelPair = PAIRS[0]) -> ProbeJob:
    return build_job(PROBE, name, FORMS[0], pair)


def observe(job: ProbeJob, *, kind: Any = "", stored: Any = True, **changed: Any) -> Observation:
    """Return the observation of a job after which all instances have the attributes from before, except `changed`."""
    members = ("jobStatus", "message", "configuration", "unreadable", "unreadableRecords", "records", "scanned")
    options = {name: changed.pop(name) for name in members if name in changed}
    notes = [RecordNote(kind=kind, inputFile=f"in/{path}") for path in job.list_p10_paths()] if kind else []
    attributes = {**BEFORE, CODES: [ITEMS[CODES]], **changed}
    instances = [
        StoredInstance(sopInstanceUid=uid, imageSetId="a" * 32, isPrimary=True, attributes=attributes)
        for study in job.studies
        for uid in study.sop_instance_uids
    ]
    defaults: dict[str, Any] = {
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
    return Observation(**defaults | options)


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
        ({TEXT: AFTER, "unreadableRecords": 1}, "applied", ""),
        ({"unreadableRecords": 1}, None, ""),
        ({"jobStatus": "FAILED", "stored": False, "message": "Internal server error"}, None, ""),
        ({"jobStatus": "FAILED", "stored": False, "message": "Access Denied"}, None, ""),
        ({"jobStatus": "FAILED", "stored": False, "message": "overrides/override.json: bad"}, "refused", "job-failed"),
    ],
)
def test_an_override_with_one_attribute(seen: dict[str, Any], answer: str | None, reported: str) -> None:
    job = job_of("byte-order-mark")
    verdict = judge_effect(job, observe(job, **seen))
    assert (verdict.answer, verdict.reported) == (answer, reported)
    assert verdict.jobs == (job.name,)


@pytest.mark.parametrize(
    ("seen", "answer"),
    [
        ({TEXT: AFTER, "all items": True}, "applied"),
        ({TEXT: AFTER}, None),
        ({TEXT: AFTER, CODES: None}, None),
        ({}, "ignored"),
        ({"jobStatus": "FAILED", "stored": False}, "refused"),
    ],
)
def test_a_large_file_is_applied_only_with_all_of_its_items(seen: dict[str, Any], answer: str | None) -> None:
    job = job_of("size-1")
    has_all = seen.pop("all items", False)
    items = [ITEMS[CODES]] * int(job.watches["filled"].values["after"])
    assert judge_size(job, observe(job, **seen, **({CODES: items} if has_all else {}))).answer == answer


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
        ({TEXT: AFTER, "kind": "WARNING"}, "ignored", ""),
        ({TEXT: AFTER, "kind": "FAILURE"}, None, ""),
        ({SECOND: None}, None, ""),
        ({SECOND: None, "kind": "FAILURE"}, None, ""),
        ({}, "refused", SILENT),
        ({"kind": "WARNING"}, "refused", "warned"),
        ({"unreadableRecords": 1}, None, ""),
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


def test_an_item_that_was_added_to_the_old_one_replaces_and_merges_nothing() -> None:
    job, added = job_of("sequence"), {"CodeMeaning": AFTER}
    for items in ([added, ITEMS[CODES]], [ITEMS[CODES], added]):
        stored: dict[str, Any] = {TEXT: AFTER, CODES: items}
        assert judge_sequence(job, observe(job, **stored)).answer is None


def test_instances_that_differ_or_are_missing_are_no_answer() -> None:
    job = job_of("byte-order-mark")
    applied = observe(job, **{TEXT: AFTER})
    first, second = applied.stored
    other = second.model_copy(update={"attributes": {**second.attributes, TEXT: BEFORE[TEXT]}})
    twice = (*applied.stored, other.model_copy(update={"isPrimary": False}))
    for stored in ((first, other), (first,), twice):
        assert judge_effect(job, applied.model_copy(update={"stored": stored})).answer is None


@pytest.mark.parametrize(
    ("seen", "answer", "reported"),
    [
        ({SECOND: "first", TEXT: "last"}, "merged", ""),
        ({SECOND: "first"}, "first", ""),
        ({TEXT: "last"}, "last", ""),
        ({}, "refused", SILENT),
        ({"kind": "FAILURE", "stored": False}, "refused", "files-failed"),
        ({"unreadableRecords": 1}, None, ""),
        ({SECOND: "first", "kind": "FAILURE"}, None, ""),
        ({SECOND: "x", TEXT: "last"}, None, ""),
    ],
)
def test_two_mappings_of_a_study(seen: dict[str, Any], answer: str | None, reported: str) -> None:
    job = job_of("two-mappings")
    verdict = judge_two_mappings(job, observe(job, **seen))
    assert (verdict.answer, verdict.reported) == (answer, reported)


def set_of(job: ProbeJob, observation: Observation, watch: str, **changed: Any) -> Observation:
    """Return an observation in which the study of one watch has other attributes."""
    uids = job.watches[watch].study.sop_instance_uids
    stored = (
        instance.model_copy(update={"attributes": {**instance.attributes, **changed}})
        if instance.sopInstanceUid in uids
        else instance
        for instance in observation.stored
    )
    return observation.model_copy(update={"stored": tuple(stored)})


def test_a_file_for_two_studies_has_an_answer_if_both_studies_have_the_same() -> None:
    job = job_of("shared-file")
    neither, both = observe(job), observe(job, **{TEXT: AFTER})
    assert judging.judge_shared_file(job, both).answer == "applied"
    assert judging.judge_shared_file(job, neither).answer == "ignored"
    assert judging.judge_shared_file(job, set_of(job, neither, "other", **{TEXT: AFTER})).answer is None


@pytest.mark.parametrize(
    ("seen", "answer"),
    [
        ({"SpatialResolution": "72.5", "SeriesNumber": "7 "}, "applied"),
        ({"SpatialResolution": "72.5"}, None),
        ({"SeriesNumber": "7"}, None),
        ({}, "ignored"),
        ({"SpatialResolution": "72", "SeriesNumber": "7"}, None),
    ],
)
def test_a_decimal_and_an_integer_must_have_the_same_answer(seen: dict[str, Any], answer: str | None) -> None:
    job = job_of("number-text", SERIES_PAIR)
    control = {job.watches["control"].keyword: AFTER}
    assert judging.judge_numbers(job, observe(job, **control, **seen)).answer == answer


def test_a_level_is_applied_if_its_text_and_its_identifiers_are() -> None:
    job = job_of("level-patientInStudy")
    everything = {watch.keyword: watch.values["after"] for watch in job.watches.values()}
    assert {"PatientID", "PatientName"} < everything.keys()
    assert judge_level(job, observe(job, **everything)).answer == "applied"
    assert judge_level(job, observe(job)).answer == "ignored"
    for keyword in everything:
        assert judge_level(job, observe(job, **{**everything, keyword: BEFORE[keyword]})).answer is None


@pytest.mark.parametrize(
    ("name", "judge", "keyword", "states"),
    [
        (
            "latin-1",
            judging.judge_non_ascii,
            TEXT,
            {"Prüfung": "applied", "Pr\ufffdfung": "misread", "PrÃ¼fung": "misread"},
        ),
        ("latin-1", judging.judge_non_ascii, TEXT, {"PrÃ¼fung": "misread", "x": None, BEFORE[TEXT]: "ignored"}),
        ("precedence", judging.make_choice_judge("series", "study"), TEXT, {"series": "series", "study": "study"}),
        ("precedence", judging.make_choice_judge("series", "study"), TEXT, {BEFORE[TEXT]: "refused", "x": None}),
        (
            "prefix",
            judging.judge_prefix,
            TEXT,
            {"joined": "joined", "concatenated": "concatenated", BEFORE[TEXT]: None},
        ),
        ("without-files", judging.judge_without_files, TEXT, {AFTER: "changed", BEFORE[TEXT]: "unchanged", "x": None}),
    ],
)
def test_the_stored_value_decides(name: str, judge: Any, keyword: str, states: dict[str, str | None]) -> None:
    job = job_of(name)
    for value, answer in states.items():
        assert judge(job, observe(job, **{keyword: value})).answer == answer


@pytest.mark.parametrize(
    ("stored", "answer"), [("Prüfung", "applied"), ("Pr?fung", "misread"), (BEFORE[SECOND], "ignored"), ("x", None)]
)
def test_a_text_that_is_not_ascii(stored: str, answer: str | None) -> None:
    job = job_of("non-ascii")
    assert judging.judge_non_ascii(job, observe(job, **{TEXT: AFTER, SECOND: stored})).answer == answer


@pytest.mark.parametrize(
    ("stored", "answer"),
    [(LONG_TEXT.strip(), "applied"), (LONG_TEXT[:256], "cut"), ("Before the probe", "ignored"), ("Longer", None)],
)
def test_a_long_value(stored: str, answer: str | None) -> None:
    job = job_of("long-value")
    assert judging.judge_long_value(job, observe(job, **{TEXT: AFTER, "StudyDescription": stored})).answer == answer


def note(path: str, kind: Any, message: str = "no P10 file") -> RecordNote:
    return RecordNote(kind=kind, inputFile=f"in/{path}", exceptionType="ValidationException", message=message)


def test_a_mapping_without_files() -> None:
    job, absent = job_of("no-match"), f"overrides/{ABSENT_NAME}.json"
    applied = {TEXT: AFTER}
    failed = note(absent, "FAILURE")
    usual = judging.list_failure_messages(observe(job, records=(failed,)), [absent])
    for records, known, answer in (
        ((), (), "ignored"),
        ((failed,), (), "refused"),
        ((failed,), usual, "ignored"),
        (tuple(note(path, "WARNING") for path in job.list_p10_paths()), (), None),
    ):
        assert judging.judge_no_match(job, observe(job, records=records, **applied), known).answer == answer
    assert judging.judge_no_match(job, observe(job)).reported == SILENT
    assert judging.judge_no_match(job, observe(job, unreadableRecords=1, **applied)).answer is None


def test_whether_override_files_are_in_the_job_manifests() -> None:
    job = job_of("form-object-absent-studyInStudy")
    path = "overrides/override.json"
    judge = judging.judge_override_files
    assert judge(job, observe(job)).answer == "ignored"
    assert judge(job, observe(job, records=(note(path, "FAILURE"),))).answer == "failed"
    assert judge(job, observe(job, records=(note(path, "SUCCESS"),))).answer is None
    assert judge(job, observe(job, unreadable=("the job has no job manifests in S3",))).answer is None
    assert judge(job, observe(job, unreadableRecords=1)).answer is None
    for scanned, answer in ((2, "not-counted"), (3, "counted"), (4, None), (None, None)):
        assert judging.judge_scanned_count(job, observe(job, scanned=scanned)).answer == answer


@pytest.mark.parametrize(("comment", "answer"), [("first", "first"), ("last", "last"), ("", None), ("x", None)])
def test_two_copies(comment: str, answer: str | None) -> None:
    job = job_of("copies")
    assert judge_copies(job, observe(job, ImageComments=comment)).answer == answer
