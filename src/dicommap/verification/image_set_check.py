"""Check the attributes of a study's overrides in one image set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dicommap.dicom.vr import BINARY_VRS
from dicommap.healthimaging.levels import Level, level_of
from dicommap.verification.effects import AttributeCheck, Effect, choose_worst_effect
from dicommap.verification.stored_metadata import ABSENT
from dicommap.verification.value_comparison import Agreement, compare_attribute, read_stored_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dicommap.dicom.json_model import Attribute, DataSet
    from dicommap.verification.stored_metadata import StoredImageSet

PreviousTexts = tuple[str, ...] | None
"""The values of an attribute before its override, as texts of preview.csv; None if they are not known."""

_RIVAL_REASON = "another override of the package sets the same attribute to the stored value"
_CAUSES = {
    "study": "the image set has another study",
    "series": "the image set does not have the series",
    "instances": "the image set has none of the imported instances",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOverrides:
    """The overrides of one study: of the whole study, and of single series."""

    study_instance_uid: str
    data_sets: dict[str | None, DataSet] = field(repr=False)
    """Series Instance UID, or None for the whole study -> attributes of the override."""
    read_previous: Callable[[], Mapping[tuple[str | None, int], PreviousTexts]] = field(default=dict, repr=False)
    """A function that returns a dict: Series Instance UID or None, and tag -> values before the override.

    It is only called when a stored value is not that of the override.
    """

    def attributes(self) -> Iterator[tuple[str | None, int, Attribute]]:
        """Yield each new attribute of the overrides after its Series Instance UID (None for the study) and its tag."""
        for series, data_set in self.data_sets.items():
            for digits, attribute in data_set.items():
                yield series, int(digits, 16), attribute

    def make_checks(
        self, effect: Effect, reason: str, image_set: str = "", series: frozenset[str] = frozenset()
    ) -> Iterator[AttributeCheck]:
        """Yield a check with the same effect for each attribute of the overrides, if no value can be compared.

        Args:
            effect: The effect of all checks.
            reason: The reason why it is not known whether the attributes were applied.
            image_set: The id of the image set; empty for no image set.
            series: The series in the image set, if they are known. Overrides of other series are left out.

        """
        for target, tag, attribute in self.attributes():
            if target is None or not series or target in series:
                yield self._make_check(target, tag, attribute, image_set, effect, reason)

    def check(
        self, stored: StoredImageSet, image_set: str, series: frozenset[str], instances: frozenset[str] | None
    ) -> Iterator[AttributeCheck]:
        """Compare the attributes of the overrides with an image set. Yield one check for each attribute.

        Attributes of an override of a series are checked only in image sets with this series. Attributes of an override
        of the study are checked in each image set.

        Args:
            stored: The metadata of the image set.
            image_set: The id of the image set.
            series: The Series Instance UIDs of the instances that were imported into the image set.
            instances: The SOP Instance UIDs of these instances. None if they are not known: then all instances of the
                image set are checked.

        """
        if stored.study_instance_uid != self.study_instance_uid:
            yield from self.make_checks(Effect.NOT_READABLE, _CAUSES["study"], image_set, series)
            return
        for target, tag, attribute in self.attributes():
            if target is not None and target not in stored.series:
                if target in series:
                    yield self._make_check(target, tag, attribute, image_set, Effect.NOT_READABLE, _CAUSES["series"])
                continue
            yield self._check_attribute(stored, image_set, target, tag, attribute, instances)

    def _check_attribute(
        self,
        stored: StoredImageSet,
        image_set: str,
        series: str | None,
        tag: int,
        attribute: Attribute,
        instances: frozenset[str] | None,
    ) -> AttributeCheck:
        """Return the check of one attribute with its worst effect in the series or the imported instances."""
        values = _find_values_at_any_level(stored, tag, series, instances)
        if not values:
            return self._make_check(series, tag, attribute, image_set, Effect.NOT_READABLE, _CAUSES["instances"])
        effects = [self._decide_effect(series, tag, attribute, value) for value in values]
        worst = choose_worst_effect(effects)
        value = values[effects.index(worst)]
        reason = _RIVAL_REASON if worst is Effect.NOT_CHECKED else ""
        return self._make_check(series, tag, attribute, image_set, worst, reason, value)

    def _decide_effect(self, series: str | None, tag: int, attribute: Attribute, stored: Any) -> Effect:  # noqa: ANN401
        """Return the effect of an override on one stored value."""
        agreement = compare_attribute(attribute, stored)
        if agreement is Agreement.EQUAL:
            return Effect.APPLIED
        # The overrides of two series set the same stored attribute only if it is an attribute of the patient or study.
        is_shared = level_of(tag) in (Level.PATIENT, Level.STUDY)
        for target, data_set in self.data_sets.items():
            rival = data_set.get(f"{tag:08X}") if is_shared or None in (target, series) else None
            if target != series and rival is not None and compare_attribute(rival, stored) is Agreement.EQUAL:
                return Effect.NOT_CHECKED
        if is_previous_value(attribute["vr"], stored, self.read_previous().get((series, tag))):
            return Effect.NOT_APPLIED
        if stored is ABSENT:
            return Effect.MISSING
        return Effect.DIFFERENT if agreement is Agreement.DIFFERENT else Effect.NOT_COMPARABLE

    def _make_check(
        self,
        series: str | None,
        tag: int,
        attribute: Attribute,
        image_set: str,
        effect: Effect,
        reason: str = "",
        stored: Any = ABSENT,  # noqa: ANN401  JSON of any type
    ) -> AttributeCheck:
        return AttributeCheck(
            study_instance_uid=self.study_instance_uid,
            series_instance_uid=series,
            tag=tag,
            image_set_id=image_set,
            effect=effect,
            reason=reason,
            wanted=attribute,
            stored=stored,
        )


def is_previous_value(vr: str, stored: Any, previous: PreviousTexts) -> bool:  # noqa: ANN401  JSON of any type
    """Return whether a stored value is one of the values that the attribute had before an override.

    The values are compared by their DICOM meaning, not as text.
    """
    if previous is None or vr in BINARY_VRS or vr == "SQ":
        return False
    before = {values for text in previous for values in read_stored_values(vr, text)}
    return any(values in before for values in read_stored_values(vr, stored))


def _find_values_at_any_level(
    stored: StoredImageSet, tag: int, series: str | None, instances: frozenset[str] | None
) -> Sequence[Any]:
    """Return the stored values of an attribute at its level, or at another level if its own level has no value.

    AWS documents the levels of the attributes in its lists ("DICOM metadata normalization"), but not the levels at
    which it stores other attributes.
    """
    own = level_of(tag)
    values = stored.find_values(tag, own, series, instances)
    if all(value is ABSENT for value in values):
        for level in Level:
            others = stored.find_values(tag, level, series, instances)
            if level is not own and any(value is not ABSENT for value in others):
                return others
    return values
