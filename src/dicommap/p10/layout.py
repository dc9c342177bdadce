"""Layouts: what the headers of neighbouring files share, the same elements at the same offsets."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicommap.p10.judgement import Parts
from dicommap.p10.meta import Meta
from dicommap.p10.walk import Walked
from dicommap.p10.window import Window

if TYPE_CHECKING:
    from dicommap.p10.encoding import Encoding
    from dicommap.p10.walk import Value
    from dicommap.p10.window import ReadAt

LAYOUT_LIMIT = 2**16
"""Bytes of a header whose layout is kept; longer ones are walked each time."""


class WatchedWindow(Window):
    """A window that notes which bytes decided where a walk went, and how far the file had to reach.

    A walk is a function of what it takes from its window. Of another file that has the same bytes in these places,
    and that reaches as far, it takes the same steps.
    """

    def __init__(self, read: ReadAt, size: int, head: bytes, head_length: int) -> None:
        self.seen: list[tuple[int, bytes]] = []
        """Offset and bytes of all that `bytes_at` gave below the limit; values are not among them."""
        self.reach = 0
        """The highest offset that had to exist."""
        super().__init__(read, size, head, head_length)

    def bytes_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`, and note them."""
        found = super().bytes_at(offset, length)
        if offset < LAYOUT_LIMIT:  # a file out of order is walked to its end: what is kept is bounded
            self.seen.append((offset, found))
        if offset + length > self.reach:
            self.reach = offset + length
        return found

    def require(self, end: int) -> None:
        """Raise EndOfFile where the file ends before `end`, and note that it was asked."""
        if end > self.reach:
            self.reach = end
        super().require(end)


class _Places:
    """Where values stand, and a way to take them all at once."""

    __slots__ = ("starts", "tags", "unpack_from", "vrs")

    def __init__(self, values: dict[int, Value]) -> None:
        ordered = sorted(values.items(), key=lambda item: item[1][1])
        self.tags = tuple(tag for tag, _ in ordered)
        self.vrs = tuple(vr for _, (vr, _, _) in ordered)
        self.starts = tuple(start for _, (_, start, _) in ordered)
        form, offset = "", 0
        for _, (_, start, raw) in ordered:
            form += f"{start - offset}x{len(raw)}s"
            offset = start + len(raw)
        self.unpack_from = struct.Struct(form).unpack_from

    def values(self, head: bytes) -> dict[int, Value]:
        """Return the values that stand in these places."""
        return dict(zip(self.tags, zip(self.vrs, self.starts, self.unpack_from(head), strict=True), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The steps of one walk: of every file that it fits, a walk takes exactly these."""

    end: int
    """Bytes that a file must have."""
    mask: int
    """Ones over every byte that decided where the walk went, as one little-endian number."""
    expected: int
    """What these bytes are."""
    landmark: bytes
    """The head of the element behind the last wanted one: what differs between most layouts, and is compared first."""
    landmark_at: slice
    encoding: Encoding
    transfer_syntax_uid: str
    data_set_at: int
    walk_end: int
    meta_values: _Places = field(repr=False)
    values: _Places = field(repr=False)

    def fits(self, head: bytes) -> bool:
        """Say whether a walk over the file that begins with `head` takes the same steps."""
        return (
            head[self.landmark_at] == self.landmark
            and len(head) >= self.end
            and int.from_bytes(head[: self.end], "little") & self.mask == self.expected
        )

    def parts(self, head: bytes) -> Parts:
        """Return what that walk would find."""
        meta = Meta(self.meta_values.values(head), self.transfer_syntax_uid, self.data_set_at)
        return Parts(meta, self.encoding, Walked(self.values.values(head), self.walk_end, True, None))


def layout_of(window: WatchedWindow, parts: Parts) -> Layout | None:
    """Return the layout of a header whose parts its bytes up to the walk's end decide; None where it is too long."""
    end = window.reach
    if end > min(LAYOUT_LIMIT, window.size):
        return None
    mask, expected = bytearray(end), bytearray(end)
    for offset, found in window.seen:
        mask[offset : offset + len(found)] = b"\xff" * len(found)
        expected[offset : offset + len(found)] = found
    landmark_at, landmark = window.seen[-1]
    return Layout(
        end=end,
        mask=int.from_bytes(mask, "little"),
        expected=int.from_bytes(expected, "little"),
        landmark=landmark,
        landmark_at=slice(landmark_at, landmark_at + len(landmark)),
        encoding=parts.encoding,
        transfer_syntax_uid=parts.meta.transfer_syntax_uid,
        data_set_at=parts.meta.end,
        walk_end=parts.walked.end,
        meta_values=_Places(parts.meta.values),
        values=_Places(parts.walked.values),
    )
