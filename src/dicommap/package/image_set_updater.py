"""Send an update to one image set: find out which requests are necessary, send them, wait, and compare the result.

A state is written before each request and after it. After an interruption, the image set is read again: if its version
is the one before the request, the request is sent; if the next version differs only in what the request changes, the
request was executed; otherwise somebody else has changed the image set, which is reported. So a request is never
executed twice, and never for a version that was not read.

A stored value that is neither the one from before the edit nor the new one is not overwritten: then nothing of the
update is sent to the image set, unless the user wants it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.aws.client_errors import ACCESS_DENIED_CODES
from dicommap.aws.timing import GrowingPauses
from dicommap.errors import AwsError, ConflictError
from dicommap.healthimaging.job_properties import format_utc
from dicommap.healthimaging.limits import MAX_UPDATE_BYTES
from dicommap.model.update_state import RequestRecord, RequestState, UpdateState, VersionChange
from dicommap.package.image_set_reader import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    UPDATE_FAILED_STATUS,
    ImageSetEndError,
    ImageSetReader,
)
from dicommap.package.image_set_work import (
    ImageSetWork,
    PartToSend,
    find_part_record,
    make_name_members,
    make_sent_record,
    make_unsent_record,
)
from dicommap.updates.attribute_update import list_attribute_updates
from dicommap.verification.update_decision import (
    Recovery,
    decide_necessary_requests,
    decide_recovery,
    hash_request,
    judge_update_effects,
)
from dicommap.verification.update_result import ImageSetUpdateResult, UpdateOutcome
from dicommap.verification.version_difference import match_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from dicommap.aws.timing import Clock
    from dicommap.package.package_directory import PlannedUpdate
    from dicommap.package.update_states import UpdateStates
    from dicommap.package.update_targets import UpdateTarget
    from dicommap.updates.update import UpdateRequest
    from dicommap.verification.stored_metadata import StoredImageSet
    from dicommap.verification.update_decision import NecessaryRequests

SEND_ATTEMPTS = 4
"""Maximum number of attempts to send one request, if answers are lost or the image set is LOCKED again."""
_NOT_SENT_REASON = "the request was not sent"
_CONFLICT_REASON = "ConflictException"


@dataclass(frozen=True, slots=True)
class _Decision:
    """The requests that an image set needs for one request of the package, computed from one of its versions."""

    version: str
    necessary: NecessaryRequests


@dataclass(kw_only=True)
class ImageSetUpdater:
    """Sender of the updates of one package, one image set at a time."""

    reader: ImageSetReader
    states: UpdateStates
    clock: Clock
    on_step: Callable[[str, str], None]
    """A function that is called after each step, with the path of the update's file and a text."""
    record_update: Callable[[PlannedUpdate, RequestRecord], None]
    """A function that is called with each request that was executed, just before its last state is saved."""
    max_bytes: int = MAX_UPDATE_BYTES
    overwrites_other_values: bool = False
    """Whether to change attributes whose stored value is neither the one from before the edit nor the new one."""
    may_send: bool = True
    """Whether requests may be sent. If not, `update` only finds out how the requests of an earlier run have ended."""

    def update(
        self, planned: PlannedUpdate, state: UpdateState, target: UpdateTarget
    ) -> Generator[float, None, tuple[UpdateState, ImageSetUpdateResult]]:
        """Send the requests of an update that an image set still needs. Yield each pause in seconds.

        Args:
            planned: The update.
            state: The saved state of the update.
            target: The image set.

        Returns:
            The new state of the update, and the result.

        Raises:
            AwsError: AWS cannot be reached, or refuses a request that does not concern this image set only.
            PackageError: A state cannot be saved.
        """
        work = ImageSetWork(planned, state, target)
        outcome = UpdateOutcome.STORED
        try:
            work.target = yield from self._choose_receiver(work)
            decided = yield from self._decide_all_requests(work)
            for number in range(1, len(planned.update.requests) + 1):
                if (yield from self._send_or_resume_request(work, number, decided)):
                    outcome = UpdateOutcome.UPDATED
                decided = None  # the version of the image set may be another one now
        except ImageSetEndError as end:
            return work.state, work.make_result(end.outcome, end.reason)
        return work.state, work.make_result(outcome)

    def _choose_receiver(self, work: ImageSetWork) -> Generator[float, None, UpdateTarget]:
        """Return the target with the primary image set to which requests for the whole study are sent.

        This is the image set to which an earlier run has sent requests, or else the first image set that needs a
        request: if an image set already has the new values, other image sets of the study may still need them.
        """
        target = work.target
        if not target.include_study:
            return target
        candidates = (target.image_set_id, *target.others)
        for record in reversed(work.state.requests):
            if record.includesStudy and record.imageSetId in candidates:
                return target.with_receiver(record.imageSetId)
        for candidate in candidates:
            version = (yield from self.reader.wait_until_unlocked(candidate)).versionId
            stored = self.reader.read_metadata(candidate, version, work.study)
            if any(
                decide_necessary_requests(request, stored, self.max_bytes).requests
                for request in work.planned.update.requests
            ):
                return target.with_receiver(candidate)
        return target

    def _decide_all_requests(self, work: ImageSetWork) -> Generator[float, None, _Decision | None]:
        """Decide on all requests before the first one is sent. Return the decision on the first one.

        Raise ImageSetEndError if one of the requests overwrites another value: then none of them is sent. Return
        None if the requests are decided one by one: requests that an earlier run has begun, and requests that may
        overwrite other values.
        """
        is_begun = any(record.imageSetId == work.image_set_id for record in work.state.requests)
        if is_begun or self.overwrites_other_values or not self.may_send:
            return None
        version, stored = yield from self._read_latest_version(work)
        numbers = range(1, len(work.planned.update.requests) + 1)
        decisions = [self._decide_or_refuse(work, number, version, stored) for number in numbers]
        return decisions[0]

    def _read_latest_version(self, work: ImageSetWork) -> Generator[float, None, tuple[str, StoredImageSet]]:
        """Wait until the image set is not LOCKED. Return its latest version, and the metadata of this version."""
        version = (yield from self.reader.wait_until_unlocked(work.image_set_id)).versionId
        return version, self.reader.read_metadata(work.image_set_id, version, work.study)

    def decide_requests(
        self, target: UpdateTarget, study: str, request: UpdateRequest, stored: StoredImageSet
    ) -> NecessaryRequests:
        """Return the requests that an image set needs. For a whole study, its other image sets are compared, too.

        Args:
            target: The image set.
            study: The Study Instance UID.
            request: The request of the package.
            stored: The metadata of the image set.
        """
        necessary = decide_necessary_requests(request, stored, self.max_bytes)
        for other in target.others if necessary.requests else ():
            version = self.reader.get_properties(other).versionId
            necessary = necessary.with_other_image_set(self.reader.read_metadata(other, version, study))
        return necessary

    def _decide_or_refuse(self, work: ImageSetWork, number: int, version: str, stored: StoredImageSet) -> _Decision:
        """Return the decision on one request of the package for a version of the image set.

        If the request overwrites another value and the user does not want that, save this, and raise ImageSetEndError.
        """
        request = work.planned.update.requests[number - 1]
        necessary = self.decide_requests(work.target, work.study, request, stored)
        if necessary.other_values and not self.overwrites_other_values:
            work.add_record(
                self._save_record(work, make_unsent_record(work, number, RequestState.OTHER_VALUES, version, necessary))
            )
            raise ImageSetEndError(UpdateOutcome.OTHER_VALUES)
        return _Decision(version, necessary)

    def _send_or_resume_request(
        self, work: ImageSetWork, number: int, decided: _Decision | None
    ) -> Generator[float, None, bool]:
        """Send one request of the package, or continue it.

        Return whether AWS has executed it, now or in an earlier run. `decided` is the decision on the request for the
        latest version of the image set; None if it is not decided yet.
        """
        last = work.state.find_last_record(work.image_set_id, number)
        if last is not None and last.state.is_done and last.part == last.parts:
            return self._add_saved_records(work, number)
        if last is not None and (last.state.is_open or last.state.is_done):
            decided = yield from self._decide_again(work, number, last.baseVersion)
        elif not self.may_send:
            return False
        elif decided is None:
            version, stored = yield from self._read_latest_version(work)
            decided = self._decide_or_refuse(work, number, version, stored)
        base, necessary = decided.version, decided.necessary
        if not necessary.requests:
            work.add_record(
                self._save_record(work, make_unsent_record(work, number, RequestState.STORED, base, necessary))
            )
            return False
        version = base
        for part, piece in enumerate(necessary.requests, 1):
            known = find_part_record(work, number, part, base)
            if known is None or known.state.is_open:
                if known is None and not self.may_send:
                    break
                sent = PartToSend(number=number, part=part, base=base, request=piece, necessary=necessary)
                known = yield from self._send_and_check_part(work, sent, known, version)
            work.add_record(known)
            version = known.versionAfter or version
        return True

    def _decide_again(self, work: ImageSetWork, number: int, version: str) -> Generator[float, None, _Decision]:
        """Repeat the decision of an earlier run, which was made for the version `version` of the image set."""
        yield from self.reader.wait_until_unlocked(work.image_set_id)
        stored = self.reader.read_metadata(work.image_set_id, version, work.study)
        request = work.planned.update.requests[number - 1]
        return _Decision(version, decide_necessary_requests(request, stored, self.max_bytes))

    @staticmethod
    def _add_saved_records(work: ImageSetWork, number: int) -> bool:
        """Add the records that an earlier run saved for a request to the result. Return whether AWS has executed it."""
        records = [
            record
            for record in work.state.requests
            if record.imageSetId == work.image_set_id and record.request == number and record.state.is_done
        ]
        for record in records:
            work.add_record(record)
        return any(record.state is RequestState.UPDATED for record in records)

    def _send_and_check_part(
        self, work: ImageSetWork, sent: PartToSend, known: RequestRecord | None, version: str
    ) -> Generator[float, None, RequestRecord]:
        """Send a part of a request, wait for its end, and compare the stored values. Return the final record.

        Args:
            work: The work on the image set.
            sent: The part to send.
            known: The record that an earlier run saved when it sent this part but did not see its end; else None.
            version: The version of the image set for which the part is sent.
        """
        record = known or self._save_record(work, self._make_unsent_part_record(work, sent, version))
        if record.state is RequestState.SENDING:
            record = yield from self._send_part(work, sent, record, is_uncertain=known is not None)
        properties = yield from self.reader.wait_until_unlocked(work.image_set_id, int(record.versionAfter or 0))
        has_failed = properties.imageSetWorkflowStatus == UPDATE_FAILED_STATUS
        if has_failed and int(properties.versionId) <= int(record.versionAfter or 0):
            raise self._save_and_make_end_error(work, record, RequestState.FAILED, UPDATE_FAILED_STATUS)
        before = self.reader.read_metadata(work.image_set_id, record.versionBefore, work.study)
        stored = self.reader.read_metadata(work.image_set_id, record.versionAfter or "", work.study)
        attributes = list_attribute_updates(sent.request)
        effects = judge_update_effects(attributes, stored, before)
        others = []
        for other in record.others:
            after = yield from self.reader.wait_until_unlocked(other.imageSetId)
            others.append(other.model_copy(update={"versionAfter": after.versionId}))
            stored = self.reader.read_metadata(other.imageSetId, after.versionId, work.study)
            effects += judge_update_effects(attributes, stored, before)
        work.attention += effects.attention
        change = {
            "state": RequestState.UPDATED,
            "others": tuple(others),
            "effects": {effect.value: count for effect, count in effects.counts.items()},
            "endedAt": format_utc(self.clock.now()),
        }
        self.on_step(work.planned.path, f"updated image set {work.image_set_id} to version {record.versionAfter}")
        executed = record.model_copy(update=change)
        self.record_update(work.planned, executed)
        return self._save_record(work, executed)

    def _send_part(
        self, work: ImageSetWork, sent: PartToSend, record: RequestRecord, *, is_uncertain: bool
    ) -> Generator[float, None, RequestRecord]:
        """Send a part of a request, and return its record in the state SENT.

        If AWS may have executed it already (`is_uncertain`), find out first, and do not send it twice.
        """
        pauses = GrowingPauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        unanswered: AwsError | None = None
        for _ in range(SEND_ATTEMPTS):
            if is_uncertain and (found := (yield from self._recover_record(work, sent, record))) is not None:
                return found
            if not self.may_send:
                raise self._save_and_make_end_error(work, record, RequestState.FAILED, _NOT_SENT_REASON)
            try:
                answer = self.reader.service.update(
                    self.reader.datastore,
                    work.image_set_id,
                    record.versionBefore,
                    updatable=sent.request.updatable_bytes,
                    removable=sent.request.removable_bytes,
                    force=sent.request.force,
                    include_study=work.target.include_study,
                )
            except ConflictError:
                is_uncertain, unanswered = True, None
            except AwsError as error:
                if not error.transient and error.code:
                    raise self._save_and_make_refusal_error(work, record, error) from None
                is_uncertain, unanswered = True, error
            else:
                return self._save_record(work, make_sent_record(record, answer.versionId))
            yield next(pauses)
        if unanswered is not None:
            raise unanswered  # the record stays in the state SENDING, so that the next run finds out what happened
        raise self._save_and_make_end_error(work, record, RequestState.FAILED, _CONFLICT_REASON)

    def _recover_record(
        self, work: ImageSetWork, sent: PartToSend, record: RequestRecord
    ) -> Generator[float, None, RequestRecord | None]:
        """Find out whether AWS has executed a request whose answer was lost.

        If so, return its record; else return None.
        """
        latest = int((yield from self.reader.wait_until_unlocked(work.image_set_id)).versionId)
        before, after = int(record.versionBefore), int(record.versionBefore) + 1
        match = None
        is_same = hash_request(sent.request, include_study=work.target.include_study) == record.sha256
        if latest > before:
            was = self.reader.read_metadata(work.image_set_id, record.versionBefore, work.study)
            stored = self.reader.read_metadata(work.image_set_id, str(after), work.study)
            match = match_versions(sent.request, was, stored)
        recovery = decide_recovery(before, latest, is_same_request=is_same, match=match)
        if recovery is Recovery.CHANGED:
            raise self._save_and_make_end_error(work, record, RequestState.CHANGED)
        if recovery is Recovery.NOT_KNOWN:
            raise self._save_and_make_end_error(work, record, RequestState.UNKNOWN)
        if recovery is Recovery.SEND:
            return None
        return self._save_record(work, make_sent_record(record, str(after), is_inferred=True))

    def _make_unsent_part_record(self, work: ImageSetWork, sent: PartToSend, version: str) -> RequestRecord:
        """Return the record of a part that is about to be sent, with the versions of all image sets that it changes."""
        others = tuple(
            VersionChange(imageSetId=other, versionBefore=self.reader.get_properties(other).versionId)
            for other in work.target.others
        )
        return RequestRecord(
            imageSetId=work.image_set_id,
            request=sent.number,
            part=sent.part,
            parts=len(sent.necessary.requests),
            state=RequestState.SENDING,
            baseVersion=sent.base,
            versionBefore=version,
            sha256=hash_request(sent.request, include_study=work.target.include_study),
            isForced=sent.request.force,
            includesStudy=work.target.include_study,
            others=others,
            stored=sent.necessary.stored if sent.part == 1 else 0,
            **make_name_members(sent.necessary),
            sentAt=format_utc(self.clock.now()),
        )

    def _save_and_make_refusal_error(self, work: ImageSetWork, record: RequestRecord, error: AwsError) -> Exception:
        """Save that AWS has refused a request, and return the error to raise.

        The error ends the whole run, or only the work on this image set.
        """
        end = self._save_and_make_end_error(work, record, RequestState.FAILED, error.code)
        return error if not error.local or error.code in ACCESS_DENIED_CODES else end

    def _save_and_make_end_error(
        self, work: ImageSetWork, record: RequestRecord, state: RequestState, reason: str = ""
    ) -> ImageSetEndError:
        """Save that a request has ended without success. Return the error that ends the work on the image set."""
        change = {"state": state, "reason": reason or None, "endedAt": format_utc(self.clock.now())}
        self._save_record(work, record.model_copy(update=change))
        outcomes = {RequestState.CHANGED: UpdateOutcome.CHANGED, RequestState.UNKNOWN: UpdateOutcome.UNKNOWN}
        return ImageSetEndError(outcomes.get(state, UpdateOutcome.FAILED), reason)

    def _save_record(self, work: ImageSetWork, record: RequestRecord) -> RequestRecord:
        work.state = work.state.with_record(record)
        self.states.write(work.state)
        return record
