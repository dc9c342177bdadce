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
from dicommap.issues.wording import format_count
from dicommap.model.study import Disposition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import tzinfo

    from dicommap.dicom.json_model import DataSet
    from dicommap.issues import Issue
    from dicommap.model.study import Instance, Series, Study, Target

    Value = TypeVar("Value")

DICOM_UID_SYSTEM = "urn:dicom:uid"
"""The identifier system of Study Instance UIDs in FHIR (FHIR R4, ImagingStudy, "Implementation notes")."""
DICOM_CODE_SYSTEM = "http://dicom.nema.org/resources/ontology/DCM"
URI_SYSTEM = "urn:ietf:rfc:3986"
IDENTIFIER_TYPE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v2-0203"
ABSENT_REASON_SYSTEM = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
STATUSES = ("registered", "available", "cancelled", "entered-in-error", "unknown")
"""The status codes of an ImagingStudy (FHIR R4, imagingstudy-status)."""


@dataclass(frozen=True, kw_only=True)
class ImagingStudySettings:
    """Settings of ImagingStudy resources. Most settings are facts that P10 files do not contain."""

    status: str = "available"
    patient_system: str | None = None
    """The URI of the system that assigns PatientID; None if it is not known."""
    accession_system: str | None = None
    """The URI of the system that assigns AccessionNumber; None if it is not known."""
    zone: tzinfo | None = None
    """The time zone for files without TimezoneOffsetFromUTC; None if it is not known."""
    instances: bool = True
    """Whether a series lists its instances."""


@dataclass
class ImagingStudyResult:
    """An ImagingStudy resource, and the issues of building it."""

    resource: dict[str, Any] = field(default_factory=dict, repr=False)
    issues: list[Issue] = field(default_factory=list)
    times_without_zone: int = 0
    """Number of times of day that were left out of the resource because the time zone is not known."""


def build_imaging_study(
    study: Study, instances: Iterable[Instance], overrides: Mapping[Target, DataSet], settings: ImagingStudySettings
) -> ImagingStudyResult:
    """Build the ImagingStudy resource of a study.

    The id of the resource is the Study Instance UID, or the SHA-256 of the UID if it is too long for a FHIR id. So the
    resource of a study always has the same id. Duplicates are not listed as instances.

    Args:
        study: The study.
        instances: The study's instances, in the order of series.
        overrides: The changed attributes of the study and its series.
        settings: The settings of the resource.

    """
    return _ImagingStudyBuilder(study, overrides, settings).build(instances)


class _ImagingStudyBuilder:
    """Builder of the ImagingStudy resource of one study."""

    def __init__(self, study: Study, overrides: Mapping[Target, DataSet], settings: ImagingStudySettings) -> None:
        self._study = study
        self._settings = settings
        self._result = ImagingStudyResult()
        self._values = {
            series.series_instance_uid: _SeriesValues(
                series, [overrides.get(study.target, {}), overrides.get(series.target, {})]
            )
            for series in study.series
        }
        self._location = Location(study=study.study_instance_uid)

    def build(self, instances: Iterable[Instance]) -> ImagingStudyResult:
        uid = self._study.study_instance_uid
        identifiers = [{"system": DICOM_UID_SYSTEM, "value": f"urn:oid:{uid}"}, *self._build_accession_identifier()]
        by_series = {
            name: [instance for instance in group if instance.disposition is Disposition.INSTANCE]
            for name, group in groupby(instances, key=lambda instance: instance.series_instance_uid)
        }
        series = [
            self._build_series(member, by_series.get(member.series_instance_uid, [])) for member in self._study.series
        ]
        modalities = {str(resource["modality"]): resource["modality"] for resource in series}
        listed = [resource for resource in series if "uid" in resource]
        self._result.resource = _drop_empty_members(
            resourceType="ImagingStudy",
            id=uid if len(uid) <= MAX_ID_LENGTH else hashlib.sha256(uid.encode()).hexdigest(),
            identifier=identifiers,
            status=self._settings.status,
            modality=list(modalities.values()),
            subject=self._build_subject(),
            started=self._build_start_time("StudyDate", "StudyTime", list(self._values.values()), self._location),
            numberOfSeries=len(self._study.series),
            numberOfInstances=self._study.instances,
            description=self._choose_study_text("StudyDescription"),
            series=listed or None,
        )
        return self._result

    def _build_accession_identifier(self) -> list[dict[str, Any]]:
        """Return a list with the FHIR identifier for the AccessionNumber; an empty list if there is no such value."""
        value = self._choose_study_text("AccessionNumber")
        if value is None:
            return []
        kind = {"coding": [{"system": IDENTIFIER_TYPE_SYSTEM, "code": "ACSN"}]}
        return [_drop_empty_members(type=kind, system=self._settings.accession_system, value=value)]

    def _build_subject(self) -> dict[str, Any]:
        text = self._choose_most_frequent_value("PatientID", list(self._values.values()), self._location)
        value = self._convert_or_add_issue("PatientID", lambda: fhir_values.to_string(text), self._location)
        if value is None:
            if not text.strip():  # a PatientID that cannot be converted already has an issue
                self._add_issue("fhir.no-patient-id", self._location)
            return {"type": "Patient"}
        return {"type": "Patient", "identifier": _drop_empty_members(system=self._settings.patient_system, value=value)}

    def _choose_study_text(self, keyword: str) -> str | None:
        """Return the study's most frequent value of an attribute as a FHIR string; None if it has no usable value."""
        text = self._choose_most_frequent_value(keyword, list(self._values.values()), self._location)
        return self._convert_or_add_issue(keyword, lambda: fhir_values.to_string(text), self._location)

    def _build_series(self, series: Series, instances: list[Instance]) -> dict[str, Any]:
        values = self._values[series.series_instance_uid]
        location = Location(study=series.study_instance_uid, series=series.series_instance_uid)
        texts = {
            keyword: self._choose_most_frequent_value(keyword, [values], location)
            for keyword in ("Modality", "SeriesNumber", "SeriesDescription", "BodyPartExamined")
        }
        body_part = self._convert_or_add_issue(
            "BodyPartExamined", lambda: fhir_values.to_string(texts["BodyPartExamined"]), location
        )
        resource = _drop_empty_members(
            uid=self._make_fhir_id("SeriesInstanceUID", series.series_instance_uid, location),
            number=self._convert_or_add_issue(
                "SeriesNumber", lambda: fhir_values.to_unsigned_int(texts["SeriesNumber"]), location
            ),
            modality=self._build_modality(texts["Modality"], location),
            description=self._convert_or_add_issue(
                "SeriesDescription", lambda: fhir_values.to_string(texts["SeriesDescription"]), location
            ),
            numberOfInstances=series.instances,
            bodySite=None if body_part is None else {"display": body_part},
            started=self._build_start_time("SeriesDate", "SeriesTime", [values], location),
        )
        if self._settings.instances and "uid" in resource:
            listed = self._build_instances(instances, location)
            resource |= {"instance": listed} if listed else {}
        return resource

    def _build_modality(self, text: str, location: Location) -> dict[str, str]:
        value = self._convert_or_add_issue("Modality", lambda: fhir_values.to_string(text), location)
        if value is None:
            if not text.strip():
                self._add_issue("fhir.no-modality", location)
            return {"system": ABSENT_REASON_SYSTEM, "code": "unknown"}
        return {"system": DICOM_CODE_SYSTEM, "code": value} if fhir_values.is_code(value) else {"display": value}

    def _build_instances(self, instances: list[Instance], location: Location) -> list[dict[str, Any]]:
        entries = []
        problems: Counter[str] = Counter()
        for instance in instances:
            uid = self._make_fhir_id("SOPInstanceUID", instance.sop_instance_uid, location)
            if uid is None:
                continue
            number = None
            try:
                number = fhir_values.to_unsigned_int(instance.instance_number)
            except FhirConversionError as error:
                problems[str(error)] += 1
            sop_class = {"system": URI_SYSTEM, "code": f"urn:oid:{instance.sop_class_uid}"}
            entries.append(_drop_empty_members(uid=uid, sopClass=sop_class, number=number))
        for problem, count in problems.items():
            self._add_issue(
                "fhir.left-out",
                location,
                keyword="InstanceNumber",
                problem=f"in {format_count(count, 'instance')} {problem}",
            )
        return entries

    def _build_start_time(self, on: str, at: str, values: list[_SeriesValues], location: Location) -> str | None:
        """Return the FHIR dateTime of a date attribute and a time attribute; None if there is no usable date.

        If the time or its time zone is missing or unusable, only the date is returned.

        Args:
            on: The keyword of the date attribute.
            at: The keyword of the time attribute.
            values: The values of the series.
            location: The location for issues.

        """
        texts = {
            keyword: self._choose_most_frequent_value(keyword, values, location)
            for keyword in (on, at, "TimezoneOffsetFromUTC")
        }
        day = self._convert_or_add_issue(on, lambda: fhir_values.to_date(texts[on]), location)
        time = self._convert_or_add_issue(at, lambda: fhir_values.to_time(texts[at]), location)
        if day is None or time is None:
            return None if day is None else day.isoformat()
        offset = self._convert_or_add_issue(
            "TimezoneOffsetFromUTC", lambda: fhir_values.to_offset(texts["TimezoneOffsetFromUTC"]), location
        )
        zone = self._settings.zone
        if offset is None and zone is not None:
            offset = self._convert_or_add_issue(at, lambda: fhir_values.format_zone_offset(day, time, zone), location)
            if offset is None:
                return day.isoformat()
        if offset is None:
            self._result.times_without_zone += 1
            return day.isoformat()
        return f"{day.isoformat()}T{time}{offset}"

    def _choose_most_frequent_value(self, keyword: str, values: list[_SeriesValues], location: Location) -> str:
        """Return the most frequent value of an attribute that is not blank; an empty text if there is no such value.

        If the attribute has several values that are not blank, an issue is recorded.
        """
        counts: Counter[str] = Counter()
        for series_values in values:
            counts.update(series_values.count_values(keyword))
        ranked = sorted((text for text in counts if text.strip()), key=lambda text: (-counts[text], text))
        if len(ranked) > 1:
            self._add_issue("fhir.several-values", location, keyword=keyword, count=len(ranked))
        return ranked[0] if ranked else ""

    def _make_fhir_id(self, keyword: str, uid: str, location: Location) -> str | None:
        if len(uid) <= MAX_ID_LENGTH:
            return uid
        self._add_issue("fhir.uid-too-long", location, keyword=keyword, length=len(uid), limit=MAX_ID_LENGTH)
        return None

    def _convert_or_add_issue(
        self, keyword: str, convert: Callable[[], Value | None], location: Location
    ) -> Value | None:
        try:
            return convert()
        except FhirConversionError as problem:
            self._add_issue("fhir.left-out", location, keyword=keyword, problem=problem)
            return None

    def _add_issue(self, code: str, location: Location, **facts: Any) -> None:  # noqa: ANN401  names and numbers
        self._result.issues.append(make_issue(code, replace(location, keyword=facts.get("keyword")), **facts))


@dataclass(frozen=True)
class _SeriesValues:
    """The values of one series after overrides are applied.

    `overrides` has two data sets: first the study's override, then the series' override. If both have an attribute, the
    value of the series' override is used.
    """

    series: Series
    overrides: list[DataSet]

    def count_values(self, keyword: str) -> Mapping[str, int]:
        tag = tag_of(keyword)
        for data_set in reversed(self.overrides):
            attribute = data_set.get(hex_of(tag)) if tag is not None else None
            text = text_from_attribute(attribute) if attribute is not None else None
            if text is not None:
                return {text: self.series.files}
        return self.series.values.get(keyword, {})


def _drop_empty_members(**members: Any) -> dict[str, Any]:  # noqa: ANN401  JSON of any type
    """Return a dict of the members whose value is not None."""
    return {name: value for name, value in members.items() if value is not None}
