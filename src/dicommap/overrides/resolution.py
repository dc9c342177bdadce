"""Resolve the edits of all studies into overrides, changes, issues and edit results."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import keyword_of
from dicommap.edits.edit_result import EditEffect
from dicommap.healthimaging.levels import SERIES_GROUPING_TAGS, STUDY_GROUPING_TAGS
from dicommap.issues import Issue, Severity, make_issue
from dicommap.issues.bounded_list import BoundedList, make_bounded_issues
from dicommap.model.instance_values import InstanceReader, read_no_instances
from dicommap.model.item_store import MEMORY, ItemList, ItemStore
from dicommap.overrides.character_set_issues import (
    doubtful_character_set_issues,
    find_undecodable_sources,
    undecodable_source_issues,
    unencodable_value_issues,
)
from dicommap.overrides.doubtful_values import DoubtfulValues
from dicommap.overrides.grouping_table import GroupingTable
from dicommap.overrides.grouping_values import iterate_grouping_values
from dicommap.overrides.image_set_forecast import ImageSetForecaster, build_conflict_issue
from dicommap.overrides.moved_identifiers import MovedIdentifiers
from dicommap.overrides.shared_identifiers import SharedIdentifiers
from dicommap.overrides.study_resolution import resolve_study
from dicommap.overrides.update_edits import EditsNeedingUpdates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from dicommap.edits.edit import Edit
    from dicommap.edits.edit_provider import EditProvider
    from dicommap.edits.edit_result import EditResult
    from dicommap.issues import Location
    from dicommap.model.study import Study
    from dicommap.overrides.attribute_change import AttributeChange
    from dicommap.overrides.grouping_conflicts import GroupingConflict, StudyFileReader
    from dicommap.overrides.image_set_forecast import StudyFileGroups
    from dicommap.overrides.override import Override
    from dicommap.overrides.study_resolution import StudyResolution


def filter_effective_edits(edits: Iterable[Edit], resolution: StudyResolution) -> list[Edit]:
    """Return the edits of a study that changed at least one attribute.

    `resolution` is the result of resolving all `edits`.
    """
    changed = {(change.series_instance_uid, change.sop_instance_uid, change.tag) for change in resolution.changes}
    return [edit for edit in edits if not changed.isdisjoint(edit.scopes())]


def record_changes_and_issues(
    study: str, edits: Iterable[Edit], resolution: StudyResolution, effective_edits: Iterable[Edit]
) -> None:
    """Record the changes and issues of a study's `resolution` in the results of its edits.

    Args:
        study: The Study Instance UID.
        edits: The edits of the study.
        resolution: The resolution of these edits.
        effective_edits: The edits that changed an attribute, see `filter_effective_edits`.

    """
    for edit in effective_edits:
        for edit_result in edit.edit_results:
            edit_result.record(study, EditEffect.CHANGED)
    # Thousands of rules may contradict each other. For each keyword, only one issue of each code and severity is
    # recorded.
    contradictions: dict[str | None, dict[tuple[str, Severity], Issue]] = {}
    for issue in resolution.issues:
        contradictions.setdefault(issue.location.keyword, {})[issue.code, issue.severity] = issue
    for edit in edits if contradictions else ():
        for issue in contradictions.get(keyword_of(edit.tag), {}).values():
            for edit_result in edit.edit_results:
                edit_result.record_issue(study, issue)


_GROUPING_TAGS = STUDY_GROUPING_TAGS | SERIES_GROUPING_TAGS


class GroupingEditCounter:
    """Counter of the studies in which each edit changed a grouping attribute."""

    def __init__(self) -> None:
        self._studies: Counter[tuple[Location, int]] = Counter()

    def add_study(self, effective_edits: Iterable[Edit]) -> None:
        """Count a study for each of its effective edits that changed a grouping attribute."""
        grouping_edits = [(edit.location, edit.tag) for edit in effective_edits if edit.tag in _GROUPING_TAGS]
        if grouping_edits:
            self._studies.update(dict.fromkeys(grouping_edits, 1))  # counts each edit once, in the order of the edits

    def issues(self) -> Iterator[Issue]:
        """Yield a note for each edit that changed a grouping attribute in any study. Call it after the last study."""
        for (location, tag), count in self._studies.items():
            yield make_issue("edit.grouping-attribute", location, keyword=keyword_of(tag), count=count)


@dataclass(slots=True)
class Resolution:
    """The overrides, changes, issues and edit results of all studies."""

    overrides: ItemList[Override] = field(default_factory=ItemList)
    changes: ItemList[AttributeChange] = field(default_factory=ItemList)
    issues: BoundedList[Issue] = field(default_factory=make_bounded_issues)
    edit_results: ItemList[EditResult] = field(default_factory=ItemList)
    conflicts: ItemList[GroupingConflict] = field(default_factory=ItemList)
    file_groups: list[StudyFileGroups] = field(default_factory=list)
    """The groups of files in the first studies whose grouping attributes have several values after the edits."""
    targets: int = 0
    """The number of studies, series and instances with changes of their own."""
    updates: int = 0
    """The number of changes that updates make."""
    grouping: GroupingTable = field(default_factory=GroupingTable)
    """The table grouping.csv: values of the grouping attributes in each series after the edits."""


class _ChecksOfAllStudies:
    """The checks of edits that yield their issues after the last study, because one issue can be about many studies."""

    def __init__(
        self, same_patient: Severity, latest_birth_date: date | None, store: ItemStore, *, uses_updates: bool
    ) -> None:
        """Make the checks without studies. The arguments are those of `resolve_edits`."""
        self._grouping = GroupingEditCounter()
        self._identifiers = SharedIdentifiers(same_patient, store)
        self._moved_identifiers = MovedIdentifiers(same_patient, store)
        self._doubtful_values = DoubtfulValues(latest_birth_date)
        self._update_edits = None if uses_updates else EditsNeedingUpdates()

    def add_study(
        self, study: Study, edits: Sequence[Edit], effective_edits: Sequence[Edit], resolution: StudyResolution
    ) -> None:
        """Add a study with its edits, the edits that changed an attribute, and the resolution of all its edits."""
        self._grouping.add_study(effective_edits)
        # No attribute of these checks is of the instance level.
        of_groups = [change for change in resolution.changes if change.sop_instance_uid is None]
        self._identifiers.add_study(study, of_groups)
        self._moved_identifiers.add_study(study, of_groups)
        self._doubtful_values.add_study(study, effective_edits, of_groups)
        if self._update_edits is not None:
            self._update_edits.add_study(study.study_instance_uid, edits, resolution)

    def issues(self, all_studies: Callable[[], Iterable[Study]]) -> Iterator[Issue]:
        """Yield the issues of all checks. `all_studies` returns the studies again, if a check needs them."""
        yield from self._identifiers.issues(all_studies)
        yield from self._moved_identifiers.issues()
        yield from self._doubtful_values.issues()
        if self._update_edits is not None:
            yield from self._update_edits.issues()
        yield from self._grouping.issues()


def _add_study_resolution(result: Resolution, resolution: StudyResolution) -> None:
    """Add the overrides, changes and issues of one study to the result of all studies."""
    result.targets += len({(change.series_instance_uid, change.sop_instance_uid) for change in resolution.changes})
    result.updates += sum(change.update_reason is not None for change in resolution.changes)
    result.overrides.extend(resolution.overrides)
    result.changes.extend(resolution.changes)
    result.issues += resolution.issues


def resolve_edits(
    studies: Iterable[Study],
    provider: EditProvider,
    files: StudyFileReader,
    reading_issues: BoundedList[Issue] | None = None,
    *,
    all_studies: Callable[[], Iterable[Study]] | None = None,
    same_patient: Severity = Severity.WARNING,
    latest_birth_date: date | None = None,
    store: ItemStore = MEMORY,
    instances: InstanceReader = read_no_instances,
    uses_updates: bool = False,
    is_stored: bool = False,
) -> Resolution:
    """Resolve the edits of all studies. The last issues of the result are about edits without any effect.

    Args:
        studies: The studies of the inventory.
        provider: An object that yields the edits of each study.
        files: A function that returns the files of a study. It is called only if a grouping attribute has several
            values after the edits, or if an edit was computed from an undecodable value.
        reading_issues: Issues from reading the edit files. They are the first issues of the result.
        all_studies: A function that returns the studies again. It is called only if an edit changes an identifier:
            studies without edits may have the same identifier. If it is None, `studies` is read twice.
        same_patient: The severity of issues about identifiers: edits give the same identifier to different patients, or
            move identifiers between studies.
        latest_birth_date: A new PatientBirthDate after this date counts as in the future. None disables this check.
        store: The store that keeps the overrides, changes, edit results and conflicts, and the digests of identifiers.
        instances: A function that returns the instances of a study. It is called only if an edit is for an instance.
        uses_updates: Whether updates may make changes that no override can make. If not, such edits are errors.
        is_stored: Whether the studies are in a data store already. Then updates make all changes.
    """
    result = Resolution(
        overrides=store.make_list(),
        changes=store.make_list(),
        issues=make_bounded_issues() if reading_issues is None else reading_issues,
        edit_results=store.make_list(),
        conflicts=store.make_list(),
    )
    forecaster = ImageSetForecaster(files)
    checks = _ChecksOfAllStudies(same_patient, latest_birth_date, store, uses_updates=uses_updates)
    for study in studies:
        edits = _collect_edits(study, provider, files, result)
        resolution = resolve_study(study, edits, instances, uses_updates=uses_updates, is_stored=is_stored)
        effective_edits = filter_effective_edits(edits, resolution)
        record_changes_and_issues(study.study_instance_uid, edits, resolution, effective_edits)
        checks.add_study(study, edits, effective_edits, resolution)
        _add_study_resolution(result, resolution)
        result.issues += unencodable_value_issues(study, resolution.changes, instances)
        changed = {change.tag for change in resolution.changes}
        result.issues += doubtful_character_set_issues(study, [edit for edit in edits if edit.tag in changed])
        # Image sets are grouped during the import. Updates are made after it.
        by_overrides = [change for change in resolution.changes if change.update_reason is None]
        result.grouping.add_rows(iterate_grouping_values(study, by_overrides, files))
        # Stored image sets are not imported again, so nothing is forecast for them.
        conflicts = [] if is_stored else list(forecaster.find_conflicts(study, by_overrides))
        result.conflicts.extend(conflicts)
        result.issues += map(build_conflict_issue, conflicts)
    result.file_groups += forecaster.file_groups
    result.issues += checks.issues(all_studies or (lambda: studies))
    result.issues += provider.unused_issues()
    result.edit_results.extend(provider.edit_results())
    return result


def _collect_edits(study: Study, provider: EditProvider, files: StudyFileReader, result: Resolution) -> list[Edit]:
    """Return the edits of a study, without the edits that were computed from undecodable values.

    The issues of the provider, and those of the edits that are left out, are added to `result`.
    """
    edits: list[Edit] = []
    for edit_or_issue in provider.edits_for_study(study):
        if isinstance(edit_or_issue, Issue):
            result.issues += [edit_or_issue]
        else:
            edits.append(edit_or_issue)
    sources = find_undecodable_sources(study, edits)
    if sources:
        result.issues += undecodable_source_issues(study, edits, sources, files)
    return [edit for index, edit in enumerate(edits) if index not in sources]
