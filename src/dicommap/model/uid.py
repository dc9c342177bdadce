"""Unique identifiers (PS3.5 section 9) and what HealthImaging relaxes of their rules."""

from __future__ import annotations

import re

LENGTH_LIMIT = 64
"""Characters of a UID (PS3.5 section 9.1)."""

HEALTHIMAGING_LENGTH_LIMIT = 256
"""Characters of a UID that HealthImaging stores (developer guide, DICOM element constraints)."""

UID_PATTERN = r"(?:[01]\.[1-3]?[0-9]|2\.(?:0|[1-9][0-9]*))(?:\.(?:0|[1-9][0-9]*))*"
"""A UID but for its length: components without leading zeros, the first one 0 to 2, and below 0 and 1 the second one 0
to 39 (PS3.5 sections 9 and 9.1, ISO/IEC 8824)."""

_CONFORMANT = re.compile(UID_PATTERN)
_MAPPABLE = re.compile(r"[0-9.]+")


def mapping_problem(uid: str) -> str | None:
    """Say why no mapping can name this UID, or None where one can.

    AWS's service model takes digits and dots; HealthImaging stores at most 256 characters.
    """
    if not uid:
        return "is empty"
    if _MAPPABLE.fullmatch(uid) is None:
        return "has characters other than digits and dots"
    if len(uid) > HEALTHIMAGING_LENGTH_LIMIT:
        return f"has {len(uid)} characters; HealthImaging stores at most {HEALTHIMAGING_LENGTH_LIMIT}"
    if "" in uid.split("."):
        return "has an empty component"
    return None


def conformance_problem(uid: str) -> str | None:
    """Say what PS3.5 section 9.1 forbids in a UID that a mapping can name, or None where it is conformant."""
    if len(uid) > LENGTH_LIMIT:
        return f"has {len(uid)} characters; PS3.5 allows {LENGTH_LIMIT}"
    if _CONFORMANT.fullmatch(uid) is None:
        return "has a leading zero, a first component over 2, a second one over 39 below 0 or 1, or one component only"
    return None
