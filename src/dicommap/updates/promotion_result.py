"""The results of promotions, and their issues."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from dicommap.issues import Location, make_issue
from dicommap.issues.wording import format_count, join_first_names, join_names
from dicommap.updates.promotion import PromotionRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.issues import Issue
    from dicommap.updates.promotion import Promotion, PromotionProblem


class PromotionOutcome(StrEnum):
    """The outcomes of the promotion of one image set."""

    PLANNED = "planned"
    """Nothing was sent: this is a preview."""
    PROMOTED = "promoted"
    """The instances are in a primary image set with the wanted values, which was read and compared."""
    PRIMARY = "primary"
    """The image set is primary already: nothing was sent."""
    REFUSED = "refused"
    """Nothing was sent: the plan has a reason why the image set cannot be promoted."""
    CHANGED = "changed"
    """Somebody else has changed an image set since it was read."""
    FAILED = "failed"
    """AWS has refused a request, or an image set ended as UPDATE_FAILED or COPY_FAILED."""
    NOT_PROVED = "not-proved"
    """AWS reports that the copy has ended, but the primary image set is not as planned."""
    NOT_READABLE = "not-readable"
    """The image set or its metadata cannot be read."""
    LOCKED = "locked"
    """An image set was still LOCKED at the end of the time limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionResult:
    """The result of the promotion of one image set. It has no values of attributes, except in `promotion`."""

    image_set_id: str
    outcome: PromotionOutcome
    promotion: Promotion | None = None
    """The plan; None if no plan could be made, or if the promotion had ended in an earlier run."""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    primary_id: str = ""
    """The primary image set that has the instances now; empty before the promotion."""
    reason: str = ""
    """The reason of the outcome, without any value of an attribute."""
    problems: tuple[PromotionProblem, ...] = ()
    undone_keywords: tuple[str, ...] = ()
    """Keywords of attributes that an override of the package sets, and that the promotion changes to another value."""

    def issues(self) -> Iterator[Issue]:
        """Yield the issues of the result."""
        place = Location(study=self.study_instance_uid or None, series=self.series_instance_uid or None)
        if self.promotion is not None and self.outcome in (PromotionOutcome.PLANNED, PromotionOutcome.REFUSED):
            for refusal in self.promotion.refusals:
                reason = _describe_refusal(refusal, self.promotion)
                yield make_issue("promote.refused", place, image_set=self.image_set_id, reason=reason)
            if self.promotion.is_possible and self.promotion.other_keywords:
                names = join_first_names(self.promotion.other_keywords)
                count = len(self.promotion.other_keywords)
                yield make_issue(
                    "promote.other-attributes", place, image_set=self.image_set_id, count=count, names=names
                )
        if self.undone_keywords:
            count, names = len(self.undone_keywords), join_first_names(self.undone_keywords)
            yield make_issue("promote.undoes-override", place, image_set=self.image_set_id, count=count, names=names)
        codes = {
            PromotionOutcome.CHANGED: "promote.changed",
            PromotionOutcome.FAILED: "promote.failed",
            PromotionOutcome.NOT_PROVED: "promote.not-proved",
            PromotionOutcome.NOT_READABLE: "promote.not-readable",
            PromotionOutcome.LOCKED: "promote.locked",
        }
        if self.outcome in codes:
            reason = self.reason or join_names([problem.value for problem in self.problems])
            yield make_issue(codes[self.outcome], place, image_set=self.image_set_id, reason=reason)


def _describe_refusal(refusal: PromotionRefusal, promotion: Promotion) -> str:
    if refusal is PromotionRefusal.OTHER_PATIENT:
        return f"it may be of another patient, for {join_first_names(promotion.other_patient_keywords)} differs"
    if refusal is PromotionRefusal.STORED_INSTANCES:
        return f"the primary image set has {format_count(promotion.stored_instances, 'instance')} of it already"
    if refusal is PromotionRefusal.PRIMARIES_DIFFER:
        return "the primary image sets of the study do not agree with each other"
    return "its properties do not tell if it is primary"
