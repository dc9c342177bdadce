"""Edits that give an attribute the same value in all files of a study or series: the most frequent value.

If another edit sets the attribute in a study or series, the attribute is not harmonized in this study or series.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.dictionary import tag_of
from dicommap.dicom.json_model import attribute_from_text
from dicommap.dicom.person_name_comparison import merge_counts_of_equal_names
from dicommap.dicom.printable_text import is_undecodable
from dicommap.edits.edit import NOT_COMPUTED_ATTRIBUTE, Edit
from dicommap.edits.edit_result import EditEffect, EditResult, record_and_yield_issues
from dicommap.healthimaging.levels import Level, level_of
from dicommap.healthimaging.overridable_attributes import override_keyword_issues, unknown_keyword_issues
from dicommap.issues import Issue, Location, make_issue
from dicommap.issues.wording import format_count
from dicommap.model.masking import is_never_masked
from dicommap.model.study import find_most_frequent_value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dicommap.model.study import Study, Target, ValueCounts

EditedAttribute = tuple[str | None, int]
"""The Series Instance UID (None for the whole study) and the tag of an edited attribute."""


def harmonize_issues(keyword: str, captured: tuple[str, ...]) -> Iterator[Issue]:
    """Yield an issue for each reason why an attribute can never be harmonized.

    Args:
        keyword: The keyword of the attribute, as the user typed it.
        captured: The keywords of the attributes that the inventory has captured.

    """
    location = Location(keyword=keyword)
    if tag_of(keyword) is None:
        yield from unknown_keyword_issues(keyword, location, is_option=True)
        return
    yield from override_keyword_issues(keyword, location)
    if keyword not in captured:
        yield make_issue("harmonize.not-captured", location, keyword=keyword)


class HarmonizeEdits:
    """Provider of the edits that harmonize one attribute. Pass it each study once, after all other providers."""

    def __init__(self, keyword: str) -> None:
        """Make the provider for a keyword. Call it only if `harmonize_issues` yields no issue for the keyword."""
        self._keyword = keyword
        self._tag = tag_of(keyword) or 0
        self._by_series = level_of(self._tag) is Level.SERIES
        self._edit_result = EditResult(source=f"harmonize {keyword}")

    def edits_for_study(
        self, study: Study, edited_attributes: Collection[EditedAttribute] = ()
    ) -> Iterator[Edit | Issue]:
        """Yield the edits that harmonize the attribute in a study, and issues in place of edits that are not possible.

        Attributes of the series level are harmonized in each series, all others in the whole study.

        Args:
            study: The study.
            edited_attributes: The attributes that other edits of the study set. They are not harmonized.

        """
        yield from record_and_yield_issues(
            self._edit_result, study.study_instance_uid, self._make_edits(study, edited_attributes)
        )

    def unused_issues(self) -> Iterator[Issue]:
        """Yield an issue if the attribute had only one value in each study or series. Call it after the last study."""
        if not self._edit_result.is_used:
            yield make_issue("harmonize.unused", Location(keyword=self._keyword), keyword=self._keyword)

    def edit_results(self) -> Iterator[EditResult]:
        """Yield the edit result of the keyword. Call it after the last study."""
        self._edit_result.finish_study()
        yield self._edit_result

    def _make_edits(self, study: Study, edited_attributes: Collection[EditedAttribute]) -> Iterator[Edit | Issue]:
        """Yield the edits for the study, or for its series, whose files have several values of the attribute.

        If another edit sets the attribute (`edited_attributes`), there is no edit.
        """
        for group in study.series if self._by_series else (study,):
            target, counts = group.target, merge_counts_of_equal_names(self._keyword, group.values[self._keyword])
            if len(counts) < 2:
                continue
            self._edit_result.record(study.study_instance_uid, EditEffect.REACHED)
            if not {(None, self._tag), (target.series_instance_uid, self._tag)} & set(edited_attributes):
                yield from self._make_most_frequent_value_edit(target, counts)

    def _make_most_frequent_value_edit(self, target: Target, counts: ValueCounts) -> Iterator[Edit | Issue]:
        """Yield the edit that sets the most frequent value, or an issue if two values are equally frequent."""
        location = Location(keyword=self._keyword, study=target.study_instance_uid, series=target.series_instance_uid)
        value = find_most_frequent_value(counts)
        if value is None:
            files = max(files for value, files in counts.items() if value)
            yield make_issue("harmonize.tie", location, keyword=self._keyword, files=files)
            return
        attribute = NOT_COMPUTED_ATTRIBUTE if is_undecodable(value) else attribute_from_text(self._tag, value, location)
        if isinstance(attribute, list):
            yield from attribute
            return
        origin = f"{self._edit_result}: the value of {counts[value]} of {format_count(sum(counts.values()), 'file')}"
        yield Edit(
            target=target,
            tag=self._tag,
            attribute=attribute,
            origin=origin,
            location=Location(keyword=self._keyword),
            edit_results=(self._edit_result,),
            computed_from=((self._keyword, value),),
            can_be_shown=is_never_masked(self._keyword, value),
        )
