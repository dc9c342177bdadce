"""Find the planned object of each record in a job manifest, and give each planned instance exactly one outcome."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.dicom.printable_text import make_printable
from dicommap.healthimaging.job_output import is_documented_warning
from dicommap.issues import Location, make_issue
from dicommap.issues.bounded_list import JOB_ISSUE_LIMIT, make_bounded_issues
from dicommap.planning.planned_objects import INSTANCE_DISPOSITIONS
from dicommap.reconciliation.manifest_records import RecordKind
from dicommap.reconciliation.outcomes import ImportOutcome, InstanceOutcome

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.planning.planned_objects import PlannedObject
    from dicommap.reconciliation.manifest_records import ObjectRecord


def iterate_candidate_keys(input_file: str, uri: S3Uri) -> Iterator[str]:
    """Yield the possible keys for the inputFile of a record. The most likely key is first.

    In the examples of the developer guide, inputFile is a key without the bucket. This function also accepts an S3 URI,
    a bucket with a key, and a path relative to inputS3Uri.

    Args:
        input_file: The inputFile of the record.
        uri: The inputS3Uri of the job.

    Yields:
        Keys relative to `uri`.
    """
    for start in (str(uri), f"/{uri.bucket}/{uri.prefix}", f"{uri.bucket}/{uri.prefix}", f"/{uri.prefix}", uri.prefix):
        if input_file.startswith(start):
            yield input_file.removeprefix(start)
    yield input_file.removeprefix("/")


def find_matching_keys(input_file: str, uri: S3Uri, known: Container[str]) -> tuple[str, ...]:
    """Return the possible keys for an inputFile that are in `known`, each once. The most likely key is first."""
    return tuple(dict.fromkeys(key for key in iterate_candidate_keys(input_file, uri) if key in known))


@dataclass(slots=True)
class _LedgerEntry:
    """A planned object, and the import results that the records in the job manifest report for this object."""

    planned: PlannedObject
    imported: int = 0
    failed: int = 0
    warned: int = 0
    is_primary: bool | None = None
    image_set_id: str = ""
    is_in_two_image_sets: bool = False
    warnings: tuple[str, ...] = ()
    exception_type: str = ""
    message: str = field(default="", repr=False)


@dataclass(slots=True)
class RecordCounts:
    """The numbers of S3 objects in the records of a job manifest, by result, and the IDs of their image sets."""

    imported: int = 0
    failed: int = 0
    others: int = 0
    """Number of imported or failed objects that are not planned instances."""
    overrides: int = 0
    """Number of override files among `others`."""
    image_sets: set[str] = field(default_factory=set)
    not_instances: Counter[str] = field(default_factory=Counter)
    """Disposition -> number of planned objects that are neither instances nor duplicates."""
    refused_not_instances: Counter[str] = field(default_factory=Counter)
    """Disposition -> number of the objects in `not_instances` that failed."""


class JobLedger:
    """The ledger of one job: it gives each planned instance an outcome from the records of the job manifest.

    Add all records in any order, then call `finish`, then read `outcomes`.
    """

    def __init__(self, planned: Iterable[PlannedObject], uri: S3Uri, overrides: Container[str], path: str) -> None:
        """Open the ledger of one job.

        Args:
            planned: The planned objects of the job.
            uri: The inputS3Uri of the job.
            overrides: The paths of the job's override files, relative to `uri`.
            path: The job's folder in the package. It is the location of issues about several objects.
        """
        self._entries = {instance.key: _LedgerEntry(instance) for instance in planned}
        self._uri = uri
        self._overrides = overrides
        self._unclear: list[tuple[tuple[str, ...], ObjectRecord]] = []
        """The records that match several planned objects, each after the keys of these objects."""
        self._full = self._relative = 0
        """Numbers of records that name a full key, and of records that name a key relative to `uri`."""
        self._unplanned: dict[str, bool] = {}
        """inputFile of an object that is not planned -> whether a record reports that it was imported."""
        self.record_counts = RecordCounts()
        self.issues = make_bounded_issues(JOB_ISSUE_LIMIT, path)

    def add_record(self, record: ObjectRecord) -> None:
        """Add a record to the ledger. If the record matches several planned objects, `finish` chooses one of them."""
        if record.image_set_id:
            self.record_counts.image_sets.add(record.image_set_id)
        for name in record.warnings:
            if not is_documented_warning(name):
                self.issues.add(make_issue("manifest.unknown-warning", _locate_key(record.input_file), name=name))
        keys = find_matching_keys(record.input_file, self._uri, self._entries)
        if not keys:
            imported = record.kind is not RecordKind.FAILURE
            self._unplanned[record.input_file] = imported or self._unplanned.get(record.input_file, False)
        elif len(keys) > 1:
            self._unclear.append((keys, record))
        else:
            if keys[0] == record.input_file:
                self._relative += 1
            else:
                self._full += 1
            self._add_to_entry(self._entries[keys[0]], record)

    def finish(self, primary: Mapping[str, bool]) -> None:
        """Choose one planned object for each record that matches several, and check the results of all objects.

        Call it after the last record.

        Args:
            primary: Image set ID -> whether the job manifest says that the image set is primary.
        """
        for keys, record in self._unclear:
            self._add_to_entry(self._entries[keys[-1 if self._relative > self._full else 0]], record)
        self._unclear.clear()
        for entry in self._entries.values():
            if entry.is_primary is None and entry.image_set_id:
                entry.is_primary = primary.get(entry.image_set_id)
            self.record_counts.imported += bool(entry.imported)
            self.record_counts.failed += bool(entry.failed)
            self._count_and_check_entry(entry)
        for name, imported in self._unplanned.items():
            self._add_unplanned_object(name, imported=imported)

    def outcomes(self) -> Iterator[InstanceOutcome]:
        """Yield the outcome of each planned instance, in the order of the plan."""
        for entry in self._entries.values():
            if entry.planned.disposition in INSTANCE_DISPOSITIONS:
                yield _make_outcome(entry)

    def _add_to_entry(self, entry: _LedgerEntry, record: ObjectRecord) -> None:
        """Add a record to the entry of its object."""
        if record.kind is RecordKind.FAILURE:
            entry.failed += 1
            entry.exception_type = entry.exception_type or record.exception_type
            entry.message = entry.message or record.message
        else:
            if record.image_set_id and entry.image_set_id not in ("", record.image_set_id):
                entry.is_in_two_image_sets = True
            entry.imported += 1
            entry.warned += record.kind is RecordKind.WARNING
            entry.image_set_id = min(filter(None, (entry.image_set_id, record.image_set_id)), default="")
            if record.is_primary is not None:  # if records differ, False is kept: it needs attention
                entry.is_primary = record.is_primary and entry.is_primary is not False
            entry.warnings = tuple(dict.fromkeys((*entry.warnings, *record.warnings)))

    def _count_and_check_entry(self, entry: _LedgerEntry) -> None:
        """Record an issue if the records of an object contradict each other or the plan."""
        is_instance = entry.planned.disposition in INSTANCE_DISPOSITIONS
        if not is_instance:
            disposition = entry.planned.disposition.value
            self.record_counts.not_instances[disposition] += 1
            self.record_counts.refused_not_instances[disposition] += bool(entry.failed and not entry.imported)
            self.record_counts.others += bool(entry.imported or entry.failed)
        place = _locate_key(self._uri.key_of(entry.planned.key))
        if entry.imported and entry.failed:
            self.issues.add(make_issue("manifest.contradiction", place))
        if entry.is_in_two_image_sets:
            self.issues.add(make_issue("manifest.two-image-sets", place))
        if entry.imported and not is_instance:
            disposition = entry.planned.disposition.value
            self.issues.add(make_issue("reconcile.unexpected-import", place, disposition=disposition))

    def _add_unplanned_object(self, name: str, *, imported: bool) -> None:
        """Count an object of the job manifest that is not in the plan, and record an issue.

        `name` is the inputFile in the object's records. `imported` is True if a record reports that the object was
        imported.
        """
        self.record_counts.others += 1
        self.record_counts.imported += imported
        self.record_counts.failed += not imported
        if find_matching_keys(name, self._uri, self._overrides):
            self.record_counts.overrides += 1
            code = "reconcile.override-imported" if imported else "reconcile.override-refused"
        else:
            code = "reconcile.unplanned-import" if imported else "reconcile.unplanned-failure"
        self.issues.add(make_issue(code, _locate_key(name)))


def _locate_key(key: str) -> Location:
    return Location(path=make_printable(key))


def _make_outcome(entry: _LedgerEntry) -> InstanceOutcome:
    return InstanceOutcome(
        planned=entry.planned,
        outcome=_decide_outcome(entry),
        reported_imported=bool(entry.imported),
        reported_failed=bool(entry.failed),
        image_set_id=entry.image_set_id,
        is_primary=entry.is_primary,
        warnings=entry.warnings,
        exception_type=entry.exception_type,
        message=entry.message,
    )


def _decide_outcome(entry: _LedgerEntry) -> ImportOutcome:
    """Return the outcome that the records of an instance report. A failure has precedence over other results."""
    if entry.failed:
        return ImportOutcome.FAILED
    if not entry.imported:
        return ImportOutcome.NOT_REPORTED
    if entry.is_primary is False:
        return ImportOutcome.NON_PRIMARY
    if entry.warned or entry.warnings:
        return ImportOutcome.WARNINGS
    return ImportOutcome.IMPORTED if entry.is_primary is None else ImportOutcome.PRIMARY
