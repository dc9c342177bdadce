"""How many bytes a wanted value may have: what its value representation can hold (PS3.5 Table 6.2-1), with much room.

A header is refused if a wanted value has more: a value is never cut, and memory is bounded.
"""

from __future__ import annotations

from dicommap.dicom.dictionary_model_tags_part import vm_of, vrs_of

MAX_SHORT_TEXT_BYTES = 4_096
"""Bytes: 16 values of 64 characters, each character of 4 bytes. A UID of MAX_STORED_UID characters fits."""

MAX_VALUE_BYTES = 2**16
"""Bytes: LT holds 10,240 characters, and explicit VR has 65,534 bytes for the many numbers of an element."""

SHORT_TEXT_VRS = frozenset({"AE", "AS", "CS", "DA", "DT", "LO", "PN", "SH", "TM", "UI"})
"""Value representations with at most 64 characters for each value, or for each component group of a name."""

NUMBER_VRS = frozenset({"AT", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"})


def get_max_value_bytes(tag: int) -> int:
    """Return how many bytes the value of an attribute may have.

    That is 4,096 for short texts and for attributes of one number, and 65,536 for long texts and for many numbers.
    """
    vrs, multiplicity = vrs_of(tag), vm_of(tag)
    is_one_number = bool(vrs) and vrs[0] in NUMBER_VRS and multiplicity is not None and multiplicity.high == 1
    return MAX_SHORT_TEXT_BYTES if is_one_number or (vrs and vrs[0] in SHORT_TEXT_VRS) else MAX_VALUE_BYTES
