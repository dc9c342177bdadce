"""Random edits at all levels: overrides and updates make what the edits ask for, or an issue says why not.

The model is independent of the resolution: it applies each edit to a dict of the values of each instance, and knows
three rules of the data: edits that ask for different values of one attribute contradict each other; an attribute has
one value in all instances of the object that keeps it; and a removed attribute has no value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.dictionary import keyword_of, tag_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.edits.edit import Edit
from dicommap.healthimaging.levels import Level, level_of
from dicommap.model.instance_values import InstanceReader, InstanceValues, group_files_by_instance
from dicommap.model.study import FileValues, Series, Study, Target
from dicommap.overrides.attribute_change import AttributeChange
from dicommap.overrides.study_resolution import StudyResolution, resolve_study
from dicommap.overrides.update_changes import iterate_update_changes
from tests.support.example_counts import examples
from tests.support.studies import attribute

KEYWORDS = ("PatientID", "StudyDescription", "SeriesDescription", "ImageComments", "ContentLabel")
"""Attributes of the patient, study and series level, and two of the instance level."""
STUDY_UID = "1.2"
VALUES = ("", "A", "B", "C")

Place = tuple[str, str]
"""Series and SOP Instance UID."""
Data = dict[Place, dict[str, str]]
"""The values of each instance. The empty text stands for an absent or empty value."""


@st.composite
def data(draw: st.DrawFn) -> Data:
    """Draw a study of up to three series of up to three instances."""
    shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    places = [(f"1.2.{s}", f"1.2.{s}.{i}") for s, count in enumerate(shape, 1) for i in range(1, count + 1)]
    return {place: {keyword: draw(st.sampled_from(VALUES)) for keyword in KEYWORDS} for place in places}


@st.composite
def cases(draw: st.DrawFn) -> tuple[Data, list[Edit], bool]:
    """Draw a study, edits of it at all levels, and whether updates may set attributes of the instance level."""
    values = draw(data())
    series = sorted({uid for uid, _ in values})
    targets = [Target(study_instance_uid=STUDY_UID)]
    targets += [Target(study_instance_uid=STUDY_UID, series_instance_uid=uid) for uid in series]
    targets += [
        Target(study_instance_uid=STUDY_UID, series_instance_uid=uid, sop_instance_uid=instance)
        for uid, instance in values
    ]
    edits = []
    for number in range(draw(st.integers(0, 8))):
        tag, new = attribute(draw(st.sampled_from(KEYWORDS)), draw(st.sampled_from(VALUES[:3])))
        is_removal = draw(st.integers(0, 3)) == 0
        edits.append(
            Edit(
                target=draw(st.sampled_from(targets)),
                tag=tag,
                attribute=None if is_removal else new,
                origin=f"edit {number}",
            )
        )
    return values, edits, draw(st.booleans())


def make_study(values: Data) -> tuple[Study, InstanceReader]:
    """Return the study of the inventory and the reader of its instances."""
    files = [
        FileValues(
            source="/",
            path=instance,
            series_instance_uid=series,
            sop_instance_uid=instance,
            values=tuple(texts[keyword] for keyword in KEYWORDS),
        )
        for (series, instance), texts in values.items()
    ]
    members = []
    for uid in sorted({series for series, _ in values}):
        of_series = [texts for (series, _), texts in values.items() if series == uid]
        counts: dict[str, dict[str, int]] = {keyword: defaultdict(int) for keyword in KEYWORDS}
        for texts in of_series:
            for keyword, text in texts.items():
                counts[keyword][text] += 1
        members.append(
            Series(
                study_instance_uid=STUDY_UID,
                series_instance_uid=uid,
                instances=len(of_series),
                files=len(of_series),
                size=1,
                values=counts,
            )
        )

    def read(uid: str) -> list[InstanceValues]:
        return group_files_by_instance(uid, files, KEYWORDS)

    return Study.from_series(members), read


def is_in(place: Place, series: str | None, instance: str | None) -> bool:
    return series in (None, place[0]) and instance in (None, place[1])


def apply(changes: Iterable[AttributeChange], values: Data) -> tuple[Data, dict[tuple[Place, str], int]]:
    """Return the values after the changes, and how often each value of an instance was set."""
    after = {place: dict(texts) for place, texts in values.items()}
    times: dict[tuple[Place, str], int] = defaultdict(int)
    for change in changes:
        for place in values:
            if is_in(place, change.series_instance_uid, change.sop_instance_uid):
                after[place][keyword_of(change.tag)] = text_from_attribute(change.after) or ""
                times[place, keyword_of(change.tag)] += 1
    return after, times


def asked(values: Data, edits: list[Edit], keyword: str) -> tuple[Data, bool]:
    """Return the values that the edits of an attribute ask for, and whether they contradict each other."""
    wanted: dict[Place, set[str | None]] = defaultdict(set)
    for edit in edits:
        if keyword_of(edit.tag) == keyword:
            for place in values:
                if is_in(place, edit.target.series_instance_uid, edit.target.sop_instance_uid):
                    wanted[place].add(None if edit.attribute is None else text_from_attribute(edit.attribute))
    after = {place: dict(texts) for place, texts in values.items()}
    for place, texts in wanted.items():
        after[place][keyword] = next(iter(texts)) or ""
    return after, any(len(texts) > 1 for texts in wanted.values())


@given(cases())
@examples(3000)
def test_overrides_and_updates_make_what_the_edits_ask_for(case: tuple[Data, list[Edit], bool]) -> None:
    values, edits, uses_updates = case
    study, read = make_study(values)
    resolution = resolve_study(study, edits, read, uses_updates=uses_updates)
    after, _ = apply(resolution.changes, values)
    refused = {issue.location.keyword: issue.code for issue in resolution.issues}
    for keyword in KEYWORDS:
        expected, contradicts = asked(values, edits, keyword)
        if contradicts:
            assert refused[keyword] == "edit.contradiction"
        elif keyword in refused:
            # An attribute that instances share, or a removal from only a part of a study.
            assert refused[keyword] == "edit.update-level"
            level = level_of(tag_of(keyword) or 0)
            assert level is not Level.INSTANCE
            changed = {place for place in values if expected[place][keyword] != values[place][keyword]}
            assert changed
        else:
            assert {place: texts[keyword] for place, texts in after.items()} == {
                place: texts[keyword] for place, texts in expected.items()
            }
    _check_that_each_change_has_one_carrier(resolution, values, read, after)


def _check_that_each_change_has_one_carrier(
    resolution: StudyResolution, values: Data, read: InstanceReader, after: Data
) -> None:
    """Check that overrides and updates never set the same attribute of an instance, and that both together set all."""
    by_overrides = {
        (place, keyword_of(int(tag, 16)))
        for override in resolution.overrides
        for tag in override.data_set
        for place in values
        if is_in(place, override.series_instance_uid, None)
    }
    divided = list(iterate_update_changes(resolution.changes, read))
    made, times = apply(divided, values)
    assert not by_overrides & times.keys()
    # Each change that is divided is for the object that keeps the attribute.
    for change in divided:
        level = level_of(change.tag)
        if level is Level.INSTANCE:
            assert change.sop_instance_uid is not None
        elif level is Level.SERIES:
            assert change.sop_instance_uid is None
            assert change.series_instance_uid is not None
        else:
            assert change.series_instance_uid is None
    for place, texts in after.items():
        for keyword, text in texts.items():
            if (place, keyword) not in by_overrides:
                assert made[place][keyword] == text
    assert all(count == 1 for count in times.values())


@given(cases())
@examples(500)
def test_the_order_of_edits_does_not_matter(case: tuple[Data, list[Edit], bool]) -> None:
    values, edits, uses_updates = case
    study, read = make_study(values)

    def summarize(given_edits: list[Edit]) -> tuple[object, object]:
        resolution = resolve_study(study, given_edits, read, uses_updates=uses_updates)
        changes = {
            (change.series_instance_uid, change.sop_instance_uid, change.tag, str(change.after), change.update_reason)
            for change in resolution.changes
        }
        return changes, {(issue.code, issue.location.keyword) for issue in resolution.issues}

    assert summarize(edits) == summarize(edits[::-1])
