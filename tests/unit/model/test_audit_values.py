"""Values in audit.jsonl: hashes with a key that say nothing without it, plain texts, or nothing."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from dicommap.dicom.json_model import Attribute
from dicommap.model.audit_values import MAX_VALUES, AuditKey, AuditValueForm, AuditValueMode
from dicommap.model.study import Target

KEY = AuditKey(b"k" * 32)
STUDY, OTHER = Target(study_instance_uid="1.2"), Target(study_instance_uid="1.3")
SEX = 0x00100040


def test_a_hash_is_the_hmac_that_the_documentation_describes() -> None:
    text = '["1.2",null,null,"00100040","F"]'
    assert KEY.hash_value(STUDY, SEX, "F") == hmac.new(b"k" * 32, text.encode(), hashlib.sha256).hexdigest()


def test_equal_values_of_two_studies_series_instances_or_attributes_have_other_hashes() -> None:
    targets = [
        STUDY,
        OTHER,
        Target(study_instance_uid="1.2", series_instance_uid="1.2.1"),
        Target(study_instance_uid="1.2", series_instance_uid="1.2.1", sop_instance_uid="1.2.1.1"),
    ]
    hashes = {KEY.hash_value(target, tag, "F") for target in targets for tag in (SEX, 0x00102203)}
    assert len(hashes) == 8


def test_the_id_of_a_key_is_stable_and_another_for_another_key() -> None:
    assert KEY.id == AuditKey(b"k" * 32).id != AuditKey(b"j" * 32).id
    assert len(KEY.id) == 16
    assert "kkkk" not in repr(KEY)


def test_without_a_key_no_hash_is_written() -> None:
    values, more = AuditValueForm().make_values_before(STUDY, SEX, {"F": 2, "M": 1})
    assert (values, more) == ([{"files": 2}, {"files": 1}], None)
    assert AuditValueForm().make_value_after(STUDY, SEX, {"vr": "CS", "Value": ["O"]}) == {}


def test_plain_values_are_printable() -> None:
    plain = AuditValueForm(mode=AuditValueMode.PLAIN)
    values, _ = plain.make_values_before(STUDY, 0x00100010, {"M\udcfcller": 1, "": 3})
    assert values == [{"value": "", "files": 3}, {"value": "M\\xfcller", "files": 1}]
    assert plain.make_value_after(STUDY, SEX, {"vr": "CS"}) == {"value": ""}


def test_undecodable_bytes_can_be_hashed() -> None:
    assert KEY.hash_value(STUDY, 0x00100010, "M\udcfcller") != KEY.hash_value(STUDY, 0x00100010, "M\udcfdller")


def test_a_sequence_is_its_dicom_json() -> None:
    sequence: Attribute = {"vr": "SQ", "Value": [{"00080100": {"vr": "SH", "Value": ["X"]}}]}
    [text] = AuditValueForm(mode=AuditValueMode.PLAIN).make_value_after(STUDY, 0x00081032, sequence).values()
    assert json.loads(str(text)) == sequence


@pytest.mark.parametrize("extra", [0, 1, 50])
def test_many_values_are_counted(extra: int) -> None:
    counts = {str(number): number + 1 for number in range(MAX_VALUES + extra)}
    values, more = AuditValueForm(mode=AuditValueMode.PLAIN).make_values_before(STUDY, SEX, counts)
    assert len(values) == MAX_VALUES
    assert values[0] == {"value": str(MAX_VALUES + extra - 1), "files": MAX_VALUES + extra}
    assert more == (extra or None)
