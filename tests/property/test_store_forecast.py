"""The forecast of `validate` with a data store is what the stand-in does with the image sets when the files arrive.

AWS does not document which of several conflicting groups of new files becomes primary. The stand-in takes the first
one, and the forecast assumes the largest one. So the test imports the files of the largest group first.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dicommap
from dicommap.aws import Clients
from dicommap.dicom.dictionary import tag_of
from dicommap.overrides.store_forecast import ForecastImageSet, ForecastReason, ImageSetEffect
from dicommap.testing import Behaviour, ImportJobService
from dicommap.testing.importable_files import get_first_text
from tests.support.example_counts import examples
from tests.support.filled_inventories import added, inventory_of
from tests.support.imported_instances import imported_instance
from tests.support.s3_server import REGION

URI = "s3://bucket/in/"
STUDY = ("PatientID", "AccessionNumber", "StudyDate")
Values = tuple[str, ...]
Instance = dict[str, str]
"""UIDs and attributes of one instance, by keyword."""


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    study, series, number = draw(st.sampled_from("12")), draw(st.sampled_from("12")), draw(st.sampled_from("123"))
    return {
        "StudyInstanceUID": f"1.{study}",
        "SeriesInstanceUID": f"1.{study}.{series}",
        "SOPInstanceUID": f"1.{study}.{series}.{number}",
        "PatientID": draw(st.sampled_from("AAAAB")),
        "AccessionNumber": draw(st.sampled_from(["7", "7", ""])),
        "StudyID": "S",
        "StudyDate": draw(st.sampled_from(["20240101"] * 4 + ["20240102"])),
        "SeriesNumber": draw(st.sampled_from(["3", "3", "3", "4"])),
    }


EDITS = st.dictionaries(st.sampled_from(STUDY), st.sampled_from(["20240101", "20240102"]), max_size=2)
"""New values of all studies. A date is a valid PatientID, too."""


@pytest.fixture(scope="module")
def service() -> Iterator[ImportJobService]:
    with (
        ImportJobService(behaviour=Behaviour(throttling=False)) as running,
        pytest.MonkeyPatch.context() as environment,
    ):
        keys = {"AWS_ACCESS_KEY_ID": "for-tests", "AWS_SECRET_ACCESS_KEY": "for-tests"}
        for name, value in {**running.environment, **keys}.items():
            environment.setenv(name, value)
        yield running


@pytest.fixture(scope="module")
def clients(service: ImportJobService) -> Clients:
    return Clients(region=REGION)


@given(
    stored=st.lists(instances(), max_size=8),
    files=st.lists(instances(), min_size=1, max_size=8),
    edits=EDITS,
    deleted=st.sets(st.integers(0, 7), max_size=2),
)
@examples(80)
def test_the_forecast_is_what_happens(
    service: ImportJobService,
    clients: Clients,
    stored: list[Instance],
    files: list[Instance],
    edits: Mapping[str, str],
    deleted: set[int],
) -> None:
    datastore = secrets.token_hex(16)
    service.add_datastore(datastore)
    for number, instance in enumerate(stored):
        service.import_instance(imported_instance(f"before {number % 2}", **instance), datastore)
    _delete_image_sets(clients, service, datastore, deleted)
    forecasts = _forecast(clients, datastore, files, edits)
    before = {one.image_set_id: one for one in service.image_sets if one.datastore_id == datastore}
    stored_values = {
        instance.study_instance_uid: tuple(get_first_text(instance.after, tag_of(keyword) or 0) for keyword in STUDY)
        for one in before.values()
        for instance in one.instances
        if one.is_primary and one.deleted_at is None
    }
    after = [{**instance, **edits} for instance in files]
    effects: dict[Values, ImageSetEffect] = {}
    groups: Counter[Values] = Counter()
    for instance in _put_largest_groups_first(after, stored_values):
        image_set = service.import_instance(imported_instance("now", **instance), datastore)
        group = _group_of(instance)
        effect = ImageSetEffect.NEW_VERSION if image_set.image_set_id in before else ImageSetEffect.NEW
        effect = effect if image_set.is_primary else ImageSetEffect.NON_PRIMARY
        assert effects.setdefault(group, effect) is effect
        groups[group] += 1
    unknown = [one for one in forecasts if one.effect is ImageSetEffect.UNKNOWN]
    assert {one.reason for one in unknown} <= {ForecastReason.STORED_NON_PRIMARY, ForecastReason.CONFLICT_WITH_UNKNOWN}
    assert deleted or not unknown
    happened: Counter[tuple[str, int | None, ImageSetEffect]] = Counter(
        (group[0], groups[group], effect) for group, effect in effects.items()
    )
    known = Counter((one.series_instance_uid, one.files, one.effect) for one in forecasts if one not in unknown)
    assert known <= happened
    others = Counter((series, files) for series, files, _ in (happened - known).elements())
    assert others == Counter((one.series_instance_uid, one.files) for one in unknown)


def _delete_image_sets(clients: Clients, service: ImportJobService, datastore: str, deleted: set[int]) -> None:
    image_sets = [one for one in service.image_sets if one.datastore_id == datastore]
    for number in deleted:
        if number < len(image_sets):
            clients.medical_imaging.delete_image_set(datastoreId=datastore, imageSetId=image_sets[number].image_set_id)


def _forecast(
    clients: Clients, datastore: str, files: list[Instance], edits: Mapping[str, str]
) -> list[ForecastImageSet]:
    """Draft a package of the files with the edits, and return its forecast."""
    rows = []
    for number, instance in enumerate(files):
        uids = [instance[f"{level}InstanceUID"] for level in ("Study", "Series", "SOP")]
        values: Any = {keyword: value for keyword, value in instance.items() if not keyword.endswith("InstanceUID")}
        rows.append(added(f"{number:02}", " ".join(uids), source=0, **values))
    forecasts: list[ForecastImageSet] = []
    with TemporaryDirectory() as place, inventory_of(*rows) as inventory:
        package = Path(place) / "package"
        drafted = dicommap.draft(
            inventory, input_s3_uri=URI, by_study=lambda _: {"StudyDescription": "new", **edits}, output=package
        )
        assert drafted.package, drafted.issues
        validation = dicommap.validate(package, store=clients, datastore_id=datastore, on_image_set=forecasts.append)
    assert validation.store_forecast is not None, validation
    assert validation.store_forecast.counts.total() == len(forecasts)
    return forecasts


def _study_values(instance: Instance) -> Values:
    return tuple(instance[keyword] for keyword in STUDY)


def _series_number(instance: Instance) -> str:
    return str(int(instance["SeriesNumber"]))


def _group_of(instance: Instance) -> Values:
    return (instance["SeriesInstanceUID"], *_study_values(instance), _series_number(instance))


def _put_largest_groups_first(files: list[Instance], stored: Mapping[str, Values]) -> list[Instance]:
    """Return the files in an order in which the first group of a study, and of a series, is the largest.

    Only files that agree with the stored image sets count. Of equally large groups, the one with fewer empty values is
    first, and then the one that sorts first.
    """
    by_study = Counter((instance["StudyInstanceUID"], _study_values(instance)) for instance in files)
    chosen = dict(stored)
    for study, values in sorted(by_study, key=lambda item: (-by_study[item], item[1].count(""), item[1])):
        chosen.setdefault(study, values)
    of_chosen = Counter(
        (instance["SeriesInstanceUID"], _series_number(instance))
        for instance in files
        if chosen[instance["StudyInstanceUID"]] == _study_values(instance)
    )

    def order(instance: Instance) -> tuple[bool, int, str]:
        is_chosen = chosen[instance["StudyInstanceUID"]] == _study_values(instance)
        number = _series_number(instance)
        return not is_chosen, -of_chosen[instance["SeriesInstanceUID"], number], number

    return sorted(files, key=order)
