"""Plan and check a promotion: an image set that is not primary becomes part of the primary image sets.

HealthImaging keeps instances apart if they conflict with a primary image set in one of seven attributes (developer
guide, "Understanding image sets"). To make such instances primary, an update gives their image set the primary values
of these attributes. Then CopyImageSet with `promoteToPrimary` adds the instances ("Updating image set metadata").

A promotion must never merge two patients. So it is refused if the patient's identity differs, unless the user allows
it. If the user allows it, the update also sets PatientName, PatientBirthDate and PatientSex, so that no mixture of two
identities is stored.

AWS does not document what a promotion does with an instance that the primary image set has already: CopyImageSet needs
SOP Instance UIDs that are unique. So such a promotion is refused, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import keyword_of, tag_of
from dicommap.healthimaging.levels import SERIES_GROUPING_TAGS, STUDY_GROUPING_TAGS, Level, level_of
from dicommap.updates.update import UpdateRequest, add_attribute

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dicommap.updates.update import UpdateDocument

_UID_KEYWORDS = frozenset({"StudyInstanceUID", "SeriesInstanceUID"})
_STUDY_KEYWORDS = tuple(keyword_of(tag) for tag in sorted(STUDY_GROUPING_TAGS) if keyword_of(tag) not in _UID_KEYWORDS)
_SERIES_KEYWORDS = tuple(
    keyword_of(tag) for tag in sorted(SERIES_GROUPING_TAGS) if keyword_of(tag) not in _UID_KEYWORDS
)
_IDENTITY_KEYWORDS = ("PatientName", "PatientBirthDate", "PatientSex")
"""Attributes that distinguish patients, in addition to PatientID. They do not group instances into image sets."""
_FORCED_KEYWORDS = frozenset({"StudyID"})
"""Attributes that an update changes only with `force` ("DICOM metadata constraints")."""
_NAME_DELIMITERS = str.maketrans({"^": " ", "=": " "})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSetContent:
    """The metadata of one version of an image set. An image set has one series."""

    image_set_id: str
    version: str
    is_primary: bool | None
    """Whether the image set is primary; None if AWS does not say it."""
    study_instance_uid: str
    series_instance_uid: str
    patient: Mapping[str, Any] = field(repr=False)
    """Keyword -> stored value of each attribute of the patient level."""
    study: Mapping[str, Any] = field(repr=False)
    series: Mapping[str, Any] = field(repr=False)
    instances: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """SOP Instance UID -> attributes of the instance."""

    def find_value(self, keyword: str) -> Any:  # noqa: ANN401  JSON of any type
        """Return the stored value of an attribute of the patient, study or series level; None if it has no value."""
        return self._get_attributes_at(level_of(tag_of(keyword) or 0)).get(keyword)

    def list_shared_attributes(self) -> dict[str, Any]:
        """Return the attributes of patient, study and series: keyword -> stored value."""
        return {**self.patient, **self.study, **self.series}

    def _get_attributes_at(self, level: Level) -> Mapping[str, Any]:
        return {Level.PATIENT: self.patient, Level.STUDY: self.study, Level.SERIES: self.series}[level]


class PromotionRefusal(StrEnum):
    """The reasons why an image set cannot be promoted."""

    OTHER_PATIENT = "other-patient"
    """PatientID, PatientName, PatientBirthDate or PatientSex differ from the primary image set."""
    STORED_INSTANCES = "stored-instances"
    """The primary image set of the series has instances with the same SOP Instance UIDs."""
    PRIMARIES_DIFFER = "primaries-differ"
    """The primary image sets of the study or series do not have the same values, or are several for one series."""
    NOT_KNOWN = "not-known"
    """AWS does not return whether the image set is primary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionChange:
    """An attribute to which a promotion gives the value of the primary image set, so that the conflict ends."""

    keyword: str
    stored: Any = field(repr=False)
    """The value of the image set; None if it has no value."""
    wanted: Any = field(repr=False)
    """The value of the primary image set; None if it has no value."""

    @property
    def level(self) -> Level:
        """Return the level of the attribute."""
        return level_of(tag_of(self.keyword) or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """The plan to promote one image set: the changes of its attributes, or the reasons why it cannot be promoted."""

    image_set_id: str
    version: str
    """The version of the image set from which the plan was made."""
    study_instance_uid: str
    series_instance_uid: str
    instances: frozenset[str] = field(repr=False)
    """The SOP Instance UIDs of the image set."""
    is_primary: bool = False
    """Whether the image set is primary already, so that there is nothing to do."""
    changes: tuple[PromotionChange, ...] = ()
    refusals: tuple[PromotionRefusal, ...] = ()
    other_patient_keywords: tuple[str, ...] = ()
    """The attributes of the patient's identity that differ from the primary image set."""
    other_keywords: tuple[str, ...] = ()
    """Further attributes of patient, study and series that differ. AWS does not document which values are kept."""
    target_id: str = ""
    """The id of the primary image set of the series; empty if the series has no primary image set."""
    target_instances: frozenset[str] = field(default=frozenset(), repr=False)
    """The SOP Instance UIDs of the primary image set of the series."""
    stored_instances: int = 0
    """Number of instances that the primary image set of the series has already."""
    wanted: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Keyword -> value that the grouping attributes must have after the promotion."""

    @property
    def request(self) -> UpdateRequest | None:
        """Return the request of UpdateImageSetMetadata that removes the conflict; None if there is no conflict."""
        updatable = _build_document(self.series_instance_uid, [one for one in self.changes if one.wanted is not None])
        removable = _build_document(self.series_instance_uid, [one for one in self.changes if one.wanted is None])
        if updatable is None and removable is None:
            return None
        force = any(change.keyword in _FORCED_KEYWORDS for change in self.changes)
        return UpdateRequest(updatable=updatable, removable=removable, force=force)

    def has_same_effect(self, other: Promotion) -> bool:
        """Return whether another plan for this image set sends the same values for the same version.

        The plans need not be equal, because other instances may have been added to the primary image set in between.
        """
        names = ("image_set_id", "version", "changes", "other_patient_keywords", "wanted")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    @property
    def is_possible(self) -> bool:
        """Return whether the promotion can be done."""
        return not self.refusals and not self.is_primary


def plan_promotion(
    candidate: ImageSetContent, primaries: Sequence[ImageSetContent], *, allow_other_patient: bool = False
) -> Promotion:
    """Plan the promotion of an image set.

    Args:
        candidate: The image set to promote.
        primaries: The primary image sets of its study: all of the same series, and at least one of another series, if
            there are any.
        allow_other_patient: Whether the image set gets the identity of the primary patient if it has another one.

    """
    targets = [primary for primary in primaries if primary.series_instance_uid == candidate.series_instance_uid]
    target = targets[0] if targets else None
    reference = target or (primaries[0] if primaries else None)
    stored_instances = len(candidate.instances.keys() & target.instances.keys()) if target else 0
    other_patient = tuple(_find_differing_identity(candidate, reference)) if reference else ()
    changes = tuple(_find_changes(candidate, reference, target, other_patient)) if reference else ()
    changed = {change.keyword for change in changes}
    refusals = {
        PromotionRefusal.OTHER_PATIENT: bool(other_patient) and not allow_other_patient,
        PromotionRefusal.STORED_INSTANCES: stored_instances > 0,
        PromotionRefusal.PRIMARIES_DIFFER: len(targets) > 1 or not _have_equal_study_values(primaries),
        PromotionRefusal.NOT_KNOWN: candidate.is_primary is None,
    }
    return Promotion(
        image_set_id=candidate.image_set_id,
        version=candidate.version,
        study_instance_uid=candidate.study_instance_uid,
        series_instance_uid=candidate.series_instance_uid,
        instances=frozenset(candidate.instances),
        is_primary=candidate.is_primary is True,
        changes=changes,
        refusals=() if candidate.is_primary else tuple(refusal for refusal, applies in refusals.items() if applies),
        other_patient_keywords=other_patient,
        other_keywords=tuple(_find_further_differences(candidate, reference, target, changed)) if reference else (),
        target_id=target.image_set_id if target else "",
        target_instances=frozenset(target.instances) if target else frozenset(),
        stored_instances=stored_instances,
        wanted={
            **{keyword: (reference or candidate).find_value(keyword) for keyword in _STUDY_KEYWORDS},
            **{keyword: (target or candidate).find_value(keyword) for keyword in _SERIES_KEYWORDS},
        },
    )


def _find_changes(
    candidate: ImageSetContent,
    reference: ImageSetContent,
    target: ImageSetContent | None,
    other_patient: Sequence[str],
) -> Iterator[PromotionChange]:
    """Yield the attributes whose values must become those of the primary image sets."""
    sources = [(keyword, reference) for keyword in _STUDY_KEYWORDS]
    sources += [(keyword, target) for keyword in _SERIES_KEYWORDS if target is not None]
    sources += [(keyword, reference) for keyword in other_patient if keyword in _IDENTITY_KEYWORDS]
    for keyword, source in sources:
        stored, wanted = candidate.find_value(keyword), source.find_value(keyword)
        if not are_equal_values(stored, wanted):
            yield PromotionChange(
                keyword=keyword, stored=stored, wanted=None if _strip_padding(wanted) is None else wanted
            )


def _find_differing_identity(candidate: ImageSetContent, reference: ImageSetContent) -> Iterator[str]:
    """Yield the attributes of the patient's identity that differ between two image sets.

    PatientID also differs if only one image set has a value. The other attributes differ only if both have a value.
    """
    if not are_equal_values(candidate.find_value("PatientID"), reference.find_value("PatientID")):
        yield "PatientID"
    for keyword in _IDENTITY_KEYWORDS:
        values = [_simplify_identity(content.find_value(keyword)) for content in (candidate, reference)]
        if all(values) and values[0] != values[1]:
            yield keyword


def _simplify_identity(value: object) -> str:
    """Return a value for comparison: without delimiters and repeated spaces, in lower case.

    Names of the same patient may be spelled in several ways.
    """
    return " ".join(str(value or "").translate(_NAME_DELIMITERS).casefold().split())


def _have_equal_study_values(primaries: Sequence[ImageSetContent]) -> bool:
    """Return whether the primary image sets agree in the study's grouping attributes."""
    return all(
        are_equal_values(primary.find_value(keyword), primaries[0].find_value(keyword))
        for primary in primaries
        for keyword in _STUDY_KEYWORDS
    )


def _find_further_differences(
    candidate: ImageSetContent, reference: ImageSetContent, target: ImageSetContent | None, changed: set[str]
) -> Iterator[str]:
    """Yield the keywords of other attributes that differ, which the promotion does not change."""
    stored, kept = candidate.list_shared_attributes(), reference.list_shared_attributes()
    for keyword in sorted(stored.keys() | kept.keys()):
        is_series_attribute = keyword in candidate.series or keyword in reference.series
        if keyword in changed or (is_series_attribute and target is None):
            continue
        if not are_equal_values(stored.get(keyword), kept.get(keyword)):
            yield keyword


def are_equal_values(left: object, right: object) -> bool:
    """Return whether two stored values are equal, without padding. A missing value equals an empty one."""
    return bool(_strip_padding(left) == _strip_padding(right))


def _strip_padding(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return a stored value without padding. Empty values become None, and a list of one value becomes the value."""
    if isinstance(value, str):
        return value.strip(" \0") or None
    if isinstance(value, list):
        stripped = [_strip_padding(item) for item in value]
        return None if not stripped or stripped == [None] else stripped[0] if len(stripped) == 1 else stripped
    if isinstance(value, dict):
        return {name: _strip_padding(member) for name, member in value.items()}
    return value


def _build_document(series: str, changes: Sequence[PromotionChange]) -> UpdateDocument | None:
    """Return a document of UpdateImageSetMetadata that sets attributes, or removes those without a new value."""
    document: UpdateDocument = {}
    for change in sorted(changes, key=lambda change: list(Level).index(change.level)):
        value = change.stored if change.wanted is None else change.wanted
        place = (change.level, series if change.level is Level.SERIES else None, None)
        add_attribute(document, place, change.keyword, value)
    return document or None


class PromotionProblem(StrEnum):
    """The differences that a comparison can find after a promotion."""

    NOT_PRIMARY = "not-primary"
    MISSING_INSTANCES = "missing-instances"
    """The primary image set lacks instances of the promoted image set."""
    LOST_INSTANCES = "lost-instances"
    """The primary image set lacks instances that it had before the promotion."""
    OTHER_VALUES = "other-values"
    """A grouping attribute has not the wanted value."""
    CHANGED_INSTANCES = "changed-instances"
    """Attributes of promoted instances are not those from before."""


def find_promotion_problems(
    promotion: Promotion, instances: Mapping[str, Mapping[str, Any]], destination: ImageSetContent
) -> tuple[PromotionProblem, ...]:
    """Compare the primary image set after a promotion with the plan, and return the problems.

    Args:
        promotion: The plan.
        instances: The instances of the promoted image set: SOP Instance UID -> attributes.
        destination: The primary image set after the promotion.

    """
    shared = instances.keys() & destination.instances.keys()
    checks = {
        PromotionProblem.NOT_PRIMARY: destination.is_primary is True,
        PromotionProblem.MISSING_INSTANCES: instances.keys() <= destination.instances.keys(),
        PromotionProblem.LOST_INSTANCES: (
            destination.image_set_id != promotion.target_id
            or promotion.target_instances <= destination.instances.keys()
        ),
        PromotionProblem.OTHER_VALUES: all(
            are_equal_values(destination.find_value(keyword), value) for keyword, value in promotion.wanted.items()
        ),
        PromotionProblem.CHANGED_INSTANCES: all(
            dict(instances[uid]) == dict(destination.instances[uid]) for uid in shared
        ),
    }
    return tuple(problem for problem, is_right in checks.items() if not is_right)
