"""Layouts: what the headers of neighbouring files share, the same elements at the same offsets."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from dicommap.model.captured_attributes import SPECIFIC_CHARACTER_SET
from dicommap.p10.header_decoding import RawHeader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.p10.layout_cache_p10_watch_part import RecordingWindow

_BLOCK_BYTES = 256
"""Bytes that are compared at once: other layouts mostly differ in the first."""

_NOT_ZERO = re.compile(rb"[^\0]+")

Span = tuple[int, int]
"""Begin and end of a place."""


@dataclass(frozen=True, kw_only=True)
class HeaderLayout:
    """The steps of one walk: of every file that it fits, a walk takes exactly these."""

    head: bytes = field(repr=False)
    """The beginning of the file that was walked, as far as a file must reach that it fits."""
    model: RawHeader = field(repr=False)
    """The parts of that file."""
    landmark: slice
    """Where the element behind the last wanted one is: most layouts differ here, so it is compared first."""
    places: list[Span] = field(repr=False)
    """Every place that decided where the walk went or how values are read, as they came."""

    def fits(self, head: bytes) -> bool:
        """Say whether a walk over the file that begins with `head` takes the same steps."""
        return self.differences(head) is not None

    def differences(self, head: bytes) -> set[Span] | None:
        """Return where the file that begins with `head` differs from the one that was walked: whole values.

        Returns None where a walk over it may not take the same steps.
        """
        model = self.head
        if len(head) < len(model):
            return None
        found: set[Span] = set()
        for offset in range(0, len(model), _BLOCK_BYTES):
            ours, theirs = model[offset : offset + _BLOCK_BYTES], head[offset : min(offset + _BLOCK_BYTES, len(model))]
            if ours == theirs:
                continue
            for begin, stop in _differing_runs(ours, theirs):
                free = self._free_around(offset + begin)
                if free is None or free[1] < offset + stop:
                    return None
                found.add(free)
        return found

    def _free_around(self, offset: int) -> Span | None:
        """Return the place around an offset in which files that the layout fits may differ, if there is one."""
        begins, stops = self._structure
        place = bisect_right(begins, offset)
        begin, stop = stops[place], begins[place] if place < len(begins) else len(self.head)
        return (begin, stop) if begin <= offset else None

    def parts(self, head: bytes) -> RawHeader:
        """Return what a walk would find in a file that the layout fits."""
        meta, encoding, walked = self.model
        instance = meta.sop_instance
        if instance is not None:
            vr, start, raw = instance
            instance = vr, start, head[start : start + len(raw)]
        values = {tag: (vr, at, head[at : at + len(raw)]) for tag, (vr, at, raw) in walked.values.items()}
        return RawHeader(meta._replace(sop_instance=instance), encoding, walked._replace(values=values))

    @cached_property
    def _structure(self) -> tuple[list[int], list[int]]:
        """Return where the places that decided begin, in order, and where all before each of these have ended.

        Many a layout is never asked, as no file behind it has its landmark.
        """
        places = sorted(self.places)
        return [begin for begin, _ in places], [*accumulate((stop for _, stop in places), max, initial=0)]


def _differing_runs(one: bytes, other: bytes) -> Iterator[Span]:
    """Yield where two texts of one length differ."""
    both = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
    return (found.span() for found in _NOT_ZERO.finditer(both.to_bytes(len(one), "little")))


def make_layout(window: RecordingWindow, parts: RawHeader, head: bytes) -> HeaderLayout | None:
    """Return the layout of a header whose parts its bytes up to the walk's end decide.

    `head` is the beginning of the file as the walk saw it. Returns None if it does not hold the whole header, or if the
    walk would have gone another way in a longer file.
    """
    end = window.reach
    if end > len(head) or window.depends_on_size:
        return None
    places = [*window.seen, *_character_set_spans(parts)]
    return HeaderLayout(head=head[:end], model=parts, landmark=slice(*window.seen[-1]), places=places)


def _character_set_spans(parts: RawHeader) -> list[Span]:
    """Return where SpecificCharacterSet is: it decides how other values are read."""
    _, start, raw = parts.walked.values.get(SPECIFIC_CHARACTER_SET, (b"", 0, b""))
    return [(start, start + len(raw))]
