"""The result of verifying one study in one job: the effects of its overrides, in total and by series."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of
from dicommap.issues import Location, make_issue
from dicommap.issues.wording import join_first_names
from dicommap.verification.effects import AttributeResult, Effect, EffectCounts, choose_worst_effect, count_effects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.issues import Issue
    from dicommap.verification.effects import AttributeCheck

_CODES = {
    Effect.NOT_APPLIED: "verify.not-applied",
    Effect.DIFFERENT: "verify.different",
    Effect.MISSING: "verify.missing",
    Effect.NOT_READABLE: "verify.not-readable",
    Effect.NOT_CHECKED: "verify.not-checked",
    Effect.NOT_COMPARABLE: "verify.not-comparable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSetTarget:
    """An image set to verify, and the instances of a study that a job imported into this image set."""

    image_set_id: str
    study_instance_uid: str
    series: frozenset[str] = frozenset()
    """The Series Instance UIDs of the imported instances."""
    instances: frozenset[str] | None = field(default=None, repr=False)
    """The SOP Instance UIDs of the imported instances; None if they are not known."""
    is_primary: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResult:
    """The effects of all overrides of one study in one job. A study in several jobs has one result for each job."""

    job: str
    study_instance_uid: str
    attributes: tuple[AttributeResult, ...] = field(repr=False)
    series: dict[str, EffectCounts] = field(default_factory=dict, repr=False)
    """Series Instance UID -> numbers of attributes by effect, in the image sets of the series."""
    image_sets: int = 0
    """Number of image sets that were verified."""
    non_primary: int = 0
    """Number of verified image sets that are not primary."""

    @property
    def effect(self) -> Effect:
        """Return the worst effect of all attributes."""
        return choose_worst_effect(result.effect for result in self.attributes)

    @property
    def counts(self) -> EffectCounts:
        """Return the number of attributes by effect. An attribute in several image sets counts once."""
        return count_effects(result.effect for result in self.attributes)

    def issues(self) -> Iterator[Issue]:
        """Yield the issues of effects other than APPLIED. An issue names the attributes with one effect and reason."""
        groups: dict[tuple[Effect, str | None, str], list[AttributeResult]] = {}
        for result in self.attributes:
            key = (result.effect, result.check.series_instance_uid, result.check.reason)
            groups.setdefault(key, []).append(result)
        for (effect, series, reason), results in groups.items():
            if effect in _CODES:
                place = Location(study=self.study_instance_uid, series=series)
                names = join_first_names([keyword_of(result.check.tag) for result in results])
                yield make_issue(_CODES[effect], place, count=len(results), names=names, reason=reason)


class StudyResultBuilder:
    """Builder of the result of one study in one job, from the checks of its image sets."""

    def __init__(self, job: str, study: str) -> None:
        self._job = job
        self._study = study
        self._results: dict[tuple[str | None, int], AttributeResult] = {}
        self._series: dict[str, dict[tuple[str | None, int], Effect]] = {}
        self._image_sets = self._non_primary = 0

    def add(self, checks: Iterable[AttributeCheck], target: ImageSetTarget | None = None) -> None:
        """Add the checks of the image set `target`, or checks without an image set if `target` is None."""
        if target is not None:
            self._image_sets += 1
            self._non_primary += target.is_primary is False
        for check in checks:
            key = (check.series_instance_uid, check.tag)
            result = self._results.get(key)
            if result is None:
                result = self._results[key] = AttributeResult(job=self._job, check=check)
            result.add(check)
            for series in target.series if target is not None else ():
                if check.series_instance_uid in (None, series):
                    effects = self._series.setdefault(series, {})
                    effects[key] = choose_worst_effect((check.effect, effects.get(key, Effect.APPLIED)))

    def build(self, unchecked: Iterable[AttributeCheck]) -> StudyResult:
        """Return the result of the study.

        Args:
            unchecked: A check for each attribute of the study's overrides. It is used only if no check of this
                attribute was added.

        """
        self.add(check for check in unchecked if (check.series_instance_uid, check.tag) not in self._results)
        return StudyResult(
            job=self._job,
            study_instance_uid=self._study,
            attributes=tuple(self._results.values()),
            series={uid: count_effects(effects.values()) for uid, effects in sorted(self._series.items())},
            image_sets=self._image_sets,
            non_primary=self._non_primary,
        )
