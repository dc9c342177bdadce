"""data_set(): metadata of one file, with nobody told of its values."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import dicommap
from tests.support.p10_files import p10

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_pydicom_tells_nobody_of_values(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = p10(SpecificCharacterSet="ISO_IR 100", PatientID="CANARY" * 20)
    (tmp_path / "a").write_bytes(made.replace(b"ISO_IR 100", b"CANARY    "))
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings():
        warnings.simplefilter("error")
        found, _ = dicommap.read_data_set(tmp_path / "a")
    assert found["00100020"]["Value"] == ["CANARY" * 20]
    assert not caplog.records
    assert not logging.getLogger("pydicom").disabled
