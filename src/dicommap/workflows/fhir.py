"""fhir(): an inventory's studies as ImagingStudy resources of FHIR R4."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dicommap.checks.fhir_check import imaging_study_check
from dicommap.checks.package_check import package_issues
from dicommap.errors import DocumentError, UsageError
from dicommap.issues import has_error, issue
from dicommap.model.choices import unknown_choice
from dicommap.model.findings import Findings
from dicommap.model.package_layout import PLAN
from dicommap.package import Folder, planned_overrides
from dicommap.package.planned import read_plan
from dicommap.render.findings import Issues
from dicommap.render.imaging_study import STATUSES, Described, ResourceSettings, imaging_study
from dicommap.render.text import json_lines
from dicommap.workflows.writing import write_pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from _typeshed import StrPath

    from dicommap.inventory import Inventory
    from dicommap.model.dicom_json import DataSet
    from dicommap.model.hierarchy import Target

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")


@dataclass(frozen=True, kw_only=True)
class FhirFile:
    """What was written."""

    path: Path
    """`-` if the resources went to an open file."""
    studies: int
    """Resources, one on each line."""
    series: int
    instances: int
    """That the resources list."""
    issues: Issues
    """What the resources cannot say; of each code the first 1,000, and how many more."""


def fhir(
    inventory: Inventory,
    output: StrPath | BinaryIO,
    *,
    package: StrPath | None = None,
    status: str = "available",
    patient_system: str | None = None,
    accession_system: str | None = None,
    timezone: str | None = None,
    instances: bool = True,
) -> FhirFile:
    """Write an ImagingStudy resource (FHIR R4) for each study, as newline delimited JSON: what HealthLake imports.

    With `package` the studies are described as they are after its overrides. `status` is that of all resources.
    `patient_system` and `accession_system` are the URIs of those who assign PatientID and AccessionNumber. `timezone`
    is the name of the time zone of times whose files have no TimezoneOffsetFromUTC, such as Europe/Berlin. Without
    `instances` a series has only the number of its instances. Each resource is checked with the models of
    fhir.resources before it is written. A study at a time is in memory. `output` is a path at which no file may exist,
    or a file that is open for writing bytes.

    Raises UsageError for a status, URI or time zone that is none, DocumentError where the package cannot be read or has
    errors or the file cannot be written, and MissingExtraError without the extra fhir.
    """
    settings = ResourceSettings(
        status=_status(status),
        patient_system=_system(patient_system),
        accession_system=_system(accession_system),
        zone=None if timezone is None else _zone(timezone),
        instances=instances,
    )
    overrides = {} if package is None else _overrides(Path(package))
    counting = _Counting()
    resources = counting.checked(_described(inventory, overrides, settings))
    lines = json_lines(resources)
    if isinstance(output, str | os.PathLike):
        write_pieces(Path(output), lines)
        return counting.written(Path(output))
    output.writelines(line.encode("utf-8", "backslashreplace") for line in lines)
    output.flush()
    return counting.written(Path("-"))


class _Counting:
    """What goes by on its way to the file."""

    def __init__(self) -> None:
        self._check = imaging_study_check()
        self._studies = self._series = self._instances = self._zoneless = 0
        self._issues = Findings()

    def checked(self, described: Iterable[Described]) -> Iterator[dict[str, Any]]:
        """Yield the resources."""
        for one in described:
            self._check(one.resource)
            series = one.resource.get("series", [])
            self._studies += 1
            self._series += len(series)
            self._instances += sum(len(found.get("instance", ())) for found in series)
            self._zoneless += one.times_without_zone
            self._issues += one.issues
            yield one.resource

    def written(self, path: Path) -> FhirFile:
        """Return what became of all."""
        issues = list(self._issues)
        if self._zoneless:
            issues.append(issue("fhir.no-time-zone", count=self._zoneless))
        return FhirFile(
            path=path,
            studies=self._studies,
            series=self._series,
            instances=self._instances,
            issues=Issues(issues),
        )


def _described(
    inventory: Inventory, overrides: Mapping[Target, DataSet], settings: ResourceSettings
) -> Iterator[Described]:
    # Both are in order of Study Instance UID, and every study has instances.
    by_study = groupby(inventory.instances(), key=attrgetter("study_instance_uid"))
    for study, (_, instances) in zip(inventory.studies(), by_study, strict=True):
        yield imaging_study(study, instances, overrides, settings)


def _status(text: str) -> str:
    if text not in STATUSES:
        raise unknown_choice("status of an ImagingStudy", text, STATUSES)
    return text


def _system(uri: str | None) -> str | None:
    if uri is not None and _URI.fullmatch(uri) is None:
        raise UsageError(
            "A system is no URI.", fix="Name one such as https://hospital.example/patients or urn:oid:1.2."
        )
    return uri


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            "There is no time zone of that name.", fix="Name one of the IANA time zone database, such as Europe/Berlin."
        ) from None


def _overrides(package: Path) -> dict[Target, DataSet]:
    if not (package / PLAN).is_file():
        raise DocumentError(
            f"{package.name} is no package: it has no plan.json.", fix="Name what 'dicommap draft' wrote."
        )
    files = Folder(package)
    if has_error(package_issues(files, None, None)):
        raise DocumentError(
            f"The package {package.name} has errors.", fix=f"List them with: dicommap validate {package.name}"
        )
    plan = read_plan(package)
    if plan.attempt > 1:
        raise UsageError(
            f"The package {package.name} is a retry: it has the overrides of what is imported again only.",
            fix="Name the package that was drafted first, which has those of all studies.",
        )
    return planned_overrides(plan, files)
