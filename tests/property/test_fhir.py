"""Whatever the values are, what is written is an ImagingStudy by the library's model, and what is left out is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from dicommap.display.fhir_values import MAX_ID_LENGTH
from dicommap.display.imaging_study import ImagingStudySettings, build_imaging_study
from dicommap.model.study import Disposition, Instance, Series, Study
from dicommap.validation.imaging_study_check import load_imaging_study_check
from tests.support.example_counts import examples
from tests.support.p10_files import CT_IMAGE_STORAGE

KEYWORDS = (
    "PatientID",
    "AccessionNumber",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "SeriesDate",
    "SeriesTime",
    "BodyPartExamined",
    "TimezoneOffsetFromUTC",
)
CHECK = load_imaging_study_check()
CHECK({"resourceType": "ImagingStudy", "status": "available", "subject": {"type": "Patient"}})  # the first one is slow

texts = st.one_of(
    st.text(max_size=20),
    st.text("0123456789.+-: ", max_size=14),
    st.dates().map(lambda day: f"{day:%Y%m%d}".zfill(8)),
    st.times().map(lambda time: f"{time:%H%M%S.%f}"),
    st.integers(-(2**40), 2**40).map(str),
    st.sampled_from(["", " ", "CT", "+0100", "-0330", "\u3000", "\x85", "a\xa0b", "101560", "235960", "24"]),
)
values = st.fixed_dictionaries({keyword: st.dictionaries(texts, st.integers(1, 9), max_size=3) for keyword in KEYWORDS})
uids = st.text("0123456789.", min_size=1, max_size=80)


@st.composite
def studies(draw: st.DrawFn) -> tuple[Study, list[Instance]]:
    study = draw(uids)
    names = draw(st.lists(uids, min_size=1, max_size=3, unique=True).map(sorted))
    series, instances = [], []
    for name in names:
        kinds = st.sampled_from([Disposition.INSTANCE, Disposition.DUPLICATE])
        own = draw(st.lists(st.tuples(uids, texts, kinds), max_size=4))
        series.append(
            Series(
                study_instance_uid=study,
                series_instance_uid=name,
                instances=sum(kind is Disposition.INSTANCE for _, _, kind in own),
                files=len(own),
                size=1,
                values=draw(values),
            )
        )
        instances += [_instance(study, name, one, number, kind) for one, number, kind in own]
    return Study.from_series(series), instances


def _instance(study: str, series: str, uid: str, number: str, kind: Disposition) -> Instance:
    return Instance(
        source="/",
        path="a",
        size=1,
        mtime_ns=0,
        disposition=kind,
        study_instance_uid=study,
        series_instance_uid=series,
        sop_instance_uid=uid,
        sop_class_uid=CT_IMAGE_STORAGE,
        transfer_syntax_uid="1.2",
        instance_number=number,
    )


@examples(100)
@given(studies(), st.sampled_from([None, ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")]))
def test_a_resource_is_always_valid_and_accounts_for_everything(
    made: tuple[Study, list[Instance]], zone: ZoneInfo | None
) -> None:
    study, instances = made
    described = build_imaging_study(study, instances, {}, ImagingStudySettings(zone=zone))
    CHECK(described.resource)
    _ids_fit(described.resource)
    if "T" in described.resource.get("started", ""):
        assert datetime.fromisoformat(described.resource["started"].replace(":60", ":59")).tzinfo is not None
    listed = sum(len(one.get("instance", ())) for one in described.resource.get("series", ()))
    told = sum(one.code == "fhir.uid-too-long" for one in described.issues)
    kept = [one for one in instances if one.disposition is Disposition.INSTANCE]
    fitting = [one for one in kept if max(len(one.series_instance_uid), len(one.sop_instance_uid)) <= MAX_ID_LENGTH]
    assert listed == len(fitting)
    assert bool(told) is (
        len(fitting) < len(kept) or any(len(one.series_instance_uid) > MAX_ID_LENGTH for one in study.series)
    )


def _ids_fit(resource: dict[str, Any]) -> None:
    """The library takes ids of any length; FHIR does not."""
    ids = [resource["id"]]
    for series in resource.get("series", ()):
        ids += [series["uid"], *(one["uid"] for one in series.get("instance", ()))]
    assert all(1 <= len(one) <= 64 for one in ids)
