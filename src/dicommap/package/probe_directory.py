"""The directory of a probe: its settings (probe.json), the observations of its jobs, and its report."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, field_validator

from dicommap.dicom.strict_json import parse_json
from dicommap.errors import DocumentError, PackageError, os_error_reason
from dicommap.healthimaging.s3_uri import S3Uri
from dicommap.model.package_layout import SUBMISSION_FOLDER
from dicommap.package.document_reader import read_document
from dicommap.package.state_folder import replace_json_file
from dicommap.package.submission_states import SubmissionStates
from dicommap.probing.observation import Observation
from dicommap.probing.question_experiments import QUESTIONS
from dicommap.reading.document_limits import CONFIGURATION_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

_NotEmpty = Annotated[str, StringConstraints(min_length=1)]
_Model = TypeVar("_Model", bound=BaseModel)

RECORD_FILE = "probe.json"
REPORT_FILE = "report.json"
ASSUMPTIONS_FILE = "assumptions.json"
_OBSERVATIONS_FOLDER = "observations"
_OBSERVATION_NAME = re.compile(r"[0-9]{4}\.json")
_RUN_AGAIN = "Then run the same again: it goes on from where it was."


class ProbeRecord(BaseModel):
    """The settings of a probe: its questions, data store, role and S3 prefixes. They are saved as probe.json.

    No credentials are saved.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Literal[1] = 1
    probe: str
    """The id of the probe, a random UUID. UIDs, object keys and client tokens of the probe are computed from it."""
    questions: tuple[str, ...]
    datastoreId: _NotEmpty
    dataAccessRoleArn: _NotEmpty
    inputS3Uri: _NotEmpty
    """The prefix below which the probe has its own folder."""
    outputS3Uri: _NotEmpty
    region: _NotEmpty | None = None
    isCleanUpStarted: bool = False
    """Whether a clean-up may have deleted image sets or objects. If so, no more jobs may be started."""

    @field_validator("probe")
    @classmethod
    def _require_uuid(cls, text: str) -> str:
        return str(UUID(text))

    @field_validator("questions")
    @classmethod
    def _require_known_questions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or set(names) - set(QUESTIONS):
            raise ValueError("a question is unknown")
        return names

    @property
    def folder(self) -> S3Uri:
        """The prefix of the probe's own folder, in which all of its objects are."""
        uri = S3Uri.parse(self.inputS3Uri)
        if uri is None:
            raise AssertionError("the URI of a record was checked")
        return S3Uri(bucket=uri.bucket, prefix=f"{uri.prefix}dicommap-probe-{self.probe}/")


def make_probe_record(questions: tuple[str, ...], members: Mapping[str, str], region: str | None) -> ProbeRecord:
    """Return the settings of a new probe, with a new id.

    Args:
        questions: The names of the questions to ask.
        members: datastoreId, dataAccessRoleArn, inputS3Uri and outputS3Uri.
        region: The region of the data store; None if it is not known.
    """
    return ProbeRecord(probe=str(uuid4()), questions=questions, region=region, **members)


class ProbeDirectory:
    """The directory of one probe on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.states = SubmissionStates(path, "probe")

    def read_record(self) -> ProbeRecord | None:
        """Return the settings of the probe; None if the directory does not exist or is empty.

        Raises PackageError if the directory has other files, or if probe.json is damaged.
        """
        if not os.path.lexists(self.path / RECORD_FILE):
            if self.path.is_symlink() or (self.path.exists() and not self._is_empty()):
                raise PackageError(
                    f"{self.path} is not the directory of a probe.", fix="Name a new directory, or that of a probe."
                )
            return None
        return self._read_model(RECORD_FILE, ProbeRecord)

    def write_record(self, record: ProbeRecord) -> None:
        """Write probe.json. Raises PackageError if it cannot be written."""
        self._write_json(RECORD_FILE, record.model_dump(mode="json", exclude_none=True))

    def read_observations(self) -> dict[str, Observation]:
        """Return name of a job -> its observation. Raises PackageError if an observation is damaged."""
        folder = self.path / _OBSERVATIONS_FOLDER
        if not folder.is_dir():
            return {}
        names = sorted(path.name for path in folder.iterdir() if _OBSERVATION_NAME.fullmatch(path.name))
        observations = [self._read_model(f"{_OBSERVATIONS_FOLDER}/{name}", Observation) for name in names]
        return {observation.job: observation for observation in observations}

    def write_observation(self, observation: Observation) -> None:
        """Save the observation of a job. Raises PackageError if it cannot be written."""
        path = f"{_OBSERVATIONS_FOLDER}/{observation.number}.json"
        self._write_json(path, observation.model_dump(mode="json", exclude_none=True))

    def write_document(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a JSON document of the report. Raises PackageError if it cannot be written."""
        self._write_json(name, document)

    def _is_empty(self) -> bool:
        # A call that was killed before it wrote the record has made the folder of the lock.
        return self.path.is_dir() and {path.name for path in self.path.iterdir()} <= {SUBMISSION_FOLDER}

    def _read_model(self, name: str, model: type[_Model]) -> _Model:
        try:
            document, issues = parse_json(
                read_document(Path(name), CONFIGURATION_LIMIT.bytes, beneath=self.path), CONFIGURATION_LIMIT.values
            )
        except DocumentError as error:
            raise PackageError(error.message, fix=error.fix) from None
        with suppress(ValidationError):
            if not issues:
                return model.model_validate(document)
        raise PackageError(
            f"{name} of the probe is damaged.", fix="Restore it, or start another probe in another directory."
        )

    def _write_json(self, name: str, document: Mapping[str, Any]) -> None:
        path = self.path / name
        try:
            replace_json_file(path, document)
        except OSError as error:
            raise PackageError(
                f"{name} of the probe cannot be saved: {os_error_reason(error)}.",
                fix=f"Check the rights on the directory, and the room on its disk. {_RUN_AGAIN}",
            ) from None
