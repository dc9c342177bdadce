"""The plan of a package, from plan.json: jobs with their client tokens, quotas, assumptions, and hashes of files."""

from __future__ import annotations

import hashlib
import json
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, overload

from pydantic import (
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    model_validator,
)

from dicommap.dicom.strict_json import dump_json
from dicommap.healthimaging.assumptions import Assumptions
from dicommap.healthimaging.import_configuration import DicomMetadataMapping, MetadataFilePath, S3UriText
from dicommap.healthimaging.quotas import Quotas
from dicommap.model.displayable import Displayable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
NonNegativeCount = Annotated[int, Field(ge=0)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def _measure_and_hash(pieces: Iterable[str]) -> tuple[int, str]:
    """Return the size of a text in UTF-8, and its SHA-256 as 64 hexadecimal digits."""
    size, digest = 0, hashlib.sha256()
    for piece in pieces:
        data = piece.encode()
        size += len(data)
        digest.update(data)
    return size, digest.hexdigest()


class FileDigest(_Document):
    """The size in bytes and the SHA-256 hash of a file."""

    size: NonNegativeCount
    sha256: Sha256

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the size and hash of a text in UTF-8."""
        return cls.from_pieces([text])

    @classmethod
    def from_pieces(cls, pieces: Iterable[str]) -> Self:
        """Return the size and hash of a text in UTF-8. `pieces` are the parts of the text."""
        size, sha256 = _measure_and_hash(pieces)
        return cls(size=size, sha256=sha256)


class PlannedFile(_Document):
    """An override file of a job: its path relative to inputS3Uri, its size and its hash."""

    path: MetadataFilePath
    size: NonNegativeCount
    sha256: Sha256

    @classmethod
    def from_text(cls, path: str, text: str) -> Self:
        """Return a planned file with this path and text."""
        size, sha256 = _measure_and_hash([text])
        return cls(path=path, size=size, sha256=sha256)


class UpdateFile(FileDigest):
    """A file with an update of stored metadata: its path in the package, its size and its hash."""

    path: Annotated[str, StringConstraints(pattern=r"^updates/[0-9]{6,9}\.json$")]


class PlanJob(_Document):
    """One import job: its S3 prefix, its mappings, its override files, and the counts of its objects."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,6}$")]
    inputS3Uri: S3UriText
    """The S3 prefix of the job. It ends with a slash, because `a/1` would also match the objects under `a/10/`."""
    staged: bool
    """Whether the objects must be copied to the inputS3Uri. If False, the source files are (or will be) there."""
    mappings: Annotated[tuple[DicomMetadataMapping, ...], FailFast()] = Field(strict=False)
    """The mappings of the job's import configuration. Empty if the job has no override.

    The plan repeats the mappings to detect a changed configuration. A mapping to the override file of another patient
    would otherwise be valid.
    """
    instances: NonNegativeCount
    """Number of instances and duplicates."""
    sourceFiles: NonNegativeCount
    """Number of source files: the rows of objects.csv."""
    sourceBytes: NonNegativeCount
    folders: NonNegativeCount
    """Number of nested folders under inputS3Uri. The folder of the override files counts too."""
    objects: FileDigest
    """The size and hash of objects.csv. It lists the objects under inputS3Uri without the override files."""
    files: Annotated[tuple[PlannedFile, ...], FailFast()] = Field(strict=False)

    def client_token(self, attempt: int) -> str:
        """Return the clientToken of the job's request.

        Equal jobs have equal tokens, so AWS starts a job only once. `attempt` is the number of the plan's attempt.
        """
        done = f"{attempt}\n{self.model_dump_json()}"
        return f"dicommap-{hashlib.sha256(done.encode()).hexdigest()[:32]}"


_PIECE_CHARACTERS = 2**18
_COMPRESSION_LEVEL = 1


class PlanJobs(Sequence[PlanJob]):
    """The jobs of a plan. They are kept as compressed JSON, because they may have millions of override files.

    Several neighbouring jobs are compressed together. Each access makes new objects from the JSON. To save memory,
    iterate over the jobs and do not keep them in a list.
    """

    def __init__(self, jobs: Iterable[PlanJob] = ()) -> None:
        self._pieces: list[bytes] = []
        self._ends: list[int] = []
        """For each piece, the number of jobs in it and all pieces before it."""
        self._last_read: tuple[int, list[PlanJob]] = (-1, [])
        """The index of the piece that was read last, and its jobs."""
        lines: list[str] = []
        characters = number = 0
        for number, job in enumerate(jobs, 1):
            lines.append(job.model_dump_json(exclude_none=True))
            characters += len(lines[-1])
            if characters > _PIECE_CHARACTERS:
                self._add_compressed_piece(lines, number)
                lines, characters = [], 0
        if lines:
            self._add_compressed_piece(lines, number)

    @classmethod
    def validate(cls, value: object) -> Self:
        """Return the jobs from a sequence of jobs, or of their JSON values. Raise ValueError if a job is not valid."""
        if not isinstance(value, list | tuple | PlanJobs):
            raise ValueError("the jobs are not a list")
        return value if isinstance(value, cls) else cls(map(PlanJob.model_validate, value))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> PlanJob: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[PlanJob, ...]: ...

    def __getitem__(self, index: int | slice) -> PlanJob | tuple[PlanJob, ...]:
        places = range(len(self))[index]
        return self._get_job(places) if isinstance(places, int) else tuple(map(self._get_job, places))

    def __iter__(self) -> Iterator[PlanJob]:
        for piece in self._pieces:
            yield from _parse_jobs(piece)

    def iterate_json_values(self) -> Iterator[dict[str, Any]]:
        """Yield the JSON value of each job, as plan.json has it."""
        for piece in self._pieces:
            yield from map(json.loads, zlib.decompress(piece).split(b"\n"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PlanJobs | tuple | list):
            return NotImplemented
        return len(self) == len(other) and all(job == other_job for job, other_job in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return len(self)

    def _add_compressed_piece(self, lines: list[str], end: int) -> None:
        """Compress the JSON lines of some jobs. `end` is the number of jobs in this piece and all pieces before it."""
        self._pieces.append(zlib.compress("\n".join(lines).encode(), _COMPRESSION_LEVEL))
        self._ends.append(end)

    def _get_job(self, index: int) -> PlanJob:
        piece = bisect_right(self._ends, index)
        known_piece, jobs = self._last_read  # one read of the attribute, because threads may share this object
        if known_piece != piece:
            jobs = list(_parse_jobs(self._pieces[piece]))
            self._last_read = piece, jobs
        return jobs[index - self._ends[piece]]  # a negative index, from the end of the piece


def _parse_jobs(piece: bytes) -> Iterator[PlanJob]:
    return map(PlanJob.model_validate_json, zlib.decompress(piece).split(b"\n"))


class UnplannedCounts(_Document):
    """The numbers of files and instances that are in no job. The issues of the draft give the reasons."""

    instances: NonNegativeCount
    """Number of instances and duplicates that are in no job."""
    files: NonNegativeCount
    """Number of all files that are in no job."""


class Plan(Displayable, _Document):
    """The plan of a package, as in plan.json."""

    version: Literal[2] = 2
    attempt: Annotated[int, Field(ge=1)]
    """The attempt: 1 for a first plan.

    A plan that retries another plan has the next number, and other client tokens.
    """
    sources: Annotated[tuple[str, ...], FailFast()] = Field(strict=False)
    """The source roots that were scanned: local directories or S3 URIs."""
    inputS3Uri: S3UriText | None = None
    """The S3 prefix that has (or will have) all source files. The prefixes of jobs that are not staged are under it.

    None if the plan has no jobs and no prefix is known.
    """
    quotas: Quotas
    """The limits of one job. Each job of the plan obeys them."""
    unplanned: UnplannedCounts
    studies: NonNegativeCount
    """Number of studies that have an override, or a series with an override."""
    series: NonNegativeCount
    """Number of series with an override."""
    assumptions: Assumptions
    """The assumptions about AWS's undocumented behavior. The override files are written and checked for them."""
    preview: FileDigest
    """The size and hash of preview.csv. The hash detects a changed preview, which would not describe the package."""
    edits: FileDigest
    """The size and hash of edits.csv. It lists the result of each edit."""
    forecast: FileDigest
    """Size and hash of forecast.csv. It lists the files that will probably become non-primary image sets."""
    grouping: FileDigest | None = None
    """Size and hash of grouping.csv, which lists the grouping attributes that the jobs will import; None if the package
    has no such table."""
    issues: FileDigest | None = None
    """Size and hash of issues.jsonl, which lists the warnings of the draft about edits and the plan; None if there were
    none."""
    updates: Annotated[tuple[UpdateFile, ...], Field(min_length=1)] | None = Field(default=None, strict=False)
    """The files with updates of stored metadata, in the order in which they are sent; None if there is no update."""
    audit: FileDigest | None = None
    """Size and hash of the lines of audit.jsonl that list the changes; None in packages of older versions.

    Events are appended after these lines.
    """
    # The check ends at the first error: an error for each of a million jobs would need gigabytes.
    jobs: Annotated[
        Sequence[PlanJob],
        PlainValidator(PlanJobs.validate),
        PlainSerializer(tuple, return_type=tuple[PlanJob, ...]),
    ]
    """The jobs. Each iteration makes new objects, see `PlanJobs`. The list is empty if the plan has only updates."""

    @model_validator(mode="after")
    def _require_jobs_or_updates(self) -> Self:
        if not self.jobs and self.updates is None:
            raise ValueError("the plan has neither a job nor an update")
        if self.jobs and self.inputS3Uri is None:
            raise ValueError("the plan has jobs without an inputS3Uri")
        return self

    def _build_report(self) -> object:
        # Both modules are imported only when a plan is shown, because the package `planning` must not depend on them.
        figure = import_module("dicommap.plots.plan_plot").draw_plan_figure(self)
        return import_module("dicommap.display.draft_report").build_plan_report(self, figure)

    # Without these lines, the methods of the pydantic model would be used, and not those of Displayable.
    __str__ = Displayable.__str__
    __repr__ = Displayable.__repr__


def iterate_plan_json(plan: Plan) -> Iterator[str]:
    """Yield the text of plan.json in pieces: all members before `jobs`, then each job.

    The member `jobs` is the last member of plan.json.
    """
    header = plan.model_dump(mode="json", exclude_none=True, exclude={"jobs"})
    yield dump_json(header).removesuffix("\n}\n") + ',\n  "jobs": ['
    separator = "\n"
    for value in PlanJobs.validate(plan.jobs).iterate_json_values():
        text = dump_json(value).rstrip("\n")
        yield separator + "    " + text.replace("\n", "\n    ")  # texts inside JSON have no line break
        separator = ",\n"
    yield "]\n}\n" if not plan.jobs else "\n  ]\n}\n"
