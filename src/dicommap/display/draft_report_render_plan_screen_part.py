"""The screen of a plan: its jobs, and from what and how they were drafted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.csv_json import format_byte_count, format_count
from dicommap.display.displayable import Displayable
from dicommap.display.inventory_report import join_first_names
from dicommap.display.report import CellKind, FactList, Report, ReportTable, TableColumn, TableRow
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.quotas import Quotas
from dicommap.planning.plan import Plan

if TYPE_CHECKING:
    from dicommap.planning.plan import PlanJob

MAX_JOBS = 20

_JOB_COLUMNS = (
    TableColumn("job", CellKind.WORD),
    TableColumn("inputS3Uri", CellKind.UID),
    TableColumn("mappings", CellKind.NUMBER),
    TableColumn("overrides", CellKind.NUMBER),
    TableColumn("instances", CellKind.NUMBER),
    TableColumn("files", CellKind.NUMBER),
    TableColumn("size", CellKind.NUMBER),
    TableColumn("staged", CellKind.WORD),
)


class DisplayablePlan(Displayable, Plan):
    """A plan to look at."""

    def _screen(self) -> Report:
        counts = (
            format_count(len(self.jobs), "job"),
            format_count(self.studies, "study"),
            format_count(self.series, "series"),
        )
        usual = Assumptions().model_dump()
        settings = (f"{name}={value}" for name, value in self.profile.model_dump().items() if value != usual[name])
        rows = [_job_row(job) for job in self.jobs[:MAX_JOBS]]
        jobs = ReportTable(columns=_JOB_COLUMNS, rows=rows, total=len(self.jobs), noun="job", heading="Jobs")
        quotas = Quotas().model_dump()
        others = (f"{name}={value:,}" for name, value in self.quotas.model_dump().items() if value != quotas[name])
        pairs = [
            ("sources", join_first_names(self.sources)),
            ("inputS3Uri", self.inputS3Uri),
            ("quotas", ", ".join(others) or "the usual ones"),
            ("profile", ", ".join(settings) or "the usual one"),
        ]
        if self.unplanned.files:
            left = f"{format_count(self.unplanned.files, 'file')}, {format_count(self.unplanned.instances, 'instance')} among them"
            pairs.append(("in no job", left))
        if self.attempt > 1:
            pairs.append(("attempt", str(self.attempt)))
        return Report(title="Plan", counts=counts, blocks=[FactList(pairs=pairs), jobs])

    # A pydantic model has both of its own.
    __str__ = Displayable.__str__
    __repr__ = Displayable.__repr__


def _job_row(job: PlanJob) -> TableRow:
    numbers = (len(job.mappings), len(job.files), job.instances, job.sourceFiles)
    staged = "staged" if job.staged else ""
    cells = (f"{number:,}" for number in numbers)
    return TableRow(cells=(job.id, job.inputS3Uri, *cells, format_byte_count(job.sourceBytes), staged))
