"""Edits from Python functions that take a study or series and return new values.

A function can read a value that could not be decoded. It can then drop, replace or compare the undecodable bytes, and
return a text that looks correct. So if a function has read an undecodable value of a study or series, all edits that it
returns for this study or series are refused. Counting values and iterating over keywords is not reading values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from dicommap.dicom.dictionary import tag_of, vrs_of
from dicommap.dicom.json_model import attribute_from_text
from dicommap.dicom.keywords import mask_unless_attribute
from dicommap.dicom.member_names import mask_unknown_type
from dicommap.dicom.printable_text import is_undecodable
from dicommap.edits.edit import NOT_COMPUTED_ATTRIBUTE, REMOVE, Edit, Removal
from dicommap.edits.edit_result import EditEffect, EditResult, record_and_yield_issues
from dicommap.edits.unusable_texts import python_text_issues
from dicommap.errors import UsageError
from dicommap.healthimaging.overridable_attributes import edit_keyword_issues
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.instance_values import InstanceReader, InstanceValues, read_no_instances
from dicommap.model.study import Series, Study

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.dicom.json_model import Attribute
    from dicommap.edits.edit import CurrentValue
    from dicommap.model.study import AttributeValues, Target, ValueCounts

UndecodableReads = dict["CurrentValue", None]
"""The undecodable values that a function has read, each with its keyword, in the order of reading.

It is a dict whose values are None, used as an ordered set.
"""


class RecordingCounts(Mapping[str, int]):
    """A mapping of the values of one attribute to numbers of files. It records when undecodable values are read.

    It is equal to a dict with the same items.
    """

    __slots__ = ("_counts", "_keyword", "_seen")

    def __init__(self, keyword: str, counts: ValueCounts, reads: UndecodableReads) -> None:
        self._keyword = keyword
        self._counts = counts
        self._seen = reads

    def __getitem__(self, value: str) -> int:
        # The values are recorded before the access, because a KeyError also tells the function that a value is absent.
        self._record_undecodable_values()
        return self._counts[value]

    def __iter__(self) -> Iterator[str]:
        self._record_undecodable_values()
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def _record_undecodable_values(self) -> None:
        for value in self._counts:
            if is_undecodable(value):
                self._seen[self._keyword, value] = None


_SeriesOrInstance = TypeVar("_SeriesOrInstance", Series, InstanceValues)


def make_recording_study(study: Study) -> tuple[Study, UndecodableReads]:
    """Return a copy of a study that records when a function reads undecodable values.

    Returns:
        The copy, and a dict to which each undecodable value is added when it is read.
    """
    reads: UndecodableReads = {}
    if not any(map(_has_undecodable_value, study.values.values())):
        return study, reads
    members = tuple(replace(member, values=_make_recording_values(member.values, reads)) for member in study.series)
    return replace(study, series=members, values=_make_recording_values(study.values, reads)), reads


def make_recording_copy(group: _SeriesOrInstance) -> tuple[_SeriesOrInstance, UndecodableReads]:
    """Return a copy of a series or instance that records when a function reads undecodable values.

    Returns:
        The copy, and a dict to which each undecodable value is added when it is read.
    """
    reads: UndecodableReads = {}
    if not any(map(_has_undecodable_value, group.values.values())):
        return group, reads
    return replace(group, values=_make_recording_values(group.values, reads)), reads


def _make_recording_values(values: AttributeValues, reads: UndecodableReads) -> AttributeValues:
    """Return the values of a study, series or instance, so that reads of undecodable values are added to `reads`."""
    return {
        keyword: RecordingCounts(keyword, counts, reads) if _has_undecodable_value(counts) else counts
        for keyword, counts in values.items()
    }


def _has_undecodable_value(counts: ValueCounts) -> bool:
    """Return whether one of the values of an attribute is undecodable."""
    return any(map(is_undecodable, counts))


NewTexts = Mapping[str, "str | Removal"]
"""Keyword -> new value as text, or `REMOVE` if the attribute is removed."""

StudyFunction = Callable[[Study], NewTexts | None]
"""A function that returns the new values of a study. None or {} means no change."""

SeriesFunction = Callable[[Series], NewTexts | None]
"""A function that returns the new values of a series. None or {} means no change."""

InstanceFunction = Callable[[InstanceValues], NewTexts | None]
"""A function that returns the new values of an instance. None or {} means no change."""


class FunctionEdits:
    """Provider of the edits that a Python function returns. Exceptions of the function are not caught."""

    def __init__(
        self,
        *,
        by_study: StudyFunction | None = None,
        by_series: SeriesFunction | None = None,
        by_instance: InstanceFunction | None = None,
        instances: InstanceReader = read_no_instances,
    ) -> None:
        """Make the provider of one function.

        Args:
            by_study: The function if it takes a study; else None.
            by_series: The function if it takes a series; else None.
            by_instance: The function if it takes an instance; else None.
            instances: A function that returns the instances of a study. It is called only for `by_instance`.

        Raises:
            UsageError: The function is not callable.

        """
        function = by_study or by_series or by_instance
        if not callable(function):
            raise UsageError(
                "by_study, by_series and by_instance must be functions.",
                fix="Give a function, such as inventory.find(...).edit(PatientID='P-1') makes.",
            )
        self._by_study = by_study
        self._by_series = by_series
        self._by_instance = by_instance
        self._instances = instances
        self._name = getattr(function, "__name__", "function")
        self._edit_result = EditResult(source=f"function {self._name}")
        self._origin = str(self._edit_result)
        self._reported: set[str] = set()
        """Keywords that no override can set. Their issues have been yielded, and are not yielded again."""

    def edits_for_study(self, study: Study) -> Iterator[Edit | Issue]:
        """Yield the edits that the function returns for a study or its series, and the issues of wrong values."""
        yield from record_and_yield_issues(self._edit_result, study.study_instance_uid, self._call_function(study))

    def unused_issues(self) -> Iterator[Issue]:
        """Yield an issue if the function returned no new value for any study. Call it after the last study."""
        if not self._edit_result.is_used:
            subject = "The function returned values for"
            yield make_issue("rules.unused", Location(rule=self._name), subject=subject)

    def edit_results(self) -> Iterator[EditResult]:
        """Yield the edit result of the function. Call it after the last study."""
        self._edit_result.finish_study()
        yield self._edit_result

    def _call_function(self, study: Study) -> Iterator[Edit | Issue]:
        """Call the function for the study or for each of its series, and yield its edits."""
        if self._by_study is not None:
            recorded_study, reads = make_recording_study(study)
            yield from self._make_edits(study, self._by_study(recorded_study), reads)
        if self._by_series is not None:
            for series in study.series:
                recorded_series, reads = make_recording_copy(series)
                yield from self._make_edits(series, self._by_series(recorded_series), reads)

        if self._by_instance is not None:
            for instance in self._instances(study.study_instance_uid):
                recorded_instance, reads = make_recording_copy(instance)
                yield from self._make_edits(instance, self._by_instance(recorded_instance), reads)

    def _make_edits(
        self, edited: Study | Series | InstanceValues, values: NewTexts | None, reads: Collection[CurrentValue]
    ) -> Iterator[Edit | Issue]:
        """Yield an edit for each value that a function returned, or the issues of the value.

        Args:
            edited: The study, series or instance for which the function was called.
            values: The returned value.
            reads: The undecodable values that the function has read.

        """
        target = edited.target
        for keyword, text in self._require_texts_by_keyword(target, values).items():
            self._edit_result.record(target.study_instance_uid, EditEffect.REACHED)
            keyword_location = Location(rule=self._name, keyword=keyword)
            refused = edit_keyword_issues(keyword, target.level, keyword_location, is_removal=text is REMOVE)
            if refused:
                # The keyword has the same error in every study, so its issue is yielded only once.
                self._edit_result.record(target.study_instance_uid, EditEffect.REFUSED)
                yield from () if keyword in self._reported else refused
                self._reported.add(keyword)
                continue
            attribute: Attribute | list[Issue] | None = NOT_COMPUTED_ATTRIBUTE
            if isinstance(text, Removal):
                attribute = None
            elif not reads:
                location = replace(
                    keyword_location,
                    study=target.study_instance_uid,
                    series=target.series_instance_uid,
                    instance=target.sop_instance_uid,
                )
                attribute = _parse_returned_text(keyword, text, location, edited.values.get(keyword, {}))
            if isinstance(attribute, list):
                yield from attribute
            else:
                yield self._make_edit(target, keyword_location, attribute, reads)

    def _make_edit(
        self, target: Target, location: Location, attribute: Attribute | None, reads: Collection[CurrentValue]
    ) -> Edit:
        """Return the edit that gives an attribute a new value, or removes it. `location` has its keyword."""
        return Edit(
            target=target,
            tag=tag_of(location.keyword or "") or 0,
            attribute=attribute,
            origin=self._origin,
            location=location,
            edit_results=(self._edit_result,),
            computed_from=tuple(reads),
        )

    def _require_texts_by_keyword(self, target: Target, values: object) -> NewTexts:
        """Return the new texts that a function returned. Raises UsageError if the returned value has another type."""
        texts = {} if values is None else values
        if not isinstance(texts, Mapping):
            raise self._make_return_value_error(target, f"returned a value of type {mask_unknown_type(type(texts))}")
        for keyword, text in texts.items():
            if not isinstance(keyword, str):
                raise self._make_return_value_error(
                    target, f"returned a keyword of type {mask_unknown_type(type(keyword))}"
                )
            if not isinstance(text, str | Removal):
                what = f"a value of type {mask_unknown_type(type(text))} for {mask_unless_attribute(keyword)}"
                raise self._make_return_value_error(target, f"returned {what}")
        return texts

    def _make_return_value_error(self, target: Target, problem: str) -> UsageError:
        series = f", series {target.series_instance_uid}" if target.series_instance_uid else ""
        instance = f", instance {target.sop_instance_uid}" if target.sop_instance_uid else ""
        return UsageError(
            f"The function {self._name} did not return texts by keyword: for study {target.study_instance_uid}{series}"
            f"{instance} it {problem}.",
            fix="Return a mapping such as {'PatientID': 'P-1'}; an empty text empties the attribute, and "
            "dicommap.REMOVE removes it.",
        )


def _parse_returned_text(keyword: str, text: str, location: Location, current: ValueCounts) -> Attribute | list[Issue]:
    """Parse the text that a function returned. Return the attribute, or the issues if the text is refused.

    For example, a PatientID such as `nan` or `12345.0` is refused: it probably comes from a table that pandas read.

    Args:
        keyword: The keyword of the attribute.
        text: The text.
        location: The location of the issues.
        current: The current values of the attribute. A text that is one of them is not refused.

    """
    tag = tag_of(keyword) or 0
    if is_undecodable(text):
        what = "a byte that could not be decoded, or U+FFFD in its place"
        return [make_issue("value.characters", location, keyword=keyword, vr=" or ".join(vrs_of(tag)), what=what)]
    issues = [] if text in current else python_text_issues(tag, text, location, current)
    return issues or attribute_from_text(tag, text, location)
