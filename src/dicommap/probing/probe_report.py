"""The report of a probe: the answer to each question with its evidence, and the issues of a probe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.override_questions import OverrideAnswers
from dicommap.issues import make_issue
from dicommap.probing.assumed_settings import make_assumptions
from dicommap.probing.observation import format_stored_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dicommap.issues import Issue
    from dicommap.probing.judging import Verdict
    from dicommap.probing.observation import Observation
    from dicommap.probing.probe_course import ProbeCourse
    from dicommap.probing.probe_job import ProbeJob

MAX_RECORDS = 4
"""Maximum number of records of a job manifest in the evidence of a job."""
MAX_TEXT = 200
"""Maximum number of characters of a stored value or message in the evidence."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class StoredValue(_Document):
    """A stored attribute of an invented patient, and the name of its state in the experiment."""

    attribute: str
    value: str
    state: str


class Evidence(_Document):
    """The observation of one job in the report: the messages of the service, and stored values."""

    job: str
    """The number of the job in the probe."""
    name: str
    jobId: str
    jobStatus: str
    message: str | None = None
    records: tuple[str, ...] = ()
    """Lines of failure.ndjson and warning.ndjson, shortened."""
    stored: tuple[StoredValue, ...] = ()


class QuestionResult(_Document):
    """One question, the answer that was observed, and the evidence."""

    question: str
    text: str
    answer: str | None
    """The answer; None if it is unclear."""
    label: Literal["observed", "unclear"]
    reported: str | None = None
    """How a refusal was reported; None if nothing was refused."""
    seen: str
    evidence: tuple[Evidence, ...] = ()


class ProbeReport(_Document):
    """The report of one probe: how one data store behaved on one day. It is not a statement of AWS."""

    version: Literal[1] = 1
    probe: str
    datastoreId: str
    region: str | None = None
    date: str
    """The day of the last observation, in UTC."""
    questions: tuple[QuestionResult, ...]
    assumptions: Assumptions
    """The assumptions for drafts that follow from the answers."""

    @property
    def answers(self) -> dict[str, str | None]:
        """Return the answer to each question; None if it is unclear."""
        return {result.question: result.answer for result in self.questions}

    def make_assumptions_document(self) -> dict[str, object]:
        """Return the document assumptions.json, which `dicommap draft --assume` takes."""
        observed = {"probe": self.probe, "datastoreId": self.datastoreId, "region": self.region, "date": self.date}
        return {
            "version": 1,
            "assumptions": self.assumptions.model_dump(mode="json"),
            "observed": {name: value for name, value in observed.items() if value is not None},
            "unclear": [result.question for result in self.questions if result.answer is None],
        }


def build_probe_report(
    course: ProbeCourse, observations: Mapping[str, Observation], *, probe: str, datastore_id: str, region: str | None
) -> ProbeReport:
    """Return the report of a probe whose jobs are all observed.

    Args:
        course: The course of the probe.
        observations: Name of a job -> its observation.
        probe: The id of the probe.
        datastore_id: The id of the data store.
        region: Its region; None if it is not known.

    """
    verdicts = course.make_verdicts()
    answers = {question: verdict.answer for question, verdict in verdicts.items()}
    if course.form is not None:  # the other answers were found with files in this form
        used = {
            "dataSet": "array" if course.form.is_array else "object",
            "identifyingUids": "needed" if course.form.has_uids else "refused",
        }
        answers |= {name: answer for name, answer in used.items() if name in answers and answers[name] is None}
    evidence = {name: _build_evidence(course.build_named_job(name), observations[name]) for name in observations}
    return ProbeReport(
        probe=probe,
        datastoreId=datastore_id,
        region=region,
        date=max(observation.observedAt for observation in observations.values())[:10],
        questions=tuple(_build_result(question, verdict, evidence) for question, verdict in verdicts.items()),
        assumptions=make_assumptions(answers),
    )


def describe_question(question: str) -> str:
    """Return the description of a question in words."""
    return " ".join((OverrideAnswers.model_fields[question].description or question).split())


def _build_result(question: str, verdict: Verdict, evidence: Mapping[str, Evidence]) -> QuestionResult:
    return QuestionResult(
        question=question,
        text=describe_question(question),
        answer=verdict.answer,
        label="unclear" if verdict.answer is None else "observed",
        reported=verdict.reported or None,
        seen=verdict.seen,
        evidence=tuple(evidence[name] for name in verdict.jobs),
    )


def _build_evidence(job: ProbeJob, observation: Observation) -> Evidence:
    """Return the observation of one job in the form of the report, with shortened texts."""
    problems = [record for record in observation.records if record.kind != "SUCCESS"]
    return Evidence(
        job=observation.number,
        name=job.name,
        jobId=observation.jobId,
        jobStatus=observation.jobStatus,
        message=_shorten_text(observation.message) or None,
        records=tuple(
            _shorten_text(
                " ".join(filter(None, (record.kind, record.inputFile, record.exceptionType, *record.warnings)))
                + (f": {record.message}" if record.message else "")
            )
            for record in problems[:MAX_RECORDS]
        ),
        stored=tuple(
            StoredValue(
                attribute=f"{watch.keyword}.{watch.member}" if watch.member else watch.keyword,
                value=_shorten_text(
                    " | ".join(dict.fromkeys(map(format_stored_value, observation.find_values(watch))))
                ),
                state=observation.get_state(watch),
            )
            for watch in job.watches.values()
        ),
    )


def _shorten_text(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."


def unclear_issues(report: ProbeReport) -> Iterator[Issue]:
    """Yield an issue for each question without an answer; only one issue if no question has an answer."""
    unclear = [result for result in report.questions if result.answer is None]
    if unclear and len(unclear) == len(report.questions):
        yield make_issue("probe.no-answer", seen=unclear[0].seen)
        return
    for result in unclear:
        yield make_issue("probe.unclear", question=result.question, seen=result.seen)


def remaining_issues(remaining: Iterable[tuple[str, str]]) -> Iterator[Issue]:
    """Yield an issue for each thing that was not deleted. A pair is the name of the thing, and the reason."""
    for what, reason in remaining:
        yield make_issue("probe.remains", what=what, reason=reason)
