"""Findings about the outcomes of a job's instances: one of each kind, with its count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import make_issue
from dicommap.reconciliation.outcomes import JobState
from dicommap.reconciliation.outcomes_model_outcome_part import ImportOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue, Location
    from dicommap.reconciliation.outcomes import JobOutcomes

_UNFINISHED_CODES = {
    JobState.NOT_STARTED: "reconcile.not-started",
    JobState.UNANSWERED: "reconcile.unanswered",
    JobState.NOT_ENDED: "reconcile.not-ended",
}
"""How a job stands of whose instances nothing can be known yet."""
_OUTCOME_CODES = {
    ImportOutcome.FAILED: "reconcile.failed",
    ImportOutcome.NOT_REPORTED: "reconcile.not-reported",
    ImportOutcome.NON_PRIMARY: "reconcile.non-primary",
}


def outcome_issues(outcomes: JobOutcomes, location: Location) -> Iterator[Issue]:
    """Find what a person has to know of a job beside its records."""
    if outcomes.standing in _UNFINISHED_CODES:
        yield make_issue(_UNFINISHED_CODES[outcomes.standing], location, count=outcomes.instances)
        return
    if outcomes.standing is JobState.FAILED:
        yield make_issue("reconcile.job-failed", location)
    for outcome, code in _OUTCOME_CODES.items():
        if count := outcomes.counts.get(outcome):
            yield make_issue(code, location, count=count, planned=outcomes.instances)
    for name, count in sorted(outcomes.warnings.items()):
        yield make_issue("reconcile.warnings", location, count=count, planned=outcomes.instances, name=name)
