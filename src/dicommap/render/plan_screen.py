"""The screen of a plan: its jobs, and from what and how they were drafted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.plan import Plan
from dicommap.model.profile import Profile
from dicommap.model.quotas import Quotas
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
    Column("staged", Kind.WORD),
)


class ShownPlan(Shown, Plan):
    """A plan to look at."""

    def _screen(self) -> Screen:
        counts = (counted(len(self.jobs), "job"), counted(self.studies, "study"), counted(self.series, "series"))
        usual = Profile().model_dump()
        settings = (f"{name}={value}" for name, value in self.profile.model_dump().items() if value != usual[name])
        rows = [_job_row(job) for job in self.jobs[:JOBS_SHOWN]]
        jobs = Rows(columns=_JOBS, rows=rows, total=len(self.jobs), noun="job", heading="Jobs")
        quotas = Quotas().model_dump()
        others = (f"{name}={value:,}" for name, value in self.quotas.model_dump().items() if value != quotas[name])
        pairs = [
            ("sources", listed(self.sources)),
            ("inputS3Uri", self.inputS3Uri),
            ("quotas", ", ".join(others) or "the usual ones"),
            ("profile", ", ".join(settings) or "the usual one"),
        ]
        if self.unplanned.files:
            left = (
                f"{counted(self.unplanned.files, 'file')}, {counted(self.unplanned.instances, 'instance')} among them"
            )
            pairs.append(("in no job", left))
        if self.attempt > 1:
            pairs.append(("attempt", str(self.attempt)))
        return Screen(title="Plan", counts=counts, blocks=[Facts(pairs=pairs), jobs])

    # A pydantic model has both of its own.
    __str__ = Shown.__str__
    __repr__ = Shown.__repr__


def _job_row(job: Job) -> Row:
    numbers = (len(job.mappings), len(job.files), job.instances, job.sourceFiles)
    staged = "staged" if job.staged else ""
    cells = (f"{number:,}" for number in numbers)
    return Row(cells=(job.id, job.inputS3Uri, *cells, byte_count(job.sourceBytes), staged))
