"""Assumptions about what AWS leaves undocumented of override files: named settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from dicommap.dicom.choices import unknown_choice

if TYPE_CHECKING:
    from collections.abc import Iterable

STRICT = "strict"
"""The name of the settings that make errors of warnings."""
_STRICT_SETTINGS = {"otherLevels": "error", "samePatient": "error"}


class Assumptions(BaseModel):
    """How override files are written and checked where AWS does not say how. The defaults are PS3.18 Annex F.

    Whether HealthImaging takes any of these forms has not been verified on a live data store.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    dataSet: Literal["object", "array"] = "object"
    """One data set object in each file, or an array with that object."""
    identifyingUids: Literal["absent", "present"] = "absent"
    """Whether Study and Series Instance UID are repeated inside the file, as its mapping has them."""
    emptyValue: Literal["no-value", "null"] = "no-value"
    """An emptied attribute has its vr and no Value, as PS3.18 F.2.5 says; or a Value of one null."""
    overrideFiles: Literal["separate", "shared"] = "separate"
    """Each mapping has a file of its own; or mappings whose files would hold the same share one."""
    otherLevels: Literal["warning", "error"] = "warning"
    """How severe an attribute of another level than its override's is."""
    samePatient: Literal["warning", "error"] = "warning"
    """How severe it is that edits give studies of different patients one PatientID or AccessionNumber."""

    @classmethod
    def of(cls, settings: Iterable[str]) -> Assumptions:
        """Return the assumptions that the settings name: `dataSet=array`, or `strict` for the strict ones.

        Raises UsageError for anything else.
        """
        chosen: dict[str, Any] = {}
        for setting in settings:
            if setting == STRICT:
                chosen |= _STRICT_SETTINGS
                continue
            name, _, value = setting.partition("=")
            if value not in _choices().get(name, ()):
                raise unknown_choice("assumption", setting, [STRICT, *_known()])
            chosen[name] = value
        return cls(**chosen)


def _choices() -> dict[str, tuple[str, ...]]:
    return {name: get_args(field.annotation) for name, field in Assumptions.model_fields.items()}


def _known() -> list[str]:
    return [f"{name}={value}" for name, values in _choices().items() for value in values]
