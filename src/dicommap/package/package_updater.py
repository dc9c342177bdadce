"""Send all updates of a package: find their image sets, and continue with another study while one is LOCKED."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dicommap.aws.interleaved_tasks import run_interleaved
from dicommap.errors import PackageError
from dicommap.healthimaging.image_sets import LOCKED_STATE
from dicommap.issues.wording import format_count
from dicommap.model.audit import AuditAction, AuditEvent
from dicommap.model.update_state import UpdateState
from dicommap.package.image_set_reader import ImageSetEndError
from dicommap.package.image_set_reverter import collect_revert_targets
from dicommap.package.image_set_work import count_record_effects, make_image_set_result, make_name_members
from dicommap.package.update_targets import UpdateTarget
from dicommap.verification.update_decision import UpdateEffects
from dicommap.verification.update_result import ImageSetUpdateResult, UpdateOutcome

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from dicommap.aws.timing import Clock
    from dicommap.model.update_state import RequestRecord, RevertState
    from dicommap.package.image_set_reverter import ForecastRevert, ImageSetReverter
    from dicommap.package.image_set_updater import ImageSetUpdater
    from dicommap.package.package_directory import PlannedUpdate
    from dicommap.package.update_states import UpdateStates
    from dicommap.package.update_targets import UpdateTargetFinder
    from dicommap.updates.update import Update, UpdateRequest
    from dicommap.verification.stored_metadata import StoredImageSet

STUDIES_AT_ONCE = 16
"""Number of studies with updates at the same time. While AWS changes an image set of one, another one is updated."""
_SAME_STUDY_PAUSE_SECONDS = 1.0

Results = list[ImageSetUpdateResult]
"""The results of one update, one for each image set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRequest:
    """A request that `update` would send now, computed from the values that are stored now."""

    update: str
    """The path of the update's file."""
    target: UpdateTarget
    version: str
    """The latest version of the image set when the request would be sent."""
    request: UpdateRequest = field(repr=False)
    other_values: tuple[str, ...] = ()
    """Names of attributes that the request overwrites, although their values are not those from before the edit."""
    not_compared: tuple[str, ...] = ()
    """Names of attributes whose stored value could not be compared with the value from before the edit."""


@dataclass(kw_only=True)
class PackageUpdater:
    """Sender of the updates of one package."""

    finder: UpdateTargetFinder
    updater: ImageSetUpdater
    states: UpdateStates
    clock: Clock
    _active_studies: set[str] = field(default_factory=set)

    def update(self, updates: Iterable[PlannedUpdate]) -> Iterator[Results]:
        """Send updates, and yield the results of each update when it has ended.

        Updates of one study are sent one after the other, in their order.

        Raises:
            AwsError: AWS cannot be reached, or refuses all requests. The next run continues after the last saved state.
            PackageError: A state cannot be read or saved.

        """
        groups = groupby(updates, lambda planned: planned.update.study_instance_uid)
        tasks = (self._update_study(study, list(group)) for study, group in groups)
        for results in run_interleaved(tasks, self.clock, at_once=STUDIES_AT_ONCE):
            yield from results

    def _update_study(self, study: str, updates: Sequence[PlannedUpdate]) -> Generator[float, None, list[Results]]:
        """Send the updates of one study, one after the other. Yield each pause in seconds. Return their results."""
        while study in self._active_studies:  # updates of one study may stand apart in the package
            yield _SAME_STUDY_PAUSE_SECONDS
        self._active_studies.add(study)
        results = []
        for planned in updates:
            results.append((yield from self._send_update(planned)))
        self._active_studies.discard(study)
        return results

    def _send_update(self, planned: PlannedUpdate) -> Generator[float, None, Results]:
        """Send one update to all of its image sets. Yield each pause in seconds. Return the results."""
        state = self.read_state(planned)
        if state.isComplete:
            kept = _make_kept_results(planned, state)
            return [self._make_taken_back_result(result) if self._was_reverted(result) else result for result in kept]
        results: Results = []
        waiting = self.finder.find_targets(planned.update)
        has_searched = False
        while waiting:
            target = waiting.pop(0)
            state, result = yield from self._update_image_set(planned, state, target)
            if result.outcome is UpdateOutcome.NOT_FOUND and not has_searched:
                has_searched = True
                known = {target.image_set_id, *(known.image_set_id for known in results)}
                waiting += [found for found in self._search_series(planned.update) if found.image_set_id not in known]
                if waiting:
                    continue
            results.append(result)
        results += _make_missing_results(planned, results)
        if all(result.is_done for result in results):
            self.states.write(state.model_copy(update={"isComplete": True}))
        return results

    def read_state(self, planned: PlannedUpdate) -> UpdateState:
        """Return the saved state of an update, or a new one. Raises PackageError if it is the state of another plan."""
        update = planned.id
        state = self.states.read(update) or UpdateState(update=update, sha256=planned.sha256)
        if state.sha256 != planned.sha256:
            raise PackageError(
                f"{planned.path} is not the update whose state is saved: the package was drafted again.",
                fix="Draft into a new directory, and update that.",
            )
        return state

    def _update_image_set(
        self, planned: PlannedUpdate, state: UpdateState, target: UpdateTarget
    ) -> Generator[float, None, tuple[UpdateState, ImageSetUpdateResult]]:
        """Send an update to an image set, unless the package has taken back its updates of this image set."""
        result = make_image_set_result(planned, UpdateOutcome.REVERTED, target)
        if self._was_reverted(result):
            return state, self._make_taken_back_result(result)
        return (yield from self.updater.update(planned, state, target))

    def _was_reverted(self, result: ImageSetUpdateResult) -> bool:
        """Return whether the package has taken back its updates of an image set, or may have done so."""
        revert = self.states.read_revert(result.image_set_id)
        return revert is not None and revert.state != "failed"

    @staticmethod
    def _make_taken_back_result(result: ImageSetUpdateResult) -> ImageSetUpdateResult:
        return replace(result, outcome=UpdateOutcome.REVERTED, was_taken_back=True)

    def _search_series(self, update: Update) -> list[UpdateTarget]:
        """Search for the image sets of a series if a known one does not exist: it may have been copied or promoted."""
        return self.finder.search_series(update) if update.series_instance_uid is not None else []

    def forecast(self, updates: Iterable[PlannedUpdate]) -> Iterator[ForecastRequest | ImageSetUpdateResult]:
        """Yield the requests that a run would send now, and a result for each image set that cannot be read.

        Nothing is sent.

        Raises:
            AwsError: AWS cannot be reached, or refuses a request.
            PackageError: A state cannot be read.

        """
        for planned in updates:
            state = self.read_state(planned)
            if state.isComplete:
                continue
            targets = self.finder.find_targets(planned.update)
            if not targets:
                yield from _make_missing_results(planned, [])
            for target in targets:
                yield from self._forecast_image_set(planned, state, target)

    def _forecast_image_set(
        self, planned: PlannedUpdate, state: UpdateState, target: UpdateTarget
    ) -> Iterator[ForecastRequest | ImageSetUpdateResult]:
        """Yield the requests that a run would send to an image set, or the result if it cannot be read."""
        reader = self.updater.reader
        try:
            properties = reader.get_properties(target.image_set_id)
            if properties.imageSetState == LOCKED_STATE:
                raise ImageSetEndError(UpdateOutcome.LOCKED, "0")
            version = properties.versionId
            stored = reader.read_metadata(target.image_set_id, version, planned.update.study_instance_uid)
            requests, result = self._forecast_requests(planned, state, target, version, stored)
        except ImageSetEndError as end:
            result = make_image_set_result(planned, end.outcome, target, reason=end.reason)
        if result is not None:
            yield result
            return
        yield from requests

    def _forecast_requests(
        self, planned: PlannedUpdate, state: UpdateState, target: UpdateTarget, version: str, stored: StoredImageSet
    ) -> tuple[list[ForecastRequest], ImageSetUpdateResult | None]:
        """Return the requests for an image set; or the result if they would overwrite other values, which is refused.

        The versions of the requests after the first one are those that the requests before them make.
        """
        requests: list[ForecastRequest] = []
        for number, request in enumerate(planned.update.requests, 1):
            last = state.find_last_record(target.image_set_id, number)
            if last is not None and last.state.is_done and last.part == last.parts:
                continue
            necessary = self.updater.decide_requests(target, planned.update.study_instance_uid, request, stored)
            names = make_name_members(necessary)
            if necessary.other_values and not self.updater.overwrites_other_values:
                other = names["otherValues"]
                return [], make_image_set_result(planned, UpdateOutcome.OTHER_VALUES, target, other_values=other)
            requests += (
                ForecastRequest(
                    update=planned.path,
                    target=target,
                    version=str(int(version) + len(requests) + part),
                    request=piece,
                    other_values=names["otherValues"],
                    not_compared=names["notCompared"],
                )
                for part, piece in enumerate(necessary.requests)
            )
        return requests, None

    def revert(self, updates: Iterable[PlannedUpdate], reverter: ImageSetReverter) -> Iterator[ImageSetUpdateResult]:
        """Take back all updates of the package, and yield the result of each image set when it has ended.

        First find out whether AWS has executed the requests whose answers were lost.
        """
        saved = [(planned, self.read_state(planned)) for planned in updates]
        states = []
        for planned, state in saved:
            if any(record.state.is_open for record in state.requests):
                for new_state in run_interleaved([self._look_up_lost_answers(planned, state)], self.clock, at_once=1):
                    states.append((planned.update.study_instance_uid, new_state))
            else:
                states.append((planned.update.study_instance_uid, state))
        targets = collect_revert_targets(states)
        tasks = (reverter.revert(target) for target in targets.values())
        yield from run_interleaved(tasks, self.clock, at_once=STUDIES_AT_ONCE)

    def forecast_revert(
        self, updates: Iterable[PlannedUpdate], reverter: ImageSetReverter
    ) -> Iterator[ForecastRevert | ImageSetUpdateResult]:
        """Yield the requests that `revert` would send now, and the results of image sets without a request.

        Nothing is sent. Requests whose answers were lost are left out: only a run finds out how they ended.
        """
        states = ((planned.update.study_instance_uid, self.read_state(planned)) for planned in updates)
        for target in collect_revert_targets(states).values():
            yield reverter.forecast(target)

    def _look_up_lost_answers(self, planned: PlannedUpdate, state: UpdateState) -> Generator[float, None, UpdateState]:
        """Find out how the requests of an interrupted run have ended, without sending any. Return the new state."""
        updater = replace(self.updater, may_send=False)
        for target in self.finder.find_targets(planned.update):
            state, _ = yield from updater.update(planned, state, target)
        return state


def _make_missing_results(planned: PlannedUpdate, results: Results) -> Results:
    """Return a list with a result NOT_FOUND if no image set has the series or some instances of an update; else []."""
    update = planned.update
    if any(result.outcome is UpdateOutcome.NOT_FOUND for result in results):
        return []
    if not results:
        what = "the study" if update.series_instance_uid is None else "the series"
        missing = 1
        absent: frozenset[str] = frozenset()
    else:
        is_read = [result for result in results if not result.was_taken_back]
        absent = frozenset.intersection(*(result.absent for result in is_read)) if is_read else frozenset()
        missing = len(absent)
        what = "an instance" if missing == 1 else format_count(missing, "instance")
    if not missing:
        return []
    return [make_image_set_result(planned, UpdateOutcome.NOT_FOUND, None, absent=absent, reason=what)]


def _make_kept_results(planned: PlannedUpdate, state: UpdateState) -> Iterator[ImageSetUpdateResult]:
    """Yield the results of an update that was completed in an earlier run, from its saved records."""
    by_image_set: dict[str, list[Any]] = {}
    for record in state.requests:
        if record.state.is_done:
            by_image_set.setdefault(record.imageSetId, []).append(record)
    for image_set, records in by_image_set.items():
        counts = sum(map(count_record_effects, records), Counter())
        executed = [record for record in records if record.versionAfter is not None]
        yield make_image_set_result(
            planned,
            UpdateOutcome.UPDATED if executed else UpdateOutcome.STORED,
            UpdateTarget(image_set_id=image_set, is_primary=None),
            version_before=records[0].versionBefore,
            version_after=executed[-1].versionAfter if executed else records[0].versionBefore,
            requests=len(executed),
            effects=UpdateEffects(counts=dict(counts)),
            other_values=tuple(dict.fromkeys(name for record in executed for name in record.otherValues)),
            not_compared=tuple(dict.fromkeys(name for record in executed for name in record.notCompared)),
        )


def make_update_event(planned: PlannedUpdate, record: RequestRecord, datastore_id: str) -> AuditEvent:
    """Return the event of audit.jsonl for a request that AWS has executed."""
    return AuditEvent(
        action=AuditAction.UPDATED,
        studyInstanceUID=planned.update.study_instance_uid,
        seriesInstanceUID=planned.update.series_instance_uid,
        file=planned.path,
        imageSetId=record.imageSetId,
        versionBefore=record.versionBefore,
        versionAfter=record.versionAfter,
        datastoreId=datastore_id,
        counts=record.effects or None,
    )


def make_revert_event(state: RevertState, study: str, datastore_id: str) -> AuditEvent:
    """Return the event of audit.jsonl for an image set whose updates were taken back."""
    return AuditEvent(
        action=AuditAction.REVERTED,
        studyInstanceUID=study or None,
        imageSetId=state.imageSetId,
        versionBefore=state.versionBefore,
        versionAfter=state.versionAfter,
        datastoreId=datastore_id,
    )
