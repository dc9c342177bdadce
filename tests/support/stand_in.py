"""The stand-in for AWS HealthImaging, over the tests' S3 server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dicommap.testing import Behaviour, ImportJobService


@pytest.fixture
def import_jobs(s3_environment: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportJobService]:
    """Return a stand-in that takes any number of calls a second; AWS's clients find it by the environment."""
    with ImportJobService(s3_environment, behaviour=Behaviour(throttling=False)) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service
