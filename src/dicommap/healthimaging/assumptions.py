"""Assumptions about override files: settings for the points that AWS does not document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from dicommap.dicom.choices import make_unknown_choice_error
from dicommap.dicom.member_names import mask_unknown_type
from dicommap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicommap.healthimaging.levels import Level

STRICT = "strict"
"""Name of a setting that turns on all strict settings. These turn warnings into errors."""
_STRICT_SETTINGS = {"otherLevels": "error", "samePatient": "error"}

Availability = Literal["applied", "unavailable"]
"""What a data store does with a part of an override, such as a private element.

`applied`: the data store applies the part. `unavailable`: an override with this part is refused before it is sent.
"""
_FILE_SIZES = {"unlimited": None, "50MB": 50_000_000, "10MB": 10_000_000, "1MB": 1_000_000, "1kB": 1_000}


class Assumptions(BaseModel):
    """Settings for points that AWS does not document: the form of override files, and what a data store does with them.

    The settings also decide how strict the checks of override files are. The default form is that of PS3.18 Annex F. No
    form has been tested with a real data store.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    dataSet: Literal["object", "array"] = "object"
    """The JSON value in an override file: one data set object, or an array with one data set object."""
    identifyingUids: Literal["absent", "present"] = "absent"
    """Whether an override file repeats the Study and Series Instance UID of its mapping."""
    emptyValue: Literal["no-value", "null", "unavailable"] = "no-value"
    """The JSON form that makes an attribute empty: no Value (PS3.18 F.2.5), or the Value `[null]`.

    If it is `unavailable`, an override that makes an attribute empty is refused.
    """
    characterSet: Literal["omitted", "declared", "unavailable"] = "omitted"
    """Whether an override file has SpecificCharacterSet (0008,0005) with `ISO_IR 192`, which means UTF-8.

    If it is `unavailable`, a file has no SpecificCharacterSet, and an override with a text that is not ASCII is
    refused.
    Source: PS3.3 C.12.1.1.2.
    """
    decimalStrings: Literal["text", "number"] = "text"
    """The form of the values of DS and IS: JSON strings or JSON numbers (PS3.18 Table F.2.3-1 allows both)."""
    overrideFiles: Literal["separate", "shared"] = "separate"
    """Whether each mapping has its own override file, or mappings with equal content share a file."""
    otherLevels: Literal["warning", "error"] = "warning"
    """The severity of the issue of an attribute whose level differs from the level of its override."""
    samePatient: Literal["warning", "error"] = "warning"
    """The severity of the issue of edits that give studies of different patients the same PatientID or AccessionNumber.
    """

    sequences: Literal["replaced", "unavailable"] = "replaced"
    """Whether a sequence in an override replaces the stored sequence.

    If it is `unavailable`, an override with a sequence is refused.
    """
    numbers: Availability = "applied"
    """Whether a data store applies values of DS and IS in the form of `decimalStrings`. If not, they are refused."""
    privateElements: Availability = "applied"
    """Whether a data store applies private elements. If not, an override with a private element is refused."""
    patientInStudy: Availability = "applied"
    """Whether an override of a study may contain attributes of the patient level. If not, such attributes are refused.

    The next seven settings have the same meaning for other levels of attributes, and for overrides of a series.
    """
    studyInStudy: Availability = "applied"
    seriesInStudy: Availability = "applied"
    instanceInStudy: Availability = "applied"
    patientInSeries: Availability = "applied"
    studyInSeries: Availability = "applied"
    seriesInSeries: Availability = "applied"
    instanceInSeries: Availability = "applied"
    precedence: Literal["series", "unavailable"] = "series"
    """The override whose value is applied if the overrides of a study and of its series have the same attribute.

    If it is `unavailable`, two such overrides may not have the same attribute.
    """
    largestFile: Literal["unlimited", "50MB", "10MB", "1MB", "1kB"] = "unlimited"
    """The maximum size of an override file. A larger file is refused."""

    updateEmpty: Literal["null", "text", "unavailable"] = "null"
    """The JSON form of an empty attribute in an update of stored metadata: `null`, or a text without characters.

    If it is `unavailable`, an update that makes an attribute empty is refused.
    """
    updateValues: Literal["array", "text"] = "array"
    """The JSON form of several values of an attribute in an update: an array, or one text with backslashes.

    The form is also used for a single value of an attribute that may have several values. Person names, and numbers
    other than DS and IS, always have an array.
    """
    updatePersonNames: Literal["text", "object"] = "text"
    """The JSON form of a person name in an update: one text with `=` between its groups, or the object of PS3.18."""
    updateForce: Availability = "applied"
    """Whether a data store makes updates with `force` in primary image sets. If not, such updates are refused.

    AWS documents `force` only for image sets that are not primary. It also documents that an update with `force` does
    not change the UIDs of primary image sets.
    """
    updateSeries: Availability = "applied"
    """Whether a data store updates attributes of the series level in primary image sets. If not, they are refused.

    An older edition of the developer guide says that such attributes cannot be updated.
    """

    @model_serializer(mode="wrap")
    def _omit_default_settings(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # These settings are newer than the others. A plan with their defaults omits them, so that it is equal to an
        # older plan.
        document: dict[str, Any] = serialize(self)
        return {
            name: value
            for name, value in document.items()
            if name not in _EFFECT_DEFAULTS or value != _EFFECT_DEFAULTS[name]
        }

    @property
    def largest_file_bytes(self) -> int | None:
        """Return the maximum number of bytes of an override file; None if there is no limit."""
        return _FILE_SIZES[self.largestFile]

    def level_setting(self, level: Level, override: Level) -> tuple[str, bool]:
        """Return the setting for attributes of a level in an override: its name, and whether it allows such attributes.

        Args:
            level: The level of the attribute.
            override: The level of the override.

        """
        name = f"{level.value}In{override.value.capitalize()}"
        return name, getattr(self, name) == "applied"

    def with_standard_form(self) -> Assumptions:
        """Return a copy of these assumptions with the form of PS3.18 Annex F for override files.

        In this form, a file is one data set object without UIDs and without SpecificCharacterSet, and an empty
        attribute has no Value. `decimalStrings` is not changed, because it decides which numbers a file can hold.
        """
        form: dict[str, Any] = {"dataSet": "object", "identifyingUids": "absent", "characterSet": "omitted"}
        if self.emptyValue == "null":
            form["emptyValue"] = "no-value"
        return self.model_copy(update=form)

    @classmethod
    def from_settings(cls, settings: Iterable[str], base: Assumptions | None = None) -> Assumptions:
        """Return the Assumptions that the values of the option --assume describe.

        Args:
            settings: Texts such as `dataSet=array`, or `strict` for all strict settings. A later text replaces an
                earlier text for the same setting.
            base: The Assumptions that have the values of all settings which `settings` does not name; None for the
                defaults.

        Raises:
            UsageError: A setting is unknown.

        """
        chosen: dict[str, Any] = {}
        for setting in settings:
            if setting == STRICT:
                chosen |= _STRICT_SETTINGS
                continue
            name, _, value = setting.partition("=")
            if value not in _map_settings_to_values().get(name, ()):
                raise make_unknown_choice_error("assumption", setting, [STRICT, *_list_known_settings()])
            chosen[name] = value
        return (base or cls()).model_copy(update=chosen)


_EFFECT_DEFAULTS = {
    name: field.default
    for name, field in Assumptions.model_fields.items()
    if name in ("sequences", "numbers", "privateElements", "precedence", "largestFile")
    or "In" in name
    or name.startswith("update")
}
"""Name of a setting for what a data store applies -> default value.

A plan contains only the settings that differ from their default.
"""


def require_assumptions(assumptions: object) -> None:
    """Raise UsageError if an argument is not an Assumptions object, for example if it is the text `strict`."""
    if not isinstance(assumptions, Assumptions):
        raise UsageError(
            f"assumptions is a value of type {mask_unknown_type(type(assumptions))}.",
            fix="Give an Assumptions object, such as Assumptions() or Assumptions.from_settings(['strict']).",
        )


def _map_settings_to_values() -> dict[str, tuple[str, ...]]:
    """Return a dict: name of a setting -> its possible values."""
    return {name: get_args(field.annotation) for name, field in Assumptions.model_fields.items()}


def _list_known_settings() -> list[str]:
    return [f"{name}={value}" for name, values in _map_settings_to_values().items() for value in values]
