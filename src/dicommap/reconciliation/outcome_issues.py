"""Findings about the outcomes of a job's instances: one of each kind, with its count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import issue
from dicommap.model.job_outcomes import Standing
from dicommap.model.outcome import ImportOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue, Location
    from dicommap.model.job_outcomes import JobOutcomes

_OPEN = {
    Standing.NOT_STARTED: "reconcile.not-started",
    Standing.UNANSWERED: "reconcile.unanswered",
    Standing.NOT_ENDED: "reconcile.not-ended",
}
"""How a job stands of whose instances nothing can be known yet."""
_COUNTED = {
    ImportOutcome.FAILED: "reconcile.failed",
    ImportOutcome.NOT_REPORTED: "reconcile.not-reported",
    ImportOutcome.NON_PRIMARY: "reconcile.non-primary",
}


def outcome_issues(outcomes: JobOutcomes, location: Location) -> Iterator[Issue]:
    """Find what a person has to know of a job beside its records."""
    if outcomes.standing in _OPEN:
        yield issue(_OPEN[outcomes.standing], location, count=outcomes.instances)
        return
    if outcomes.standing is Standing.FAILED:
        yield issue("reconcile.job-failed", location)
    for outcome, code in _COUNTED.items():
        if count := outcomes.counts.get(outcome):
            yield issue(code, location, count=count, planned=outcomes.instances)
    for name, count in sorted(outcomes.warnings.items()):
        yield issue("reconcile.warnings", location, count=count, planned=outcomes.instances, name=name)
