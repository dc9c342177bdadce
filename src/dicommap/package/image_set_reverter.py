"""Take back the updates that a package has sent to one image set: restore the version before them.

This is refused if somebody else has made the latest version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.aws.client_errors import ACCESS_DENIED_CODES
from dicommap.aws.timing import GrowingPauses
from dicommap.errors import AwsError, ConflictError
from dicommap.healthimaging.image_sets import LOCKED_STATE
from dicommap.healthimaging.job_properties import format_utc
from dicommap.model.update_state import RequestState, RevertState, UpdateState
from dicommap.package.image_set_reader import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    UPDATE_FAILED_STATUS,
    ImageSetEndError,
    ImageSetReader,
)
from dicommap.package.image_set_updater import SEND_ATTEMPTS
from dicommap.verification.update_decision import VersionStep, decide_revert
from dicommap.verification.update_result import ImageSetUpdateResult, UpdateOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from dicommap.aws.timing import Clock
    from dicommap.package.update_states import UpdateStates

_CHANGED_REASON = "somebody else has made its latest version"
_DIFFERENT_REASON = "the restored version is not equal to version {version}"


@dataclass(kw_only=True)
class RevertTarget:
    """An image set that the package has changed, and the versions that the package's requests have made."""

    image_set_id: str
    study_instance_uid: str
    steps: list[VersionStep]
    is_forced: bool = False
    """Whether one of the requests was sent with `force`."""


def collect_revert_targets(states: Iterable[tuple[str, UpdateState]]) -> dict[str, RevertTarget]:
    """Return the image sets that requests of a package have changed, by their ids.

    Args:
        states: Study Instance UID and saved state of each update.

    """
    targets: dict[str, RevertTarget] = {}

    def add_step(study: str, image_set: str, before: str, after: str, *, is_forced: bool) -> None:
        target = targets.setdefault(image_set, RevertTarget(image_set_id=image_set, study_instance_uid=study, steps=[]))
        target.steps.append(VersionStep(int(before), int(after)))
        target.is_forced |= is_forced

    for study, state in states:
        for record in state.requests:
            if record.state is not RequestState.UPDATED or record.versionAfter is None:
                continue
            add_step(study, record.imageSetId, record.versionBefore, record.versionAfter, is_forced=record.isForced)
            for other in record.others:
                # If the version has grown by more than one, somebody else has changed this image set, too.
                if other.versionAfter is not None and int(other.versionAfter) == int(other.versionBefore) + 1:
                    add_step(
                        study, other.imageSetId, other.versionBefore, other.versionAfter, is_forced=record.isForced
                    )
    return targets


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRevert:
    """The request that a run would send to take back the updates that the package has sent to one image set."""

    image_set_id: str
    version: str
    """The latest version of the image set."""
    to_version: str
    """The version that is restored."""
    is_forced: bool


@dataclass(kw_only=True)
class ImageSetReverter:
    """Reverter of the image sets that a package has changed, one at a time."""

    reader: ImageSetReader
    states: UpdateStates
    clock: Clock
    on_step: Callable[[str, str], None]
    record_revert: Callable[[RevertState, str], None]
    """A function that is called with the state of a finished revert and the Study Instance UID, before it is saved."""

    def revert(self, target: RevertTarget) -> Generator[float, None, ImageSetUpdateResult]:
        """Take back the updates that the package has sent to an image set. Yield each pause in seconds.

        Returns:
            The result.

        Raises:
            AwsError: AWS cannot be reached, or refuses a request for a reason that is not about this image set only.
            PackageError: A state cannot be saved.

        """
        known = self.states.read_revert(target.image_set_id)
        if known is not None and known.state == "reverted":
            return _make_revert_result(target, UpdateOutcome.REVERTED, known)
        try:
            state = yield from self._send_revert(
                target, known if known is not None and known.state != "failed" else None
            )
            state = yield from self._wait_and_compare(target, state)
        except ImageSetEndError as end:
            outcome = end.outcome if end.outcome is UpdateOutcome.LOCKED else UpdateOutcome.NOT_REVERTED
            return _make_revert_result(target, outcome, None, end.reason)
        return _make_revert_result(target, UpdateOutcome.REVERTED, state)

    def forecast(self, target: RevertTarget) -> ForecastRevert | ImageSetUpdateResult:
        """Return the request that `revert` would send, or its result if nothing is left to send. Nothing is sent.

        Raises:
            AwsError: AWS cannot be reached, or refuses a request that does not concern this image set only.
            PackageError: A state cannot be read.

        """
        known = self.states.read_revert(target.image_set_id)
        if known is not None and known.state == "reverted":
            return _make_revert_result(target, UpdateOutcome.REVERTED, known)
        if known is not None and known.state == "sent":
            return _make_revert_result(target, UpdateOutcome.LOCKED, known, "0")
        try:
            properties = self.reader.get_properties(target.image_set_id)
            if properties.imageSetState == LOCKED_STATE:
                raise ImageSetEndError(UpdateOutcome.LOCKED, "0")
            state = self._make_new_state(target, properties.versionId)
        except ImageSetEndError as end:
            outcome = end.outcome if end.outcome is UpdateOutcome.LOCKED else UpdateOutcome.NOT_REVERTED
            return _make_revert_result(target, outcome, None, end.reason)
        return ForecastRevert(
            image_set_id=target.image_set_id,
            version=state.versionBefore,
            to_version=state.toVersion,
            is_forced=target.is_forced,
        )

    def _send_revert(self, target: RevertTarget, known: RevertState | None) -> Generator[float, None, RevertState]:
        """Send a revert, unless an earlier run has sent it, and return its state after AWS has accepted it."""
        if known is not None and known.state == "sent":
            return known
        pauses = GrowingPauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        unanswered: AwsError | None = None
        state = known
        for _ in range(SEND_ATTEMPTS):
            latest = (yield from self.reader.wait_until_unlocked(target.image_set_id)).versionId
            if state is not None and int(latest) > int(state.versionBefore):
                return self._recover_lost_answer(target, state)
            state = state or self._make_new_state(target, latest)
            self.states.write_revert(state)
            try:
                answer = self.reader.service.revert(
                    self.reader.datastore,
                    target.image_set_id,
                    state.versionBefore,
                    state.toVersion,
                    force=target.is_forced,
                )
            except ConflictError:
                unanswered = None
            except AwsError as error:
                if not error.transient and error.code:
                    raise self._save_and_make_refusal_error(state, error) from None
                unanswered = error
            else:
                after = max(int(answer.versionId), int(state.versionBefore) + 1)
                return self._save_changes(state, state="sent", versionAfter=str(after))
            yield next(pauses)
        if unanswered is not None:
            raise unanswered  # the state stays `sending`, so that the next run finds out what happened
        raise ImageSetEndError(UpdateOutcome.NOT_REVERTED, "ConflictException")

    def _make_new_state(self, target: RevertTarget, latest: str) -> RevertState:
        """Return the state of a new revert. Raises ImageSetEndError if somebody else has made the latest version."""
        decision = decide_revert(target.steps, int(latest))
        if decision.to_version is None:
            raise ImageSetEndError(UpdateOutcome.NOT_REVERTED, _CHANGED_REASON)
        return RevertState(
            imageSetId=target.image_set_id,
            state="sending",
            versionBefore=latest,
            toVersion=str(decision.to_version),
            isPartial=decision.is_partial,
            sentAt=format_utc(self.clock.now()) or "",
        )

    def _recover_lost_answer(self, target: RevertTarget, state: RevertState) -> RevertState:
        """Return the state of a revert whose answer was lost, if the next version has the restored content.

        If it has other content, raise ImageSetEndError, because somebody else has changed the image set.
        """
        after = str(int(state.versionBefore) + 1)
        if not self._is_restored(target, state, after):
            self._save_changes(state, state="failed", reason="changed")
            raise ImageSetEndError(UpdateOutcome.NOT_REVERTED, _CHANGED_REASON)
        return self._save_changes(state, state="sent", versionAfter=after)

    def _wait_and_compare(self, target: RevertTarget, state: RevertState) -> Generator[float, None, RevertState]:
        """Wait until AWS has executed a revert, compare the restored version, and return the final state."""
        after = state.versionAfter or ""
        properties = yield from self.reader.wait_until_unlocked(target.image_set_id, int(after))
        if properties.imageSetWorkflowStatus == UPDATE_FAILED_STATUS and int(properties.versionId) <= int(after):
            self._save_changes(state, state="failed", reason=UPDATE_FAILED_STATUS)
            raise ImageSetEndError(UpdateOutcome.NOT_REVERTED, UPDATE_FAILED_STATUS)
        if not self._is_restored(target, state, after):
            self._save_changes(state, state="failed", reason="different")
            raise ImageSetEndError(UpdateOutcome.NOT_REVERTED, _DIFFERENT_REASON.format(version=state.toVersion))
        ended = state.model_copy(update={"state": "reverted", "endedAt": format_utc(self.clock.now())})
        self.record_revert(ended, target.study_instance_uid)
        self.states.write_revert(ended)
        self.on_step(f"image set {target.image_set_id}", f"reverted to version {state.toVersion}")
        return ended

    def _is_restored(self, target: RevertTarget, state: RevertState, version: str) -> bool:
        """Return whether a version of the image set has the same metadata as the version that the revert restores."""
        study = target.study_instance_uid
        wanted = self.reader.read_metadata(target.image_set_id, state.toVersion, study)
        return self.reader.read_metadata(target.image_set_id, version, study) == wanted

    def _save_and_make_refusal_error(self, state: RevertState, error: AwsError) -> Exception:
        """Save that AWS has refused a revert. Return the error that ends the run, or the work on this image set."""
        self._save_changes(state, state="failed", reason=error.code)
        if not error.local or error.code in ACCESS_DENIED_CODES:
            return error
        return ImageSetEndError(UpdateOutcome.NOT_REVERTED, error.code)

    def _save_changes(self, known: RevertState, **members: str) -> RevertState:
        """Save a state with changed members, and return it."""
        state = known.model_copy(update=members)
        self.states.write_revert(state)
        return state


def _make_revert_result(
    target: RevertTarget, outcome: UpdateOutcome, state: RevertState | None, reason: str = ""
) -> ImageSetUpdateResult:
    """Return the result of taking back the updates of an image set. `state` is None if nothing was sent."""
    return ImageSetUpdateResult(
        update="",
        study_instance_uid=target.study_instance_uid,
        image_set_id=target.image_set_id,
        outcome=outcome,
        version_before=state.versionBefore if state is not None else "",
        version_after=(state.versionAfter or "") if state is not None else "",
        requests=int(outcome is UpdateOutcome.REVERTED),
        reason=state.toVersion if state is not None and state.isPartial else reason,
    )
