"""Validating a package after its submit: no placeholders are left, and a forecast says that it comes too late."""

from __future__ import annotations

import pytest

from dicommap.testing import ImportJobService
from tests.cli.running import dicommap
from tests.support.submission_packages import PreparedPackage, options, ready

__all__ = ["ready"]


def test_a_submitted_package_has_no_placeholders_and_a_late_forecast(
    ready: PreparedPackage, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ready.package.parent)
    store = ("--store", "--datastore-id", import_jobs.datastore_id)
    before = dicommap("validate", "package", *store)
    assert "request.placeholder" in before.everything
    assert "already happened" not in before.out.replace("\n", " ")
    assert dicommap("submit", "package", "--yes", *options(ready.bucket)).status == 0
    assert dicommap("watch", "package").status == 0
    after = dicommap("validate", "package", *store)
    assert "request.placeholder" not in after.everything
    assert "already happened" in after.out.replace("\n", " ")
