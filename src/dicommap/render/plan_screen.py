"""The screen of a plan: its jobs, and from what and how they were drafted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.plan import Plan
from dicommap.model.profile import Profile
from dicommap.render.inventory_screen import listed
from dicommap.render.screen import Column, Facts, Kind, Row, Rows, Screen
from dicommap.render.shown import Shown
from dicommap.render.text import byte_count, counted

if TYPE_CHECKING:
    from dicommap.model.plan import Job

JOBS_SHOWN = 20

_JOBS = (
    Column("job", Kind.WORD),
    Column("inputS3Uri", Kind.UID),
    Column("mappings", Kind.NUMBER),
    Column("overrides", Kind.NUMBER),
    Column("instances", Kind.NUMBER),
    Column("files", Kind.NUMBER),
    Column("size", Kind.NUMBER),
)


class ShownPlan(Shown, Plan):
    """A plan to look at."""

    def _screen(self) -> Screen:
        counts = (counted(len(self.jobs), "job"), counted(self.studies, "study"), counted(self.series, "series"))
        usual = Profile().model_dump()
        settings = (f"{name}={value}" for name, value in self.profile.model_dump().items() if value != usual[name])
        rows = [_job_row(job) for job in self.jobs[:JOBS_SHOWN]]
        jobs = Rows(columns=_JOBS, rows=rows, total=len(self.jobs), noun="job", heading="Jobs")
        facts = Facts(pairs=[("sources", listed(self.sources)), ("profile", ", ".join(settings) or "the usual one")])
        return Screen(title="Plan", counts=counts, blocks=[facts, jobs])

    # A pydantic model has both of its own.
    __str__ = Shown.__str__
    __repr__ = Shown.__repr__


def _job_row(job: Job) -> Row:
    numbers = (len(job.mappings), len(job.files), job.instances, job.sourceFiles)
    return Row(cells=(job.id, job.inputS3Uri, *(f"{number:,}" for number in numbers), byte_count(job.sourceBytes)))
