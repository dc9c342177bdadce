"""Build FHIR R4 ImagingStudy resources from studies and their overrides."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from dicommap.dicom.dictionary import hex_of, tag_of
from dicommap.dicom.json_model import text_from_attribute
from dicommap.display import fhir_values
from dicommap.display.fhir_values import MAX_ID_LENGTH, FhirConversionError
from dicommap.issues import Location, make_issue
from dicommap.model.study import Disposition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import tzinfo

    from dicommap.dicom.json_model import DataSet
    from dicommap.issues import Issue
    from dicommap.model.study import Instance, Series, Study, Target

    Value = TypeVar("Value")

DICOM_UID_SYSTEM = "urn:dicom:uid"
"""What systems call Study Instance UIDs (ImagingStudy, "Implementation notes")."""
DICOM_CODE_SYSTEM = "http://dicom.nema.org/resources/ontology/DCM"
URI_SYSTEM = "urn:ietf:rfc:3986"
IDENTIFIER_TYPE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-0203"
ABSENT_REASON_SYSTEM = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
STATUSES = ("registered", "available", "cancelled", "entered-in-error", "unknown")
"""What R4 allows (imagingstudy-status)."""


@dataclass(frozen=True, kw_only=True)
class ImagingStudySettings:
    """What the files do not say of their resources."""

    status: str = "available"
    patient_system: str | None = None
    """The URI of those who assign PatientID."""
    accession_system: str | None = None
    """The URI of those who assign AccessionNumber."""
    zone: tzinfo | None = None
    """Of times whose files name none."""
    instances: bool = True
    """Whether series list their instances."""


@dataclass
class ImagingStudyResult:
    """A resource, and what was found as it was made."""

    resource: dict[str, Any] = field(default_factory=dict, repr=False)
    issues: list[Issue] = field(default_factory=list)
    times_without_zone: int = 0
    """Times that are left out since their time zone is not known."""


def build_imaging_study(
    study: Study, instances: Iterable[Instance], overrides: Mapping[Target, DataSet], settings: ImagingStudySettings
) -> ImagingStudyResult:
    """Return the ImagingStudy of a study, whose instances come in order of series.

    Its id is the Study Instance UID, or the SHA-256 of one that is too long for an id: the same each time. Duplicates
    are not listed.
    """
    return _ImagingStudyBuilder(study, overrides, settings).made(instances)


class _ImagingStudyBuilder:
    """One resource in the making."""

    def __init__(self, study: Study, overrides: Mapping[Target, DataSet], settings: ImagingStudySettings) -> None:
        self._study = study
        self._settings = settings
        self._described = ImagingStudyResult()
        self._values = {
            one.series_instance_uid: _SeriesValues(
                one, [overrides.get(study.target, {}), overrides.get(one.target, {})]
            )
            for one in study.series
        }
        self._where = Location(study=study.study_instance_uid)

    def made(self, instances: Iterable[Instance]) -> ImagingStudyResult:
        uid = self._study.study_instance_uid
        identifiers = [{"system": DICOM_UID_SYSTEM, "value": f"urn:oid:{uid}"}, *self._accession()]
        by_series = {
            name: [one for one in group if one.disposition is Disposition.INSTANCE]
            for name, group in groupby(instances, key=lambda one: one.series_instance_uid)
        }
        series = [self._series(one, by_series.get(one.series_instance_uid, [])) for one in self._study.series]
        modalities = {str(one["modality"]): one["modality"] for one in series}
        listed = [one for one in series if "uid" in one]
        self._described.resource = _drop_empty_members(
            resourceType="ImagingStudy",
            id=uid if len(uid) <= MAX_ID_LENGTH else hashlib.sha256(uid.encode()).hexdigest(),
            identifier=identifiers,
            status=self._settings.status,
            modality=list(modalities.values()),
            subject=self._subject(),
            started=self._started("StudyDate", "StudyTime", list(self._values.values()), self._where),
            numberOfSeries=len(self._study.series),
            numberOfInstances=self._study.instances,
            description=self._string("StudyDescription"),
            series=listed or None,
        )
        return self._described

    def _accession(self) -> list[dict[str, Any]]:
        value = self._string("AccessionNumber")
        if value is None:
            return []
        kind = {"coding": [{"system": IDENTIFIER_TYPE_SYSTEM, "code": "ACSN"}]}
        return [_drop_empty_members(type=kind, system=self._settings.accession_system, value=value)]

    def _subject(self) -> dict[str, Any]:
        text = self._one("PatientID", list(self._values.values()), self._where)
        value = self._convert("PatientID", lambda: fhir_values.to_string(text), self._where)
        if value is None:
            if not text.strip():  # a value that is left out has an issue already
                self._found("fhir.no-patient-id", self._where)
            return {"type": "Patient"}
        return {"type": "Patient", "identifier": _drop_empty_members(system=self._settings.patient_system, value=value)}

    def _string(self, keyword: str) -> str | None:
        """Return an attribute of the study."""
        text = self._one(keyword, list(self._values.values()), self._where)
        return self._convert(keyword, lambda: fhir_values.to_string(text), self._where)

    def _series(self, series: Series, instances: list[Instance]) -> dict[str, Any]:
        values = self._values[series.series_instance_uid]
        where = Location(study=series.study_instance_uid, series=series.series_instance_uid)
        texts = {
            keyword: self._one(keyword, [values], where)
            for keyword in ("Modality", "SeriesNumber", "SeriesDescription", "BodyPartExamined")
        }
        body_part = self._convert("BodyPartExamined", lambda: fhir_values.to_string(texts["BodyPartExamined"]), where)
        made = _drop_empty_members(
            uid=self._id("SeriesInstanceUID", series.series_instance_uid, where),
            number=self._convert("SeriesNumber", lambda: fhir_values.to_unsigned_int(texts["SeriesNumber"]), where),
            modality=self._modality(texts["Modality"], where),
            description=self._convert(
                "SeriesDescription", lambda: fhir_values.to_string(texts["SeriesDescription"]), where
            ),
            numberOfInstances=series.instances,
            bodySite=None if body_part is None else {"display": body_part},
            started=self._started("SeriesDate", "SeriesTime", [values], where),
        )
        if self._settings.instances and "uid" in made:
            listed = self._instances(instances, where)
            made |= {"instance": listed} if listed else {}
        return made

    def _modality(self, text: str, where: Location) -> dict[str, str]:
        value = self._convert("Modality", lambda: fhir_values.to_string(text), where)
        if value is None:
            if not text.strip():
                self._found("fhir.no-modality", where)
            return {"system": ABSENT_REASON_SYSTEM, "code": "unknown"}
        return {"system": DICOM_CODE_SYSTEM, "code": value} if fhir_values.is_code(value) else {"display": value}

    def _instances(self, instances: list[Instance], where: Location) -> list[dict[str, Any]]:
        made = []
        problems: Counter[str] = Counter()
        for one in instances:
            uid = self._id("SOPInstanceUID", one.sop_instance_uid, where)
            if uid is None:
                continue
            number = None
            try:
                number = fhir_values.to_unsigned_int(one.instance_number)
            except FhirConversionError as error:
                problems[str(error)] += 1
            sop_class = {"system": URI_SYSTEM, "code": f"urn:oid:{one.sop_class_uid}"}
            made.append(_drop_empty_members(uid=uid, sopClass=sop_class, number=number))
        for problem, count in problems.items():
            self._found("fhir.left-out", where, keyword="InstanceNumber", problem=f"in {count} instances {problem}")
        return made

    def _started(self, on: str, at: str, values: list[_SeriesValues], where: Location) -> str | None:
        texts = {keyword: self._one(keyword, values, where) for keyword in (on, at, "TimezoneOffsetFromUTC")}
        day = self._convert(on, lambda: fhir_values.to_date(texts[on]), where)
        time = self._convert(at, lambda: fhir_values.to_time(texts[at]), where)
        if day is None or time is None:
            return None if day is None else day.isoformat()
        offset = self._convert(
            "TimezoneOffsetFromUTC", lambda: fhir_values.to_offset(texts["TimezoneOffsetFromUTC"]), where
        )
        zone = self._settings.zone
        if offset is None and zone is not None:
            offset = self._convert(at, lambda: fhir_values.zone_offset_at(day, time, zone), where)
            if offset is None:
                return day.isoformat()
        if offset is None:
            self._described.times_without_zone += 1
            return day.isoformat()
        return f"{day.isoformat()}T{time}{offset}"

    def _one(self, keyword: str, values: list[_SeriesValues], where: Location) -> str:
        """Return the most frequent value that is not blank; the empty text where there is none."""
        counts: Counter[str] = Counter()
        for one in values:
            counts.update(one.of(keyword))
        ranked = sorted((text for text in counts if text.strip()), key=lambda text: (-counts[text], text))
        if len(ranked) > 1:
            self._found("fhir.several-values", where, keyword=keyword, count=len(ranked))
        return ranked[0] if ranked else ""

    def _id(self, keyword: str, uid: str, where: Location) -> str | None:
        if len(uid) <= MAX_ID_LENGTH:
            return uid
        self._found("fhir.uid-too-long", where, keyword=keyword, length=len(uid), limit=MAX_ID_LENGTH)
        return None

    def _convert(self, keyword: str, express: Callable[[], Value | None], where: Location) -> Value | None:
        try:
            return express()
        except FhirConversionError as problem:
            self._found("fhir.left-out", where, keyword=keyword, problem=problem)
            return None

    def _found(self, code: str, where: Location, **facts: Any) -> None:  # noqa: ANN401  names and numbers
        self._described.issues.append(make_issue(code, replace(where, keyword=facts.get("keyword")), **facts))


@dataclass(frozen=True)
class _SeriesValues:
    """The values of one series after the overrides, those of the series' own last."""

    series: Series
    overrides: list[DataSet]

    def of(self, keyword: str) -> Mapping[str, int]:
        tag = tag_of(keyword)
        for data_set in reversed(self.overrides):
            attribute = data_set.get(hex_of(tag)) if tag is not None else None
            text = text_from_attribute(attribute) if attribute is not None else None
            if text is not None:
                return {text: self.series.files}
        return self.series.values.get(keyword, {})


def _drop_empty_members(**members: Any) -> dict[str, Any]:  # noqa: ANN401  JSON of any type
    """Return the members that have a value."""
    return {name: value for name, value in members.items() if value is not None}
