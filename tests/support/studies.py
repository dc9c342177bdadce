"""Studies, series and edits without an inventory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from dicommap.dicom.dictionary import tag_of
from dicommap.dicom.json_model import Attribute, attribute_from_text
from dicommap.edits.edit import Edit
from dicommap.issues import Location
from dicommap.model.instance_values import InstanceReader, group_files_by_instance
from dicommap.model.study import FileValues, Series, Study, Target
from dicommap.overrides.grouping_conflicts import StudyFileReader

KEYWORDS = ("PatientID", "PatientName", "StudyDate", "AccessionNumber", "Modality", "SeriesDescription")


def series(study_uid: str, uid: str, **values: str | Mapping[str, int]) -> Series:
    """Return a series. A text is the value of all files, of which there are two; a mapping is value -> files."""
    files = max((sum(counts.values()) for counts in values.values() if not isinstance(counts, str)), default=2)
    given: dict[str, Mapping[str, int]] = {keyword: {"": files} for keyword in KEYWORDS}
    given |= {keyword: {value: files} if isinstance(value, str) else value for keyword, value in values.items()}
    return Series(
        study_instance_uid=study_uid, series_instance_uid=uid, instances=files, files=files, size=100, values=given
    )


def study(*members: Mapping[str, Any], uid: str = "1.2") -> Study:
    """Return a study; each argument has the values of one series, whose UIDs are 1.2.1, 1.2.2 and so on."""
    return Study.from_series(series(uid, f"{uid}.{number}", **values) for number, values in enumerate(members, start=1))


def attribute(keyword: str, text: str) -> tuple[int, Attribute]:
    """Return the tag of a keyword, and the DICOM JSON attribute of a text."""
    tag = tag_of(keyword)
    assert tag is not None
    found = attribute_from_text(tag, text, Location())
    assert isinstance(found, dict)
    return tag, found


def edit(keyword: str, text: str, series_uid: str | None = None, *, origin: str = "a cause", uid: str = "1.2") -> Edit:
    """Return an edit that sets an attribute of a study, or of one series, to a constant."""
    tag, found = attribute(keyword, text)
    target = Target(study_instance_uid=uid, series_instance_uid=series_uid)
    return Edit(target=target, tag=tag, attribute=found, origin=origin, can_be_shown=True)


def instances_of(*studies: Study) -> InstanceReader:
    """Return a function that returns the instances of a study with their values of KEYWORDS."""
    files = files_of(*studies)
    return lambda uid: group_files_by_instance(uid, files(uid, KEYWORDS), KEYWORDS)


def files_of(*studies: Study) -> StudyFileReader:
    """Return a function that yields the values of each file of a study."""

    def of_study(uid: str, keywords: Sequence[str]) -> Iterator[FileValues]:
        (found,) = (one for one in studies if one.study_instance_uid == uid)
        for member in found.series:
            columns = [
                chain.from_iterable(
                    repeat(value, files) for value, files in member.values.get(keyword, {"": member.files}).items()
                )
                for keyword in keywords
            ]
            for number, values in enumerate(zip(*columns, strict=True), start=1):
                series_uid = member.series_instance_uid
                yield FileValues(
                    source="/one",
                    path=f"{series_uid}/{number}",
                    series_instance_uid=series_uid,
                    sop_instance_uid=f"{series_uid}.{number}",
                    values=values,
                )

    return of_study
