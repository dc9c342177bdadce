"""What must hold for any bytes: the reader gives a Header or a Refusal, the same warm as cold, and asks for little."""

from __future__ import annotations

from dicommap.inventory.cells import encode_value
from dicommap.p10 import Header, HeaderReader, RejectedFile, WantedAttributes, read_header
from dicommap.p10.byte_window import FIRST_READ_BYTES

WANTED = WantedAttributes.default()
PATCH = 3
"""Bytes of one patch: two of an offset, and one to put there."""


class Asked:
    """The bytes of a file, and how many of them were asked for."""

    def __init__(self, file: bytes) -> None:
        self.calls = self.bytes = 0
        self._file = file

    def read(self, offset: int, length: int) -> bytes:
        self.calls += 1
        self.bytes += length
        return self._file[offset : offset + length]

    def bounded(self, size: int) -> None:
        """Assert that no more was asked for than two walks need, each going back once for every window."""
        assert self.bytes <= 4 * size + FIRST_READ_BYTES, "bytes asked for"
        assert self.calls <= 8 + size // 16, "calls"


def pair_of(data: bytes) -> tuple[bytes, bytes]:
    """Return a file and a neighbour of it: the first byte counts patches, which follow, and then the file."""
    if not data:
        return b"", b""
    end = 1 + data[0] % 8 * PATCH
    patches, file = data[1:end], data[end:]
    patched = bytearray(file)
    for at in range(0, len(patches) - PATCH + 1, PATCH):
        place = patches[at] | patches[at + 1] << 8
        if place < len(patched):
            patched[place] ^= patches[at + 2]
    return file, bytes(patched)


def input_of(file: bytes, patches: bytes = b"") -> bytes:
    """Return the input that stands for a file and its patches."""
    return bytes([len(patches) // PATCH]) + patches + file


def check(data: bytes) -> None:
    """Assert all that must hold for these bytes."""
    file, neighbour = pair_of(data)
    alone = {each: _cold(each) for each in (file, neighbour)}
    reader = HeaderReader(WANTED)
    # The second file with a layout prepares it for further files, so the neighbour is read before and after that.
    for each in (file, neighbour, file, file, neighbour):
        asked = Asked(each)
        assert _sound(reader.read(asked.read, len(each))) == alone[each], "the warm reader differs"
        asked.bounded(len(each))
    _shrunk(reader, neighbour, alone[neighbour])


def _cold(file: bytes) -> Header | RejectedFile:
    asked = Asked(file)
    found = _sound(read_header(asked.read, len(file), WANTED))
    asked.bounded(len(file))
    return found


def _shrunk(reader: HeaderReader, file: bytes, whole: Header | RejectedFile) -> None:
    """Read a file that lost its second half after its size was taken."""
    asked = Asked(file[: len(file) // 2])
    found = _sound(reader.read(asked.read, len(file)))
    asked.bounded(len(file))
    if isinstance(found, Header) and isinstance(whole, Header) and not whole.issues:
        complete = found.values == whole.values or any(one.code == "p10.ends-early" for one in found.issues)
        assert complete, "a value was lost in silence"


def _sound(found: Header | RejectedFile) -> Header | RejectedFile:
    assert isinstance(found, Header | RejectedFile), "neither a header nor a refusal"
    assert isinstance(found, Header) or found.issues, "a refusal without a reason"
    if isinstance(found, Header):
        for stored in map(encode_value, found.values.values()):
            assert isinstance(stored, bytes) or (stored or "").encode("utf-8", "replace").decode() == stored, (
                "a value that cannot be stored"
            )
    return found
