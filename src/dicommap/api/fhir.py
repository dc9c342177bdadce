"""fhir(): write the studies of an inventory as ImagingStudy resources of FHIR R4."""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dicommap.arguments import convert_arguments, make_type_error, to_flag, to_optional, to_path, to_text
from dicommap.dicom.choices import make_unknown_choice_error
from dicommap.display.csv_json import format_json_lines
from dicommap.display.imaging_study import STATUSES, ImagingStudyResult, ImagingStudySettings, build_imaging_study
from dicommap.display.issue_report import Issues
from dicommap.errors import DocumentError, UsageError
from dicommap.inventory.inventory_argument import open_inventory_argument
from dicommap.issues import has_errors, make_issue
from dicommap.issues.bounded_list import make_bounded_issues
from dicommap.model.package_layout import PLAN_FILE
from dicommap.package.document_reader import DocumentFolder, format_path_name
from dicommap.package.override_data_sets import OverrideDataSets
from dicommap.package.package_directory import PackageDirectory, read_plan
from dicommap.validation.imaging_study_check import load_imaging_study_check
from dicommap.validation.package_check import check_package
from dicommap.writing.new_file import write_new_text_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from _typeshed import StrPath

    from dicommap.dicom.json_model import DataSet
    from dicommap.inventory import Inventory
    from dicommap.model.study import Target

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")


def _to_output_file(name: str, value: object) -> object:
    """Return the argument `output` of `fhir` as a path, or unchanged if it is an open file. Else raise UsageError."""
    if isinstance(value, str | os.PathLike):
        return to_path(name, value)
    if isinstance(value, type | io.TextIOBase) or not callable(getattr(value, "writelines", None)):
        raise make_type_error(name, value, "the path of a new file, or a file that is open for writing bytes")
    return value


@dataclass(frozen=True, kw_only=True)
class FhirFile:
    """The result of `fhir`: the written file, the numbers of its resources, series and instances, and the issues."""

    path: Path
    """The path of the written file; `-` if the caller gave an open file."""
    studies: int
    """Number of resources. Each resource is one study and one line."""
    series: int
    """Number of series in all resources."""
    instances: int
    """Number of instances that all resources list."""
    issues: Issues
    """Issues about values that the resources cannot express: the first 1,000 of each code, and the number of others."""


@convert_arguments(
    output=_to_output_file,
    package=to_optional(to_path),
    status=to_text,
    patient_system=to_optional(to_text),
    accession_system=to_optional(to_text),
    timezone=to_optional(to_text),
    instances=to_flag,
)
def fhir(
    inventory: Inventory | StrPath,
    output: StrPath | BinaryIO,
    *,
    package: StrPath | None = None,
    status: str = "available",
    patient_system: str | None = None,
    accession_system: str | None = None,
    timezone: str | None = None,
    instances: bool = True,
) -> FhirFile:
    """Write an ImagingStudy resource (FHIR R4) for each study, as newline-delimited JSON. HealthLake can import it.

    Each resource is checked with the models of fhir.resources before it is written. One study at a time is in memory.

    Args:
        inventory: The open inventory, or the path of an inventory file.
        output: The path of a new file, or a file that is open for writing bytes.
        package: The path of a package whose overrides are applied to the studies.
        status: The status of all resources, such as "available".
        patient_system: The URI of the system that assigns PatientID.
        accession_system: The URI of the system that assigns AccessionNumber.
        timezone: The IANA time zone for files without TimezoneOffsetFromUTC, such as "Europe/Berlin".
        instances: Whether a series lists its instances. If not, it has only the number of instances.

    Returns:
        The path, the counts and the issues of the written resources.

    Raises:
        UsageError: The status, a URI or the time zone is not valid, or the package is a retry of another package.
        DocumentError: The package cannot be read or has errors, or the file cannot be written.
        MissingExtraError: The extra fhir is not installed.

    """
    settings = ImagingStudySettings(
        status=_require_known_status(status),
        patient_system=_require_system_uri(patient_system),
        accession_system=_require_system_uri(accession_system),
        zone=None if timezone is None else _require_time_zone(timezone),
        instances=instances,
    )
    overrides = {} if package is None else _open_overrides(Path(package))
    counter = _ResourceCounter()
    with open_inventory_argument(inventory) as opened:
        resources = counter.iterate_checked_resources(_build_imaging_studies(opened, overrides, settings))
        return _write_fhir_file(counter, resources, output)


def _write_fhir_file(
    counter: _ResourceCounter, resources: Iterator[dict[str, Any]], output: StrPath | BinaryIO
) -> FhirFile:
    """Write the resources to `output` (a new file or an open file), and return the counts and issues of `counter`."""
    lines = format_json_lines(resources)
    if isinstance(output, str | os.PathLike):
        write_new_text_file(Path(output), lines)
        return counter.make_result(Path(output))
    output.writelines(line.encode("utf-8", "backslashreplace") for line in lines)
    output.flush()
    return counter.make_result(Path("-"))


class _ResourceCounter:
    """A counter of ImagingStudy resources and their series and instances. It also checks them, and collects issues."""

    def __init__(self) -> None:
        self._check = load_imaging_study_check()
        self._studies = self._series = self._instances = self._zoneless = 0
        self._issues = make_bounded_issues()

    def iterate_checked_resources(self, results: Iterable[ImagingStudyResult]) -> Iterator[dict[str, Any]]:
        """Check, count and yield each resource. Raises ValueError if a resource is not valid.

        `results` has, for each study, the resource that was built and the issues of building it.
        """
        for result in results:
            self._check(result.resource)
            series = result.resource.get("series", [])
            self._studies += 1
            self._series += len(series)
            self._instances += sum(len(member.get("instance", ())) for member in series)
            self._zoneless += result.times_without_zone
            self._issues += result.issues
            yield result.resource

    def make_result(self, path: Path) -> FhirFile:
        """Return the result of `fhir` for the file at `path`: the counts and issues of all resources."""
        issues = list(self._issues)
        if self._zoneless:
            issues.append(make_issue("fhir.no-time-zone", count=self._zoneless))
        return FhirFile(
            path=path,
            studies=self._studies,
            series=self._series,
            instances=self._instances,
            issues=Issues(issues),
        )


def _build_imaging_studies(
    inventory: Inventory, overrides: Mapping[Target, DataSet], settings: ImagingStudySettings
) -> Iterator[ImagingStudyResult]:
    """Yield the ImagingStudy resource of each study, and the issues of building it."""
    # Instances and studies are both sorted by Study Instance UID, and every study has instances.
    by_study = groupby(inventory.instances(), key=attrgetter("study_instance_uid"))
    for study, (_, instances) in zip(inventory.studies(), by_study, strict=True):
        yield build_imaging_study(study, instances, overrides, settings)


def _require_known_status(text: str) -> str:
    """Return the status of an ImagingStudy unchanged. Raises UsageError if FHIR has no such status."""
    if text not in STATUSES:
        raise make_unknown_choice_error("status of an ImagingStudy", text, STATUSES)
    return text


def _require_system_uri(uri: str | None) -> str | None:
    """Return the URI of a system of identifiers unchanged, or None. Raises UsageError if it is not a URI."""
    if uri is not None and _URI.fullmatch(uri) is None:
        raise UsageError(
            "The system is not a URI.", fix="Name one such as https://hospital.example/patients or urn:oid:1.2."
        )
    return uri


def _require_time_zone(name: str) -> ZoneInfo:
    """Return the IANA time zone with this name. Raises UsageError if no time zone has this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"Unknown time zone {name!r}.", fix="Name one of the IANA time zone database, such as Europe/Berlin."
        ) from None


def _open_overrides(package: Path) -> Mapping[Target, DataSet]:
    """Return the overrides of a package, each of which is read when it is used.

    Raises DocumentError if the package has errors, and UsageError if it is a retry.
    """
    if not (package / PLAN_FILE).is_file():
        raise DocumentError(
            f"{format_path_name(package)} is no package: it has no plan.json.", fix="Name what 'dicommap draft' wrote."
        )
    if has_errors(check_package(DocumentFolder(package), None, None)):
        raise DocumentError(
            f"The package {format_path_name(package)} has errors.",
            fix=f"List them with: dicommap validate {format_path_name(package)}",
        )
    plan = read_plan(package)
    if plan.attempt > 1:
        raise UsageError(
            f"The package {format_path_name(package)} is a retry: it has the overrides of what is imported again only.",
            fix="Name the package that was drafted first, which has those of all studies.",
        )
    return OverrideDataSets(PackageDirectory(package, plan))
