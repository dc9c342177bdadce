"""Layouts: what the headers of neighbouring files share, the same elements at the same offsets."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.model.attributes import SPECIFIC_CHARACTER_SET
from dicommap.p10.judgement import Parts

if TYPE_CHECKING:
    from dicommap.p10.walk import Value
    from dicommap.p10.watch import WatchedWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The steps of one walk: of every file that it fits, a walk takes exactly these."""

    end: int
    """Bytes that a file must have."""
    mask: int = field(repr=False)
    """Ones over every byte that decided where the walk went or how values are read, as one little-endian number."""
    expected: int = field(repr=False)
    """What these bytes are."""
    landmark: slice
    """Where the element behind the last wanted one is: most layouts differ here, so it is compared first."""
    landmark_bytes: bytes = field(repr=False)
    places: struct.Struct
    """Takes all values at once: MediaStorageSOPInstanceUID if it is there, then the wanted ones in order."""
    model: Parts = field(repr=False)
    """The parts of the file that was walked."""

    def fits(self, head: bytes) -> bool:
        """Say whether a walk over the file that begins with `head` takes the same steps."""
        return (
            head[self.landmark] == self.landmark_bytes
            and len(head) >= self.end
            and int.from_bytes(head[: self.end], "little") & self.mask == self.expected
        )

    def parts(self, head: bytes) -> Parts:
        """Return what that walk would find."""
        meta, encoding, walked = self.model
        raws = iter(self.places.unpack_from(head))
        instance = None if meta.sop_instance is None else (*meta.sop_instance[:2], next(raws))
        values = {tag: (vr, start, next(raws)) for tag, (vr, start, _) in walked.values.items()}
        return Parts(meta._replace(sop_instance=instance), encoding, walked._replace(values=values))


def layout_of(window: WatchedWindow, parts: Parts, head: bytes) -> Layout | None:
    """Return the layout of a header whose parts its bytes up to the walk's end decide.

    `head` is the beginning of the file as the walk saw it; None where it does not hold the whole header.
    """
    end = window.reach
    if end > len(head):
        return None
    marks = bytearray(end)
    for begin, stop in [*window.seen, *_charset(parts)]:
        marks[begin:stop] = b"\xff" * (stop - begin)
    mask = int.from_bytes(marks, "little")
    landmark = slice(*window.seen[-1])
    return Layout(
        end=end,
        mask=mask,
        expected=int.from_bytes(head[:end], "little") & mask,
        landmark=landmark,
        landmark_bytes=head[landmark],
        places=_places(parts),
        model=parts,
    )


def _charset(parts: Parts) -> list[tuple[int, int]]:
    """Return where SpecificCharacterSet is: it decides how other values are read."""
    _, start, raw = parts.walked.values.get(SPECIFIC_CHARACTER_SET, (b"", 0, b""))
    return [(start, start + len(raw))]


def _places(parts: Parts) -> struct.Struct:
    # The meta comes before the data set, and a walk in order meets its values in order of their offsets.
    values: list[Value] = [*filter(None, [parts.meta.sop_instance]), *parts.walked.values.values()]
    form, offset = "", 0
    for _, start, raw in values:
        form += f"{start - offset}x{len(raw)}s"
        offset = start + len(raw)
    return struct.Struct(form)
