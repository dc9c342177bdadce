"""The documents in the folder `promotions/` of a package: how far the promotion of each image set has come."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from dicommap.model.submission import UtcTime

_ImageSetId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{32}$")]
_Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]
_Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_NotEmpty = Annotated[str, StringConstraints(min_length=1)]


class PromotionStep(StrEnum):
    """The steps of a promotion. The state is written before each request and after it."""

    UPDATING = "updating"
    """The update that takes the conflict away is about to be sent, or its end is not known."""
    UPDATED = "updated"
    """The image set has no conflict with the primary image sets."""
    COPYING = "copying"
    """The copy is about to be sent, or was sent without an answer so far."""
    COPIED = "copied"
    """The service has accepted the copy."""
    PROMOTED = "promoted"
    """The copy has ended, and the primary image set was read and compared."""

    @property
    def may_be_copying(self) -> bool:
        """Return whether a copy may still be running.

        Its request was sent or may have been sent, and its end is unknown.
        """
        return self in (PromotionStep.COPYING, PromotionStep.COPIED)


class PromotionState(BaseModel):
    """The document promotions/IMAGESETID.json: the state of one promotion. It has no values of attributes."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Literal[1] = 1
    imageSetId: _ImageSetId
    datastoreId: _ImageSetId
    studyInstanceUID: _NotEmpty
    seriesInstanceUID: _NotEmpty
    step: PromotionStep
    versionBefore: _Version
    """The version for which the last request was sent."""
    versionAfter: _Version | None = None
    """The version that the update has made. None if no update was necessary, or its end is not known."""
    sha256: _Hash | None = None
    """The hash of the update's documents. None if no update was necessary."""
    targetImageSetId: _ImageSetId | None = None
    """The primary image set of the series before the promotion. None if the series had none."""
    primaryImageSetId: _ImageSetId | None = None
    """The image set that gets the instances, from the answer of CopyImageSet."""
    primaryVersion: _Version | None = None
    at: UtcTime
    """The time of this state, from the clock of this machine."""
