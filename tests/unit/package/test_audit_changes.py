"""Lines of changes: a chain, with the file that carries each change, and only those of some studies for a retry."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.model.audit import FIRST_PREVIOUS, AuditChange, parse_audit_line
from dicommap.model.audit_values import AuditValueForm, AuditValueMode
from dicommap.overrides.attribute_change import AttributeChange, UpdateReason
from dicommap.package.audit_changes import UpdateFileIndex, build_change_lines, select_change_lines
from dicommap.updates.update import Update, UpdateRequest

PLAIN = AuditValueForm(mode=AuditValueMode.PLAIN)
NAME: dict[str, Any] = {
    "study_instance_uid": "1.2",
    "series_instance_uid": None,
    "tag": 0x00100010,
    "before": {"DOE^JANE": 2, "": 1},
    "after": {"vr": "PN", "Value": [{"Alphabetic": "ROE^JANE"}]},
    "origins": ("rules.toml rule 'x'", "s.csv row 3"),
}
CHANGES = [
    AttributeChange(**NAME),
    AttributeChange(**NAME | {"study_instance_uid": "1.3", "series_instance_uid": "1.3.1", "before": None}),
    AttributeChange(
        **NAME | {"series_instance_uid": "1.2.1", "sop_instance_uid": "1.2.1.1", "after": None},
        update_reason=UpdateReason.INSTANCE,
    ),
]


def make_update(study: str, series: str | None, keyword: str) -> Update:
    members = {"DICOM": {keyword: "x"}} if series is None else {"Series": {series: {"DICOM": {keyword: "x"}}}}
    request = UpdateRequest(updatable={"SchemaVersion": 1.1, "Study": members})
    return Update(study_instance_uid=study, series_instance_uid=series, requests=(request,))


UPDATES = [
    make_update("1.1", "1.1.1", "PatientName"),
    make_update("1.2", "1.2.1", "StudyDescription"),
    make_update("1.2", None, "PatientName"),
    make_update("1.2", "1.2.1", "SeriesDescription"),
    make_update("1.2", "1.2.2", "SeriesDescription"),
]


def test_a_change_of_all_series_of_a_study_names_the_updates_of_all() -> None:
    change = AttributeChange(**NAME | {"tag": 0x0008103E}, update_reason=UpdateReason.STORED)
    of_series = AttributeChange(
        **NAME | {"tag": 0x0008103E, "series_instance_uid": "1.2.2"}, update_reason=UpdateReason.STORED
    )
    both, second = parse(list(build_change_lines([change, of_series], PLAIN, Assumptions(), UpdateFileIndex(UPDATES))))
    assert both["files"] == ("updates/000004.json", "updates/000005.json")
    assert ("file" not in both, second["file"]) == (True, "updates/000005.json")


def require_chain(lines: list[str]) -> None:
    previous = FIRST_PREVIOUS
    for line in lines:
        assert json.loads(line)["previous"] == previous
        previous = hashlib.sha256(line.encode()).hexdigest()


def parse(lines: list[str]) -> list[dict[str, Any]]:
    return [parse_audit_line(line.encode()).model_dump(exclude_none=True, exclude={"previous"}) for line in lines]


def test_each_change_has_a_line() -> None:
    lines = list(build_change_lines(CHANGES, PLAIN, Assumptions(), UpdateFileIndex(UPDATES)))
    require_chain(lines)
    study, series, instance = parse(lines)
    assert study == {
        "type": "change",
        "studyInstanceUID": "1.2",
        "attribute": "PatientName",
        "tag": "00100010",
        "edits": ("rules.toml rule 'x'", "s.csv row 3"),
        "carrier": "override",
        "file": "dicommap-overrides/1.2.json",
        "before": ({"value": "DOE^JANE", "files": 2}, {"value": "", "files": 1}),
        "after": {"value": "ROE^JANE"},
    }
    assert series["file"] == "dicommap-overrides/1.3_1.3.1.json"
    assert "before" not in series  # the inventory did not capture it
    assert (instance["carrier"], instance["sopInstanceUID"]) == ("update", "1.2.1.1")
    assert instance["file"] == "updates/000003.json"
    assert "after" not in instance


def test_files_that_overrides_share_are_not_named() -> None:
    lines = list(build_change_lines(CHANGES, PLAIN, Assumptions(overrideFiles="shared"), UpdateFileIndex(())))
    assert all("file" not in record for record in parse(lines))


def test_the_lines_of_some_studies_are_a_chain_again() -> None:
    lines = list(build_change_lines(CHANGES, AuditValueForm(), Assumptions(), UpdateFileIndex(UPDATES)))
    changes = [change for line in lines if isinstance(change := parse_audit_line(line.encode()), AuditChange)]
    selected = list(select_change_lines(changes, {"1.3"}))
    require_chain(selected)
    assert parse(selected) == [parse(lines)[1]]
    (*_, update) = parse(list(select_change_lines(changes, {"1.2", "1.3"})))
    assert "file" not in update  # the package for a retry has no updates
