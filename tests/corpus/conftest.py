"""Directories of real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.needed_tools import CORPUS, needs_corpus


@pytest.fixture(scope="session", params=["wheel", pytest.param("corpus", marks=[needs_corpus, pytest.mark.long])])
def directory(request: pytest.FixtureRequest, pydicom_files: Path) -> Path:
    """Return a directory of real files: pydicom's own, or the one that DICOMMAP_CORPUS names."""
    return pydicom_files if CORPUS is None or request.param == "wheel" else CORPUS
