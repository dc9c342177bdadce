"""Tools and data, other than Python packages, that some tests need, and how to install them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

CORPUS = Path(os.environ["DICOMMAP_CORPUS"]) if os.environ.get("DICOMMAP_CORPUS") else None
"""A directory of real DICOM files, or None."""

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The browser's command, or None."""

NO_SKIPS = bool(os.environ.get("DICOMMAP_NO_SKIPS"))
"""Whether a skipped test fails the run, on a machine that has all tools."""

needs_corpus = pytest.mark.skipif(CORPUS is None, reason="set DICOMMAP_CORPUS to a directory of real DICOM files")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install chromium")
HAS_LOCALES = shutil.which("localedef") is not None and Path("/usr/share/i18n/locales/en_US").exists()
"""Whether the system can generate locales with other character sets."""

needs_locales = pytest.mark.skipif(not HAS_LOCALES, reason="sources of locales are missing: apt-get install locales")
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is missing: apt-get install bash")
needs_zsh = pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is missing: apt-get install zsh")
needs_fish = pytest.mark.skipif(shutil.which("fish") is None, reason="fish is missing: apt-get install fish")
needs_dcmtk = pytest.mark.skipif(shutil.which("dcmdump") is None, reason="DCMTK is missing: apt-get install dcmtk")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that skipped a test, if DICOMMAP_NO_SKIPS is set."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")  # a worker of xdist has none
    if not NO_SKIPS or reporter is None or session.exitstatus != 0:
        return
    if skipped := reporter.stats.get("skipped"):
        reporter.write_line(f"\nDICOMMAP_NO_SKIPS asks for all tests, and {len(skipped)} were skipped.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
