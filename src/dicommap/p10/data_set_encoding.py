"""Encodings of data sets: implicit or explicit VR, and byte order (PS3.5 sections 7.1 and 10)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

DEFLATED_TRANSFER_SYNTAX = "1.2.840.10008.1.2.1.99"
_IMPLICIT_TRANSFER_SYNTAXES = frozenset({"1.2.840.10008.1.2", "1.2.840.113619.5.2"})
"""Implicit VR Little Endian, and GE's private syntax of the same encoding."""
_BIG_ENDIAN_TRANSFER_SYNTAX = "1.2.840.10008.1.2.2"

SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
"""Explicit VRs with a length of 2 bytes (PS3.5 Table 7.1-2); all others have one of 4."""
LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
EXPLICIT_VRS = SHORT_VRS | LONG_VRS


@dataclass(frozen=True, slots=True)
class DataSetEncoding:
    """One of the three encodings that data sets have."""

    name: str
    implicit: bool
    order: str
    """'<' for little endian and '>' for big endian, as the struct module writes them."""
    tag: struct.Struct = field(init=False)
    short: struct.Struct = field(init=False)
    long: struct.Struct = field(init=False)
    explicit_head: struct.Struct = field(init=False)
    """Group, element, VR and the length of a short VR."""
    implicit_head: struct.Struct = field(init=False)
    """Group, element and length, as items and delimiters have them too."""

    def __post_init__(self) -> None:
        forms = {"tag": "HH", "short": "H", "long": "L", "explicit_head": "HH2sH", "implicit_head": "HHL"}
        for name, form in forms.items():
            object.__setattr__(self, name, struct.Struct(self.order + form))


IMPLICIT_LITTLE_ENDIAN = DataSetEncoding("implicit VR little endian", True, "<")
EXPLICIT_LITTLE_ENDIAN = DataSetEncoding("explicit VR little endian", False, "<")
EXPLICIT_BIG_ENDIAN = DataSetEncoding("explicit VR big endian", False, ">")
ENCODINGS = (EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN)


def get_encoding(transfer_syntax_uid: str) -> DataSetEncoding:
    """Return the encoding of a transfer syntax: explicit little endian for all that are not told apart here."""
    if transfer_syntax_uid in _IMPLICIT_TRANSFER_SYNTAXES:
        return IMPLICIT_LITTLE_ENDIAN
    return EXPLICIT_BIG_ENDIAN if transfer_syntax_uid == _BIG_ENDIAN_TRANSFER_SYNTAX else EXPLICIT_LITTLE_ENDIAN


def is_likely_encoding(encoding: DataSetEncoding, head: bytes) -> bool:
    """Say whether the first bytes of a data set can be its first element in this encoding.

    Explicit VRs show by their letters. The wrong order of bytes shows by a group like 0x0800, which no data set
    begins with.
    """
    if len(head) < 8:
        return False
    group, _ = encoding.tag.unpack_from(head)
    swapped = group >= 0x0100 and not group & 0xFF
    return group > 0x0002 and not swapped and (head[4:6] in EXPLICIT_VRS) is not encoding.implicit
