"""The documents in the folder `updates-state/` of a package: the states of updates and of reverts.

A revert takes the updates of one image set back.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from dicommap.model.submission import UtcTime

_NotEmpty = Annotated[str, StringConstraints(min_length=1)]
_Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]
_Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_ImageSetId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{32}$")]
UpdateId = Annotated[str, StringConstraints(pattern=r"^[0-9]{6,9}$")]


class RequestState(StrEnum):
    """The states of one request, or of the check that shows that no request is necessary."""

    SENDING = "sending"
    """The request is about to be sent, or was sent without an answer so far."""
    SENT = "sent"
    """The service has accepted the request. The image set is LOCKED until it has been executed."""
    UPDATED = "updated"
    """The request was executed, and the stored values were read and compared."""
    STORED = "stored"
    """No request was necessary: the image set had the wanted values."""
    OTHER_VALUES = "other-values"
    """The request was not sent: an attribute has neither the value from before the edit nor the new one."""
    FAILED = "failed"
    """The service has refused the request, or has reported UPDATE_FAILED."""
    CHANGED = "changed"
    """Another program or person has changed the image set before the request was executed."""
    UNKNOWN = "unknown"
    """It is not known whether the request was executed."""

    @property
    def is_open(self) -> bool:
        """Return whether the service may have received the request, and its result is not known yet."""
        return self in (RequestState.SENDING, RequestState.SENT)

    @property
    def is_done(self) -> bool:
        """Return whether this request needs no further step: it has succeeded, or it was not necessary."""
        return self in (RequestState.UPDATED, RequestState.STORED)


class _Document(BaseModel):
    """Base class of the models: their objects cannot be changed, and an unknown member is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class VersionChange(_Document):
    """The versions of another image set of the study, before and after a request with includeStudyImageSets."""

    imageSetId: _ImageSetId
    versionBefore: _Version
    versionAfter: _Version | None = None
    """The version after the request. None while the request is not executed."""


class RequestRecord(_Document):
    """The state of one request for one image set. It has no values of attributes."""

    imageSetId: _ImageSetId
    request: Annotated[int, Field(ge=1)]
    """The number of the request in the update of the package, from 1."""
    part: int = 1
    """The number of this part of the request, from 1. A request that is too large for AWS is divided into parts."""
    parts: int = 1
    """The number of parts."""
    state: RequestState
    baseVersion: _Version
    """The version of the image set for which the parts were computed."""
    versionBefore: _Version
    """The version for which the request is sent: `latestVersionId`."""
    versionAfter: _Version | None = None
    """The version that the request has made."""
    sha256: _Hash | None = None
    """The hash of the request. None if no request was necessary."""
    isForced: bool = False
    """Whether the request was sent with `force`."""
    includesStudy: bool = False
    """Whether the request was sent with includeStudyImageSets."""
    others: tuple[VersionChange, ...] = ()
    """The other primary image sets of the study, if the request includes them."""
    isInferred: bool = False
    """Whether the answer of the service was lost, but the next version shows that the request was executed."""
    effects: dict[str, int] = {}
    """Effect -> number of attributes of the request, after it was executed."""
    stored: int = 0
    """Number of attributes that were not sent, because they had the new values already. Only part 1 counts them."""
    absent: tuple[str, ...] = ()
    """UIDs of the series and instances of the request that the image set does not have."""
    elsewhere: tuple[str, ...] = ()
    """Names of attributes that are not sent, because the image set has them at another level."""
    tooLarge: tuple[str, ...] = ()
    """Names of attributes that are not sent, because a request with their stored value is over the limit of bytes."""
    otherValues: tuple[str, ...] = ()
    """Names of attributes that had neither the value from before the edit nor the new one."""
    notCompared: tuple[str, ...] = ()
    """Names of attributes whose stored value could not be compared with the value from before the edit."""
    reason: str | None = None
    """The error code of the service, or the workflow status UPDATE_FAILED."""
    sentAt: UtcTime | None = None
    endedAt: UtcTime | None = None

    @model_validator(mode="after")
    def _require_members_of_state(self) -> Self:
        """Return the record. Raises ValueError if it has no value for a member that its state needs."""
        if self.state in (RequestState.SENT, RequestState.UPDATED) and self.versionAfter is None:
            raise ValueError("versionAfter is missing")
        is_sent = self.state not in (RequestState.STORED, RequestState.OTHER_VALUES)
        if is_sent and (self.sha256 is None or self.sentAt is None):
            raise ValueError("sha256 or sentAt is missing")
        return self


class UpdateState(_Document):
    """The document updates-state/NNNNNN.json: the state of one update. It is written before and after each request."""

    version: Literal[1] = 1
    update: UpdateId
    """The number of the update's file in the folder `updates/`."""
    sha256: _Hash
    """The hash of the update's file. If the update is drafted again, the hash differs."""
    requests: tuple[RequestRecord, ...] = ()
    """The requests, in the order in which they were sent."""
    isComplete: bool = False
    """Whether each image set of the update was found and has nothing left to send."""

    def find_last_record(self, image_set: str, request: int) -> RequestRecord | None:
        """Return the last record of a request for an image set. Return None if nothing was sent or checked."""
        records = (
            record for record in reversed(self.requests) if record.imageSetId == image_set and record.request == request
        )
        return next(records, None)

    def with_record(self, record: RequestRecord) -> UpdateState:
        """Return a copy of this state to which `record` is added.

        If the last record is about the same attempt of the same request, and this attempt has not ended, `record`
        replaces it. Records of ended requests are kept, because their versions are needed to take the update back.
        """
        last = next(
            (
                position
                for position in reversed(range(len(self.requests)))
                if _is_same_attempt(self.requests[position], record)
            ),
            None,
        )
        records = list(self.requests)
        if last is None:
            records.append(record)
        else:
            records[last] = record
        return self.model_copy(update={"requests": tuple(records)})


def _is_same_attempt(known: RequestRecord, record: RequestRecord) -> bool:
    """Return whether two records are states of the same attempt to send the same request."""
    names = ("imageSetId", "request", "part", "baseVersion", "versionBefore", "sha256")
    is_replaced = known.state.is_open or known.state is RequestState.OTHER_VALUES
    return is_replaced and all(getattr(known, name) == getattr(record, name) for name in names)


class RevertState(_Document):
    """The document updates-state/revert-IMAGESETID.json: how far taking back the updates of one image set has come."""

    version: Literal[1] = 1
    imageSetId: _ImageSetId
    state: Literal["sending", "sent", "reverted", "failed"]
    versionBefore: _Version
    """The latest version when the request was sent."""
    toVersion: _Version
    """The version whose content is restored: `revertToVersionId`."""
    versionAfter: _Version | None = None
    """The new version, which has the content of `toVersion`."""
    isPartial: bool = False
    """Whether earlier updates of this package remain."""
    sentAt: UtcTime
    endedAt: UtcTime | None = None
    reason: str | None = None


class UpdateAwsAccount(_Document):
    """The document updates-state/account.json: the data store and the settings of the first update."""

    version: Literal[1] = 1
    datastoreId: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{32}$")]
    region: _NotEmpty | None = None
    profile: _NotEmpty | None = None
    endpointUrl: _NotEmpty | None = None
