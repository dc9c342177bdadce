"""What a retry takes over from the package before: overrides, tables, and what the account's owner gave."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dicommap.errors import DocumentError
from dicommap.model.package_layout import EDITS_FILE, FORECAST_FILE, PREVIEW_FILE
from dicommap.overrides.override import parse_override
from dicommap.planning.package_documents import PackageTables
from dicommap.planning.planned_objects import PlannedObject

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from dicommap.overrides.override_file_model_override_part import Override
    from dicommap.package.package_directory import PackageDirectory
    from dicommap.planning.plan import PlanJob

_ACCOUNT_MEMBERS = ("datastoreId", "dataAccessRoleArn", "outputS3Uri", "inputOwnerAccountId")
_BYTE_ORDER_MARK = "\ufeff"


class JobObjects(Iterable[PlannedObject]):
    """The objects of a job, read each time they are gone through."""

    def __init__(self, package: PackageDirectory, job: PlanJob) -> None:
        self._package = package
        self._job = job

    def __iter__(self) -> Iterator[PlannedObject]:
        return self._package.objects(self._job)


def read_overrides(
    package: PackageDirectory, whole: Iterable[PlanJob], partial: Iterable[PlanJob], studies: Container[str]
) -> Iterator[Override]:
    """Yield the overrides of whole jobs, and those of some studies of other ones, each once.

    Raises DocumentError where a file was changed, or is none.
    """
    done: set[tuple[str, str | None]] = set()
    wanted = [
        *((job, mapping) for job in whole for mapping in job.mappings),
        *((job, mapping) for job in partial for mapping in job.mappings if mapping.studyInstanceUID in studies),
    ]
    for job, mapping in wanted:
        key = mapping.studyInstanceUID, mapping.seriesInstanceUID
        if key in done:
            continue
        done.add(key)
        data = package.file(job, mapping.metadataFilePath)
        try:
            yield parse_override(data, mapping, package.plan.profile)
        except ValueError as error:
            message = f"An override file of job {job.id} cannot be used again: {error}."
            raise DocumentError(message, fix="Run 'dicommap validate' on the package.") from None


def read_tables(package: PackageDirectory, studies: Container[str]) -> PackageTables:
    """Return the tables of a package with the rows of some studies only; what became of the edits stays whole."""
    plan = package.plan
    return PackageTables(
        preview=_filter_rows(package.table(PREVIEW_FILE, plan.preview), studies),
        edits=package.table(EDITS_FILE, plan.edits),
        forecast=_filter_rows(package.table(FORECAST_FILE, plan.forecast), studies),
    )


def read_account_members(package: PackageDirectory, job: PlanJob) -> dict[str, str]:
    """Return what the account's owner gave for a job, as far as it was given."""
    submission = package.submission(job)
    given = package.request(job) if submission is None else submission.model_dump()
    return {name: given[name] for name in _ACCOUNT_MEMBERS if given.get(name) not in (None, f"<{name}>")}


def _filter_rows(table: str, studies: Container[str]) -> str:
    """Return a table whose first column is the StudyInstanceUID with the rows of some studies only."""
    header, *rows = list(csv.reader(io.StringIO(table.removeprefix(_BYTE_ORDER_MARK), newline=""))) or [[]]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([header, *(row for row in rows if row and row[0] in studies)])
    return (_BYTE_ORDER_MARK if table.startswith(_BYTE_ORDER_MARK) else "") + buffer.getvalue()
