"""Build the reports of a probe: the answers with their evidence, the estimate before a probe, and the clean-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.display.formatting import format_byte_count
from dicommap.display.issue_report import build_issue_counts_table, count_severities, group_first_issues
from dicommap.display.report import ColumnKind, FactList, Note, Report, ReportTable, TableColumn, TableRow
from dicommap.healthimaging.override_questions import QUESTION_SUBJECTS
from dicommap.issues.wording import format_count
from dicommap.probing.probe_estimate import BILLED_DAYS, BILLED_MEGABYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.display.issue_report import Issues
    from dicommap.display.report import Block
    from dicommap.probing.probe_estimate import ProbeEstimate
    from dicommap.probing.probe_report import Evidence, ProbeReport, QuestionResult

OBSERVED_NOTE = (
    "Observed on this data store on this day. AWS does not document these answers, and may change them without notice."
)
UNCLEAR = "unclear"
ANSWER_COLUMNS = (
    TableColumn("question", ColumnKind.WORD),
    TableColumn("answer", ColumnKind.WORD),
    TableColumn("reported", ColumnKind.WORD),
    TableColumn("about", ColumnKind.SENTENCE),
)
"""Columns of the table of answers."""
_STORED_COLUMNS = (
    TableColumn("attribute", ColumnKind.WORD),
    TableColumn("stored value"),
    TableColumn("state", ColumnKind.WORD),
)
REQUEST_COLUMNS = (
    TableColumn("operation", ColumnKind.WORD),
    TableColumn("requests", ColumnKind.NUMBER),
    TableColumn("in a clean-up", ColumnKind.NUMBER),
)
"""Columns of the table of requests: operation, requests of the probe, requests of the clean-up."""


def build_answer_cells(result: QuestionResult) -> tuple[str, ...]:
    """Return a row of the table of answers, with the columns ANSWER_COLUMNS.

    The cell of the column `reported` says how the service reported a refusal; it is empty if nothing was refused.
    """
    return (result.question, result.answer or UNCLEAR, result.reported or "", QUESTION_SUBJECTS[result.question])


def list_changed_settings(report: ProbeReport) -> list[tuple[str, str]]:
    """Return the names and values of the assumptions that differ from the defaults."""
    defaults = type(report.assumptions)().model_dump()
    settings = report.assumptions.model_dump().items()
    return [(name, str(value)) for name, value in settings if defaults.get(name) != value]


def build_probe_answers_report(report: ProbeReport) -> Report:
    """Return the report of a probe: data store, date, each answer with its evidence, and the resulting assumptions."""
    rows = [
        TableRow(cells=build_answer_cells(result), details=list(_build_answer_details(result)))
        for result in report.questions
    ]
    settings = list_changed_settings(report)
    unclear = sum(result.answer is None for result in report.questions)
    blocks: list[Block] = [
        FactList(
            pairs=[
                ("data store", report.datastoreId),
                ("region", report.region or "not known"),
                ("date", report.date),
                ("probe", report.probe),
            ]
        ),
        Note(text=OBSERVED_NOTE),
        ReportTable(columns=ANSWER_COLUMNS, rows=rows, total=len(rows), noun="question", heading="Answers"),
    ]
    if settings:
        blocks.append(Note(text="Assumptions that differ from the defaults:"))
        blocks.append(FactList(pairs=settings))
    else:
        blocks.append(Note(text="All assumptions are the defaults."))
    counts = [format_count(len(rows), "question"), f"{unclear:,} unclear"]
    return Report(title="Probe", counts=counts, blocks=blocks)


def _build_answer_details(result: QuestionResult) -> Iterator[Block]:
    yield Note(text=result.text)
    yield Note(text=f"Observed: {make_printable(result.seen)}")
    for evidence in result.evidence:
        yield FactList(pairs=list(_list_job_facts(evidence)))
        rows = [
            TableRow(cells=(stored.attribute, make_printable(stored.value), stored.state)) for stored in evidence.stored
        ]
        if rows:
            yield ReportTable(columns=_STORED_COLUMNS, rows=rows, total=len(rows), noun="attribute")


def _list_job_facts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    yield "job", f"{evidence.job} ({evidence.name}), {evidence.jobId}, {evidence.jobStatus}"
    if evidence.message:
        yield "message", make_printable(evidence.message)
    for record in evidence.records:
        yield "job manifest", make_printable(record)


def build_probe_estimate_report(estimate: ProbeEstimate) -> Report:
    """Return the report of a dry run of a probe: the requests that it will send, and what is billed."""
    rows = [TableRow(cells=cells) for cells in list_request_rows(estimate)]
    blocks: list[Block] = [
        FactList(pairs=list(list_estimate_facts(estimate))),
        ReportTable(columns=REQUEST_COLUMNS, rows=rows, total=len(rows), noun="operation", heading="Requests"),
    ]
    return Report(title="Probe, dry run", counts=[format_count(len(estimate.jobs), "job")], blocks=blocks)


def list_estimate_facts(estimate: ProbeEstimate) -> Iterator[tuple[str, str]]:
    """Yield facts about what a probe will send and what is billed, as pairs of a name and a text."""
    further = estimate.further_jobs
    more = f", and up to {format_count(further, 'more job')} if the first form is not applied" if further else ""
    yield "jobs", f"{len(estimate.jobs):,}{more}"
    yield "objects", f"{estimate.objects:,} ({format_byte_count(estimate.bytes)})"
    yield "image sets", f"{estimate.image_sets:,}"
    yield (
        "billed at least",
        f"{estimate.billed_megabytes:,} MB of image set storage for {BILLED_DAYS} days ({BILLED_MEGABYTES} MB for each "
        "image set), also if they are deleted earlier",
    )
    yield "billed too", "the requests and the storage of Amazon S3"
    yield (
        "duration",
        f"at least {estimate.seconds:,} s for the requests at the rates that AWS documents; AWS does not document how "
        "long a job takes",
    )


def list_request_rows(estimate: ProbeEstimate) -> list[tuple[str, ...]]:
    """Return the rows of a table of operations: the name, and the numbers of requests in the probe and the clean-up."""
    operations = dict.fromkeys([*estimate.requests, *estimate.clean_up_requests])
    counts = (estimate.requests, estimate.clean_up_requests)
    return [(name, *(f"{count[name]:,}" if name in count else "" for count in counts)) for name in operations]


def build_clean_up_report(image_sets: int, objects: int, issues: Issues) -> Report:
    """Return the report of a clean-up after a probe.

    Args:
        image_sets: The number of deleted image sets.
        objects: The number of deleted objects in S3.
        issues: The issues of the clean-up, such as image sets that could not be deleted.
    """
    issue_counts = issues.counts()
    blocks: list[Block] = [FactList(pairs=[("image sets", f"{image_sets:,}"), ("objects", f"{objects:,}")])]
    if issue_counts:
        blocks.append(build_issue_counts_table(issue_counts, group_first_issues(issues)))
    return Report(title="Probe, clean-up", severities=count_severities(issue_counts), blocks=blocks)
