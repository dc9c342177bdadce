"""A file of assumptions is read as a whole, or refused with the first issue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import dicommap
from dicommap.cli.options import parse_assumptions
from dicommap.errors import DocumentError, UsageError

MEMBERS = dicommap.Assumptions(patientInSeries="unavailable", emptyValue="null").model_dump()


def write(path: Path, **members: Any) -> Path:
    path.write_text(json.dumps({"version": 1, "assumptions": MEMBERS, **members}), encoding="utf-8")
    return path


def test_the_assumptions_of_a_file_are_read(tmp_path: Path) -> None:
    observed = {"probe": "p", "datastoreId": "5" * 32, "region": "us-east-1", "date": "2026-11-29"}
    path = write(tmp_path / "assumptions.json", observed=observed, unclear=["noMatch"])
    assert dicommap.read_assumptions(path) == dicommap.Assumptions(patientInSeries="unavailable", emptyValue="null")


def test_options_of_a_call_replace_those_of_the_file(tmp_path: Path) -> None:
    path = str(write(tmp_path / "assumptions.json"))
    expected = dicommap.Assumptions(patientInSeries="unavailable", emptyValue="no-value", otherLevels="error")
    assert parse_assumptions(["emptyValue=no-value", path, "otherLevels=error"]) == expected
    assert parse_assumptions([]) == dicommap.Assumptions()
    with pytest.raises(UsageError, match="two files"):
        parse_assumptions([path, path])
    with pytest.raises(DocumentError, match=r"missing\.json"):
        parse_assumptions(["missing.json"])


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2, "assumptions": {}}', '{"version": 1, "assumptions": {"dataSet": "list"}}']
)
def test_any_other_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "assumptions.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"assumptions\.json is not a file of assumptions"):
        dicommap.read_assumptions(path)
    with pytest.raises(DocumentError, match="is not a file of assumptions"):
        dicommap.read_assumptions(write(path, unknown=1))
