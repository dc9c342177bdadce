"""The screens of a submit and of a watch: each job, how far it came, and what was found."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dicommap.model.paths import printable
from dicommap.model.s3_uri import S3Uri
from dicommap.render.findings import codes_block, first_of_each, severity_counts
from dicommap.render.screen import Column, Facts, Kind, Note, Row, Rows, Screen
from dicommap.render.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicommap.model.job_report import JobReport
    from dicommap.model.submission import Submission
    from dicommap.render.findings import Issues
    from dicommap.render.screen import Block

JOBS_SHOWN = 50
REQUESTS_SHOWN = 50

_JOBS = (
    Column("job", Kind.WORD),
    Column("state", Kind.WORD),
    Column("status", Kind.WORD),
    Column("jobId", Kind.UID),
    Column("inputS3Uri", Kind.UID),
)
_OTHERS = (
    Column("service", Kind.WORD),
    Column("status", Kind.WORD),
    Column("data store", Kind.UID),
    Column("jobId", Kind.UID),
)
_REQUESTS = (Column("operation"), Column("to", Kind.UID), Column("bytes", Kind.NUMBER))
NOT_SUCCESS = "COMPLETED says that a job came to its end; what became of each file stands in its output manifests."


def submitted_screen(
    package: str, submissions: Sequence[Submission], issues: Issues, requests: Sequence[Mapping[str, Any]] | None
) -> Screen:
    """Return what a submit came to; `requests` are those that a dry run would send, None for one that is none."""
    blocks: list[Block] = [Facts(pairs=[("package", package), ("sent", _sent(requests, issues))])]
    if requests is None:
        return _screen("Submitted", submissions, (), issues, blocks)
    if requests:
        rows = [Row(cells=_request_cells(one)) for one in requests[:REQUESTS_SHOWN]]
        heading = "Would be sent, in order"
        blocks.append(Rows(columns=_REQUESTS, rows=rows, total=len(requests), noun="request", heading=heading))
    screen = _screen("Submit, dry run", submissions, (), issues, blocks)
    return screen if submissions else replace(screen, counts=[counted(len(requests), "request")])


def watched_screen(
    package: str | None,
    submissions: Sequence[Submission],
    others: Sequence[JobReport],
    issues: Issues,
    unsubmitted: int,
) -> Screen:
    """Return how far jobs have come: those of a package, and jobs of other services."""
    facts = [("package", package)] if package is not None else []
    facts += [("not submitted", counted(unsubmitted, "job"))] if unsubmitted else []
    blocks: list[Block] = [Facts(pairs=facts)] if facts else []
    return _screen("Watched", submissions, others, issues, blocks)


def _request_cells(request: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the operation, the object that is put or the prefix that a job is for, and the bytes that are put."""
    if "Key" not in request:
        return request["operation"], request["inputS3Uri"], ""
    uri = S3Uri(bucket=request["Bucket"], prefix=request["Key"])
    return request["operation"], printable(str(uri)), f"{request['ContentLength']:,}"


def _sent(requests: Sequence[Mapping[str, Any]] | None, issues: Issues) -> str:
    if issues.errors:
        return "nothing: an error is in the way"
    return "everything" if requests is None else f"nothing: {counted(len(requests), 'request')} would be"


def _screen(
    title: str, submissions: Sequence[Submission], others: Sequence[JobReport], issues: Issues, blocks: list[Block]
) -> Screen:
    counts = Counter(one.jobStatus or one.state.value for one in submissions)
    counts.update(one.status for one in others)
    found = issues.counts()
    if found:
        blocks.append(codes_block(found, first_of_each(issues)))
    if submissions:
        rows = [Row(cells=_cells(one), inside=_inside(one)) for one in submissions[:JOBS_SHOWN]]
        blocks.append(Rows(columns=_JOBS, rows=rows, total=len(submissions), noun="job", heading="Jobs"))
    if others:
        rows = [Row(cells=(one.service, one.status, one.datastore, one.job)) for one in others[:JOBS_SHOWN]]
        blocks.append(Rows(columns=_OTHERS, rows=rows, total=len(others), noun="job", heading="Jobs of other services"))
    if any(one.jobStatus == "COMPLETED" for one in submissions):
        blocks.append(Note(text=NOT_SUCCESS))
    numbers = [
        counted(len(submissions) + len(others), "job"),
        *(f"{number:,} {what}" for what, number in counts.items()),
    ]
    return Screen(title=title, counts=numbers, severities=severity_counts(found), blocks=blocks)


def _cells(one: Submission) -> tuple[str, ...]:
    return (one.job, one.state.value, one.jobStatus or "", one.jobId or "", one.inputS3Uri)


def _inside(one: Submission) -> list[Block]:
    pairs = [("submitted", one.submittedAt), ("ended", one.endedAt), ("message", one.message)]
    told = [(name, printable(text)) for name, text in pairs if text]
    return [Facts(pairs=told)] if told else []
