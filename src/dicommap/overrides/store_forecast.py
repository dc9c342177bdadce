"""Forecast of what the jobs of a package do to the image sets of a data store.

The grouping attributes that the jobs will import are compared with those of the stored image sets:

- AWS documents that data that conflicts with primary image sets goes to non-primary image sets, and that an instance
  that is imported again without a conflict becomes a new version of its primary image set (developer guide,
  "Understanding import jobs" and "Understanding image sets").
- AWS does not document which group of new files becomes primary if they conflict with each other. As in
  `image_set_forecast`, the largest group is assumed to become primary.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

from dicommap.dicom.vr import MAX_IS_BYTES
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import BoundedList
from dicommap.model.displayable import Displayable
from dicommap.overrides.grouping_table import UNKNOWN_CHARACTER
from dicommap.overrides.grouping_values import GROUPING_KEYWORDS, SERIES_GROUPING_KEYWORDS, STUDY_GROUPING_KEYWORDS
from dicommap.overrides.image_set_forecast import PredictedImageSets

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from dicommap.issues import Issue
    from dicommap.overrides.grouping_values import GroupingValues


class ImageSetEffect(StrEnum):
    """The effects that the import of a group of files can have on the image sets of a data store."""

    NEW = "new"
    """A new primary image set."""
    NEW_VERSION = "new version"
    """A new version of a stored primary image set."""
    NON_PRIMARY = "non-primary"
    """A non-primary image set, new or stored."""
    UNKNOWN = "not known"


class ForecastReason(Enum):
    """The reasons of forecasts: the effect, whether AWS documents this effect, and the reason in words."""

    effect: ImageSetEffect
    is_documented: bool
    text: str

    def __init__(self, effect: ImageSetEffect, is_documented: bool, text: str) -> None:
        self.effect = effect
        self.is_documented = is_documented
        self.text = text

    NEW_STUDY = ImageSetEffect.NEW, True, "the data store has no primary image set of the study"
    NEW_SERIES = ImageSetEffect.NEW, True, "the study is stored with the same values, the series is not"
    LARGEST_GROUP = ImageSetEffect.NEW, False, "files of the package conflict; these are the largest group"
    SAME_VALUES = ImageSetEffect.NEW_VERSION, True, "the series is stored with the same values"
    STORED_CONFLICT = ImageSetEffect.NON_PRIMARY, True, "the stored primary image sets have other values"
    PACKAGE_CONFLICT = ImageSetEffect.NON_PRIMARY, False, "files of the package conflict with the largest group"
    STORED_DIFFER = ImageSetEffect.UNKNOWN, False, "the stored primary image sets differ from each other"
    STORED_NON_PRIMARY = (
        ImageSetEffect.UNKNOWN,
        False,
        "a non-primary image set has the same values, no primary one has",
    )
    CONFLICT_WITH_UNKNOWN = (
        ImageSetEffect.UNKNOWN,
        False,
        "files of the package conflict, and it is not known what happens to some of them",
    )
    NO_PRIMARY_FLAG = ImageSetEffect.UNKNOWN, False, "the data store does not say which image set is primary"
    LOST_CHARACTERS = ImageSetEffect.UNKNOWN, False, "a value has characters that could not be decoded"
    NO_ANSWER = ImageSetEffect.UNKNOWN, False, "the data store did not answer for this study"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImageSet:
    """An image set that a data store has, with its values of the grouping attributes."""

    image_set_id: str
    series_instance_uid: str
    is_primary: bool | None
    """Whether the image set is primary; None if the data store does not say."""
    values: tuple[str, ...] = field(repr=False)
    """The values in the order of GROUPING_KEYWORDS, in the form of `normalize_grouping_value`."""

    @classmethod
    def from_attributes(
        cls, image_set_id: str, attributes: Mapping[str, str], *, is_primary: bool | None
    ) -> StoredImageSet:
        """Return the image set with these `attributes` (keyword -> value). An absent attribute gets an empty value."""
        return cls(
            image_set_id=image_set_id,
            series_instance_uid=attributes.get("SeriesInstanceUID", ""),
            is_primary=is_primary,
            values=tuple(
                normalize_grouping_value(keyword, attributes.get(keyword, "")) for keyword in GROUPING_KEYWORDS
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastImageSet:
    """The forecast for the files of one series that have the same values of the grouping attributes."""

    study_instance_uid: str
    series_instance_uid: str
    files: int | None
    """The number of files; None if it is not known."""
    reason: ForecastReason
    differing: tuple[str, ...] = ()
    """The keywords of the grouping attributes in which the files conflict with the primary image set."""
    image_set_id: str = ""
    """The id of the stored primary image set that the files are compared with; empty without such an image set."""
    values: tuple[str, ...] = field(default=(), repr=False)
    """The values of the files in the order of `differing`."""
    primary_values: tuple[str, ...] = field(default=(), repr=False)
    """The values of the primary image set, or of the group that is assumed to become primary."""

    @property
    def effect(self) -> ImageSetEffect:
        """Return the effect that importing these files has on the image sets of the data store."""
        return self.reason.effect


def normalize_grouping_value(keyword: str, value: str) -> str:
    """Return a value without differences that have no meaning: padding (PS3.5 6.2), and leading zeros of a number."""
    text = value.strip(" \0")
    if keyword in SERIES_GROUPING_KEYWORDS:
        digits = text[1:] if text[:1] in ("+", "-") else text
        return str(int(text)) if digits.isascii() and digits.isdecimal() and len(text) <= MAX_IS_BYTES else text
    return text


def forecast_study(groups: Iterable[GroupingValues], stored: Iterable[StoredImageSet]) -> list[ForecastImageSet]:
    """Forecast the image sets of one study.

    Args:
        groups: The grouping values that the jobs import. All have the same Study Instance UID.
        stored: All image sets of the study in the data store.

    Returns:
        A forecast for each series and combination of values, in the order of `groups`.

    """
    return _StudyForecast(_merge_equal_groups(groups), list(stored)).forecast_groups()


def make_unanswered_forecasts(groups: Iterable[GroupingValues]) -> list[ForecastImageSet]:
    """Return a forecast with the reason NO_ANSWER for each group of a study: the data store did not answer."""
    return [_make_forecast(group, ForecastReason.NO_ANSWER) for group in groups]


class _StudyForecast:
    """The forecast of one study: the groups of files that jobs import, and the stored image sets."""

    def __init__(self, groups: Sequence[GroupingValues], stored: Sequence[StoredImageSet]) -> None:
        self._groups = groups
        self._primary = [image_set for image_set in stored if image_set.is_primary]
        self._others = {(other.series_instance_uid, other.values) for other in stored if not other.is_primary}
        self._has_unflagged = any(image_set.is_primary is None for image_set in stored)

    def forecast_groups(self) -> list[ForecastImageSet]:
        """Return a forecast for each group of files that the jobs import, in the order of the groups."""
        compared = {index: self._forecast_from_stored(group) for index, group in enumerate(self._groups)}
        undecided = [self._groups[index] for index, forecast in compared.items() if forecast is None]
        unknown = [
            self._groups[index]
            for index, forecast in compared.items()
            if forecast is not None
            and forecast.reason in (ForecastReason.STORED_NON_PRIMARY, ForecastReason.LOST_CHARACTERS)
        ]
        decided_here = iter(self._forecast_among_groups(undecided, unknown))
        return [next(decided_here) if forecast is None else forecast for forecast in compared.values()]

    def _forecast_from_stored(self, group: GroupingValues) -> ForecastImageSet | None:
        """Return the forecast of a group of files, or None if the stored image sets alone do not decide it."""
        if self._has_unflagged:
            return _make_forecast(group, ForecastReason.NO_PRIMARY_FLAG)
        if not self._primary:
            return self._forecast_from_non_primary(group)
        if any(UNKNOWN_CHARACTER in value for value in group.values):
            return _make_forecast(group, ForecastReason.LOST_CHARACTERS)
        of_series = [stored for stored in self._primary if stored.series_instance_uid == group.series_instance_uid]
        study_conflicts = [_find_differing_keywords(group, stored, STUDY_GROUPING_KEYWORDS) for stored in self._primary]
        series_conflicts = [_find_differing_keywords(group, stored, SERIES_GROUPING_KEYWORDS) for stored in of_series]
        if all(study_conflicts) or (not any(study_conflicts) and series_conflicts and all(series_conflicts)):
            return _make_conflict_forecast(group, (of_series or self._primary)[0], is_of_series=bool(of_series))
        if any(study_conflicts) or any(series_conflicts):
            return _make_forecast(group, ForecastReason.STORED_DIFFER)
        if of_series:
            return _make_forecast(group, ForecastReason.SAME_VALUES, image_set_id=of_series[0].image_set_id)
        return self._forecast_from_non_primary(group)

    def _forecast_from_non_primary(self, group: GroupingValues) -> ForecastImageSet | None:
        """Return the forecast of a group if a stored non-primary image set has the same values; else None."""
        if (group.series_instance_uid, group.values) in self._others:
            return _make_forecast(group, ForecastReason.STORED_NON_PRIMARY)
        return None

    def _forecast_among_groups(
        self, groups: Sequence[GroupingValues], unknown: Sequence[GroupingValues]
    ) -> Iterator[ForecastImageSet]:
        """Yield the forecasts of groups whose forecast does not follow from the stored image sets.

        Such a group is new. It becomes primary or non-primary by comparison with the other `groups`.

        Args:
            groups: The groups whose effect is still to be decided.
            unknown: Groups whose effect is not known. If one of them has a conflict with a group, the effect of this
                group is not known either.
        """
        if not groups:
            return
        # Groups were compared with the study's values of stored primary image sets, so only series can be unclear.
        if unknown and not self._primary and _have_conflict([*groups, *unknown], STUDY_GROUPING_KEYWORDS):
            yield from (_make_forecast(group, ForecastReason.CONFLICT_WITH_UNKNOWN) for group in groups)
            return
        unclear = _find_series_in_conflict(groups, unknown)
        counts = Counter({(group.series_instance_uid, group.values): group.files or 0 for group in groups})
        scopes: list[tuple[str | None, str]] = [(None, keyword) for keyword in STUDY_GROUPING_KEYWORDS]
        scopes += [(group.series_instance_uid, keyword) for group in groups for keyword in SERIES_GROUPING_KEYWORDS]
        predicted = PredictedImageSets.predict(GROUPING_KEYWORDS, counts, scopes)
        conflicts_of_groups = [
            list(predicted.conflicts_of(group.series_instance_uid, group.values)) for group in groups
        ]
        in_conflict = {series for conflicts in conflicts_of_groups for (series, _), _ in conflicts}
        alone = ForecastReason.NEW_SERIES if self._primary else ForecastReason.NEW_STUDY
        for group, conflicts in zip(groups, conflicts_of_groups, strict=True):
            if group.series_instance_uid in unclear:
                yield _make_forecast(group, ForecastReason.CONFLICT_WITH_UNKNOWN)
            elif conflicts:
                yield _make_forecast(
                    group,
                    ForecastReason.PACKAGE_CONFLICT,
                    differing=tuple(keyword for (_, keyword), _ in conflicts),
                    values=tuple(value for _, value in conflicts),
                    primary_values=tuple(predicted.primary[scope] for scope, _ in conflicts),
                )
            else:
                is_largest = not in_conflict.isdisjoint({None, group.series_instance_uid})
                yield _make_forecast(group, ForecastReason.LARGEST_GROUP if is_largest else alone)


def _merge_equal_groups(groups: Iterable[GroupingValues]) -> list[GroupingValues]:
    """Return the groups with normalized values. Groups whose normalized values are equal are merged into one group."""
    merged: dict[tuple[str, tuple[str, ...]], GroupingValues] = {}
    for group in groups:
        values = tuple(map(normalize_grouping_value, GROUPING_KEYWORDS, group.values))
        key = (group.series_instance_uid, values)
        before = merged.get(key)
        files = group.files
        if before is not None:
            files = None if files is None or before.files is None else files + before.files
        merged[key] = replace(group, values=values, files=files)
    return list(merged.values())


def _find_differing_keywords(group: GroupingValues, stored: StoredImageSet, keywords: Container[str]) -> list[str]:
    """Return the keywords, out of `keywords`, whose values differ between a group and a stored image set."""
    compared = zip(GROUPING_KEYWORDS, group.values, stored.values, strict=True)
    return [keyword for keyword, value, other in compared if keyword in keywords and value != other]


def _have_conflict(groups: Iterable[GroupingValues], keywords: Container[str]) -> bool:
    """Return whether the groups have different values of these grouping attributes."""
    indexes = [index for index, keyword in enumerate(GROUPING_KEYWORDS) if keyword in keywords]
    return len({tuple(group.values[index] for index in indexes) for group in groups}) > 1


def _find_series_in_conflict(groups: Iterable[GroupingValues], unknown: Sequence[GroupingValues]) -> set[str]:
    """Return the UIDs of the series in which one of `groups` has a conflict with one of the `unknown` groups."""
    return {
        group.series_instance_uid
        for group in groups
        if (rivals := [other for other in unknown if other.series_instance_uid == group.series_instance_uid])
        and _have_conflict([group, *rivals], SERIES_GROUPING_KEYWORDS)
    }


def _make_forecast(
    group: GroupingValues,
    reason: ForecastReason,
    *,
    differing: tuple[str, ...] = (),
    image_set_id: str = "",
    values: tuple[str, ...] = (),
    primary_values: tuple[str, ...] = (),
) -> ForecastImageSet:
    return ForecastImageSet(
        study_instance_uid=group.study_instance_uid,
        series_instance_uid=group.series_instance_uid,
        files=group.files,
        reason=reason,
        differing=differing,
        image_set_id=image_set_id,
        values=values,
        primary_values=primary_values,
    )


def _make_conflict_forecast(group: GroupingValues, stored: StoredImageSet, *, is_of_series: bool) -> ForecastImageSet:
    """Return the forecast of a group that conflicts with a stored image set of its study, or of its series."""
    differing = _find_differing_keywords(group, stored, GROUPING_KEYWORDS if is_of_series else STUDY_GROUPING_KEYWORDS)
    compared = {
        keyword: pair
        for keyword, *pair in zip(GROUPING_KEYWORDS, group.values, stored.values, strict=True)
        if keyword in differing
    }
    return _make_forecast(
        group,
        ForecastReason.STORED_CONFLICT,
        differing=tuple(differing),
        image_set_id=stored.image_set_id,
        values=tuple(value for value, _ in compared.values()),
        primary_values=tuple(value for _, value in compared.values()),
    )


IMAGE_SETS_KEPT = 100
"""Maximum image sets of each effect that a forecast keeps."""


class StoreForecast(Displayable):
    """The forecast for all studies of a package: numbers of image sets, and the first image sets of each effect."""

    def __init__(self, datastore_id: str) -> None:
        """Make a forecast without studies. `datastore_id` is the id of the data store."""
        self.datastore_id = datastore_id
        self.studies = 0
        """The number of studies that the jobs import."""
        self.stored_studies = 0
        """The number of these studies that the data store has."""
        self.counts: Counter[ForecastReason] = Counter()
        """Reason -> number of image sets."""
        self.files: Counter[ForecastReason] = Counter()
        """Reason -> number of files. Files whose number is not known are not counted."""
        self.image_sets: BoundedList[ForecastImageSet] = BoundedList(
            limit=IMAGE_SETS_KEPT, kind=lambda image_set: image_set.effect
        )
        """The first image sets of each effect."""

    def add_study(self, forecasts: Iterable[ForecastImageSet], *, is_stored: bool) -> None:
        """Add the forecasts of one study. `is_stored` is whether the data store has image sets of this study."""
        self.studies += 1
        self.stored_studies += is_stored
        for forecast in forecasts:
            self.counts[forecast.reason] += 1
            self.files[forecast.reason] += forecast.files or 0
            self.image_sets.add(forecast)

    def count_image_sets(self, effect: ImageSetEffect) -> int:
        """Return the number of image sets with this effect."""
        return sum(count for reason, count in self.counts.items() if reason.effect is effect)

    def _build_report(self) -> object:
        # The module is imported when a forecast is shown, and by name, because overrides must not depend on it.
        return import_module("dicommap.display.store_forecast_report").build_store_forecast_report(self)


def store_forecast_issues(forecasts: Iterable[ForecastImageSet]) -> Iterator[Issue]:
    """Yield the issues of one study: conflicts with stored image sets, unknown effects, and new versions."""
    versions = 0
    for forecast in forecasts:
        location = Location(study=forecast.study_instance_uid, series=forecast.series_instance_uid)
        if forecast.reason is ForecastReason.STORED_CONFLICT:
            yield make_issue(
                "store.non-primary",
                location,
                keywords=" and ".join(forecast.differing),
                image_set=forecast.image_set_id,
            )
        elif forecast.effect is ImageSetEffect.UNKNOWN and forecast.reason is not ForecastReason.NO_ANSWER:
            yield make_issue("store.unclear", location, reason=forecast.reason.text)
        versions += forecast.effect is ImageSetEffect.NEW_VERSION
        study = forecast.study_instance_uid
    if versions:
        yield make_issue("store.new-version", Location(study=study), count=versions)
