"""Fixtures of tests that call the stand-in for AWS HealthImaging."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dicommap.testing import Behaviour, ImportJobService


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportJobService]:
    """Run a stand-in without throttling and without an S3 server: image sets are stored in it directly."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with ImportJobService("http://127.0.0.1:1", behaviour=Behaviour(throttling=False)) as started:
        yield started
