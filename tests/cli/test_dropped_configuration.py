"""A job whose import configuration was dropped on its way, as by an old SDK: it is found, and imported again."""

from __future__ import annotations

import pytest

from dicommap.testing import ImportJobService
from tests.cli.running import dicommap
from tests.cli.test_next_steps import next_words
from tests.support.submission_packages import PreparedPackage, options, ready, states

__all__ = ["ready"]


def test_it_is_an_error_of_watch_and_reconcile_and_a_retry_imports_it_again(
    ready: PreparedPackage, import_jobs: ImportJobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ready.package.parent)
    import_jobs.change_behaviour("import_configuration=dropped")
    assert dicommap("submit", "package", "--yes", *options(ready.bucket)).status == 0
    watched = dicommap("watch", "package")
    assert watched.status == 1
    assert "SDK from before May 2026" in watched.out.replace("\n", " ")
    assert {state["configuration"] for state in states(ready.package).values()} == {"missing"}
    assert next_words(watched) == ["explain", "watch.configuration-missing"]
    explained = dicommap("explain", "watch.configuration-missing")
    assert "--retry" in explained.out
    reconciled = dicommap("reconcile", "package")
    assert reconciled.status == 1
    words = next_words(reconciled)
    assert words == ["reconcile", "package", "--retry", "package-retry"]
    import_jobs.change_behaviour("import_configuration=kept")
    assert dicommap(*words).status == 1  # the old jobs stay wrong
    assert dicommap("submit", "package-retry", "--yes").status == 0
    assert dicommap("watch", "package-retry").status == 0
    assert "imported" in dicommap("reconcile", "package-retry").out
    assert len(import_jobs.jobs) == 4
