"""The shape of a data set in the DICOM JSON Model."""

from __future__ import annotations

from typing import Any, TypedDict


class PersonName(TypedDict, total=False):
    """A PN value by its component groups; empty ones are left out (PS3.18 F.2.2)."""

    Alphabetic: str
    Ideographic: str
    Phonetic: str


class _VrMember(TypedDict):
    vr: str


class Attribute(_VrMember, total=False):
    """One attribute: its vr, and at most one of the other members."""

    Value: list[Any]
    InlineBinary: str
    BulkDataURI: str


DataSet = dict[str, Attribute]
"""Attributes by their tag, eight upper-case hexadecimal digits."""
