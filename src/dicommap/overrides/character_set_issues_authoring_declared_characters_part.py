"""New values against the Specific Character Set that the files of their study or series declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.dicom.character_sets import unencodable_characters
from dicommap.dicom.dictionary_model_tags_part import keyword_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.issues import Location, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicommap.issues import Issue
    from dicommap.model.study import Study
    from dicommap.overrides.study_resolution import AttributeChange

_CHARACTER_SET_KEYWORD = "SpecificCharacterSet"


def unencodable_value_issues(study: Study, changes: Iterable[AttributeChange]) -> Iterator[Issue]:
    """Find new values with characters that some files of their target declare no room for (PS3.5 section 6.1).

    An inventory that does not hold SpecificCharacterSet gives no findings.
    """
    by_series = {series.series_instance_uid: series.values for series in study.series}
    for change in changes:
        text = text_from_attribute(change.after)
        if text is None or text.isascii():
            continue
        values = study.values if change.series_instance_uid is None else by_series[change.series_instance_uid]
        files, count = 0, 0
        for declared, having in values.get(_CHARACTER_SET_KEYWORD, {}).items():
            characters = unencodable_characters(text, declared)
            if characters:
                files, count = files + having, max(count, len(characters))
        if files:
            keyword = keyword_of(change.tag)
            place = Location(keyword=keyword, study=change.study_instance_uid, series=change.series_instance_uid)
            yield make_issue("value.undeclared-character", place, keyword=keyword, count=count, files=files)
