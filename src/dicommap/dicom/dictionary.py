"""The data dictionary of PS3.6: tags, keywords, value representations and multiplicities.

The tables are those of pydicom. Only pydicom's module with the tables is imported, because importing all of pydicom
takes longer than scanning a thousand headers.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

DictionaryEntry = tuple[str, str, str, str, str]
"""One entry of the dictionary: VR, value multiplicity, name, `Retired` or an empty text, and keyword."""

_NAME = "_dicom_dict"


def _load_pydicom_dictionary() -> ModuleType:
    """Import pydicom's module with the dictionary tables, without the rest of pydicom, and return it."""
    package = find_spec("pydicom")
    spec = PathFinder.find_spec(_NAME, package.submodule_search_locations) if package else None
    if f"pydicom.{_NAME}" in sys.modules or spec is None or spec.loader is None:
        return import_module(f"pydicom.{_NAME}")  # pydicom is imported already, or its files are elsewhere
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_MODULE = _load_pydicom_dictionary()
ENTRY_BY_TAG: dict[int, DictionaryEntry] = _MODULE.DicomDictionary
"""Tag as an integer -> entry of the data dictionary."""

TAG_BY_KEYWORD: dict[str, int] = {entry[4]: tag for tag, entry in ENTRY_BY_TAG.items() if entry[4]}
"""DICOM keyword -> tag as an integer."""


def _parse_repeating_group(mask: str, entry: DictionaryEntry) -> tuple[int, int, DictionaryEntry]:
    """Return the bit mask, the masked tag and the entry of a repeating group such as `60xx0010`."""
    bits = "".join("0" if digit == "x" else "F" for digit in mask)
    return int(bits, 16), int(mask.replace("x", "0"), 16), entry


_REPEATING = [_parse_repeating_group(mask, entry) for mask, entry in _MODULE.RepeatersDictionary.items()]
"""Repeating groups (PS3.5 section 7.6): a bit mask, the value of a tag of the group after masking, and the entry."""


def entry_of(tag: int) -> DictionaryEntry | None:
    """Return the dictionary entry of a tag, also of a tag in a repeating group; None if there is no entry."""
    entry = ENTRY_BY_TAG.get(tag)
    if entry is not None or tag >> 16 & 1:
        return entry
    return next((entry for mask, masked, entry in _REPEATING if tag & mask == masked), None)


STUDY_INSTANCE_UID = 0x0020000D
SERIES_INSTANCE_UID = 0x0020000E

_NO_DATA_SET_GROUPS = frozenset({0x0000, 0x0001, 0x0002, 0x0003, 0x0005, 0x0006, 0x0007, 0xFFFE, 0xFFFF})
_VM = re.compile(r"(?P<low>[0-9]+)(?:-(?P<high>[0-9]+|(?P<step>[0-9]*)n))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueMultiplicity:
    """The value multiplicity (VM) of an attribute: how many values it may have, such as `1`, `1-3` or `2-2n`.

    `low` is the smallest number of values. `high` is the largest number; None if there is no largest number. The number
    of values is `low` plus a multiple of `step`. `text` is the multiplicity in the notation of PS3.6.
    """

    low: int
    high: int | None
    step: int
    text: str

    def allows(self, count: int) -> bool:
        """Return whether an attribute may have `count` values. An attribute may be empty, so 0 is always allowed."""
        if count == 0:
            return True
        if count < self.low or (self.high is not None and count > self.high):
            return False
        return (count - self.low) % self.step == 0


def parse_multiplicity(text: str) -> ValueMultiplicity:
    """Parse a value multiplicity in the notation of PS3.6: `1`, `1-3`, `1-n`, `2-2n`.

    Raises ValueError for another text.
    """
    match = _VM.fullmatch(text)
    if match is None:
        raise ValueError(f"no value multiplicity: {text!r}")
    low = int(match["low"])
    if match["high"] is None:
        return ValueMultiplicity(low=low, high=low, step=1, text=text)
    if match["step"] is None:
        return ValueMultiplicity(low=low, high=int(match["high"]), step=1, text=text)
    return ValueMultiplicity(low=low, high=None, step=int(match["step"] or 1), text=text)


def tag_of(keyword: str) -> int | None:
    """Return the tag of a keyword, or None if the dictionary does not have the keyword."""
    return TAG_BY_KEYWORD.get(keyword)


def keyword_of(tag: int) -> str:
    """Return the keyword of a tag. If the dictionary has no keyword for the tag, return the tag as (gggg,eeee)."""
    entry = entry_of(tag)
    return (entry and entry[4]) or f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


@lru_cache(maxsize=8192)
def hex_of(tag: int) -> str:
    """Return a tag as eight upper-case hexadecimal digits, the form of the DICOM JSON Model."""
    return f"{tag:08X}"


def is_private(tag: int) -> bool:
    """Return whether a tag is private: its group is odd (PS3.5 section 7.8)."""
    return bool(tag >> 16 & 1)


def private_creator_tag_of(tag: int) -> int | None:
    """Return the tag of the private creator to which a private attribute belongs; None for other tags.

    Source: PS3.5 section 7.8.1.
    """
    element = tag & 0xFFFF
    return tag & 0xFFFF0000 | element >> 8 if is_private(tag) and element >= 0x1000 else None


def is_outside_data_sets(tag: int) -> bool:
    """Return whether a tag cannot be in a data set.

    Such tags are group lengths, and the tags of the command, file meta, delimiter and illegal groups. PS3.5 section
    7.8.1 defines the illegal groups: the odd groups up to 0007, and the group FFFF. PS3.18 F.2.2 excludes the group
    lengths and the other groups.
    """
    return tag >> 16 in _NO_DATA_SET_GROUPS or tag & 0xFFFF == 0


@lru_cache(maxsize=8192)
def vrs_of(tag: int) -> tuple[str, ...]:
    """Return the VRs that the dictionary allows for a tag; an empty tuple if the dictionary does not have the tag."""
    entry = entry_of(tag)
    return tuple(vr for vr in entry[0].split(" or ") if len(vr) == 2) if entry else ()


@lru_cache(maxsize=8192)
def vm_of(tag: int) -> ValueMultiplicity | None:
    """Return the value multiplicity of a tag; None if the dictionary does not have the tag."""
    entry = entry_of(tag)
    return parse_multiplicity(entry[1]) if entry else None
