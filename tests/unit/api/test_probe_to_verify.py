"""The promise of a probe, with public functions: a draft under its assumptions is refused or verifies as applied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, event, given, settings

import dicommap
from dicommap.aws import Clients
from dicommap.healthimaging.override_questions import OverrideAnswers, map_questions_to_answers
from dicommap.model.study import Series, Study
from dicommap.testing import Behaviour, ImportJobService
from dicommap.verification.effects import Effect
from tests.property.test_probed_assumptions import FRIENDLY
from tests.support.fake_clock import QuickClock
from tests.support.p10_files import STUDY, data_set, p10, uid
from tests.support.probe_answers import observable_answers
from tests.support.s3_server import REGION, Bucket, environment, s3_client

ROLE = "arn:aws:iam::123456789012:role/import"
OF_STUDY = {
    "PatientID": "CORRECT-7",
    "PatientName": "Müller^Anna",
    "PatientWeight": "72.5",
    "StudyDescription": "corrected",
    "ReferringPhysicianName": "",
    "ImageComments": "corrected",
}
OF_SERIES = {"SeriesDescription": "corrected {}", "SliceThickness": "1.{}"}
"""Keyword -> new value with the number of the series: equal values of all series are in the override of the study."""
STORED = dict.fromkeys([*OF_STUDY, *OF_SERIES], None) | {
    "PatientID": "WRONG-1",
    "PatientName": "Doe^Jane",
    "PatientWeight": "61.5",
    "ReferringPhysicianName": "Old^Name",
    "SliceThickness": "2.5",
}
DRAFTED_CODES = {"override.not-applied"}


def _choose_values(values: dict[str, str], refused: set[str], edited: Study | Series) -> dict[str, str]:
    """Return the new values of a study or series without those of refused attributes."""
    number = edited.series_instance_uid[-1] if isinstance(edited, Series) else ""
    return {name: text.format(number) for name, text in values.items() if name not in refused}


class Hospital:
    """A bucket with two series of a study, a stand-in with a behaviour, and a user who asks it first."""

    def __init__(self, service: ImportJobService, bucket: Bucket, directory: Path, prefix: str) -> None:
        self.service, self.bucket, self.directory, self.prefix = service, bucket, directory, prefix
        self.clients = Clients(region=REGION)
        for series in (1, 2):
            for number in (1, 2):
                uids = {"SeriesInstanceUID": uid(STUDY, series), "SOPInstanceUID": uid(STUDY, series, number)}
                bucket.put(f"{prefix}in/{series}/{number}.dcm", p10(data_set(**STORED, **uids, SeriesNumber=series)))

    @property
    def account(self) -> dict[str, Any]:
        return {
            "datastore_id": self.service.datastore_id,
            "data_access_role_arn": ROLE,
            "output_s3_uri": f"{self.bucket.uri}{self.prefix}out/",
            "clients": self.clients,
            "clock": QuickClock(),
        }

    def probe(self, questions: list[str]) -> dicommap.ProbeResult:
        uri = f"{self.bucket.uri}{self.prefix}probes/"
        return dicommap.probe(self.directory / "probe", input_s3_uri=uri, questions=questions, **self.account)

    def draft(self) -> tuple[dicommap.Draft, set[str]]:
        """Draft the edits that the assumptions allow. Return the draft, and the keywords of the others."""
        assumptions = dicommap.read_assumptions(self.directory / "probe" / "assumptions.json")
        refused: set[str] = set()
        with dicommap.scan(f"{self.bucket.uri}{self.prefix}in/", clients=self.clients) as inventory:
            while True:
                drafted = dicommap.draft(
                    inventory,
                    by_study=partial(_choose_values, OF_STUDY, refused),
                    by_series=partial(_choose_values, OF_SERIES, refused),
                    assumptions=assumptions,
                    output=self.directory / "package",
                )
                errors = drafted.issues.errors
                assert {issue.code for issue in errors} <= DRAFTED_CODES, errors
                if not errors:
                    return drafted, refused
                refused |= {str(issue.location.keyword) for issue in errors}
                assert refused <= OF_STUDY.keys() | OF_SERIES.keys(), errors

    def import_and_verify(self) -> dicommap.Verification:
        package = self.directory / "package"
        assert dicommap.submit(package, **self.account).ok
        assert dicommap.watch(package, clients=self.clients, clock=QuickClock()).ok
        assert dicommap.reconcile(package, clients=self.clients).ok
        return dicommap.verify(package, clients=self.clients)


@contextmanager
def hospital(bucket: Bucket, answers: OverrideAnswers, directory: Path, prefix: str = "") -> Iterator[Hospital]:
    behaviour = Behaviour(throttling=False, answers=answers)
    with ImportJobService(bucket.endpoint_url, behaviour=behaviour) as service, pytest.MonkeyPatch.context() as patched:
        for name, value in (environment(bucket.endpoint_url) | service.environment).items():
            patched.setenv(name, value)
        yield Hospital(service, bucket, directory, prefix)


def test_a_draft_under_the_assumptions_of_a_probe_verifies_as_applied(bucket: Bucket, tmp_path: Path) -> None:
    answers = OverrideAnswers(
        refusal="warned",
        dataSet="array",
        identifyingUids="needed",
        emptyNoValue="ignored",
        emptyNull="cleared",
        instanceInStudy="ignored",
        studyInSeries="refused",
    )
    questions = [name for name, words in map_questions_to_answers().items() if getattr(answers, name) != words[0]]
    questions += ["emptyNull", "patientInStudy"]
    with hospital(bucket, answers, tmp_path) as user:
        report = user.probe(questions).report
        assert report is not None
        assert {name: report.answers[name] for name in questions} == {
            name: observable_answers(answers)[name] for name in questions
        }
        drafted, refused = user.draft()
        assert drafted.ok
        assert refused == {"ImageComments"}
        verified = user.import_and_verify()
        assert verified.ok, verified
        assert verified.counts == {Effect.APPLIED: 5 + 2 * 2}


@pytest.mark.long
@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # 15 s for an example
@given(answers=FRIENDLY)
def test_whatever_the_behaviour_is_a_draft_is_refused_or_applied(s3_endpoint: str, answers: OverrideAnswers) -> None:
    with TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patched:
        for name, value in environment(s3_endpoint).items():
            patched.setenv(name, value)
        client = s3_client(s3_endpoint)
        client.create_bucket(Bucket="dicommap-promise")
        questions = [name for name in map_questions_to_answers() if not name.startswith("size")]
        prefix = f"{Path(place).name}/"
        with hospital(Bucket("dicommap-promise", s3_endpoint, client), answers, Path(place), prefix) as user:
            report = user.probe(questions).report
            assert report is not None
            assert report.answers == {name: observable_answers(answers)[name] for name in questions}
            _, refused = user.draft()
            event(f"{len(refused)} refused")
            if refused != OF_STUDY.keys() | OF_SERIES.keys():
                assert user.import_and_verify().ok
