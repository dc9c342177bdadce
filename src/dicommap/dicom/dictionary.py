"""The data dictionary of PS3.6, as pydicom ships it, without the rest of pydicom.

Importing pydicom takes longer than scanning a thousand headers, and the dictionary is all that most work needs of it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

DictionaryEntry = tuple[str, str, str, str, str]
"""VR, VM, name, `Retired` or nothing, and keyword."""

_NAME = "_dicom_dict"


def _load_pydicom_dictionary() -> ModuleType:
    """Return pydicom's module of the dictionary, which needs nothing else of the package."""
    package = find_spec("pydicom")
    spec = PathFinder.find_spec(_NAME, package.submodule_search_locations) if package else None
    if f"pydicom.{_NAME}" in sys.modules or spec is None or spec.loader is None:
        return import_module(f"pydicom.{_NAME}")  # it is there already, or pydicom has another layout
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_MODULE = _load_pydicom_dictionary()
ENTRY_BY_TAG: dict[int, DictionaryEntry] = _MODULE.DicomDictionary
"""Tag -> entry."""

TAG_BY_KEYWORD: dict[str, int] = {entry[4]: tag for tag, entry in ENTRY_BY_TAG.items() if entry[4]}
"""Keyword -> tag."""


def _parse_repeating_group(mask: str, entry: DictionaryEntry) -> tuple[int, int, DictionaryEntry]:
    bits = "".join("0" if digit == "x" else "F" for digit in mask)
    return int(bits, 16), int(mask.replace("x", "0"), 16), entry


_REPEATING = [_parse_repeating_group(mask, entry) for mask, entry in _MODULE.RepeatersDictionary.items()]
"""Mask, what the masked tag is, and the entry: of the repeating groups (PS3.5 section 7.6)."""


def entry_of(tag: int) -> DictionaryEntry | None:
    """Return the entry of a tag, or of the repeating group that it is in; None where there is none."""
    entry = ENTRY_BY_TAG.get(tag)
    if entry is not None or tag >> 16 & 1:
        return entry
    return next((entry for mask, masked, entry in _REPEATING if tag & mask == masked), None)
