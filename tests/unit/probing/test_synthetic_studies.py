"""Synthetic studies have UIDs of their own, and nothing in them looks like a real patient."""

from __future__ import annotations

import io
from uuid import UUID

import pydicom

from dicommap.dicom.uid import describe_uid_violation
from dicommap.probing.synthetic_studies import ATTRIBUTES, BEFORE, INSTANCES, PATIENT_NAME, SyntheticStudy

PROBE = str(UUID(int=7))


def test_uids_are_under_2_25_and_follow_from_the_probe_and_the_name() -> None:
    study = SyntheticStudy(PROBE, "one")
    uids = {study.study_instance_uid, study.series_instance_uid, *study.sop_instance_uids}
    assert len(uids) == 2 + INSTANCES
    assert all(uid.startswith("2.25.") and describe_uid_violation(uid) is None for uid in uids)
    assert SyntheticStudy(PROBE, "one").study_instance_uid == study.study_instance_uid
    for other in (SyntheticStudy(PROBE, "two"), SyntheticStudy(str(UUID(int=8)), "one")):
        assert not uids & {other.study_instance_uid, other.series_instance_uid, *other.sop_instance_uids}


def test_a_file_has_every_attribute_that_an_experiment_overrides() -> None:
    read = pydicom.dcmread(io.BytesIO(SyntheticStudy(PROBE, "one").make_p10(2)))
    assert (str(read.PatientName), read.PatientID) == (PATIENT_NAME, "DICOMMAP-PROBE")
    assert all(str(read[keyword].value) == value for keyword, value in BEFORE.items())
    for attributes in ATTRIBUTES.values():
        (item,) = read[attributes.sequence].value
        assert item[attributes.changed].value
        assert item[attributes.kept].value
