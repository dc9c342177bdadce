"""Issues of edits if current or new values do not fit the Specific Character Set of the files."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.dicom.character_set_mismatch import describe_character_set_mismatch
from dicommap.dicom.character_sets import find_unencodable_characters, parse_specific_character_set
from dicommap.dicom.dictionary import keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.dicom.printable_text import is_undecodable
from dicommap.issues import Location, make_issue
from dicommap.model.instance_values import InstanceReader, read_no_instances
from dicommap.model.masking import escape_text, find_escapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dicommap.edits.edit import CurrentValue, Edit
    from dicommap.issues import Issue
    from dicommap.model.study import AttributeValues, Series, Study
    from dicommap.overrides.attribute_change import AttributeChange
    from dicommap.overrides.grouping_conflicts import StudyFileReader


_SeriesValue = tuple[str | None, "CurrentValue"]
"""A Series Instance UID, or None for the whole study, and a current value of this series or study."""


def find_undecodable_sources(study: Study, edits: Sequence[Edit]) -> dict[int, CurrentValue]:
    """Find edits whose new value was computed from an undecodable value.

    An edit is found if `Edit.computed_from` has an undecodable value. It is also found if its new value contains the
    escapes that dicommap displays instead of the undecodable bytes of a current value.

    Returns:
        Index of the edit in `edits` -> the undecodable value.
    """
    sources: dict[int, CurrentValue] = {}
    for index, edit in enumerate(edits):
        source = edit.undecodable_source or _find_escaped_source(study, edit)
        if source is not None:
            sources[index] = source
    return sources


def undecodable_source_issues(
    study: Study, edits: Sequence[Edit], sources: dict[int, CurrentValue], files: StudyFileReader
) -> Iterator[Issue]:
    """Yield and record an issue for each edit that was computed from an undecodable value.

    Each issue names a file with the undecodable value.

    Args:
        study: The study of the edits.
        edits: The edits of the study.
        sources: Index of the edit -> the undecodable value, from `find_undecodable_sources`.
        files: A function that returns the files of the study.
    """
    series_values = {(edits[index].target.series_instance_uid, source) for index, source in sources.items()}
    first = _find_files_with_values(study, series_values, files) if series_values else {}
    for index, source in sources.items():
        edit = edits[index]
        series = edit.target.series_instance_uid
        location = replace(
            edit.location,
            keyword=keyword_of(edit.tag),
            study=study.study_instance_uid,
            series=series,
            row=_find_sheet_row_number(edit),
        )
        count = _find_series_or_study(study, series).values.get(source[0], {}).get(source[1], 0)
        issue = make_issue(
            "edit.undecodable-source",
            location,
            keyword=keyword_of(edit.tag),
            source=source[0],
            files=count,
            file=first.get((series, source), "a file"),
        )
        for edit_result in edit.edit_results:
            edit_result.record_issue(study.study_instance_uid, issue)
        yield issue


def _find_sheet_row_number(edit: Edit) -> int | None:
    """Return the number of the row from which an edit comes; None if it does not come from a row."""
    return next((edit_result.row for edit_result in edit.edit_results if edit_result.row is not None), None)


def _find_series_or_study(study: Study, series: str | None) -> Study | Series:
    """Return the series with this UID; the study if it has no such series."""
    return next((member for member in study.series if member.series_instance_uid == series), study)


def _find_escaped_source(study: Study, edit: Edit) -> CurrentValue | None:
    """Return an undecodable current value whose escapes are in the edit's new value; else None."""
    text = text_from_attribute(edit.attribute) or ""
    escapes = find_escapes(text.lower()) if "\\" in text else frozenset()
    if not escapes:
        return None
    values = _find_series_or_study(study, edit.target.series_instance_uid).values
    undecodable = ((keyword, value) for keyword, counts in values.items() for value in counts if is_undecodable(value))
    return next((source for source in undecodable if escapes & find_escapes(escape_text(source[1]))), None)


def _find_files_with_values(
    study: Study, series_values: set[_SeriesValue], files: StudyFileReader
) -> dict[_SeriesValue, str]:
    """Return a dict: pair of a series and a value -> path of the first file in the series that has the value."""
    keywords = tuple(dict.fromkeys(keyword for _, (keyword, _) in sorted(series_values, key=repr)))
    first: dict[_SeriesValue, str] = {}
    for file in files(study.study_instance_uid, keywords):
        for current in zip(keywords, file.values, strict=True):
            for source in ((None, current), (file.series_instance_uid, current)):
                if source in series_values and source not in first:
                    first[source] = f"{file.source.rstrip('/')}/{file.path}"
        if len(first) == len(series_values):
            break
    return first


_CHARACTER_SET_KEYWORD = "SpecificCharacterSet"


def unencodable_value_issues(
    study: Study, changes: Iterable[AttributeChange], instances: InstanceReader = read_no_instances
) -> Iterator[Issue]:
    """Yield an issue for each new value that the character set of some files cannot encode (PS3.5 section 6.1).

    If the inventory did not capture SpecificCharacterSet, yield nothing.

    Args:
        study: The study.
        changes: The changes of the study.
        instances: A function that returns the instances of the study. It is called only for changes of instances.
    """
    by_series = {series.series_instance_uid: series.values for series in study.series}
    by_instance: dict[str, AttributeValues] = {}
    for change in changes:
        text = text_from_attribute(change.after)
        if text is None or text.isascii():
            continue
        values = study.values if change.series_instance_uid is None else by_series[change.series_instance_uid]
        if change.sop_instance_uid is not None:
            by_instance = by_instance or {
                member.sop_instance_uid: member.values for member in instances(study.study_instance_uid)
            }
            values = by_instance.get(change.sop_instance_uid, {})
        files, count = 0, 0
        for declared, having in values.get(_CHARACTER_SET_KEYWORD, {}).items():
            characters = find_unencodable_characters(text, declared)
            if characters:
                files, count = files + having, max(count, len(characters))
        if files:
            keyword = keyword_of(change.tag)
            location = Location(
                keyword=keyword,
                study=change.study_instance_uid,
                series=change.series_instance_uid,
                instance=change.sop_instance_uid,
            )
            yield make_issue("value.undeclared-character", location, keyword=keyword, count=count, files=files)


_CHARACTER_SET = "SpecificCharacterSet"
_NON_ASCII_TEXT = re.compile(r"[^\x00-\x7f]+")


def doubtful_character_set_issues(study: Study, edits: Sequence[Edit]) -> Iterator[Issue]:
    """Yield a warning for each attribute whose new value was computed from a doubtful current value.

    A current value is doubtful if its characters are unlikely in the declared character set. If `computed_from` of an
    edit is empty, the current values that share non-ASCII characters with the new value are checked.
    """
    warned: set[tuple[int, str]] = set()
    for edit in edits:
        members = _select_series(study, edit.target.series_instance_uid)
        sources = edit.computed_from or _find_non_ascii_sources(members, edit)
        for keyword, value in sources:
            reason = None if value.isascii() else _describe_doubtful_value(members, (keyword, value))
            if reason is None or (edit.tag, keyword) in warned:
                continue
            warned.add((edit.tag, keyword))
            location = replace(edit.location, keyword=keyword_of(edit.tag), study=study.study_instance_uid)
            yield make_issue(
                "edit.doubtful-source", location, keyword=keyword_of(edit.tag), source=keyword, reason=reason
            )


def _select_series(study: Study, series: str | None) -> list[Series]:
    """Return the series with this UID; all series of the study if the UID is None."""
    return [member for member in study.series if series in (None, member.series_instance_uid)]


def _describe_doubtful_value(members: list[Series], source: CurrentValue) -> str | None:
    """Return the reason why a current value was probably decoded with the wrong character set, or None.

    Args:
        members: Series of the study. Series without the value are ignored.
        source: The keyword and the current value.
    """
    keyword, value = source
    having = [member.values for member in members if value in member.values.get(keyword, {})]
    declared = dict.fromkeys(terms for values in having for terms in values.get(_CHARACTER_SET, {"": 1}))
    reasons = (describe_character_set_mismatch(value, parse_specific_character_set(terms)) for terms in declared)
    return next((reason for reason in reasons if reason), None)


def _find_non_ascii_sources(members: list[Series], edit: Edit) -> list[CurrentValue]:
    """Return the current values in the series `members` that share non-ASCII characters with the edit's new value."""
    text = text_from_attribute(edit.attribute) or ""
    if text.isascii():
        return []
    return [
        (keyword, value)
        for member in members
        for keyword, counts in member.values.items()
        for value in counts
        if not value.isascii() and any(part in text for part in _NON_ASCII_TEXT.findall(value))
    ]
