"""How override files are read, for each answer about their bytes, encoding, form and UIDs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dicommap.healthimaging.override_questions import OverrideAnswers
from dicommap.model.study import Target
from dicommap.testing.override_contents import IgnoredOverrideError, RefusedOverrideError, read_override

STUDY = Target(study_instance_uid="1.2.3")
SERIES = Target(study_instance_uid="1.2.3", series_instance_uid="1.2.3.4")
NAME = {"00081030": {"vr": "LO", "Value": ["Kopf"]}}
STUDY_UID = {"0020000D": {"vr": "UI", "Value": ["1.2.3"]}}
SERIES_UID = {"0020000E": {"vr": "UI", "Value": ["1.2.3.4"]}}


def effect(content: bytes | None, target: Target = STUDY, **answers: Any) -> str:
    """Return what happens to a file: applied, ignored or refused."""
    try:
        read_override(content, target, OverrideAnswers(**answers))
    except RefusedOverrideError:
        return "refused"
    except IgnoredOverrideError:
        return "ignored"
    return "applied"


def dumped(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


@pytest.mark.parametrize("answer", ["refused", "ignored"])
def test_missing_and_broken_files(answer: str) -> None:
    assert effect(None, missingFile=answer) == answer
    for content in (b"", b"{", b"not json", b'"text"', b"5", b'{"a": NaN}', b"null"):
        assert effect(content, brokenFile=answer) == answer


@pytest.mark.parametrize("answer", ["refused", "ignored", "applied"])
def test_a_byte_order_mark(answer: str) -> None:
    content = b"\xef\xbb\xbf" + dumped(NAME)
    assert effect(content, byteOrderMark=answer) == answer
    if answer == "applied":
        assert read_override(content, STUDY, OverrideAnswers(byteOrderMark="applied")) == NAME


@pytest.mark.parametrize(
    ("answer", "stored"), [("refused", None), ("ignored", None), ("misread", "Sch\ufffddel"), ("applied", "Schädel")]
)
def test_latin_1(answer: Any, stored: str | None) -> None:
    content = json.dumps({"00081030": {"vr": "LO", "Value": ["Schädel"]}}, ensure_ascii=False).encode("latin-1")
    if stored is None:
        assert effect(content, latin1=answer) == answer
    else:
        data_set = read_override(content, STUDY, OverrideAnswers(latin1=answer))
        assert data_set["00081030"]["Value"] == [stored]


@pytest.mark.parametrize(("answer", "stored"), [("applied", "Schädel"), ("misread", "Sch?del"), ("ignored", None)])
def test_a_text_that_is_not_ascii(answer: str, stored: str | None) -> None:
    text = {"00081048": {"vr": "PN", "Value": [{"Alphabetic": "Schädel"}]}}
    content = json.dumps(NAME | text, ensure_ascii=False).encode()
    data_set = read_override(content, STUDY, OverrideAnswers.model_validate({"nonAscii": answer}))
    assert data_set == NAME | ({"00081048": {"vr": "PN", "Value": [{"Alphabetic": stored}]}} if stored else {})
    assert effect(content, nonAscii="refused") == "refused"
    declared = {"00080005": {"vr": "CS", "Value": ["ISO_IR 192"]}, **NAME, **text}
    assert effect(json.dumps(declared, ensure_ascii=False).encode(), nonAscii="refused") == "applied"


@pytest.mark.parametrize("answer", ["refused", "ignored", "applied"])
def test_a_character_set(answer: str) -> None:
    content = dumped({"00080005": {"vr": "CS", "Value": ["ISO_IR 192"]}, **NAME})
    assert effect(content, characterSet=answer) == answer
    assert effect(dumped(NAME), characterSet=answer) == "applied"


@pytest.mark.parametrize(
    ("size", "question"),
    [(999_999, None), (1_000_000, "size1"), (2**20, "size1"), (10**7, "size10"), (5 * 10**7, "size50")],
)
def test_sizes(size: int, question: str | None) -> None:
    content = dumped(NAME).ljust(size)
    for name in ("size1", "size10", "size50"):
        for answer in ("refused", "ignored"):
            answers: dict[str, Any] = {name: answer}
            assert effect(content, **answers) == (answer if name == question else "applied")


@pytest.mark.parametrize(
    ("answer", "accepted"), [("object", ["object"]), ("array", ["array"]), ("both", ["object", "array"])]
)
def test_the_form(answer: str, accepted: list[str]) -> None:
    documents: dict[str, object] = {"object": NAME, "array": [NAME], "two": [NAME, NAME], "none": []}
    for form, document in documents.items():
        assert effect(dumped(document), dataSet=answer) == ("applied" if form in accepted else "refused")


@pytest.mark.parametrize(
    ("answer", "without", "repeated"),
    [("refused", "applied", "refused"), ("allowed", "applied", "applied"), ("needed", "refused", "applied")],
)
def test_uids(answer: str, without: str, repeated: str) -> None:
    for target, uids in ((STUDY, STUDY_UID), (SERIES, STUDY_UID | SERIES_UID)):
        assert effect(dumped(NAME), target, identifyingUids=answer) == without
        assert effect(dumped(NAME | uids), target, identifyingUids=answer) == repeated
    partial = effect(dumped(NAME | STUDY_UID), SERIES, identifyingUids=answer)
    assert partial == {"refused": "refused", "allowed": "applied", "needed": "refused"}[answer]
    for wrong in ({"0020000D": {"vr": "UI", "Value": ["1.2"]}}, SERIES_UID, {"0020000D": {"vr": "UI"}}):
        assert effect(dumped(NAME | STUDY_UID | wrong), STUDY, identifyingUids=answer) == "refused"


def test_uids_are_not_among_the_attributes() -> None:
    content = dumped(NAME | STUDY_UID | SERIES_UID)
    assert read_override(content, SERIES, OverrideAnswers(identifyingUids="needed")) == NAME


@pytest.mark.parametrize(
    "document",
    [
        {"PatientID": "P1"},
        {"00100020": "P1"},
        {"00100020": {"Value": ["P1"]}},
        {"00100020": {"vr": "XX", "Value": ["P1"]}},
        {"00100020": {"vr": "DA", "Value": ["20260101"]}},
        {"00100020": {"vr": "LO", "Value": "P1"}},
        {"00100020": {"vr": "LO", "Value": [{}]}},
        {"00100020": {"vr": "LO", "Value": ["P1"], "InlineBinary": "AA=="}},
        {"00100010": {"vr": "PN", "Value": ["Doe^Jane"]}},
        {"00081110": {"vr": "SQ", "Value": [{"PatientID": "P1"}]}},
        {"0010002a": {"vr": "LO"}},
    ],
)
def test_what_is_no_data_set_is_refused(document: object) -> None:
    assert effect(dumped(document)) == "refused"
