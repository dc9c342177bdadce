"""Find new values that are probably wrong: values outside a closed list of DICOM, and birth dates after the study.

Such a value is valid for its value representation, so it is not refused. There is one issue for each edit, such as a
rule or a column of a sheet, even if it changes many studies.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicommap.dicom.defined_terms import find_violated_value_list
from dicommap.dicom.dictionary import keyword_of, tag_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.issues import Location, make_issue
from dicommap.overrides.affected_studies import AffectedStudies
from dicommap.overrides.shared_identifiers import (
    group_old_by_new_values,
    map_texts_after_edits,
    normalize_identity_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from dicommap.edits.edit import Edit
    from dicommap.issues import Issue
    from dicommap.model.study import Study
    from dicommap.overrides.attribute_change import AttributeChange

_BIRTH_DATE = tag_of("PatientBirthDate")


class DoubtfulValues:
    """Collector of the edits that set probably wrong values, and of the studies with these edits."""

    def __init__(self, latest_birth_date: date | None = None) -> None:
        """Make a collector without edits.

        A birth date after `latest_birth_date` counts as in the future. None disables this check.
        """
        self._latest = "" if latest_birth_date is None else latest_birth_date.strftime("%Y%m%d").rjust(8, "0")
        self._unlisted: dict[tuple[Location, int], AffectedStudies] = {}
        self._birth_dates: dict[tuple[Location, str], AffectedStudies] = {}

    def add_study(self, study: Study, edits: Iterable[Edit], changes: Sequence[AttributeChange]) -> None:
        """Add a study with its changes and the edits that made them."""
        uid = study.study_instance_uid
        unlisted: dict[tuple[Location, int], None] = {}
        birth_dates: dict[tuple[Location, str], None] = {}
        for edit in edits:
            if edit.attribute is not None and find_violated_value_list(edit.tag, edit.attribute) is not None:
                unlisted[edit.location, edit.tag] = None
            problem = self._describe_birth_date_problem(study, edit, changes) if edit.tag == _BIRTH_DATE else None
            if problem is not None:
                birth_dates[edit.location, problem] = None
        for key in unlisted:
            self._unlisted.setdefault(key, AffectedStudies()).add_study(uid)
        for date_key in birth_dates:
            self._birth_dates.setdefault(date_key, AffectedStudies()).add_study(uid)

    def issues(self) -> Iterator[Issue]:
        """Yield an issue for each edit with a probably wrong value. Call it after the last study."""
        for (location, tag), studies in self._unlisted.items():
            place = replace(location, keyword=keyword_of(tag))
            yield make_issue("edit.unlisted-value", place, keyword=keyword_of(tag), studies=str(studies))
        for (location, problem), studies in self._birth_dates.items():
            yield make_issue(
                "edit.birth-date", replace(location, keyword="PatientBirthDate"), problem=problem, studies=str(studies)
            )

    def _describe_birth_date_problem(self, study: Study, edit: Edit, changes: Sequence[AttributeChange]) -> str | None:
        """Return the reason why the new birth date of an edit is probably wrong; None if it is not."""
        birth_date = text_from_attribute(edit.attribute)
        if not birth_date:
            return None
        after = map_texts_after_edits(changes)
        study_dates = (
            normalize_identity_value("PatientBirthDate", text)[0]
            for series in study.series
            for text in group_old_by_new_values(series, "StudyDate", after)
        )
        # A value that is not YYYYMMDD is not compared, because its date is not known.
        if any(len(text) == len("YYYYMMDD") and text.isdecimal() and birth_date > text for text in study_dates):
            return "after the StudyDate"
        return "in the future" if self._latest and birth_date > self._latest else None
