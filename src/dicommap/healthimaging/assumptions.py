"""Assumptions about override files: settings for what AWS does not document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from dicommap.dicom.choices import unknown_choice
from dicommap.dicom.member_names import mask_unknown_type
from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.healthimaging.levels import Level

STRICT = "strict"
"""The setting that selects all strict settings. They turn warnings into errors."""
_STRICT_SETTINGS = {"otherLevels": "error", "samePatient": "error"}

Availability = Literal["applied", "unavailable"]
"""Whether a data store applies something that an override can have."""
_FILE_SIZES = {"unlimited": None, "50MB": 50_000_000, "10MB": 10_000_000, "1MB": 1_000_000, "1kB": 1_000}


class Assumptions(BaseModel):
    """Settings for the form of override files and the strictness of their checks. Defaults follow PS3.18 Annex F.

    AWS does not document the form. No form has been verified on a live data store.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    dataSet: Literal["object", "array"] = "object"
    """The JSON value of a file: one data set object, or an array with one data set object."""
    identifyingUids: Literal["absent", "present"] = "absent"
    """Whether a file repeats the Study and Series Instance UID of its mapping."""
    emptyValue: Literal["no-value", "null", "unavailable"] = "no-value"
    """The form of an attribute that is emptied: without Value (PS3.18 F.2.5), or with a Value that has one null.

    If it is `unavailable`, an override that empties an attribute is refused.
    """
    overrideFiles: Literal["separate", "shared"] = "separate"
    """Whether each mapping has a separate file, or mappings with equal content share one."""
    otherLevels: Literal["warning", "error"] = "warning"
    """The severity of an attribute whose level differs from the level of its override."""
    samePatient: Literal["warning", "error"] = "warning"
    """The severity of edits that give studies of different patients the same PatientID or AccessionNumber."""

    sequences: Literal["replaced", "unavailable"] = "replaced"
    """Whether a sequence replaces the stored sequence. If it is `unavailable`, an override with one is refused."""
    privateElements: Availability = "applied"
    """Whether private elements are applied. If they are `unavailable`, an override with one is refused."""
    patientInStudy: Availability = "applied"
    """Whether attributes of the patient level are applied from the override of a study; if not, they are refused.

    The next seven settings say the same about other levels and the override of a series.
    """
    studyInStudy: Availability = "applied"
    seriesInStudy: Availability = "applied"
    instanceInStudy: Availability = "applied"
    patientInSeries: Availability = "applied"
    studyInSeries: Availability = "applied"
    seriesInSeries: Availability = "applied"
    instanceInSeries: Availability = "applied"
    precedence: Literal["series", "unavailable"] = "series"
    """Whether the override of a series precedes that of its study. If not, they may not have the same attribute."""
    largestFile: Literal["unlimited", "50MB", "10MB", "1MB", "1kB"] = "unlimited"
    """The size of the largest override file that is applied. A larger file is refused."""

    @model_serializer(mode="wrap")
    def _omit_defaults_of_effects(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # A plan that restricts nothing is the same as before these settings existed.
        document: dict[str, Any] = serialize(self)
        return {name: value for name, value in document.items() if name not in _EFFECTS or value != _EFFECTS[name]}

    @property
    def largest_file_bytes(self) -> int | None:
        """Return the maximum bytes of an override file; None if there is no limit."""
        return _FILE_SIZES[self.largestFile]

    def level_setting(self, level: Level, override: Level) -> tuple[str, bool]:
        """Return the name of a setting of levels, and whether attributes are applied according to it.

        Args:
            level: The level of the attribute.
            override: The level of the override.

        """
        name = f"{level.value}In{override.value.capitalize()}"
        return name, getattr(self, name) == "applied"

    def with_standard_form(self) -> Assumptions:
        """Return these assumptions with the form of PS3.18 Annex F: one object without UIDs, empty without Value."""
        form: dict[str, Any] = {"dataSet": "object", "identifyingUids": "absent"}
        if self.emptyValue == "null":
            form["emptyValue"] = "no-value"
        return self.model_copy(update=form)

    @classmethod
    def from_settings(cls, settings: Iterable[str], base: Assumptions | None = None) -> Assumptions:
        """Return the assumptions for settings of the command line.

        Args:
            settings: Texts such as `dataSet=array`, or `strict` for all strict settings. Later settings win.
            base: The assumptions that have all other settings; None for the defaults.

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
        return (base or cls()).model_copy(update=chosen)


_EFFECTS = {
    name: field.default
    for name, field in Assumptions.model_fields.items()
    if name in ("sequences", "privateElements", "precedence", "largestFile") or "In" in name
}
"""Name of a setting that says what a data store applies -> its default. A plan holds only the other values."""


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
