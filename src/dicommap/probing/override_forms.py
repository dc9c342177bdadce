r"""Forms of override files that a probe tries, and the bytes of a file in such a form.

A file of 1, 10 or 50 MB is filled with items of a sequence, not with spaces: a service that drops spaces, or that
limits attributes or memory, would take spaces and refuse a real file of this size. The values of the items are written
with escapes such as `\u0046`, six bytes for each letter. So a file of 50 MB makes about 10 MB of metadata, which is
below the documented quota for the metadata of an image set (50 MB): the quota refuses none of the files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, Any

from dicommap.dicom.dictionary import (
    SERIES_INSTANCE_UID,
    STUDY_INSTANCE_UID,
    hex_of,
    tag_of,
    vrs_of,
)
from dicommap.healthimaging.levels import Level
from dicommap.probing.synthetic_studies import ITEMS

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
"""All forms. The other experiments use the first form that a data store accepts."""


@dataclass(frozen=True, slots=True)
class LevelPair:
    """A combination that a probe tests: the level of the attributes, and the level of the override, STUDY or SERIES."""

    attribute: Level
    override: Level

    @property
    def question(self) -> str:
        """Return the name of the question whether attributes of this level in such an override are applied."""
        return f"{self.attribute.value}In{self.override.value.capitalize()}"


PAIRS = (
    LevelPair(Level.STUDY, Level.STUDY),
    LevelPair(Level.PATIENT, Level.STUDY),
    LevelPair(Level.SERIES, Level.SERIES),
    LevelPair(Level.SERIES, Level.STUDY),
    LevelPair(Level.INSTANCE, Level.STUDY),
    LevelPair(Level.STUDY, Level.SERIES),
    LevelPair(Level.PATIENT, Level.SERIES),
    LevelPair(Level.INSTANCE, Level.SERIES),
)
"""All pairs. Most experiments use the first pair that a data store applies."""


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


@dataclass(frozen=True, slots=True)
class ObjectContent:
    """The bytes of an object. Bytes that are repeated are kept once, so that 50 MB need little memory."""

    start: bytes = field(repr=False)
    repeated: bytes = b""
    count: int = 0
    """How often `repeated` follows `start`."""
    end: bytes = b""

    def __len__(self) -> int:
        """Return the size of the object in bytes."""
        return len(self.start) + self.count * len(self.repeated) + len(self.end)

    def __bytes__(self) -> bytes:
        """Return the bytes of the object."""
        return b"".join((self.start, *repeat(self.repeated, self.count), self.end))


def fill_with_spaces(content: bytes, size: int) -> ObjectContent:
    """Return a JSON file of at least `size` bytes. RFC 8259 allows spaces before its last bracket."""
    return ObjectContent(content[:-1], b" ", max(size - len(content), 0), content[-1:])


def fill_with_items(
    form: Form, study: SyntheticStudy, override: Level, data_set: Mapping[str, Any], sequence: str, size: int
) -> ObjectContent:
    """Return an override file of at least `size` bytes that is filled with equal items of a sequence.

    Args:
        form: The form of the file.
        study: The study of the mapping.
        override: The level of the override.
        data_set: The attributes of the override, without the sequence.
        sequence: The keyword of the sequence, one of ITEMS.
        size: The size in bytes.

    """
    item = _build_filling_item(sequence)
    content = build_override(form, study, override, {**data_set, **make_attribute(sequence, item)})
    text = json.dumps(item).encode()
    start, _, end = content.partition(text)
    filling = b"," + _escape_values(item).encode()
    count = -(-(size - len(content)) // len(filling))
    return ObjectContent(start + text, filling, count, end)


_FILLING = "Filling of the probe. " * 50
_LENGTHS = {"LO": 64, "SH": 16, "UC": 1_000}
"""Value representation -> number of characters of a filling value. LO and SH allow no more (PS3.5 section 6.2)."""


def _build_filling_item(sequence: str) -> dict[str, Any]:
    """Return an item with long values. A code has LongCodeValue, so that fewer items fill a file."""
    keywords = ["LongCodeValue" if keyword == "CodeValue" else keyword for keyword in ITEMS[sequence]]
    item: dict[str, Any] = {}
    for keyword in keywords:
        length = _LENGTHS.get(vrs_of(tag_of(keyword) or 0)[0])
        item |= make_attribute(keyword, _FILLING[:length].strip() if length else ITEMS[sequence][keyword])
    return dict(sorted(item.items()))


def _escape_values(item: Mapping[str, Any]) -> str:
    """Return an item as JSON in which each letter of a value is an escape of six bytes."""
    members = (
        f'"{tag}": {{"vr": "{attribute["vr"]}", "Value": ["{_escape_letters(attribute["Value"][0])}"]}}'
        for tag, attribute in item.items()
    )
    return f"{{{', '.join(members)}}}"


def _escape_letters(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)
