"""Random edits at all levels: overrides and updates together store exactly the edits, and change nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dicommap.dicom.dictionary import hex_of, keyword_of, tag_of, vrs_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.edits.edit import Edit
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.levels import Level, level_of
from dicommap.healthimaging.limits import MAX_UPDATE_BYTES
from dicommap.healthimaging.override_questions import OverrideAnswers
from dicommap.model.instance_values import InstanceValues
from dicommap.model.study import Series, Study, Target
from dicommap.overrides.override_file import dump_override
from dicommap.overrides.study_resolution import StudyResolution, resolve_study
from dicommap.overrides.update_changes import iterate_update_changes
from dicommap.testing import Behaviour, ImageSet, ImportedInstance
from dicommap.testing.faults import FaultQueue
from dicommap.testing.image_set_changes import ImageSetChangeHandlers
from dicommap.testing.image_set_metadata import build_image_set_metadata
from dicommap.testing.image_sets import ImageSets
from dicommap.testing.override_attributes import apply_attributes, select_attributes
from dicommap.updates.update import Update, dump_update, update_from_json
from dicommap.updates.update_builder import build_updates, find_update_issues
from dicommap.validation.update_check import check_update
from dicommap.verification.stored_metadata import read_stored_image_set
from dicommap.verification.update_decision import decide_necessary_requests
from tests.support.example_counts import examples

STUDY, STORE = "1.2", "0" * 32
DEFAULT = Assumptions()
texts = st.text("ab é山=^ \"'", min_size=1, max_size=8).map(lambda text: f"x{text}x")
names = st.lists(st.text("ab é山", min_size=1, max_size=4).map(lambda text: f"x{text}x"), min_size=1, max_size=3).map(
    lambda groups: dict(zip(("Alphabetic", "Ideographic", "Phonetic"), groups, strict=False))
)
codes = st.text("AB", min_size=1, max_size=3)
items = st.fixed_dictionaries(
    {"00080100": st.fixed_dictionaries({"vr": st.just("SH"), "Value": st.lists(codes, min_size=1, max_size=1)})},
    optional={"00080104": st.just({"vr": "LO"})},
)


def attribute(vr: str, values: st.SearchStrategy[Any], most: int = 1) -> st.SearchStrategy[Any]:
    filled = st.lists(values, min_size=1, max_size=most).map(lambda found: {"vr": vr, "Value": found})
    return st.just({"vr": vr}) | filled


ATTRIBUTES: dict[str | int, st.SearchStrategy[Any]] = {
    "PatientName": attribute("PN", names),
    "PatientComments": attribute("LT", texts),
    "OtherPatientNames": attribute("PN", names, 3),
    "AccessionNumber": attribute("SH", codes),
    "StudyDescription": attribute("LO", texts),
    "PatientWeight": attribute("DS", st.sampled_from(["70", "70.50"])),
    "AdmittingDiagnosesDescription": attribute("LO", codes, 3),
    "SeriesDescription": attribute("LO", texts),
    "OperatorsName": attribute("PN", names, 2),
    "SeriesDescriptionCodeSequence": attribute("SQ", items, 2),
    "ImageComments": attribute("LT", texts | st.just("long" * 2000)),
    "ImageType": attribute("CS", codes, 3),
    "AcquisitionNumber": attribute("IS", st.sampled_from(["1", "20"])),
    "ContentDate": attribute("DA", st.sampled_from(["20200101", "20210101"])),
    "WindowCenter": attribute("DS", st.sampled_from(["40", "-1.5"]), 2),
    0x00190010: attribute("LO", st.just("ACME")),
    0x00191001: attribute("LO", texts),
}
TAGS = {(tag_of(name) if isinstance(name, str) else name) or 0: values for name, values in ATTRIBUTES.items()}

CAPTURED_TAGS = [tag for tag in TAGS if vrs_of(tag) not in ((), ("SQ",))]
"""Tags of the attributes that an inventory can have. It has no sequences and no private elements."""

DataSets = dict[str, dict[str, dict[str, Any]]]
"""Series Instance UID -> SOP Instance UID -> data set."""


@dataclass(frozen=True)
class Case:
    """The data sets of a study, and edits that do not contradict each other."""

    data_sets: DataSets
    edits: list[Edit] = field(default_factory=list)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    counts = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    uids = {f"1.2.{number}": [f"1.2.{number}.{index}" for index in range(count)] for number, count in enumerate(counts)}
    shared: dict[tuple[int, str | None], Any] = {}

    def source_value(tag: int, series: str) -> Any:
        level = level_of(tag)
        value = st.none() | TAGS[tag]
        if level is Level.INSTANCE:
            return draw(value)
        place = (tag, series if level is Level.SERIES else None)
        if place not in shared:
            shared[place] = draw(value)
        return shared[place]

    data_sets: DataSets = {}
    for series, instances in uids.items():
        for instance in instances:
            values = {hex_of(tag): source_value(tag, series) for tag in TAGS}
            values |= {
                hex_of(tag): {"vr": "UI", "Value": [uid]}
                for tag, uid in ((0x0020000D, STUDY), (0x0020000E, series), (0x00080018, instance))
            }
            data_sets.setdefault(series, {})[instance] = {tag: value for tag, value in values.items() if value}
    return Case(data_sets, [edit for tag in TAGS for edit in draw(edits_of(tag, uids))])


def edits_of(tag: int, uids: Mapping[str, list[str]]) -> st.SearchStrategy[list[Edit]]:
    """Return edits of an attribute for the study, for some series, or for some instances; often none."""
    targets: list[list[Target]] = [[Target(study_instance_uid=STUDY)]]
    if level_of(tag) in (Level.SERIES, Level.INSTANCE):
        targets.append([Target(study_instance_uid=STUDY, series_instance_uid=series) for series in uids])
    if level_of(tag) is Level.INSTANCE:
        targets.append(
            [
                Target(study_instance_uid=STUDY, series_instance_uid=series, sop_instance_uid=instance)
                for series, instances in uids.items()
                for instance in instances
            ]
        )

    def of_targets(chosen: list[Target]) -> st.SearchStrategy[list[Edit]]:
        values = st.lists(st.none() | TAGS[tag], min_size=len(chosen), max_size=len(chosen))
        return values.map(
            lambda found: [
                Edit(target=target, tag=tag, attribute=value, origin="here")
                for target, value in zip(chosen, found, strict=True)
            ]
        )

    some = st.sampled_from(targets).flatmap(lambda group: st.lists(st.sampled_from(group), unique=True, min_size=1))
    return st.just([]) | some.flatmap(of_targets)


def is_in(target: Target, series: str, instance: str) -> bool:
    return target.series_instance_uid in (None, series) and target.sop_instance_uid in (None, instance)


def edited(case: Case) -> DataSets:
    """Return the data sets with the edits applied: the result that must be stored."""
    result = {
        series: {uid: dict(one) for uid, one in instances.items()} for series, instances in case.data_sets.items()
    }
    for edit in case.edits:
        for series, instances in result.items():
            for instance, data_set in instances.items():
                if is_in(edit.target, series, instance):
                    data_set.pop(hex_of(edit.tag), None)
                    if edit.attribute is not None:
                        data_set[hex_of(edit.tag)] = edit.attribute
    return result


def counts_of(data_sets: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Return the values of the captured attributes, as an inventory counts them."""
    counts: dict[str, dict[str, int]] = {}
    for tag in CAPTURED_TAGS:
        for data_set in data_sets:
            text = text_from_attribute(data_set.get(hex_of(tag), {"vr": "LO"})) or ""
            of_keyword = counts.setdefault(keyword_of(tag), {})
            of_keyword[text] = of_keyword.get(text, 0) + 1
    return counts


def resolve(case: Case) -> StudyResolution:
    """Resolve the edits with what an inventory knows of the study."""
    series = [
        Series(
            study_instance_uid=STUDY,
            series_instance_uid=uid,
            instances=len(instances),
            files=len(instances),
            size=1,
            values=counts_of(list(instances.values())),
        )
        for uid, instances in case.data_sets.items()
    ]
    return resolve_study(Study.from_series(series), case.edits, lambda _: list_instances(case), uses_updates=True)


def list_instances(case: Case) -> list[InstanceValues]:
    """Return the instances of the study, as an inventory has them."""
    return [
        InstanceValues(
            study_instance_uid=STUDY,
            series_instance_uid=series,
            sop_instance_uid=instance,
            files=1,
            path=instance,
            values=counts_of([data_set]),
        )
        for series, instances in case.data_sets.items()
        for instance, data_set in instances.items()
    ]


def build(case: Case, resolution: StudyResolution) -> list[Update]:
    changes = iterate_update_changes(resolution.changes, lambda _: list_instances(case))
    return list(build_updates(changes, DEFAULT))


def import_study(case: Case, resolution: StudyResolution) -> ImageSets:
    """Import the study with its overrides, as the stand-in does with its default answers."""
    answers = OverrideAnswers()
    image_sets = ImageSets()
    for series, instances in case.data_sets.items():
        overrides = [one for one in resolution.overrides if one.series_instance_uid in (None, series)]
        for instance in instances.values():
            after = instance
            for override in sorted(overrides, key=lambda one: one.series_instance_uid or ""):
                level = Level.STUDY if override.series_instance_uid is None else Level.SERIES
                written = json.loads(dump_override(override, DEFAULT))
                after = apply_attributes(after, select_attributes(written, level, answers), answers)
            image_sets.add(STORE, ImportedInstance(job_id="job", key="", before=instance, after=after))
    return image_sets


def send(image_sets: ImageSets, update: Update) -> None:
    """Send the necessary requests of an update to the stand-in, as `dicommap update` does."""
    changes = ImageSetChangeHandlers(image_sets=image_sets, behaviour=Behaviour(), faults=FaultQueue())
    series = update.series_instance_uid
    image_set = next(one for one in image_sets.all if series in (None, one.latest.series_instance_uid))
    for planned in update.requests:
        assert planned.size <= MAX_UPDATE_BYTES
        stored = read_stored_image_set(json.dumps(metadata(image_set)).encode())
        necessary = decide_necessary_requests(planned, stored, MAX_UPDATE_BYTES)
        assert (necessary.absent, necessary.elsewhere, necessary.too_large) == ((), (), ())
        assert necessary.other_values == ()
        assert {update.tag for update in necessary.not_compared}.isdisjoint(CAPTURED_TAGS)
        for request in necessary.requests:
            blobs = {"updatableAttributes": request.updatable_bytes, "removableAttributes": request.removable_bytes}
            changes.update(
                {
                    "datastoreId": STORE,
                    "imageSetId": image_set.image_set_id,
                    "latestVersionId": str(image_set.version),
                    "force": request.force,
                    "includeStudyImageSets": series is None,
                    "updateImageSetMetadataUpdates": {
                        "DICOMUpdates": {name: data for name, data in blobs.items() if data is not None}
                    },
                }
            )
            image_sets.end_all_changes()


def metadata(image_set: ImageSet) -> Any:
    return build_image_set_metadata(image_set, image_set.latest, "removed")


def without_empty(value: Any) -> Any:
    """Return metadata without empty attributes: an inventory does not know whether an attribute is empty or absent."""
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    if not isinstance(value, dict):
        return value
    filled = {name: without_empty(member) for name, member in value.items() if member is not None}
    if "DICOMVRs" in filled:
        filled["DICOMVRs"] = {name: vr for name, vr in filled["DICOMVRs"].items() if name in filled["DICOM"]}
    return filled


def expected_metadata(image_set: ImageSet, data_sets: dict[str, Any]) -> Any:
    """Return the metadata of an image set whose instances have these data sets."""
    instances = {
        uid: ImportedInstance(job_id="", key="", before=data_set, after=data_set) for uid, data_set in data_sets.items()
    }
    return build_image_set_metadata(image_set, replace(image_set.latest, by_uid=instances), "removed")


def removed_values(case: Case) -> Iterator[tuple[str, str, str]]:
    """Yield the series, instance and tag of each attribute that has a value in the source and is removed."""
    for edit in case.edits:
        for series, instances in case.data_sets.items():
            for instance, data_set in instances.items():
                has_value = "Value" in data_set.get(hex_of(edit.tag), {})
                if edit.attribute is None and has_value and is_in(edit.target, series, instance):
                    yield series, instance, hex_of(edit.tag)


@given(cases())
@examples(200)
def test_what_is_stored_is_the_source_with_its_edits_and_nothing_else(case: Case) -> None:
    resolution = resolve(case)
    assert resolution.issues == ()
    assert list(find_update_issues(resolution.changes, DEFAULT)) == []
    updates = build(case, resolution)
    image_sets = import_study(case, resolution)
    assert len(image_sets.all) == len(case.data_sets)
    for update in updates:
        document = json.loads(dump_update(update))
        assert check_update(document, {STUDY: set(case.data_sets)}, DEFAULT) == []
        assert update_from_json(document) == update
        send(image_sets, update)
    wanted = edited(case)
    for image_set in image_sets.all:
        expected = expected_metadata(image_set, wanted[image_set.latest.series_instance_uid])
        assert without_empty(metadata(image_set)) == without_empty(expected)
    stored = {one.latest.series_instance_uid: one.latest.by_uid for one in image_sets.all}
    for series, instance, tag in removed_values(case):
        assert tag not in stored[series][instance].after


@given(cases())
@examples(100)
def test_equal_edits_give_equal_updates(case: Case) -> None:
    backwards = replace(case, edits=case.edits[::-1])
    assert build(case, resolve(case)) == build(backwards, resolve(backwards))
