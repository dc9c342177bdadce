"""The result of sending all updates of a package, and its builder, which counts and keeps the first ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.display.issue_report import Issues
from dicommap.issues.bounded_list import BoundedList, make_bounded_issues
from dicommap.model.displayable import Displayable
from dicommap.verification.update_result import UNKNOWN_OUTCOMES, ImageSetUpdateResult, UpdateOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from dicommap.display.report import Report
    from dicommap.issues import Issue
    from dicommap.package.image_set_reverter import ForecastRevert
    from dicommap.package.package_updater import ForecastRequest
    from dicommap.verification.effects import Effect

RESULTS_KEPT = 1_000
"""Maximum number of image sets in `UpdateResult.first`, and of requests in `UpdateResult.requests`."""
UPDATE_ISSUE_LIMIT = 1_000


@dataclass(frozen=True, kw_only=True, repr=False)
class UpdateResult(Displayable):
    """The result of sending the updates of a package. Only counts, issues and some image sets are in memory."""

    package: Path
    datastore_id: str
    counts: Mapping[UpdateOutcome, int]
    """Outcome -> number of image sets. An image set with two updates counts twice."""
    effects: Mapping[Effect, int]
    """Effect -> number of attributes, in all image sets."""
    issues: Issues
    first: tuple[ImageSetUpdateResult, ...] = field(default=(), repr=False)
    """The first image sets that need attention, and then the others."""
    requests: tuple[ForecastRequest, ...] = field(default=(), repr=False)
    """In a dry run: the first requests that would be sent. Otherwise empty."""
    reverts: tuple[ForecastRevert, ...] = field(default=(), repr=False)
    """In a dry run that takes updates back: the first requests that would restore a version. Otherwise empty."""
    request_count: int = 0
    """In a dry run: the number of requests that would be sent."""
    not_compared: int = 0
    """Number of attributes whose stored values could not be compared with those from before the edit.

    The inventory did not have these, or AWS does not document the form of the stored ones. An attribute with one name
    counts once for each image set.
    """
    is_dry: bool = False
    is_revert: bool = False
    has_updates: bool = True
    """Whether the package has updates."""

    @property
    def ok(self) -> bool:
        """Return whether all attributes of all updates now have their new values, or all updates were taken back."""
        return not self.issues.errors and not self.unknown

    @property
    def unknown(self) -> int:
        """Return the number of image sets and attributes for which it is not known whether they have the new values."""
        outcomes = sum(self.counts.get(outcome, 0) for outcome in UNKNOWN_OUTCOMES)
        return outcomes + sum(1 for issue in self.issues if issue.code == "update.not-comparable")

    def _build_report(self) -> Report:
        from dicommap.display.update_report import build_update_report

        return build_update_report(self)


class UpdateResultBuilder:
    """Builder of an UpdateResult. In memory are only counts, the first issues, and the first results and requests."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        """Begin with the issues of the package."""
        self.issues = make_bounded_issues(UPDATE_ISSUE_LIMIT)
        self.issues += issues
        self._counts: Counter[UpdateOutcome] = Counter()
        self._effects: Counter[Effect] = Counter()
        self._attention: BoundedList[ImageSetUpdateResult] = BoundedList(limit=RESULTS_KEPT)
        self._others: BoundedList[ImageSetUpdateResult] = BoundedList(limit=RESULTS_KEPT)
        self._requests: list[ForecastRequest] = []
        self._reverts: list[ForecastRevert] = []
        self._request_count = 0
        self._not_compared = 0

    def add_image_set(self, result: ImageSetUpdateResult) -> None:
        """Add the result of one update for one image set."""
        self._counts[result.outcome] += 1
        self._effects.update(result.effects.counts)
        self._not_compared += len(result.not_compared)
        self.issues += result.issues()
        (self._others if result.is_done else self._attention).add(result)

    def add_revert(self, revert: ForecastRevert) -> None:
        """Add a request that would restore a version."""
        self._request_count += 1
        if len(self._reverts) < RESULTS_KEPT:
            self._reverts.append(revert)

    def add_request(self, request: ForecastRequest) -> None:
        """Add a request that would be sent."""
        self._request_count += 1
        self._not_compared += len(request.not_compared)
        if len(self._requests) < RESULTS_KEPT:
            self._requests.append(request)

    def build(
        self, package: Path, datastore_id: str, *, is_dry: bool, is_revert: bool, has_updates: bool
    ) -> UpdateResult:
        """Return the result.

        Args:
            package: The package directory.
            datastore_id: The id of the data store; empty if it is not known.
            is_dry: Whether nothing was sent.
            is_revert: Whether updates were taken back.
            has_updates: Whether the package has updates.

        """
        return UpdateResult(
            package=package,
            datastore_id=datastore_id,
            counts=dict(self._counts),
            effects=dict(self._effects),
            issues=Issues(self.issues),
            first=tuple((*self._attention, *self._others)[:RESULTS_KEPT]),
            requests=tuple(self._requests),
            reverts=tuple(self._reverts),
            request_count=self._request_count,
            not_compared=self._not_compared,
            is_dry=is_dry,
            is_revert=is_revert,
            has_updates=has_updates,
        )
