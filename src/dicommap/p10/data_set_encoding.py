"""Encodings of data sets: implicit or explicit VR, and byte order (PS3.5 sections 7.1 and 10)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

DEFLATED_TRANSFER_SYNTAX = "1.2.840.10008.1.2.1.99"
_IMPLICIT_TRANSFER_SYNTAXES = frozenset({"1.2.840.10008.1.2", "1.2.840.113619.5.2"})
"""The transfer syntaxes with implicit VR: Implicit VR Little Endian, and a private one of GE with the same encoding."""
_BIG_ENDIAN_TRANSFER_SYNTAX = "1.2.840.10008.1.2.2"

SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
"""VRs whose length field has 2 bytes in explicit VR (PS3.5 Table 7.1-2). All other VRs have a 4-byte length field."""
LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
EXPLICIT_VRS = SHORT_VRS | LONG_VRS


@dataclass(frozen=True, slots=True)
class DataSetEncoding:
    """One of the three encodings of data sets, with `struct` objects that unpack its numbers."""

    name: str
    implicit: bool
    order: str
    """The byte order, as in the module `struct`: '<' for little endian, '>' for big endian."""
    tag: struct.Struct = field(init=False)
    short: struct.Struct = field(init=False)
    long: struct.Struct = field(init=False)
    explicit_head: struct.Struct = field(init=False)
    """Unpacks group, element, VR and 2-byte length. The length is valid only if the VR is in SHORT_VRS."""
    implicit_head: struct.Struct = field(init=False)
    """Unpacks group, element and 4-byte length. Items and delimiters have these fields in every encoding."""

    def __post_init__(self) -> None:
        forms = {"tag": "HH", "short": "H", "long": "L", "explicit_head": "HH2sH", "implicit_head": "HHL"}
        for name, form in forms.items():
            object.__setattr__(self, name, struct.Struct(self.order + form))


IMPLICIT_LITTLE_ENDIAN = DataSetEncoding("implicit VR little endian", True, "<")
EXPLICIT_LITTLE_ENDIAN = DataSetEncoding("explicit VR little endian", False, "<")
EXPLICIT_BIG_ENDIAN = DataSetEncoding("explicit VR big endian", False, ">")
ENCODINGS = (EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN)


def get_encoding(transfer_syntax_uid: str) -> DataSetEncoding:
    """Return the encoding of a transfer syntax.

    Most transfer syntaxes have explicit VR little endian. So this encoding is also returned for an unknown UID.
    """
    if transfer_syntax_uid in _IMPLICIT_TRANSFER_SYNTAXES:
        return IMPLICIT_LITTLE_ENDIAN
    return EXPLICIT_BIG_ENDIAN if transfer_syntax_uid == _BIG_ENDIAN_TRANSFER_SYNTAX else EXPLICIT_LITTLE_ENDIAN


def is_likely_encoding(encoding: DataSetEncoding, head: bytes) -> bool:
    """Return whether a data set that begins with `head` can have this encoding.

    In explicit VR, the two letters of a VR follow the tag; in implicit VR, other bytes follow. If the first group is
    read in the wrong byte order, it is a number like 0x0800. No data set begins with such a group.

    Args:
        encoding: The encoding to try.
        head: The first bytes of the data set, 8 or more.

    """
    if len(head) < 8:
        return False
    group, _ = encoding.tag.unpack_from(head)
    is_swapped = group >= 0x0100 and not group & 0xFF
    return group > 0x0002 and not is_swapped and (head[4:6] in EXPLICIT_VRS) is not encoding.implicit
