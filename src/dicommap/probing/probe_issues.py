"""Issues of a probe: questions without an answer, and image sets and objects that a clean-up could not delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import make_issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.issues import Issue
    from dicommap.probing.probe_report import ProbeReport


def unclear_issues(report: ProbeReport) -> Iterator[Issue]:
    """Yield an issue for each question without an answer; only one issue if no question has an answer."""
    unclear = [result for result in report.questions if result.answer is None]
    if unclear and len(unclear) == len(report.questions):
        yield make_issue("probe.no-answer", seen=unclear[0].seen)
        return
    for result in unclear:
        yield make_issue("probe.unclear", question=result.question, seen=result.seen)


def remaining_issues(remaining: Iterable[tuple[str, str]]) -> Iterator[Issue]:
    """Yield an issue for each thing that was not deleted. A pair is the name of the thing, and the reason."""
    for what, reason in remaining:
        yield make_issue("probe.remains", what=what, reason=reason)
