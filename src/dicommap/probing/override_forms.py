"""Forms of override files that a probe tries, and the bytes of a file in such a form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import (
    SERIES_INSTANCE_UID,
    STUDY_INSTANCE_UID,
    hex_of,
    tag_of,
    vrs_of,
)
from dicommap.healthimaging.levels import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicommap.probing.synthetic_studies import SyntheticStudy


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an override file: an object or an array, with or without the UIDs of its mapping."""

    is_array: bool = False
    has_uids: bool = False

    @property
    def name(self) -> str:
        """Return the name of the form, such as `array-present`. The names of jobs contain it."""
        return f"{'array' if self.is_array else 'object'}-{'present' if self.has_uids else 'absent'}"


FORMS = (Form(), Form(has_uids=True), Form(is_array=True), Form(is_array=True, has_uids=True))
"""All forms. The first one that a data store accepts is the form of all other experiments."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A combination that a probe tests: the level of the attributes, and the level of the override, STUDY or SERIES."""

    attribute: Level
    override: Level

    @property
    def question(self) -> str:
        """Return the name of the question whether attributes of this level in such an override are applied."""
        return f"{self.attribute.value}In{self.override.value.capitalize()}"


PAIRS = (
    Pair(Level.STUDY, Level.STUDY),
    Pair(Level.PATIENT, Level.STUDY),
    Pair(Level.SERIES, Level.SERIES),
    Pair(Level.SERIES, Level.STUDY),
    Pair(Level.INSTANCE, Level.STUDY),
    Pair(Level.STUDY, Level.SERIES),
    Pair(Level.PATIENT, Level.SERIES),
    Pair(Level.INSTANCE, Level.SERIES),
)
"""All pairs. The first one that a data store applies is that of most other experiments."""


def make_attribute(keyword: str, *values: object) -> dict[str, dict[str, Any]]:
    """Return a data set of one attribute in the DICOM JSON Model. Without values, the attribute has no Value."""
    tag = tag_of(keyword)
    if tag is None:
        raise AssertionError(f"{keyword} is not in the dictionary")
    vr = vrs_of(tag)[0]
    content = [{"Alphabetic": value} if vr == "PN" else value for value in values]
    return {hex_of(tag): {"vr": vr, **({"Value": content} if content else {})}}


def build_override(
    form: Form, study: SyntheticStudy, override: Level, data_set: Mapping[str, Any], *, encoding: str = "utf-8"
) -> bytes:
    """Return the bytes of an override file.

    Args:
        form: The form of the file.
        study: The study of the mapping.
        override: The level of the override.
        data_set: The attributes in the DICOM JSON Model.
        encoding: The character encoding of the file.

    """
    document: dict[str, Any] = dict(data_set)
    if form.has_uids:
        document[hex_of(STUDY_INSTANCE_UID)] = {"vr": "UI", "Value": [study.study_instance_uid]}
        if override is Level.SERIES:
            document[hex_of(SERIES_INSTANCE_UID)] = {"vr": "UI", "Value": [study.series_instance_uid]}
    document = dict(sorted(document.items()))
    return json.dumps([document] if form.is_array else document, ensure_ascii=False).encode(encoding)
