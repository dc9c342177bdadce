"""What a retry takes over from the package before: overrides, tables, and what the account's owner gave."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dicommap.authoring.override_reading import read_override
from dicommap.authoring.package_documents import Tables
from dicommap.errors import DocumentError
from dicommap.model.package_layout import EDITS, FORECAST, PREVIEW
from dicommap.model.planned_object import PlannedObject

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from dicommap.model.override import Override
    from dicommap.model.plan import Job
    from dicommap.package.planned import PlannedPackage

_ACCOUNT = ("datastoreId", "dataAccessRoleArn", "outputS3Uri", "inputOwnerAccountId")
_MARK = "\ufeff"


class ObjectsOf(Iterable[PlannedObject]):
    """The objects of a job, read each time they are gone through."""

    def __init__(self, package: PlannedPackage, job: Job) -> None:
        self._package = package
        self._job = job

    def __iter__(self) -> Iterator[PlannedObject]:
        return self._package.objects(self._job)


def overrides_of(
    package: PlannedPackage, whole: Iterable[Job], partial: Iterable[Job], studies: Container[str]
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
            yield read_override(data, mapping, package.plan.profile)
        except ValueError as error:
            message = f"An override file of job {job.id} cannot be used again: {error}."
            raise DocumentError(message, fix="Run 'dicommap validate' on the package.") from None


def tables_of(package: PlannedPackage, studies: Container[str]) -> Tables:
    """Return the tables of a package with the rows of some studies only; what became of the edits stays whole."""
    plan = package.plan
    return Tables(
        preview=_rows_of(package.table(PREVIEW, plan.preview), studies),
        edits=package.table(EDITS, plan.edits),
        forecast=_rows_of(package.table(FORECAST, plan.forecast), studies),
    )


def account_of(package: PlannedPackage, job: Job) -> dict[str, str]:
    """Return what the account's owner gave for a job, as far as it was given."""
    submission = package.submission(job)
    given = package.request(job) if submission is None else submission.model_dump()
    return {name: given[name] for name in _ACCOUNT if given.get(name) not in (None, f"<{name}>")}


def _rows_of(table: str, studies: Container[str]) -> str:
    """Return a table whose first column is the StudyInstanceUID with the rows of some studies only."""
    header, *rows = list(csv.reader(io.StringIO(table.removeprefix(_MARK), newline=""))) or [[]]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([header, *(row for row in rows if row and row[0] in studies)])
    return (_MARK if table.startswith(_MARK) else "") + buffer.getvalue()
