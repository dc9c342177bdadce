"""Bar chart of a reconciliation: a stacked bar for each job, divided by the outcomes of its instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.display.outcome_records import OUTCOME_TITLES, select_outcomes
from dicommap.display.reconciliation_report import sum_outcomes
from dicommap.issues.wording import format_count
from dicommap.plots.svg import BODY_TOP, CHARACTER_WIDTH, LEFT_MARGIN, WIDTH, draw_bar, draw_text, make_plot
from dicommap.reconciliation.outcomes import ImportOutcome, JobState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dicommap.plots.svg import Plot
    from dicommap.reconciliation.outcomes import JobOutcomes

MAX_JOBS = 30
_ROW_HEIGHT = 22
_BAR_HEIGHT = 15
_NAME_WIDTH = 110
_TEXT_WIDTH = 140
_BAR_WIDTH = WIDTH - 2 * LEFT_MARGIN - _NAME_WIDTH - _TEXT_WIDTH
_LEAST_WIDTH = 3
"""Minimum width of an outcome. One failed instance among thousands is then visible."""
_LEGEND_GAP = 34

_CLASSES = {
    ImportOutcome.PRIMARY: ("good", 1.0),
    ImportOutcome.NON_PRIMARY: ("third", 1.0),
    ImportOutcome.WARNINGS: ("doubtful", 1.0),
    ImportOutcome.IMPORTED: ("good", 0.55),
    ImportOutcome.FAILED: ("bad", 1.0),
    ImportOutcome.NOT_REPORTED: ("bad", 0.4),
}
"""Outcome -> CSS class of its bars, and their strength (opacity)."""


def plot_reconciliation(jobs: Sequence[JobOutcomes]) -> Plot:
    """Return a bar chart with a divided bar for each job. The length of the bar is the number of the job's instances.

    If there are many jobs, the jobs with the most instances that were not imported are drawn, in the order of the plan.
    """
    counts = sum_outcomes(jobs)
    shown = _choose_worst_jobs(jobs)
    widest = max((job.instances for job in shown), default=0) or 1
    legend, top = _draw_legend(counts)
    pieces = list(legend)
    for job in shown:
        pieces += _draw_job(job, top, widest)
        top += _ROW_HEIGHT
    rest = len(jobs) - len(shown)
    if rest:
        words = f"and {format_count(rest, 'more job')} with fewer instances that were not imported"
        pieces.append(draw_text(LEFT_MARGIN, top + 13, words, kind="faint"))
        top += _ROW_HEIGHT
    imported, total = _count_imported(counts), sum(counts.values())
    description = f"{imported:,} of {format_count(total, 'instance')} imported, by {format_count(len(jobs), 'job')}."
    return make_plot("Outcomes of the instances of each job", description, top + 10, pieces)


def _choose_worst_jobs(jobs: Sequence[JobOutcomes]) -> list[JobOutcomes]:
    worst = sorted(range(len(jobs)), key=lambda number: (-jobs[number].missing, number))[:MAX_JOBS]
    return [jobs[number] for number in sorted(worst)]


def _count_imported(counts: Mapping[ImportOutcome, int]) -> int:
    return sum(count for outcome, count in counts.items() if outcome.is_imported)


def _draw_legend(counts: Mapping[ImportOutcome, int]) -> tuple[Iterable[str], float]:
    """Return the SVG elements of the legend, and the distance from the top of the plot to the first bar."""
    pieces: list[str] = []
    x, y = float(LEFT_MARGIN), float(BODY_TOP)
    for outcome in select_outcomes([counts]):
        kind, strength = _CLASSES[outcome]
        words = f"{OUTCOME_TITLES[outcome]}: {counts[outcome]:,}"
        width = len(words) * CHARACTER_WIDTH + _LEGEND_GAP
        if x + width > WIDTH and x > LEFT_MARGIN:
            x, y = float(LEFT_MARGIN), y + 18
        pieces.append(draw_bar(x, y - 4, 11, 11, kind=kind, tooltip=words, strength=strength))
        pieces.append(draw_text(x + 16, y + 6, words, kind="faint"))
        x += width
    return pieces, y + 22


def _draw_job(job: JobOutcomes, top: float, widest: int) -> Iterator[str]:
    state = "" if job.state is JobState.COMPLETED else f" {job.state.value}"
    yield draw_text(LEFT_MARGIN, top + 13, f"{job.job}{state}")
    outcomes = select_outcomes([job.counts])
    left: float = LEFT_MARGIN + _NAME_WIDTH
    free = _BAR_WIDTH - len(outcomes) * _LEAST_WIDTH
    for outcome in outcomes:
        kind, strength = _CLASSES[outcome]
        width = _LEAST_WIDTH + free * job.counts[outcome] / widest
        tooltip = f"job {job.job}: {format_count(job.counts[outcome], 'instance')} {OUTCOME_TITLES[outcome]}"
        yield draw_bar(left, top + 2, width, _BAR_HEIGHT, kind=kind, tooltip=tooltip, strength=strength)
        left += width
    words = f"{_count_imported(job.counts):,} of {job.instances:,} imported"
    yield draw_text(WIDTH - LEFT_MARGIN, top + 13, words, kind="faint", anchor="end")
