"""How many bytes a wanted value may have: what its value representation can hold (PS3.5 Table 6.2-1), with much room.

A header is refused if a wanted value has more: a value is never cut, and memory is bounded.
"""

from __future__ import annotations

from dicommap.model.tags import vrs_of

SHORT_TEXT_LIMIT = 4_096
"""Bytes: 16 values of 64 characters, each character of 4 bytes. HealthImaging stores UIDs of up to 256 characters."""

VALUE_LIMIT = 2**16
"""Bytes: LT holds 10,240 characters, and explicit VR has 65,534 bytes for all numbers of an element."""

SHORT_TEXT_VRS = frozenset({"AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UI"})
"""Value representations with at most 64 characters for each value, or for each component group of a name."""


def value_limit(tag: int) -> int:
    """Return how many bytes the value of an attribute may have: 4,096 for short texts, and 65,536 for all others."""
    vrs = vrs_of(tag)
    return SHORT_TEXT_LIMIT if vrs and vrs[0] in SHORT_TEXT_VRS else VALUE_LIMIT
