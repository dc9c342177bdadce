"""Edits whose new value was computed from a value that could not be decoded: each becomes an issue."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.dicom.dictionary_model_tags_part import keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.dicom.printable_text import is_undecodable
from dicommap.issues import make_issue
from dicommap.model.masking_model_visible_part import escape_text, find_escapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicommap.edits.edit import CurrentValue, Edit
    from dicommap.issues import Issue
    from dicommap.model.study import Series, Study
    from dicommap.overrides.grouping_conflicts import StudyFileReader

_SeriesValue = tuple[str | None, "CurrentValue"]
"""A series, None for the whole study, and a current value there."""


def find_undecodable_sources(study: Study, edits: Sequence[Edit]) -> dict[int, CurrentValue]:
    """Return the undecodable value that an edit's new value was computed from, by the index of the edit.

    That is what the edit says itself. An edit whose new value holds the escapes with which an undecodable value of its
    target is shown was computed from what was shown, whatever it says.
    """
    found: dict[int, CurrentValue] = {}
    for index, edit in enumerate(edits):
        source = edit.undecodable_source or _find_escaped_source(study, edit)
        if source is not None:
            found[index] = source
    return found


def undecodable_source_issues(
    study: Study, edits: Sequence[Edit], sources: dict[int, CurrentValue], files: StudyFileReader
) -> Iterator[Issue]:
    """Yield an issue for each of these edits, with a file that has the undecodable value; note it in the accounts."""
    asked = {(edits[index].target.series_instance_uid, source) for index, source in sources.items()}
    first = _find_first_files(study, asked, files) if asked else {}
    for index, source in sources.items():
        edit = edits[index]
        series = edit.target.series_instance_uid
        place = replace(
            edit.place,
            keyword=keyword_of(edit.tag),
            study=study.study_instance_uid,
            series=series,
            row=_find_row_number(edit),
        )
        count = _find_target(study, series).values.get(source[0], {}).get(source[1], 0)
        found = make_issue(
            "edit.undecodable-source",
            place,
            keyword=keyword_of(edit.tag),
            source=source[0],
            have="1 file has" if count == 1 else f"{count:,} files have",
            file=first.get((series, source), "a file"),
        )
        for account in edit.accounts:
            account.record_issue(study.study_instance_uid, found)
        yield found


def _find_row_number(edit: Edit) -> int | None:
    return next((account.row for account in edit.accounts if account.row is not None), None)


def _find_target(study: Study, series: str | None) -> Study | Series:
    return next((one for one in study.series if one.series_instance_uid == series), study)


def _find_escaped_source(study: Study, edit: Edit) -> CurrentValue | None:
    text = text_from_attribute(edit.attribute) or ""
    escapes = find_escapes(text.lower()) if "\\" in text else frozenset()
    if not escapes:
        return None
    values = _find_target(study, edit.target.series_instance_uid).values
    undecodable = ((keyword, value) for keyword, counts in values.items() for value in counts if is_undecodable(value))
    return next((source for source in undecodable if escapes & find_escapes(escape_text(source[1]))), None)


def _find_first_files(study: Study, asked: set[_SeriesValue], files: StudyFileReader) -> dict[_SeriesValue, str]:
    """Return the first file that has each of these values."""
    keywords = tuple(dict.fromkeys(keyword for _, (keyword, _) in sorted(asked, key=repr)))
    first: dict[_SeriesValue, str] = {}
    for file in files(study.study_instance_uid, keywords):
        for current in zip(keywords, file.values, strict=True):
            for source in ((None, current), (file.series_instance_uid, current)):
                if source in asked and source not in first:
                    first[source] = f"{file.source.rstrip('/')}/{file.path}"
        if len(first) == len(asked):
            break
    return first
