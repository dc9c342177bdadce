"""The screen of a staging: each staged job, what was copied for it, and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.render.findings import codes_block, first_of_each, severity_counts
from dicommap.render.screen import Column, Facts, Kind, Row, Rows, Screen
from dicommap.render.text import byte_count, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.model.staging import StagedJob
    from dicommap.render.findings import Issues
    from dicommap.render.screen import Block

JOBS_SHOWN = 20

_JOBS = (
    Column("job", Kind.WORD),
    Column("inputS3Uri", Kind.UID),
    Column("copied", Kind.NUMBER),
    Column("there before", Kind.NUMBER),
    Column("missing", Kind.NUMBER),
    Column("size", Kind.NUMBER),
)


def staged_screen(package: str, jobs: Sequence[StagedJob], issues: Issues) -> Screen:
    """Return what staging came to."""
    found = issues.counts()
    blocks: list[Block] = [Facts(pairs=[("package", package)])]
    if found:
        blocks.append(codes_block(found, first_of_each(issues)))
    rows = [_row(job) for job in jobs[:JOBS_SHOWN]]
    blocks.append(Rows(columns=_JOBS, rows=rows, total=len(jobs), noun="job", heading="Staged jobs"))
    copied, missing = sum(job.copied for job in jobs), sum(job.missing for job in jobs)
    counts = [counted(len(jobs), "staged job"), f"{counted(copied, 'file')} copied", f"{missing:,} missing"]
    return Screen(title="Staged", counts=counts, severities=severity_counts(found), blocks=blocks)


def _row(job: StagedJob) -> Row:
    numbers = (f"{number:,}" for number in (job.copied, job.there, job.missing))
    return Row(cells=(job.id, job.uri, *numbers, byte_count(job.bytes)))
