"""A fixture with the stand-in for AWS HealthImaging, which uses the tests' S3 server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dicommap.testing import Behaviour, ImportJobService


@pytest.fixture
def import_jobs(s3_environment: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportJobService]:
    """Return a stand-in without throttling; the environment points AWS's clients to it."""
    with ImportJobService(s3_environment, behaviour=Behaviour(throttling=False)) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service
