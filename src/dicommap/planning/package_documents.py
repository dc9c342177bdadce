"""Build the documents of a package. The text of a large document is generated in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING

from dicommap.dicom.strict_json import dump_json
from dicommap.healthimaging.s3_uri import FolderCounter
from dicommap.model.item_store import MEMORY, ItemStore
from dicommap.model.package_layout import (
    AUDIT_FILE,
    CONFIGURATION_FILE,
    EDITS_FILE,
    FORECAST_FILE,
    GROUPING_FILE,
    ISSUES_FILE,
    OBJECTS_FILE,
    PLAN_FILE,
    PREVIEW_FILE,
    REQUEST_FILE,
    job_folder,
    update_path,
)
from dicommap.model.study import Target
from dicommap.overrides.mappings import build_import_configuration, build_override_files
from dicommap.planning.plan import (
    FileDigest,
    Plan,
    PlanJob,
    PlanJobs,
    PlannedFile,
    UnplannedCounts,
    UpdateFile,
    iterate_plan_json,
)
from dicommap.planning.planned_objects import INSTANCE_DISPOSITIONS, iterate_objects_csv
from dicommap.updates.update import dump_update

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping, Sequence

    from pydantic import BaseModel

    from dicommap.healthimaging.assumptions import Assumptions
    from dicommap.healthimaging.import_configuration import ImportConfiguration
    from dicommap.healthimaging.quotas import Quotas
    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.overrides.grouping_table import GroupingTable
    from dicommap.overrides.override import Override
    from dicommap.planning.planned_objects import PlannedJob, PlannedObject
    from dicommap.updates.update import Update


class JobObjectCounts:
    """Numbers of files, bytes, instances and folders in one job, and the series of the instances."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0
        self.instances = 0
        """Number of instances and duplicates."""
        self._folders = FolderCounter()
        self._outermost: set[str] = set()
        self._series: dict[str, set[str]] = {}

    def iterate_and_count(self, objects: Iterable[PlannedObject]) -> Iterator[PlannedObject]:
        """Yield the objects unchanged, and count each of them."""
        study = series = ""
        for planned in objects:
            self.files += 1
            self.bytes += planned.size
            self._folders.add_key(planned.key)
            if planned.disposition in INSTANCE_DISPOSITIONS:
                self.instances += 1
                if planned.series_instance_uid != series or planned.study_instance_uid != study:
                    study, series = planned.study_instance_uid, planned.series_instance_uid
                    self._series.setdefault(study, set()).add(series)
            if "/" in planned.key:
                self._outermost.add(planned.key.partition("/")[0])
            yield planned

    def select_overrides(self, overrides_by_study: Mapping[str, Iterable[Override]]) -> list[Override]:
        """Return the overrides for the studies and series of the counted instances."""
        return [
            override
            for study, series in self._series.items()
            for override in overrides_by_study.get(study, ())
            if override.series_instance_uid is None or override.series_instance_uid in series
        ]

    def count_folders_with_override_files(self, files: Iterable[str]) -> int:
        """Return the number of nested folders in the job, including the folders of override files.

        `files` are the paths of the override files. Each path consists of one folder and a file name.
        """
        added = {path.partition("/")[0] for path in files}
        return self._folders.count + len(added - self._outermost)


TextPieces = Callable[[], Iterator[str]]
"""A function that yields the text of a file in pieces."""


class PackageDocuments(Mapping[str, str]):
    """The files of a package: path -> text, in the order of the paths.

    Large texts are generated from the inventory at each access, so the inventory must be open.
    """

    def __init__(
        self, plan: Plan, texts: Mapping[str, str], produced: Mapping[str, TextPieces], store: ItemStore = MEMORY
    ) -> None:
        """Keep the plan, the texts of small files, and the functions that generate the texts of the other files.

        Args:
            plan: The plan.
            texts: Path -> text, for small files. It is a dict of `store`.
            produced: Path -> function that yields the text in pieces, for the other files.
            store: The store of `texts`.

        """
        self.plan = plan
        self._texts = texts
        self._produced = produced
        self._store = store

    def __getitem__(self, path: str) -> str:
        return "".join(self.pieces(path))

    def __contains__(self, path: object) -> bool:
        return path in self._texts or path in self._produced

    def __iter__(self) -> Iterator[str]:
        return merge(self._store.iterate_sorted_keys(self._texts), sorted(self._produced))

    def __len__(self) -> int:
        return len(self._texts) + len(self._produced)

    def pieces(self, path: str) -> Iterator[str]:
        """Return the text of a file in pieces. A large text is never in memory as a whole."""
        return self._produced[path]() if path in self._produced else iter([self._texts[path]])


REQUEST_PLACEHOLDERS = ("datastoreId", "dataAccessRoleArn", "outputS3Uri")
"""Parameters of StartDICOMImportJob that only the owner of the AWS account knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHeader:
    """The settings and file counts of a plan, without its jobs."""

    roots: tuple[str, ...]
    uri: S3Uri | None
    """The S3 prefix that has (or will have) all source files; None if the plan has only updates and none is known."""
    quotas: Quotas
    assumptions: Assumptions
    files: int
    """Number of all files, including files in no job."""
    instances: int
    """Number of instances and duplicates."""
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageTables:
    """The texts of preview.csv, edits.csv, forecast.csv, grouping.csv, issues.jsonl and audit.jsonl.

    The first three texts and the last one may be long, so each is given in pieces.
    """

    preview: Sequence[str] = field(repr=False)
    edits: Sequence[str]
    forecast: Sequence[str] = field(repr=False)
    grouping: GroupingTable | None = field(default=None, repr=False)
    """The table grouping.csv; None if the grouping attributes are not known."""
    issues: str | None = None
    """The text of issues.jsonl; None if the draft has no warning about its edits or its plan."""
    audit: Sequence[str] | None = None
    """The lines of audit.jsonl that list the changes; None if the package has no such lines, as in older versions."""

    def add_texts(self, texts: MutableMapping[str, str], produced: dict[str, TextPieces]) -> None:
        """Add each table by its path: to `produced` if it is given in pieces, else to `texts`."""
        tables_by_path = {PREVIEW_FILE: self.preview, EDITS_FILE: self.edits, FORECAST_FILE: self.forecast}
        if self.audit is not None:
            tables_by_path[AUDIT_FILE] = self.audit
        produced |= {path: partial(iter, pieces) for path, pieces in tables_by_path.items()}
        if self.issues is not None:
            texts[ISSUES_FILE] = self.issues
        if self.grouping is not None:
            produced[GROUPING_FILE] = self.grouping.pieces


def build_package_documents(
    jobs: Iterable[PlannedJob],
    overrides: Iterable[Override],
    header: PlanHeader,
    tables: PackageTables,
    account: Mapping[str, str],
    store: ItemStore = MEMORY,
    updates: Iterable[Update] = (),
) -> PackageDocuments:
    """Build all files of a package. Equal input always gives equal texts.

    Args:
        jobs: The planned jobs.
        overrides: The overrides of all studies and series.
        header: The settings and file counts of the plan.
        tables: The CSV tables of the package.
        account: The valid parameters of StartDICOMImportJob that the user gave, such as datastoreId.
        store: The store that keeps the texts of the jobs' files and of the updates.
        updates: The updates of stored metadata, in the order in which they are sent.
    """
    overrides_by_study: MutableMapping[str, list[Override]] = store.make_dict()
    for study, group in groupby(overrides, key=lambda override: override.study_instance_uid):
        overrides_by_study[study] = [*overrides_by_study.get(study, ()), *group]
    texts: MutableMapping[str, str] = store.make_dict()
    produced: dict[str, TextPieces] = {}
    totals = _PlanTotals(store)

    def build_jobs() -> Iterator[PlanJob]:
        for job in jobs:
            plan_job, job_texts = _build_job(job, overrides_by_study, header, account)
            texts.update(job_texts)
            produced[f"{job_folder(job.id)}/{OBJECTS_FILE}"] = partial(iterate_objects_csv, job.objects)
            totals.add_job(plan_job)
            yield plan_job

    plan = _build_plan(PlanJobs(build_jobs()), totals, header, tables, tuple(_build_update_files(updates, texts)))
    produced[PLAN_FILE] = partial(iterate_plan_json, plan)
    tables.add_texts(texts, produced)
    return PackageDocuments(plan, texts, produced, store)


def _build_update_files(updates: Iterable[Update], texts: MutableMapping[str, str]) -> Iterator[UpdateFile]:
    """Add the text of each update to `texts`, and yield the UpdateFile with its path, size and hash."""
    for number, update in enumerate(updates, 1):
        path, text = update_path(number), dump_update(update)
        texts[path] = text
        yield UpdateFile(path=path, **FileDigest.from_text(text).model_dump())


class _PlanTotals:
    """Sums over the jobs of a plan. A study that several jobs share is counted only once."""

    def __init__(self, store: ItemStore) -> None:
        self.instances = self.files = self.series = 0
        self.studies: MutableMapping[str, None] = store.make_dict()
        self._targets: MutableMapping[Target, None] = store.make_dict()

    def add_job(self, job: PlanJob) -> None:
        """Count the files, studies and series of a job."""
        self.instances += job.instances
        self.files += job.sourceFiles
        for mapping in job.mappings:
            target = Target(study_instance_uid=mapping.studyInstanceUID, series_instance_uid=mapping.seriesInstanceUID)
            if target not in self._targets:
                self._targets[target] = None
                self.studies[mapping.studyInstanceUID] = None
                self.series += target.series_instance_uid is not None


def _dump_model(document: BaseModel) -> dict[str, object]:
    return document.model_dump(mode="json", exclude_none=True)


def _build_job(
    job: PlannedJob, overrides_by_study: Mapping[str, list[Override]], header: PlanHeader, account: Mapping[str, str]
) -> tuple[PlanJob, dict[str, str]]:
    """Return a job of the plan, and the texts of its files by path. objects.csv is not among the files."""
    counts = JobObjectCounts()
    objects = FileDigest.from_pieces(iterate_objects_csv(counts.iterate_and_count(job.objects)))
    override_files = build_override_files(counts.select_overrides(overrides_by_study), header.assumptions)
    files = {file.path: file.text for _, file in override_files}
    configuration = build_import_configuration(override_files) if override_files else None
    plan_job = PlanJob(
        id=job.id,
        inputS3Uri=str(job.uri),
        staged=job.staged,
        mappings=configuration.dicomJsonMetadataImportConfiguration.dicomMetadataMappings if configuration else (),
        instances=counts.instances,
        sourceFiles=counts.files,
        sourceBytes=counts.bytes,
        folders=counts.count_folders_with_override_files(files),
        objects=objects,
        files=tuple(PlannedFile.from_text(path, text) for path, text in sorted(files.items())),
    )
    folder = job_folder(job.id)
    request = _build_request(configuration, plan_job, header.attempt, account)
    texts = {f"{folder}/files/{path}": text for path, text in files.items()}
    if configuration is not None:
        texts[f"{folder}/{CONFIGURATION_FILE}"] = dump_json(_dump_model(configuration))
    texts[f"{folder}/{REQUEST_FILE}"] = dump_json(request)
    return plan_job, texts


def _build_plan(
    jobs: PlanJobs,
    totals: _PlanTotals,
    header: PlanHeader,
    tables: PackageTables,
    updates: tuple[UpdateFile, ...],
) -> Plan:
    return Plan(
        attempt=header.attempt,
        sources=header.roots,
        inputS3Uri=None if header.uri is None else str(header.uri),
        quotas=header.quotas,
        unplanned=UnplannedCounts(
            instances=header.instances - totals.instances,
            files=header.files - totals.files,
        ),
        studies=len(totals.studies),
        series=totals.series,
        assumptions=header.assumptions,
        preview=FileDigest.from_pieces(tables.preview),
        edits=FileDigest.from_pieces(tables.edits),
        forecast=FileDigest.from_pieces(tables.forecast),
        issues=None if tables.issues is None else FileDigest.from_text(tables.issues),
        grouping=None if tables.grouping is None else FileDigest.from_pieces(tables.grouping.pieces()),
        updates=updates or None,
        audit=None if tables.audit is None else FileDigest.from_pieces(tables.audit),
        jobs=jobs,
    )


def _build_request(
    configuration: ImportConfiguration | None, job: PlanJob, attempt: int, account: Mapping[str, str]
) -> dict[str, object]:
    request: dict[str, object] = {
        "jobName": f"dicommap-{job.id}" if attempt == 1 else f"dicommap-{job.id}-attempt-{attempt}",
        **{member: f"<{member}>" for member in REQUEST_PLACEHOLDERS},
        **account,
        "clientToken": job.client_token(attempt),
        "inputS3Uri": job.inputS3Uri,
    }
    return request if configuration is None else request | {"importConfiguration": _dump_model(configuration)}
