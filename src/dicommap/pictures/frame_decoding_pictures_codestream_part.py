"""What a compressed image itself says of its size, so that no decoder is asked for more than memory holds."""

from __future__ import annotations

import struct

_J2K_START = b"\xff\x4f\xff\x51"
"""SOC and SIZ (ITU-T T.800 section A.4)."""
_JPEG_START = b"\xff\xd8"
_SOF_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""SOF markers of JPEG (ITU-T T.81 table B.1) and JPEG-LS (T.87)."""
_MARKERS_WITHOUT_LENGTH = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})


def read_declared_samples(codestream: bytes) -> int | None:
    """Return the number of samples that a JPEG, JPEG-LS or JPEG 2000 image declares; None of another or a cut one."""
    try:
        if codestream.startswith(_JPEG_START):
            return _jpeg_samples(codestream)
        # Whole JP2 files are found where only their codestream should be (PS3.5 section A.4.4): it is behind boxes.
        start = codestream.find(_J2K_START)
        return None if start < 0 else _j2k_samples(codestream, start)
    except struct.error:
        return None


def _j2k_samples(codestream: bytes, start: int) -> int:
    width, height, left, top = struct.unpack_from(">4L", codestream, start + 8)
    (components,) = struct.unpack_from(">H", codestream, start + 40)
    return int(max(width - left, 0) * max(height - top, 0) * components)


def _jpeg_samples(codestream: bytes) -> int | None:
    position = 2
    while codestream[position : position + 1] == b"\xff":
        (marker,) = struct.unpack_from("B", codestream, position + 1)
        if marker == 0xFF:  # fill bytes
            position += 1
        elif marker in _MARKERS_WITHOUT_LENGTH:
            position += 2
        elif marker in _SOF_MARKERS:
            height, width, components = struct.unpack_from(">HHB", codestream, position + 5)
            return int(height) * int(width) * int(components)
        else:
            (length,) = struct.unpack_from(">H", codestream, position + 2)
            position += 2 + int(length)
    return None
