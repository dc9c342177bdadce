"""The settings of the stand-in: the behaviour that AWS does not document, and the answers about override files."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from dicommap.dicom.choices import make_unknown_choice_error
from dicommap.dicom.dictionary import tag_of
from dicommap.errors import UsageError
from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.limits import CONCURRENT_JOBS
from dicommap.healthimaging.override_questions import OverrideAnswers, map_questions_to_answers
from dicommap.healthimaging.quotas import Quotas

if TYPE_CHECKING:
    from collections.abc import Iterable

_ANSWER_PREFIX = "answers."


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """Settings of the stand-in. The defaults are the quotas and limits that AWS documents."""

    advance: Literal["poll", "call"] = "poll"
    """When a job gets its next status: at each request for the job (poll), or when the test calls `advance` (call)."""
    throttling: bool = True
    """Whether calls are refused if their rate is above the documented rate of their operation."""
    concurrent_jobs: int = CONCURRENT_JOBS
    """Maximum number of jobs of a data store that run at the same time ("Endpoints and quotas")."""
    quotas: Quotas = field(default_factory=Quotas)
    """The quotas of each job. A job that exceeds a quota ends as FAILED."""
    answers: OverrideAnswers = field(default_factory=OverrideAnswers)
    """The answers to the questions about override files, which AWS does not document."""
    import_configuration: Literal["kept", "dropped"] = "kept"
    """Whether importConfiguration of a request is kept, or dropped without an error as by an SDK before May 2026."""
    ignored_attributes: frozenset[str] = frozenset()
    """Keywords of attributes that are ignored in each override file."""
    job_folder_in_output_uri: bool = True
    """Whether outputS3Uri in a job's properties ends with the job's folder, as in one example of the AWS CLI."""
    warned_files: Literal["both", "warning-only"] = "both"
    """Whether a file with a warning is listed in success.ndjson too, or in warning.ndjson only."""
    empty_manifests: Literal["left-out", "written"] = "left-out"
    """Whether job manifests without any line are written."""
    number_padding: Literal["kept", "removed"] = "kept"
    """Whether values of DS and IS in the metadata of image sets have the space that makes their length even."""
    locked_reads: int = 1
    """While an image set is changed, this number of reads find it LOCKED. The next read ends the change."""
    failed_changes: Literal["no-version", "version"] = "no-version"
    """Whether an update or a copy that fails leaves a new version with the old content."""
    removal_values: Literal["compared", "ignored"] = "compared"
    """Whether a value in removableAttributes must be the stored value."""
    force_on_primary: Literal["accepted", "refused"] = "accepted"
    """Whether an update of a primary image set may have the flag `force`; it never changes UIDs of such image sets."""
    fixed_primary_levels: frozenset[str] = frozenset()
    """Levels whose attributes no update of a primary image set may change. A guide of 2025 named patient and series."""
    promoted_series: Literal["merged", "separate"] = "merged"
    """Whether promoted instances are added to the primary image set of their series, or to a new one beside it."""

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise make_unknown_choice_error(name, getattr(self, name), choices)
        for keyword in self.ignored_attributes:
            if tag_of(keyword) is None:
                raise UsageError(f"{keyword!r} is not a keyword of PS3.6.", fix="Give keywords such as PatientID.")
        for level in self.fixed_primary_levels:
            if level not in set(Level):
                raise make_unknown_choice_error("level", level, list(Level))

    def with_settings(self, settings: Iterable[str]) -> Behaviour:
        """Return a copy with other settings.

        Args:
            settings: Texts such as `warned_files=warning-only`, `throttling=false`, `concurrent_jobs=3`,
                `ignored_attributes=PatientID,PatientName`, or `answers.dataSet=array` for an answer.

        Raises:
            UsageError: A setting is unknown, or does not allow this value.
        """
        changes: dict[str, Any] = {}
        answers: dict[str, Any] = {}
        for setting in settings:
            name, _, text = setting.partition("=")
            if name.startswith(_ANSWER_PREFIX):
                answers |= _parse_answer_setting(name.removeprefix(_ANSWER_PREFIX), text)
            else:
                changes[name] = _parse_setting_value(name, text)
        return replace(self, **changes, answers=OverrideAnswers(**{**self.answers.model_dump(), **answers}))


_TYPES = get_type_hints(Behaviour)
_CHOICES = {name: get_args(kind) for name, kind in _TYPES.items() if get_origin(kind) is Literal}
_SETTINGS = tuple(setting.name for setting in fields(Behaviour) if setting.name not in ("quotas", "answers"))
"""Names of the settings that `with_settings` sets from a text. Answers are set with names such as `answers.dataSet`."""


def _parse_answer_setting(name: str, text: str) -> dict[str, str]:
    choices = map_questions_to_answers()
    if name not in choices:
        raise make_unknown_choice_error("answer", name, choices)
    if text not in choices[name]:
        raise make_unknown_choice_error(f"answer to {name}", text, choices[name])
    return {name: text}


def _parse_setting_value(name: str, text: str) -> Any:  # noqa: ANN401  the type of the setting
    if name not in _SETTINGS:
        raise make_unknown_choice_error("setting", name, [*_SETTINGS, f"{_ANSWER_PREFIX}NAME"])
    if _TYPES[name] is bool:
        if text not in ("true", "false"):
            raise make_unknown_choice_error(name, text, ("true", "false"))
        return text == "true"
    if _TYPES[name] is int:
        if not (text.isascii() and text.isdigit()):
            raise UsageError(f"{name} is {text!r}.", fix=f"Give a whole number, such as {name}=3.")
        return int(text)
    return text if name in _CHOICES else frozenset(text.split(",")) - {""}
