"""Promote one image set: update it, copy it into the primary image sets, wait, and check the result.

A state is written before each request and after it. After an interruption, everything is read again. An update that was
executed leaves no conflict, so it is not sent again. A copy that was executed is found by its instances in a primary
image set. So no request is executed twice, and no request is sent for a version that was not read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dicommap.aws.client_errors import ACCESS_DENIED_CODES
from dicommap.errors import AwsError, ConflictError
from dicommap.healthimaging.job_properties import format_utc
from dicommap.healthimaging.service_messages import mask_service_message
from dicommap.model.promotion_state import PromotionState, PromotionStep
from dicommap.package.image_set_contents import ImageSetContentReader, PromotionEndError
from dicommap.updates.promotion import Promotion, find_promotion_problems, plan_promotion
from dicommap.updates.promotion_result import PromotionOutcome, PromotionResult

if TYPE_CHECKING:
    from dicommap.healthimaging.image_sets import ImageSetProperties
    from dicommap.package.promotion_states import PromotionStates
    from dicommap.updates.promotion import ImageSetContent

FAILED_STATUSES = frozenset({"UPDATE_FAILED", "COPY_FAILED"})
"""Workflow statuses of a change that AWS did not make (API reference, GetImageSet)."""
BEGUN_REASON = "the copy was begun"
"""The reason in the plan of an image set if an earlier call has begun its copy, and the result is not known."""
SEARCH_DELAY_SECONDS = 60.0
"""Pause in seconds before a copy without an answer is sent again, because AWS documents no time until a new image set
is found by SearchImageSets."""


@dataclass(kw_only=True)
class ImageSetPromoter:
    """Promoter of the image sets of one data store."""

    contents: ImageSetContentReader
    states: PromotionStates
    allow_other_patient: bool = False

    def plan(self, image_set: str) -> PromotionResult:
        """Return the plan for an image set, or the reason why no plan can be made. Nothing is sent. Raises AwsError."""
        try:
            state = self.states.read(image_set)
            if state is not None and state.step is PromotionStep.PROMOTED:
                return _make_state_result(state, PromotionOutcome.PROMOTED)
            if state is not None and state.step.may_be_copying:
                return replace(_make_state_result(state, PromotionOutcome.PLANNED), reason=BEGUN_REASON)
            promotion, _ = self._read_and_plan(image_set)
        except PromotionEndError as end:
            return PromotionResult(image_set_id=image_set, outcome=end.outcome, reason=end.reason)
        return _make_planned_result(promotion)

    def promote(self, image_set: str, confirmed: Promotion | None) -> PromotionResult:
        """Promote an image set, and return the result.

        Args:
            image_set: The id of the image set.
            confirmed: The plan that the user has confirmed. Nothing is sent if the plan has changed since then. If it
                is None, only a copy that an earlier call began is continued, and no update is sent.

        Raises:
            AwsError: AWS cannot be reached, or refuses all requests. The next call continues after the last saved step.
            PackageError: A state cannot be read or written.

        """
        state = self.states.read(image_set)
        try:
            if state is not None and state.step is PromotionStep.PROMOTED:
                return _make_state_result(state, PromotionOutcome.PROMOTED)
            if state is not None and state.step.may_be_copying:
                result = self._resume_copy(state)
                if result is not None:
                    return result
            return self._send_promotion(image_set, confirmed)
        except PromotionEndError as end:
            return PromotionResult(
                image_set_id=image_set,
                outcome=end.outcome,
                reason=end.reason,
                promotion=confirmed,
                study_instance_uid=confirmed.study_instance_uid if confirmed else "",
                series_instance_uid=confirmed.series_instance_uid if confirmed else "",
            )

    def _read_and_plan(self, image_set: str) -> tuple[Promotion, ImageSetContent]:
        """Read an image set and the primary image sets of its study. Return its plan, and its content."""
        candidate = self.contents.read_content(image_set)
        primaries = []
        if not candidate.is_primary:
            primaries = self.contents.read_primaries(candidate.study_instance_uid, candidate.series_instance_uid)
        return plan_promotion(candidate, primaries, allow_other_patient=self.allow_other_patient), candidate

    def _send_promotion(self, image_set: str, confirmed: Promotion | None) -> PromotionResult:
        """Plan an image set again, and send its update and its copy if the plan is the confirmed one."""
        promotion, candidate = self._read_and_plan(image_set)
        if promotion.changes if confirmed is None else not promotion.has_same_effect(confirmed):
            raise PromotionEndError(PromotionOutcome.CHANGED, "the plan is another one now")
        if not promotion.is_possible:
            return replace(_make_planned_result(promotion), outcome=_choose_unsent_outcome(promotion))
        if promotion.changes:
            promotion, candidate = self._send_update(promotion)
        return self._send_copy(promotion, candidate)

    def _send_update(self, promotion: Promotion) -> tuple[Promotion, ImageSetContent]:
        """Send the update of a promotion, and wait for its end. Return the new plan, which has no changes left.

        The second returned object is the image set after the update.
        """
        request = promotion.request
        assert request is not None  # noqa: S101  a promotion with changes has a request
        documents = (request.updatable_bytes, request.removable_bytes)
        sha256 = hashlib.sha256(b"\0".join(document or b"" for document in documents)).hexdigest()
        self._save_step(promotion, PromotionStep.UPDATING, sha256=sha256)
        try:
            self.contents.service.update(
                self.contents.datastore,
                promotion.image_set_id,
                promotion.version,
                updatable=documents[0],
                removable=documents[1],
                force=request.force,
            )
        except AwsError as error:
            _raise_if_not_executed(error)
            is_uncertain = True
        else:
            is_uncertain = False
        properties = self.contents.wait_until_unlocked(promotion.image_set_id)
        _require_no_failed_change(properties)
        if properties.versionId == promotion.version:
            raise PromotionEndError(PromotionOutcome.FAILED, "the update was not executed")
        if is_uncertain and not self.contents.is_next_version_made_by(
            request, promotion.image_set_id, promotion.version
        ):
            raise PromotionEndError(PromotionOutcome.CHANGED, "its next version is not what the update makes")
        updated, candidate = self._read_and_plan(promotion.image_set_id)
        if updated.changes or int(updated.version) != int(promotion.version) + 1:
            raise PromotionEndError(PromotionOutcome.CHANGED, "after the update, it is not as the update makes it")
        if not updated.is_possible:
            raise PromotionEndError(PromotionOutcome.CHANGED, "the plan is another one now")
        self._save_step(updated, PromotionStep.UPDATED, versionAfter=updated.version, sha256=sha256)
        return updated, candidate

    def _send_copy(self, promotion: Promotion, candidate: ImageSetContent) -> PromotionResult:
        """Send the copy of an image set that has no conflict, wait for its end, and return the result."""
        state = self._save_step(promotion, PromotionStep.COPYING)
        try:
            answer = self.contents.service.copy(
                self.contents.datastore, promotion.image_set_id, promotion.version, promote=True
            )
        except AwsError as error:
            if not error.transient:
                self._save_step(promotion, PromotionStep.UPDATED)
            _raise_if_not_executed(error)
            content = self._find_copy(state, candidate)
            if content is None:
                raise
            return self._finish_copy(state, promotion, candidate, content.image_set_id)
        destination = answer.destinationImageSetProperties
        state = self._save_step(
            promotion,
            PromotionStep.COPIED,
            primaryImageSetId=destination.imageSetId,
            primaryVersion=destination.latestVersionId,
        )
        return self._finish_copy(state, promotion, candidate, destination.imageSetId)

    def _resume_copy(self, state: PromotionState) -> PromotionResult | None:
        """Continue a copy that was interrupted, and return the result. Return None if AWS has not executed the copy."""
        candidate = self.contents.read_content(state.imageSetId)
        primary = state.primaryImageSetId
        if primary is None:
            content = self._find_copy(state, candidate)
            if content is None:
                return None
            primary = content.image_set_id
        return self._finish_copy(state, _make_promotion_of_sent_copy(state, candidate), candidate, primary)

    def _find_copy(self, state: PromotionState, candidate: ImageSetContent) -> ImageSetContent | None:
        """Return the primary image set that has all instances of the copied image set.

        The search is repeated once after a pause, because SearchImageSets may not find a new image set at once. Return
        None if the second search finds no such image set.
        """
        self.contents.wait_until_unlocked(state.imageSetId)
        for is_last in (False, True):
            content = self.contents.find_primary_with_instances(
                state.studyInstanceUID, state.seriesInstanceUID, candidate.instances.keys()
            )
            if content is not None or is_last:
                return content
            self.contents.clock.sleep(SEARCH_DELAY_SECONDS)
        return None

    def _finish_copy(
        self, state: PromotionState, promotion: Promotion, candidate: ImageSetContent, primary: str
    ) -> PromotionResult:
        """Wait until a copy has ended, compare the primary image set with the plan, and return the result."""
        try:
            _require_no_failed_change(self.contents.wait_until_unlocked(primary))
        except PromotionEndError as end:
            if end.outcome is PromotionOutcome.FAILED:  # the next run copies again
                nothing = {"step": PromotionStep.UPDATED, "primaryImageSetId": None, "primaryVersion": None}
                self._save_state(state.model_copy(update=nothing))
            raise
        destination = self.contents.read_content(primary)
        problems = find_promotion_problems(promotion, candidate.instances, destination)
        outcome = PromotionOutcome.NOT_PROVED if problems else PromotionOutcome.PROMOTED
        if not problems:
            members = {"primaryImageSetId": primary, "primaryVersion": destination.version}
            state = self._save_state(state.model_copy(update={"step": PromotionStep.PROMOTED, **members}))
        return replace(_make_state_result(state, outcome), promotion=promotion, primary_id=primary, problems=problems)

    def _save_step(self, promotion: Promotion, step: PromotionStep, **members: Any) -> PromotionState:  # noqa: ANN401
        """Save that a promotion has reached a step, and return the new state."""
        return self._save_state(
            PromotionState(
                imageSetId=promotion.image_set_id,
                datastoreId=self.contents.datastore,
                studyInstanceUID=promotion.study_instance_uid,
                seriesInstanceUID=promotion.series_instance_uid,
                step=step,
                versionBefore=promotion.version,
                targetImageSetId=promotion.target_id or None,
                at=format_utc(self.contents.clock.now()),
                **members,
            )
        )

    def _save_state(self, state: PromotionState) -> PromotionState:
        self.states.write(state)
        return state


def _make_planned_result(promotion: Promotion) -> PromotionResult:
    """Return the result of an image set for which nothing was sent: its plan, or the reason why nothing is sent."""
    return PromotionResult(
        image_set_id=promotion.image_set_id,
        outcome=PromotionOutcome.PLANNED if promotion.is_possible else _choose_unsent_outcome(promotion),
        promotion=promotion,
        study_instance_uid=promotion.study_instance_uid,
        series_instance_uid=promotion.series_instance_uid,
    )


def _choose_unsent_outcome(promotion: Promotion) -> PromotionOutcome:
    """Return the outcome of an image set that is primary already, or that cannot be promoted."""
    return PromotionOutcome.PRIMARY if promotion.is_primary else PromotionOutcome.REFUSED


def _make_state_result(state: PromotionState, outcome: PromotionOutcome) -> PromotionResult:
    return PromotionResult(
        image_set_id=state.imageSetId,
        outcome=outcome,
        study_instance_uid=state.studyInstanceUID,
        series_instance_uid=state.seriesInstanceUID,
        primary_id=state.primaryImageSetId or "",
    )


def _raise_if_not_executed(error: AwsError) -> None:
    """Raise an exception if `error` shows that AWS has not executed the request. Return if AWS may have executed it.

    The exception is a PromotionEndError if the error concerns only this image set, else the error itself.
    """
    if isinstance(error, ConflictError):
        raise PromotionEndError(PromotionOutcome.CHANGED, "AWS answers ConflictException") from None
    if error.local and error.code not in ACCESS_DENIED_CODES:
        raise PromotionEndError(PromotionOutcome.FAILED, error.code or "the request is not valid") from None
    if not error.transient:
        raise error


def _require_no_failed_change(properties: ImageSetProperties) -> None:
    """Raise PromotionEndError if the last change of an image set has failed."""
    if properties.imageSetWorkflowStatus in FAILED_STATUSES:
        message = mask_service_message(properties.message or "", show_values=False).rstrip(".")
        reason = f"{properties.imageSetWorkflowStatus}, {message}" if message else properties.imageSetWorkflowStatus
        raise PromotionEndError(PromotionOutcome.FAILED, reason)


def _make_promotion_of_sent_copy(state: PromotionState, candidate: ImageSetContent) -> Promotion:
    """Return the plan of a copy that was sent before an interruption, made from the image set that was copied.

    The update was sent before the copy. So the image set already has the grouping values of the primary image set.
    """
    return replace(plan_promotion(candidate, [candidate]), target_id=state.targetImageSetId or "")
