"""Decide which requests an image set still needs for an update, and how to continue after an interruption.

A request is computed from one version of the stored metadata. Values that are stored already are left out, and each
removal gets the stored value. The same version always gives the same requests. So after an interruption, the requests
are computed again from the version that the saved state names, and their hashes are compared with the saved hashes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dicommap.updates.attribute_update import list_attribute_updates
from dicommap.updates.request_packing import measure_request, pack_requests
from dicommap.verification.effects import Effect, choose_worst_effect
from dicommap.verification.stored_metadata import ABSENT
from dicommap.verification.update_values import (
    NOT_HERE,
    compare_with_previous,
    find_stored_value,
    is_stored_at_other_level,
    judge_stored_value,
)
from dicommap.verification.value_comparison import Agreement
from dicommap.verification.version_difference import VersionMatch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.updates.attribute_update import AttributeUpdate
    from dicommap.updates.update import UpdateRequest
    from dicommap.verification.effects import EffectCounts
    from dicommap.verification.stored_metadata import StoredImageSet


@dataclass(frozen=True, slots=True, kw_only=True)
class NecessaryRequests:
    """One request of a package in the form in which one image set needs it.

    It may be several requests, or none. The attributes that it does not need are left out.
    """

    requests: tuple[UpdateRequest, ...]
    """The requests in their order. Each is within the limit of bytes. It is empty if all values are stored already."""
    stored: int = 0
    """Number of attributes that are left out because they are stored as wanted."""
    absent: tuple[str, ...] = ()
    """UIDs of the series and instances that the image set does not have. Their attributes are left out."""
    elsewhere: tuple[AttributeUpdate, ...] = ()
    """Attributes that are left out because the image set has them at another level."""
    too_large: tuple[AttributeUpdate, ...] = ()
    """Attributes that are left out because a request with them alone is over the limit of bytes."""
    other_values: tuple[AttributeUpdate, ...] = ()
    """Attributes of the requests whose stored value is neither the one from before the edit nor the new one."""
    not_compared: tuple[AttributeUpdate, ...] = ()
    """Attributes of the requests whose stored value could not be compared with the value from before the edit.

    The package does not know that value, or AWS does not document the form of the stored one.
    """

    def with_other_image_set(self, stored: StoredImageSet) -> NecessaryRequests:
        """Return these requests after a comparison with another image set, which they change, too.

        `stored` is the metadata of that image set. The result also names its attributes that have other values, or
        whose values could not be compared.
        """
        updates = [update for request in self.requests for update in list_attribute_updates(request)]
        others, unknown = _find_other_and_unknown_values(
            (update, find_stored_value(update, stored)) for update in updates
        )
        return replace(
            self,
            other_values=tuple(dict.fromkeys((*self.other_values, *others))),
            not_compared=tuple(dict.fromkeys((*self.not_compared, *unknown))),
        )


def decide_necessary_requests(request: UpdateRequest, stored: StoredImageSet, max_bytes: int) -> NecessaryRequests:
    """Return the requests that an image set still needs.

    Args:
        request: A request of the package.
        stored: The metadata of one version of the image set.
        max_bytes: The maximum number of bytes of both documents of one request together.

    """
    stored_count = 0
    absent: dict[str, None] = {}
    needed: list[tuple[AttributeUpdate, Any]] = []
    elsewhere: list[AttributeUpdate] = []
    too_large: list[AttributeUpdate] = []
    for update in list_attribute_updates(request):
        value = find_stored_value(update, stored)
        if value is NOT_HERE:
            absent[update.instance or update.series or ""] = None
        elif value is ABSENT and is_stored_at_other_level(update, stored):
            elsewhere.append(update)
        elif judge_stored_value(update, value) is Effect.APPLIED:
            stored_count += 1
        else:
            # The stored value of a removal may make a request larger than the one in the package.
            sent = replace(update, value=_convert_decimals(value)) if update.is_removal else update
            if measure_request(sent) > max_bytes:
                too_large.append(sent)
            else:
                needed.append((sent, value))
    other_values, not_compared = _find_other_and_unknown_values(needed)
    return NecessaryRequests(
        requests=tuple(pack_requests((update for update, _ in needed), max_bytes)),
        stored=stored_count,
        absent=tuple(absent),
        elsewhere=tuple(elsewhere),
        too_large=tuple(too_large),
        other_values=tuple(other_values),
        not_compared=tuple(not_compared),
    )


def _find_other_and_unknown_values(
    needed: Iterable[tuple[AttributeUpdate, Any]],
) -> tuple[list[AttributeUpdate], list[AttributeUpdate]]:
    """Return two lists: attributes that have other values, and attributes whose values could not be compared.

    A value is another one if it is neither a value from before the edit nor the new one.

    Args:
        needed: The attributes, each with its stored value.

    """
    others: list[AttributeUpdate] = []
    not_compared: list[AttributeUpdate] = []
    for update, value in needed:
        agreement = compare_with_previous(update, value)
        is_unchanged = agreement is Agreement.EQUAL or judge_stored_value(update, value) is Effect.APPLIED
        if agreement is Agreement.DIFFERENT and not is_unchanged:
            others.append(update)
        elif not is_unchanged:
            not_compared.append(update)
    return others, not_compared


def _convert_decimals(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return a stored value in which floats replace Decimal numbers, because `json` cannot write Decimal numbers."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: _convert_decimals(member) for name, member in value.items()}
    return [_convert_decimals(item) for item in value] if isinstance(value, list) else value


def hash_request(request: UpdateRequest, *, include_study: bool) -> str:
    """Return the SHA-256 of a request as it is sent, in hexadecimal digits."""
    digest = hashlib.sha256()
    for data in (request.updatable_bytes, request.removable_bytes):
        digest.update(b"-" if data is None else b"%d:%b" % (len(data), data))
    digest.update(bytes([request.force, include_study]))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateEffects:
    """The effects of the attributes of one or more requests, found by comparison after the requests were sent."""

    counts: EffectCounts = field(default_factory=dict)
    attention: tuple[tuple[AttributeUpdate, Effect], ...] = ()
    """The attributes that are not applied, or whose effect is not known."""

    @property
    def worst(self) -> Effect:
        """Return the worst effect; NOT_CHECKED if there are no effects."""
        return choose_worst_effect(self.counts)

    def __add__(self, other: UpdateEffects) -> UpdateEffects:
        counts = Counter(self.counts)
        counts.update(other.counts)
        return UpdateEffects(counts=dict(counts), attention=(*self.attention, *other.attention))


def judge_update_effects(
    updates: Iterable[AttributeUpdate], stored: StoredImageSet, before: StoredImageSet
) -> UpdateEffects:
    """Return the effects of attributes in an image set after they were sent.

    Args:
        updates: The attributes of the request.
        stored: The metadata of the version that the request has made.
        before: The metadata of the version before it.

    """
    counts: Counter[Effect] = Counter()
    attention: list[tuple[AttributeUpdate, Effect]] = []
    for update in updates:
        value = find_stored_value(update, stored)
        # An instance that is gone after the request was removed by somebody else.
        effect = (
            Effect.NOT_READABLE
            if value is NOT_HERE
            else judge_stored_value(update, value, find_stored_value(update, before))
        )
        counts[effect] += 1
        if effect is not Effect.APPLIED:
            attention.append((update, effect))
    return UpdateEffects(counts=dict(counts), attention=tuple(attention))


class Recovery(StrEnum):
    """The next steps after an interruption, if it is not known whether AWS has executed a request."""

    SEND = "send"
    """Send the request. The image set has the version from before it, so AWS has not executed it."""
    FINISH = "finish"
    """Continue after the request. The next version differs only in what it changes, so AWS has executed it."""
    CHANGED = "changed"
    """Stop. The image set has a newer version without the values of the request: somebody else has changed it."""
    NOT_KNOWN = "not known"
    """Stop. The image set has a newer version, and it is not known whether the request has made it."""


def decide_recovery(version_before: int, latest: int, *, is_same_request: bool, match: VersionMatch | None) -> Recovery:
    """Decide how to continue after a request without an answer.

    Args:
        version_before: The version for which the request was computed.
        latest: The latest version of the image set, which is not LOCKED.
        is_same_request: Whether the request that is computed for `version_before` is the one that was sent.
        match: The comparison of `version_before` and the version after it with the request; None if there is no such
            version.

    """
    if latest <= version_before or match is None:
        return Recovery.SEND
    if not is_same_request:
        return Recovery.NOT_KNOWN
    if match is VersionMatch.EXACT:
        return Recovery.FINISH
    return Recovery.CHANGED if match is VersionMatch.OTHER_VALUES else Recovery.NOT_KNOWN


@dataclass(frozen=True, slots=True)
class VersionStep:
    """One change of an image set by this package: from one version to the next."""

    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertDecision:
    """The version to which an image set can be reverted, or the reason why it cannot."""

    to_version: int | None
    """The version before the changes of this package; None if the image set cannot be reverted."""
    is_partial: bool = False
    """Whether earlier changes of this package remain, because somebody else has changed the image set after them."""


def decide_revert(steps: Iterable[VersionStep], latest: int) -> RevertDecision:
    """Decide to which version an image set must be reverted to take back all changes by this package.

    The latest version must be one that this package has made. From there, the steps are followed back as long as each
    step begins at the version at which the step before it has ended.

    Args:
        steps: The changes of the image set by this package, in any order.
        latest: The latest version of the image set.

    """
    by_after = {step.after: step.before for step in steps}
    version = latest
    while version in by_after:
        version = by_after.pop(version)
    if version == latest:
        return RevertDecision(to_version=None)
    return RevertDecision(to_version=version, is_partial=any(after < version for after in by_after))
