"""The screen of a reconciliation: jobs, studies with something to look at, and why instances failed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.model.mask import MASK
from dicommap.model.service_words import shown_words
from dicommap.render.findings import codes_block, first_of_each, severity_counts
from dicommap.render.outcome_records import counted_outcomes
from dicommap.render.screen import Column, Facts, Kind, Note, Row, Rows, Screen
from dicommap.render.screen_html import page
from dicommap.render.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicommap.model.job_outcomes import JobOutcomes, StudyOutcomes
    from dicommap.model.outcome import Counts, ImportOutcome
    from dicommap.render.findings import Issues
    from dicommap.render.screen import Block

JOBS_SHOWN = 20
STUDIES_SHOWN = 20
REASONS_SHOWN = 10

MASKED_NOTE = f"{MASK} stands for words of the service that may be a patient's; they are shown where values are."
_OUTCOMES = tuple(Column(name, Kind.NUMBER) for name in counted_outcomes({}))
_JOBS = (
    Column("job", Kind.WORD),
    Column("status", Kind.WORD),
    Column("inputS3Uri", Kind.UID),
    Column("instances", Kind.NUMBER),
    *_OUTCOMES,
)
_STUDIES = (
    Column("StudyInstanceUID", Kind.UID),
    Column("job", Kind.WORD),
    Column("instances", Kind.NUMBER),
    *_OUTCOMES,
)
_REASONS = (Column("instances", Kind.NUMBER), Column("exception", Kind.WORD), Column("message", Kind.SENTENCE))
_UNTOLD = ("", "(no reason given, or one of many more)")
_WARNINGS = (Column("instances", Kind.NUMBER), Column("warning", Kind.CODE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What the screen is made from."""

    package: str
    jobs: Sequence[JobOutcomes]
    counts: Mapping[ImportOutcome, int]
    studies: Sequence[StudyOutcomes]
    """The first ones of which not all instances are in primary image sets without a warning."""
    issues: Issues
    show_values: bool


def reconciliation_screen(numbers: Numbers) -> Screen:
    """Return a reconciliation at a glance."""
    return _screen(numbers, jobs_shown=JOBS_SHOWN, studies_shown=STUDIES_SHOWN)


def page_of(numbers: Numbers) -> str:
    """Return a page that stands alone, with as many jobs and studies as were kept."""
    return page(_screen(numbers, jobs_shown=len(numbers.jobs), studies_shown=len(numbers.studies)))


def _screen(numbers: Numbers, *, jobs_shown: int, studies_shown: int) -> Screen:
    instances = sum(numbers.counts.values())
    known = [f"{count:,} {outcome.value}" for outcome, count in numbers.counts.items() if count]
    imported = sum(count for outcome, count in numbers.counts.items() if outcome.is_imported)
    found = numbers.issues.counts()
    standing = Counter(job.standing.value for job in numbers.jobs)
    facts = [
        ("package", numbers.package),
        ("jobs", ", ".join(f"{count:,} {name}" for name, count in standing.items()) or "none"),
        ("instances", ", ".join(known) or "none"),
    ]
    blocks: list[Block] = [Facts(pairs=facts)]
    if found:
        blocks.append(codes_block(found, first_of_each(numbers.issues)))
    blocks += [_reasons(numbers), _warnings(numbers.jobs)]
    job_rows = [_row((job.job, job.standing.value, job.input_s3_uri), job.counts) for job in numbers.jobs[:jobs_shown]]
    blocks.append(Rows(columns=_JOBS, rows=job_rows, total=len(numbers.jobs), noun="job", heading="Jobs"))
    rows = [_row((study.study_instance_uid, study.job), study.counts) for study in numbers.studies[:studies_shown]]
    heading = "Studies not wholly in primary image sets"
    blocks.append(Rows(columns=_STUDIES, rows=rows, total=len(numbers.studies), noun="study", heading=heading))
    shown = [block for block in blocks if not isinstance(block, Rows) or block.rows]
    if MASK in str(shown):
        shown.append(Note(text=MASKED_NOTE))
    counts = (f"{imported:,} of {counted(instances, 'instance')} imported", counted(len(numbers.jobs), "job"))
    return Screen(title="Reconciliation", counts=counts, severities=severity_counts(found), blocks=shown)


def _row(cells: tuple[str, ...], counts: Counts) -> Row:
    numbers = (sum(counts.values()), *counted_outcomes(counts).values())
    return Row(cells=(*cells, *(f"{number:,}" for number in numbers)))


def ranked_reasons(jobs: Iterable[JobOutcomes], *, show_values: bool) -> list[tuple[int, str, str]]:
    """Return why instances failed: how many, the exception and the service's words, the most frequent first."""
    reasons: Counter[tuple[str, str]] = Counter()
    for job in jobs:
        for (kind, message), count in job.reasons.items():
            reasons[kind, shown_words(message, show_values=show_values)] += count
        if job.message:
            reasons["(the job)", shown_words(job.message, show_values=show_values)] += job.instances
    told = ((count, *(reason if any(reason) else _UNTOLD)) for reason, count in reasons.items())
    return sorted(told, key=lambda one: (-one[0], one[1:]))


def _reasons(numbers: Numbers) -> Rows:
    found = ranked_reasons(numbers.jobs, show_values=numbers.show_values)
    rows = [Row(cells=(f"{count:,}", *words)) for count, *words in found[:REASONS_SHOWN]]
    return Rows(columns=_REASONS, rows=rows, total=len(found), noun="reason", heading="Why")


def _warnings(jobs: Iterable[JobOutcomes]) -> Rows:
    warnings: Counter[str] = Counter()
    for job in jobs:
        warnings.update(job.warnings)
    rows = [Row(cells=(f"{count:,}", name)) for name, count in warnings.most_common(REASONS_SHOWN)]
    return Rows(columns=_WARNINGS, rows=rows, total=len(warnings), noun="warning", heading="Warnings")
