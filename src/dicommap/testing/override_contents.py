"""Read the content of an override file as the stand-in's answers say: its bytes, its encoding, its form and its UIDs.

AWS documents nothing about the content (`dicommap.healthimaging.override_questions`). Rules of the stand-in only: a
file is refused if it is JSON but no data set of the DICOM JSON Model, or if it has other UIDs than its mapping.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import SERIES_INSTANCE_UID, STUDY_INSTANCE_UID, hex_of, vrs_of
from dicommap.dicom.strict_json import parse_json
from dicommap.dicom.vr import ALL_VRS, BINARY_VRS
from dicommap.healthimaging.override_questions import MEGABYTE, SIZES

if TYPE_CHECKING:
    from dicommap.dicom.json_model import Attribute, DataSet
    from dicommap.healthimaging.override_questions import OverrideAnswers
    from dicommap.model.study import Target

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CHARACTER_SET = hex_of(0x00080005)
"""The tag of SpecificCharacterSet."""
_UIDS = {hex_of(STUDY_INSTANCE_UID): "study_instance_uid", hex_of(SERIES_INSTANCE_UID): "series_instance_uid"}
"""Tag of a UID of a mapping -> attribute of Target."""
_TAG = re.compile(r"[0-9A-F]{8}")


class RefusedOverrideError(Exception):
    """The error that the service refuses an override file. Its text continues "The metadata file of mapping 3 ..."."""


class IgnoredOverrideError(Exception):
    """The signal that the service ignores an override file: nothing of it is applied, and nothing is reported."""


def read_override(content: bytes | None, target: Target, answers: OverrideAnswers) -> DataSet:
    """Return the data set of an override file, without the UIDs of its mapping.

    Args:
        content: The bytes of the file; None if the file does not exist.
        target: The study or series of the mapping.
        answers: The answers of the stand-in.

    Raises:
        RefusedOverrideError: The file is refused.
        IgnoredOverrideError: The file has no effect.

    """
    if content is None:
        raise _make_override_error(answers.missingFile, "does not exist")
    text = _decode_content(_require_accepted_size(content, answers), answers)
    document, issues = parse_json(text.encode())
    if issues or not isinstance(document, dict | list):
        raise _make_override_error(answers.brokenFile, "is not a JSON object or array")
    data_set = _require_data_set(document, answers)
    if CHARACTER_SET in data_set and answers.characterSet != "applied":
        raise _make_override_error(answers.characterSet, "has a SpecificCharacterSet")
    if CHARACTER_SET not in data_set and _is_utf_8(content):
        data_set = _apply_non_ascii_answer(data_set, answers)
    return _remove_mapping_uids(data_set, target, answers)


def _make_override_error(answer: str, reason: str) -> Exception:
    return RefusedOverrideError(reason) if answer == "refused" else IgnoredOverrideError(reason)


def _require_accepted_size(content: bytes, answers: OverrideAnswers) -> bytes:
    questions = [name for name, megabytes in SIZES.items() if len(content) >= megabytes * MEGABYTE]
    answer = getattr(answers, questions[-1]) if questions else "applied"
    if answer != "applied":
        raise _make_override_error(answer, "is larger than the service accepts")
    return content


def _decode_content(content: bytes, answers: OverrideAnswers) -> str:
    if content.startswith(BYTE_ORDER_MARK):
        if answers.byteOrderMark != "applied":
            raise _make_override_error(answers.byteOrderMark, "begins with a byte order mark")
        content = content.removeprefix(BYTE_ORDER_MARK)
    try:
        return content.decode()
    except UnicodeDecodeError:
        if answers.latin1 in ("refused", "ignored"):
            raise _make_override_error(answers.latin1, "is not UTF-8") from None
        return content.decode("latin-1") if answers.latin1 == "applied" else content.decode(errors="replace")


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _apply_non_ascii_answer(data_set: DataSet, answers: OverrideAnswers) -> DataSet:
    """Return a data set as the service reads it if it has letters that are not ASCII but no SpecificCharacterSet."""
    if answers.nonAscii == "applied":
        return data_set
    texts = {tag: json.dumps(attribute, ensure_ascii=False) for tag, attribute in data_set.items()}
    if answers.nonAscii == "refused" and not all(map(str.isascii, texts.values())):
        raise RefusedOverrideError("has a text that is not ASCII")
    if answers.nonAscii == "ignored":
        return {tag: attribute for tag, attribute in data_set.items() if texts[tag].isascii()}
    return {tag: json.loads(text.encode("ascii", errors="replace")) for tag, text in texts.items()}


def _require_data_set(document: dict[str, Any] | list[Any], answers: OverrideAnswers) -> DataSet:
    form = "array" if isinstance(document, list) else "object"
    data_set = document[0] if isinstance(document, list) and len(document) == 1 else document
    if answers.dataSet not in (form, "both") or not isinstance(data_set, dict):
        raise RefusedOverrideError("is not a data set in the accepted form")
    if not all(_is_attribute(tag, attribute) for tag, attribute in data_set.items()):
        raise RefusedOverrideError("has a member that is not an attribute of the DICOM JSON Model")
    return data_set


def _is_attribute(tag: str, attribute: object) -> bool:
    """Return whether a tag and its JSON value are an attribute of the DICOM JSON Model, with a VR that PS3.6 allows."""
    if not _TAG.fullmatch(tag) or not isinstance(attribute, dict) or attribute.get("vr") not in ALL_VRS:
        return False
    known_vrs = vrs_of(int(tag, 16))
    if known_vrs and attribute["vr"] not in known_vrs:
        return False
    members = attribute.keys() - {"vr"}
    if len(members) > 1 or not members <= {"Value", "InlineBinary", "BulkDataURI"}:
        return False
    return _has_valid_value(attribute)


def _has_valid_value(attribute: dict[str, Any]) -> bool:
    values, vr = attribute.get("Value", []), attribute["vr"]
    if not isinstance(values, list) or (values and vr in BINARY_VRS):
        return False
    if vr == "SQ":
        return all(item is None or _is_data_set(item) for item in values)
    if vr == "PN":
        return all(value is None or isinstance(value, dict) for value in values)
    return all(value is None or isinstance(value, str | int | float) for value in values)


def _is_data_set(item: object) -> bool:
    return isinstance(item, dict) and all(_is_attribute(tag, attribute) for tag, attribute in item.items())


def _remove_mapping_uids(data_set: DataSet, target: Target, answers: OverrideAnswers) -> DataSet:
    expected = {tag: getattr(target, name) for tag, name in _UIDS.items()}
    present = {tag: data_set[tag] for tag in expected if tag in data_set}
    if present and answers.identifyingUids == "refused":
        raise RefusedOverrideError("repeats the UIDs of its mapping")
    if any(_get_single_uid(attribute) != expected[tag] for tag, attribute in present.items()):
        raise RefusedOverrideError("has other UIDs than its mapping")
    if answers.identifyingUids == "needed" and any(uid and tag not in present for tag, uid in expected.items()):
        raise RefusedOverrideError("does not repeat the UIDs of its mapping")
    return {tag: attribute for tag, attribute in data_set.items() if tag not in present}


def _get_single_uid(attribute: Attribute) -> str | None:
    values = attribute.get("Value")
    return values[0] if values and len(values) == 1 else None
