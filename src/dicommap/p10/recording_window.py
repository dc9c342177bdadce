"""A window that records which bytes decide the steps of a walk.

The layout cache compares these bytes of other files.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from dicommap.p10.byte_window import ByteWindow, EndOfFile
from dicommap.p10.elements import find_head_spans

if TYPE_CHECKING:
    from dicommap.p10.byte_window import ReadAt
    from dicommap.p10.data_set_encoding import DataSetEncoding
    from dicommap.p10.elements import Run, Span

MAX_LAYOUT_BYTES = 2**16
"""The maximum number of bytes in a header whose layout is cached. Files with longer headers are always walked."""


class RecordingWindow(ByteWindow):
    """A window that records which bytes of a file decide the steps of a walk, and the size that the file must have.

    A walk depends only on the bytes of its window. A walk over another file takes the same steps if this file has the
    same bytes in the recorded spans, and at least `required_size` bytes.
    """

    def __init__(self, read: ReadAt, size: int, head: bytes, head_length: int) -> None:
        self.spans: list[Span] = []
        """The spans that decided steps of the walk, except the heads in `runs`. All begin before MAX_LAYOUT_BYTES."""
        self.runs: list[Run] = []
        """The positions of plain elements. Their heads decided steps of the walk."""
        self.required_size = 0
        """The number of bytes that a file must have so that a walk over it takes the same steps."""
        self.depends_on_size = False
        """Whether the end of the file decided a step. If so, a walk over a longer file may take other steps."""
        self._head = head
        super().__init__(read, size, head, head_length)

    @property
    def deciding_spans(self) -> list[Span]:
        """Return all spans (begin, end) of bytes that decided steps of the walk."""
        return list_deciding_spans(self.spans, self.runs, self._head)

    def bytes_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes from `offset`, and record their span."""
        end = offset + length
        if offset < MAX_LAYOUT_BYTES:  # a file with unordered elements is walked to its end, so the list needs a limit
            self.spans.append((offset, end))
        if end > self.required_size:
            self.required_size = end
        begin = offset - self.buffer_start  # repeats the code of the base class: a call of its method would take longer
        if begin < 0 or begin + length > len(self.buffer):
            self._move_to(offset, length)
            begin = 0
        return self.buffer[begin : begin + length]

    def has_bytes_before(self, end: int) -> bool:
        """Return whether the file has at least `end` bytes. Record the answer, because the walk depends on it."""
        is_long_enough = end <= self.size
        if not is_long_enough:
            self.depends_on_size = True
        elif end > self.required_size:
            self.required_size = end
        return is_long_enough

    def peek(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset` without moving the window, and record their span."""
        end = offset + length
        if self.has_bytes_before(end) and offset < MAX_LAYOUT_BYTES:
            self.spans.append((offset, end))
        return ByteWindow.peek(self, offset, length)

    def record_heads(self, encoding: DataSetEncoding, positions: list[int], end: int) -> None:
        """Record the heads of plain elements, and that the file must have `end` bytes.

        All heads are in the first buffered bytes, so the number of heads is limited.
        """
        self.runs.append((encoding, positions))
        if end > self.required_size:
            self.required_size = end

    def record_values(self, spans: list[Span]) -> None:
        """Record the spans of values that decide the next steps of a walk."""
        self.spans += spans

    def require_bytes_before(self, end: int) -> None:
        """Record that the file must have `end` bytes. Raises EndOfFile if it has fewer."""
        if end > self.required_size:
            self.required_size = end
        if end > self.size:
            raise EndOfFile(self.size)


def list_deciding_spans(spans: list[Span], runs: list[Run], head: bytes) -> list[Span]:
    """Return the deciding spans of a walk: `spans`, and the spans of the heads of all elements in `runs`.

    Args:
        spans: The recorded spans.
        runs: The recorded positions of plain elements.
        head: The first bytes of the file, which contain these elements.
    """
    return [*spans, *chain.from_iterable(find_head_spans(head, encoding, positions) for encoding, positions in runs)]
