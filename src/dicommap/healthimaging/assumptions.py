"""Assumptions about override files: settings for what AWS does not document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from dicommap.dicom.choices import unknown_choice
from dicommap.dicom.member_names import mask_unknown_type
from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

STRICT = "strict"
"""The setting that selects all strict settings. They turn warnings into errors."""
_STRICT_SETTINGS = {"otherLevels": "error", "samePatient": "error"}


class Assumptions(BaseModel):
    """Settings for the form of override files and the strictness of their checks. Defaults follow PS3.18 Annex F.

    AWS does not document the form. No form has been verified on a live data store.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    dataSet: Literal["object", "array"] = "object"
    """The JSON value of a file: one data set object, or an array with one data set object."""
    identifyingUids: Literal["absent", "present"] = "absent"
    """Whether a file repeats the Study and Series Instance UID of its mapping."""
    emptyValue: Literal["no-value", "null"] = "no-value"
    """The form of an attribute that is emptied: without Value (PS3.18 F.2.5), or with a Value that has one null."""
    overrideFiles: Literal["separate", "shared"] = "separate"
    """Whether each mapping has a separate file, or mappings with equal content share one."""
    otherLevels: Literal["warning", "error"] = "warning"
    """The severity of an attribute whose level differs from the level of its override."""
    samePatient: Literal["warning", "error"] = "warning"
    """The severity of edits that give studies of different patients the same PatientID or AccessionNumber."""

    @classmethod
    def from_settings(cls, settings: Iterable[str]) -> Assumptions:
        """Return the assumptions for settings of the command line.

        Args:
            settings: Texts such as `dataSet=array`, or `strict` for all strict settings. Later settings win.

        Raises:
            UsageError: A setting is unknown.

        """
        chosen: dict[str, Any] = {}
        for setting in settings:
            if setting == STRICT:
                chosen |= _STRICT_SETTINGS
                continue
            name, _, value = setting.partition("=")
            if value not in _list_choices().get(name, ()):
                raise unknown_choice("assumption", setting, [STRICT, *_list_known_settings()])
            chosen[name] = value
        return cls(**chosen)


def require_assumptions(assumptions: object) -> None:
    """Raise UsageError if an argument is not an Assumptions object. For example, the text `strict` is not one."""
    if not isinstance(assumptions, Assumptions):
        raise UsageError(
            f"assumptions is a value of type {mask_unknown_type(type(assumptions))}.",
            fix="Give an Assumptions object, such as Assumptions() or Assumptions.from_settings(['strict']).",
        )


def _list_choices() -> dict[str, tuple[str, ...]]:
    return {name: get_args(field.annotation) for name, field in Assumptions.model_fields.items()}


def _list_known_settings() -> list[str]:
    return [f"{name}={value}" for name, values in _list_choices().items() for value in values]
