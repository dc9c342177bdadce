"""Bar charts of a plan: the share of each quota that each import job uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.display.formatting import format_byte_count
from dicommap.issues.wording import format_count
from dicommap.plots.svg import BODY_TOP, LEFT_MARGIN, WIDTH, draw_bar, draw_text, format_percent, make_plot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.display.report import Figure
    from dicommap.planning.plan import Plan, PlanJob
    from dicommap.plots.svg import Plot

MAX_JOBS = 30
NEARLY_FULL = 0.9
"""The share of a quota from which a bar has the colour of a warning: a few more files would need another job."""
_QUOTAS = ("files", "bytes", "folders", "mappings")
_ROW_HEIGHT = 22
_BAR_HEIGHT = 15
_NAME_WIDTH = 100
_TEXT_WIDTH = 44
_GAP = 14
_PANEL_WIDTH = (WIDTH - 2 * LEFT_MARGIN - _NAME_WIDTH) / len(_QUOTAS)
_BAR_WIDTH = _PANEL_WIDTH - _TEXT_WIDTH - _GAP


@dataclass(frozen=True, slots=True)
class _JobLoad:
    """A job of the plan with the share of each quota that it uses."""

    job: PlanJob
    used: dict[str, int]
    shares: dict[str, float]
    """Quota -> the share of it that the job uses. 1 is the whole quota."""

    @property
    def largest_share(self) -> float:
        """Return the share of the quota that the job fills most; 1 is the whole quota."""
        return max(self.shares.values())


def draw_plan_figure(plan: Plan) -> Figure:
    """Return the plot of a plan as a block of a report."""
    return plot_plan(plan).to_figure()


def plot_plan(plan: Plan) -> Plot:
    """Return bar charts with a bar for each job and quota. A full bar is the whole quota.

    Override files count as files. If there are many jobs, only those with the fullest bars are drawn, in the order of
    the plan.
    """
    quotas = {name: int(getattr(plan.quotas, name)) for name in _QUOTAS}
    loads = [_measure_job(job, quotas) for job in plan.jobs]
    shown = _choose_fullest_jobs(loads)
    pieces = list(_draw_headings(quotas))
    top: float = BODY_TOP + 22
    for load in shown:
        pieces += _draw_job(load, quotas, top)
        top += _ROW_HEIGHT
    rest = len(loads) - len(shown)
    if rest:
        limit = min(load.largest_share for load in shown)
        words = f"and {format_count(rest, 'more job')}, each of which uses at most {limit:.0%} of a quota"
        pieces.append(draw_text(LEFT_MARGIN, top + 13, words, kind="faint"))
        top += _ROW_HEIGHT
    staged = sum(job.staged for job in plan.jobs)
    description = f"{format_count(len(loads), 'job')}: {len(loads) - staged:,} in place, {staged:,} staged."
    return make_plot("Jobs against the quotas of an import job", description, top + 10, pieces)


def _measure_job(job: PlanJob, quotas: dict[str, int]) -> _JobLoad:
    used = {
        "files": job.sourceFiles + len(job.files),
        "bytes": job.sourceBytes + sum(file.size for file in job.files),
        "folders": job.folders,
        "mappings": len(job.mappings),
    }
    return _JobLoad(job, used, {name: used[name] / quotas[name] for name in _QUOTAS})


def _choose_fullest_jobs(loads: Sequence[_JobLoad]) -> list[_JobLoad]:
    fullest = sorted(range(len(loads)), key=lambda number: (-loads[number].largest_share, number))[:MAX_JOBS]
    return [loads[number] for number in sorted(fullest)]


def _draw_headings(quotas: dict[str, int]) -> Iterator[str]:
    for place, (name, quota) in enumerate(quotas.items()):
        limit = format_byte_count(quota) if name == "bytes" else f"{quota:,}"
        yield draw_text(
            LEFT_MARGIN + _NAME_WIDTH + place * _PANEL_WIDTH, BODY_TOP + 8, f"{name}, of {limit}", kind="faint"
        )


def _draw_job(load: _JobLoad, quotas: dict[str, int], top: float) -> Iterator[str]:
    yield draw_text(LEFT_MARGIN, top + 13, f"{load.job.id}{' staged' if load.job.staged else ''}")
    for place, (name, quota) in enumerate(quotas.items()):
        left = LEFT_MARGIN + _NAME_WIDTH + place * _PANEL_WIDTH
        share = load.shares[name]
        words = [format_byte_count(number) if name == "bytes" else f"{number:,}" for number in (load.used[name], quota)]
        tooltip = f"job {load.job.id}: {words[0]} of {words[1]}{'' if name == 'bytes' else f' {name}'}"
        kind = "doubtful" if share >= NEARLY_FULL else "first"
        yield draw_bar(left, top + 2, _BAR_WIDTH, _BAR_HEIGHT, kind="none", tooltip=tooltip)
        yield draw_bar(left, top + 2, _BAR_WIDTH * min(share, 1), _BAR_HEIGHT, kind=kind, tooltip=tooltip)
        yield draw_text(left + _BAR_WIDTH + 5, top + 13, format_percent(100 * share))
