"""Forecast which files are likely to become non-primary image sets in HealthImaging.

If instances of a study or series differ in one of seven attributes, some of them become non-primary image sets
(developer guide, "Understanding image sets"). AWS does not document which instances become the primary image set, so
this is a forecast.

The forecast assumes that the largest group becomes primary. In the whole study, this group has the most frequent
combination of values of the study attributes. In each series, it has the most frequent combination of values of the
series attributes, among the files with that combination of the study.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of, tag_of
from dicommap.dicom.json_model import attribute_from_text, text_from_attribute
from dicommap.healthimaging.levels import SERIES_GROUPING_TAGS, STUDY_GROUPING_TAGS
from dicommap.issues import Location, make_issue
from dicommap.model.study import find_most_frequent_value
from dicommap.overrides.grouping_conflicts import GroupingConflict, NonPrimaryFile
from dicommap.overrides.grouping_values import choose_resulting_value, find_override_text, index_grouping_changes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from dicommap.issues import Issue
    from dicommap.model.study import FileValues, Series, Study, ValueCounts
    from dicommap.overrides.attribute_change import AttributeChange
    from dicommap.overrides.grouping_conflicts import StudyFileReader
    from dicommap.overrides.grouping_values import ChangesByScope

ConflictScope = tuple[str | None, str]
"""A Series Instance UID, or None for the whole study, and the keyword of an attribute.

All files of the series or study need the same value of this attribute.
"""

ConflictingValues = tuple[str, ...]
"""The values of the conflicting attributes in one file, in the order of their keywords."""

ConflictGroups = Counter[tuple[str, ConflictingValues]]
"""Series Instance UID and values of the conflicting attributes -> number of files."""


@dataclass(frozen=True, slots=True)
class PredictedImageSets:
    """The groups of files in one study, and the values of the group that probably becomes primary."""

    keywords: tuple[str, ...]
    groups: ConflictGroups
    primary: Mapping[ConflictScope, str]

    @classmethod
    def predict(
        cls, keywords: tuple[str, ...], groups: ConflictGroups, scopes: Collection[ConflictScope]
    ) -> PredictedImageSets:
        """Predict the image sets of a study.

        Args:
            keywords: The keywords of the conflicting attributes.
            groups: Series Instance UID and values of these attributes -> number of files.
            scopes: The conflicts: each has a series (or None for the study) and a keyword.
        """
        of_study = _find_keyword_positions(keywords, scopes, None)
        chosen = _find_most_frequent_values(groups, of_study)
        primary: dict[ConflictScope, str] = {
            (None, keywords[at]): value for at, value in zip(of_study, chosen, strict=True)
        }
        for series in dict.fromkeys(series for series, _ in scopes if series is not None):
            of_series = _find_keyword_positions(keywords, scopes, series)
            members = Counter({group: count for group, count in groups.items() if group[0] == series})
            inside = Counter(
                {group: count for group, count in members.items() if _select_values(group[1], of_study) == chosen}
            )
            values = _find_most_frequent_values(inside or members, of_series)
            primary |= {(series, keywords[at]): value for at, value in zip(of_series, values, strict=True)}
        return cls(keywords, groups, primary)

    def conflicts_of(self, series: str, values: ConflictingValues) -> Iterator[tuple[ConflictScope, str]]:
        """Yield each conflict that keeps a file out of the primary group, with the value in the file.

        Args:
            series: The Series Instance UID of the file.
            values: The values of the conflicting attributes in the file.
        """
        for keyword, value in zip(self.keywords, values, strict=True):
            for scope in ((None, keyword), (series, keyword)):
                if self.primary.get(scope, value) != value:
                    yield scope, value

    def count_non_primary_files(self) -> Counter[ConflictScope]:
        """Return the number of files outside the primary group for each conflict."""
        counts: Counter[ConflictScope] = Counter()
        for (series, values), files in self.groups.items():
            for scope, _ in self.conflicts_of(series, values):
                counts[scope] += files
        return counts


STUDIES_KEPT = 100
"""Maximum number of studies with conflicts for which a draft keeps the groups of files."""
SERIES_KEPT = 50
"""Maximum number of series of one study for which groups are kept."""
GROUPS_KEPT = 40
"""Maximum number of groups of one series that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileGroup:
    """Files of one series that have the same values of the grouping attributes after the edits.

    They are likely to be in one image set. Files of different groups are likely to be in different image sets.
    """

    values: ConflictingValues = field(repr=False)
    """The values of the conflicting attributes, in the order of the study's `keywords`."""
    files: int
    is_primary: bool
    """Whether the files have the values of the group that probably becomes primary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFileGroups:
    """One series, and its files in groups with equal values of the grouping attributes."""

    series_instance_uid: str
    groups: tuple[FileGroup, ...]
    """The first 40 groups: the primary one, then the others with the largest groups first."""
    group_count: int
    files: int
    non_primary_files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFileGroups:
    """The groups of files in a study whose grouping attributes have several values after the edits."""

    study_instance_uid: str
    keywords: tuple[str, ...]
    """The keywords of the conflicting attributes."""
    series: tuple[SeriesFileGroups, ...]
    """The first 50 series. The series with the most files outside the primary group are first."""
    series_count: int
    files: int
    non_primary_files: int
    """The number of files that are likely to become non-primary image sets."""
    masked_keywords: frozenset[str] = frozenset()
    """Keywords of attributes that are usually shown, but have a new value that must be masked."""


def build_file_groups(
    study_instance_uid: str, sets: PredictedImageSets, masked_keywords: frozenset[str] = frozenset()
) -> StudyFileGroups:
    """Return the groups of files of a study, by series.

    Args:
        study_instance_uid: The UID of the study.
        sets: The predicted image sets of the study.
        masked_keywords: Keywords of unmasked attributes with new values that must still be masked.
    """
    by_series: dict[str, list[FileGroup]] = {}
    for (series, values), files in sets.groups.items():
        is_primary = next(sets.conflicts_of(series, values), None) is None
        by_series.setdefault(series, []).append(FileGroup(values=values, files=files, is_primary=is_primary))
    listed = [_build_series_groups(uid, groups) for uid, groups in by_series.items()]
    listed.sort(key=lambda series: (-series.non_primary_files, series.series_instance_uid))
    return StudyFileGroups(
        study_instance_uid=study_instance_uid,
        keywords=sets.keywords,
        series=tuple(listed[:SERIES_KEPT]),
        series_count=len(listed),
        files=sets.groups.total(),
        non_primary_files=sum(series.non_primary_files for series in listed),
        masked_keywords=masked_keywords,
    )


def _build_series_groups(series_instance_uid: str, groups: list[FileGroup]) -> SeriesFileGroups:
    """Return the groups of one series. The primary group is first, then the largest groups."""
    groups.sort(key=lambda group: (not group.is_primary, -group.files, group.values))
    return SeriesFileGroups(
        series_instance_uid=series_instance_uid,
        groups=tuple(groups[:GROUPS_KEPT]),
        group_count=len(groups),
        files=sum(group.files for group in groups),
        non_primary_files=sum(group.files for group in groups if not group.is_primary),
    )


def _find_keyword_positions(
    keywords: tuple[str, ...], scopes: Collection[ConflictScope], series: str | None
) -> tuple[int, ...]:
    """Return the positions in `keywords` of the attributes that are in conflict in a series (None for the study)."""
    return tuple(at for at, keyword in enumerate(keywords) if (series, keyword) in scopes)


def _select_values(values: ConflictingValues, positions: tuple[int, ...]) -> ConflictingValues:
    """Return the values at these positions."""
    return tuple(values[at] for at in positions)


def _find_most_frequent_values(groups: ConflictGroups, positions: tuple[int, ...]) -> ConflictingValues:
    """Return the combination of values that most files have. Only the values at `positions` are compared.

    If several combinations are equally frequent, return the one with the fewest empty values, and of these the one that
    sorts first.
    """
    counts: Counter[ConflictingValues] = Counter()
    for (_, values), files in groups.items():
        counts[_select_values(values, positions)] += files
    return min(counts, key=lambda values: (-counts[values], values.count(""), values))


LISTED_FILES_LIMIT = 100_000
"""Maximum number of files that one draft lists. More files are only counted."""

_STUDY_KEYWORDS = tuple(map(keyword_of, sorted(STUDY_GROUPING_TAGS)))
_SERIES_KEYWORDS = tuple(map(keyword_of, sorted(SERIES_GROUPING_TAGS)))


class ImageSetForecaster:
    """Forecaster of the grouping conflicts of studies. It lists a limited number of files for all studies together."""

    def __init__(self, files: StudyFileReader, max_listed_files: int = LISTED_FILES_LIMIT) -> None:
        """Prepare the forecast.

        Args:
            files: A function that returns the files of a study. It is called at most twice for each study, and only if
                the study has conflicts.
            max_listed_files: The maximum number of files that are listed for all studies together.
        """
        self._files = files
        self._files_left = max_listed_files
        self.file_groups: list[StudyFileGroups] = []
        """The groups of files of the first studies with conflicts."""

    def find_conflicts(self, study: Study, changes: Sequence[AttributeChange]) -> Iterator[GroupingConflict]:
        """Yield each grouping attribute that still has several values in a study or series after `changes`."""
        by_scope = index_grouping_changes(changes)
        scopes = {
            scope: Counter(counts) for scope, counts in _count_values_by_scope(study, by_scope) if len(counts) > 1
        }
        if not scopes:
            return
        keywords = tuple(dict.fromkeys(keyword for _, keyword in scopes))
        groups = Counter(
            (file.series_instance_uid, values) for file, values in self._read_file_values(study, keywords, by_scope)
        )
        sets = PredictedImageSets.predict(keywords, groups, scopes)
        if len(self.file_groups) < STUDIES_KEPT:
            masked = frozenset(keyword_of(change.tag) for change in changes if not change.can_be_shown)
            self.file_groups.append(build_file_groups(study.study_instance_uid, sets, masked))
        non_primary_files = sets.count_non_primary_files()
        listed = self._list_non_primary_files(sets, self._read_file_values(study, keywords, by_scope))
        for scope, counts in scopes.items():
            edits = _find_series_changes(study, scope, by_scope)
            cure_value = _choose_cure_value(scope[1], counts, edits)
            yield GroupingConflict(
                study_instance_uid=study.study_instance_uid,
                series_instance_uid=scope[0],
                keyword=scope[1],
                values=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
                primary=sets.primary[scope],
                non_primary_files=non_primary_files[scope],
                listed=tuple(listed.get(scope, ())),
                cure_value=cure_value,
                is_harmonizable=not edits and cure_value is not None,
                edits=tuple(dict.fromkeys(origin for change in edits for origin in change.origins)),
            )

    def _read_file_values(
        self, study: Study, keywords: tuple[str, ...], changes: ChangesByScope
    ) -> Iterator[tuple[FileValues, ConflictingValues]]:
        """Yield each file of a study with its values of the attributes in `keywords` after the overrides."""
        for file in self._files(study.study_instance_uid, keywords):
            scanned = zip(keywords, file.values, strict=True)
            yield (
                file,
                tuple(
                    choose_resulting_value(file.series_instance_uid, keyword, value, changes)
                    for keyword, value in scanned
                ),
            )

    def _list_non_primary_files(
        self, sets: PredictedImageSets, files: Iterator[tuple[FileValues, ConflictingValues]]
    ) -> dict[ConflictScope, list[NonPrimaryFile]]:
        """Return a dict: conflict -> the listed files with another value than the primary group."""
        listed: dict[ConflictScope, list[NonPrimaryFile]] = {}
        for file, values in files if self._files_left > 0 else ():
            for scope, value in sets.conflicts_of(file.series_instance_uid, values):
                listed.setdefault(scope, []).append(_build_non_primary_file(file, value))
                self._files_left -= 1
            if self._files_left <= 0:
                break
        return listed


def build_conflict_issue(conflict: GroupingConflict) -> Issue:
    """Return the issue of a conflict. Its message describes the edit that would remove the conflict."""
    location = Location(
        keyword=conflict.keyword, study=conflict.study_instance_uid, series=conflict.series_instance_uid
    )
    return make_issue(
        "forecast.non-primary",
        location,
        keyword=conflict.keyword,
        count=len(conflict.values),
        non_primary_files=conflict.non_primary_files,
        files=conflict.files,
        cure=conflict.cure,
    )


def _count_values_by_scope(study: Study, changes: ChangesByScope) -> Iterator[tuple[ConflictScope, ValueCounts]]:
    """Yield each grouping attribute of a study, with the number of files for each value after `changes`.

    Study attributes are counted in the whole study, series attributes in each series.
    """
    for keyword in _STUDY_KEYWORDS:
        values, *others = (_count_series_values(series, keyword, changes) for series in study.series)
        if others:  # most studies have one series, and a Counter is slow
            values = Counter(values)
            for counts in others:
                values.update(counts)
        yield (None, keyword), values
    for series in study.series:
        for keyword in _SERIES_KEYWORDS:
            yield (series.series_instance_uid, keyword), _count_series_values(series, keyword, changes)


def _count_series_values(series: Series, keyword: str, changes: ChangesByScope) -> ValueCounts:
    """Return the values of an attribute in a series after the overrides: value -> number of files."""
    text = find_override_text(series.series_instance_uid, keyword, changes)
    return series.values.get(keyword, {}) if text is None else {text: series.files}


def _find_series_changes(study: Study, scope: ConflictScope, changes: ChangesByScope) -> list[AttributeChange]:
    """Return the changes that set the attribute of a study conflict in single series.

    If `scope` is a conflict in one series, the list is empty.
    """
    members = [series.series_instance_uid for series in study.series] if scope[0] is None else []
    series_changes = (changes.get((series, scope[1])) for series in members)
    return [change for change in series_changes if change is not None]


def _choose_cure_value(keyword: str, counts: ValueCounts, edits: Iterable[AttributeChange]) -> str | None:
    """Return the value that removes a conflict if all files have it. Return None if a person must choose the value.

    If `edits` set exactly one value, return it. If they set several values, return None. Without edits, return the most
    frequent value of the files. Return None if two values are the most frequent, or if an override cannot have the
    value.
    """
    edited_values = {text_from_attribute(change.after) or "" for change in edits}
    if edited_values:
        return edited_values.pop() if len(edited_values) == 1 else None
    value = find_most_frequent_value(counts)
    return value if value is not None and _is_valid_value(keyword, value) else None


def _is_valid_value(keyword: str, value: str) -> bool:
    """Return whether an override can set the attribute to a value."""
    return isinstance(attribute_from_text(tag_of(keyword) or 0, value, Location()), dict)


def _build_non_primary_file(file: FileValues, value: str) -> NonPrimaryFile:
    return NonPrimaryFile(
        source=file.source,
        path=file.path,
        series_instance_uid=file.series_instance_uid,
        sop_instance_uid=file.sop_instance_uid,
        value=value,
    )
