"""A probe names the behaviour of the stand-in, whatever it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicommap
from dicommap.aws import Clients
from dicommap.healthimaging.override_questions import OverrideAnswers, list_answers
from dicommap.testing import Behaviour, ImportJobService
from dicommap.validation.schema_registry import get_schema_validator
from tests.support.example_counts import examples
from tests.support.fake_clock import QuickClock
from tests.support.probe_answers import observable_answers
from tests.support.s3_server import REGION, Bucket

SIZES = {"size1", "size10", "size50"}
ROLE = "arn:aws:iam::123456789012:role/import"
ANSWERS = st.builds(OverrideAnswers, **{name: st.sampled_from(words) for name, words in list_answers().items()})


@contextmanager
def stand_in(bucket: Bucket, answers: OverrideAnswers, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportJobService]:
    behaviour = Behaviour(throttling=False, answers=answers)
    with ImportJobService(bucket.endpoint_url, behaviour=behaviour) as service, monkeypatch.context() as patched:
        for name, value in service.environment.items():
            patched.setenv(name, value)
        yield service


def run_probe(service: ImportJobService, bucket: Bucket, directory: Path, **options: Any) -> dicommap.ProbeResult:
    return dicommap.probe(
        directory,
        datastore_id=service.datastore_id,
        data_access_role_arn=ROLE,
        input_s3_uri=f"{bucket.uri}in/",
        output_s3_uri=f"{bucket.uri}out/",
        clients=Clients(region=REGION),
        clock=QuickClock(),
        **options,
    )


@pytest.fixture(scope="module")
def shared_bucket(s3_endpoint: str) -> Iterator[Bucket]:
    from tests.support.s3_server import environment, s3_client

    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment(s3_endpoint).items():
            patched.setenv(name, value)
        patched.delenv("AWS_PROFILE", raising=False)
        client = s3_client(s3_endpoint)
        client.create_bucket(Bucket="dicommap-probe-property")
        yield Bucket("dicommap-probe-property", s3_endpoint, client)


@pytest.mark.long
@examples(20)
@given(answers=ANSWERS)
def test_the_report_names_the_behaviour_and_nothing_else(shared_bucket: Bucket, answers: OverrideAnswers) -> None:
    questions = [name for name in list_answers() if name not in SIZES]
    with (
        TemporaryDirectory() as place,
        pytest.MonkeyPatch.context() as patched,
        stand_in(shared_bucket, answers, patched) as service,
    ):
        result = run_probe(service, shared_bucket, Path(place, "probe"), questions=questions)
        assert result.report is not None
        assert result.report.answers == {name: observable_answers(answers)[name] for name in questions}
        report, assumptions = (
            json.loads(Path(place, "probe", name).read_bytes()) for name in ("report.json", "assumptions.json")
        )
        get_schema_validator("probe-report").validate(report)
        get_schema_validator("assumptions").validate(assumptions)
        assert dicommap.read_assumptions(Path(place, "probe", "assumptions.json")) == result.report.assumptions
