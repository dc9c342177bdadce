"""Read headers: `read_header` reads one file, and `HeaderReader` reads many similar files faster.

`read_header` has these steps: check that the file is a P10 file (PS3.10 section 7.1), read its File Meta Information,
inflate a deflated data set, walk over the data set, and decode the wanted values. `HeaderReader` tries the layout cache
before the walk (see `dicommap.p10.layout_cache`).
"""

from __future__ import annotations

import threading
import zlib
from collections import deque
from contextlib import nullcontext
from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location, make_issue
from dicommap.model.study import Disposition
from dicommap.p10.byte_window import FIRST_READ_BYTES, ByteWindow, EndOfFile
from dicommap.p10.data_set_encoding import (
    DEFLATED_TRANSFER_SYNTAX,
    ENCODINGS,
    EXPLICIT_VRS,
    get_encoding,
    is_likely_encoding,
)
from dicommap.p10.file_meta import DICOMDIR_SOP_CLASS, FileMeta, detect_encoding, read_file_meta
from dicommap.p10.header import Header, RejectedFile
from dicommap.p10.header_decoding import RawHeader, TextCaches, decode_header
from dicommap.p10.layout_cache import CachedLayout, make_layout
from dicommap.p10.recording_window import MAX_LAYOUT_BYTES, RecordingWindow
from dicommap.p10.structure_errors import MalformedError, TooLongError, format_element
from dicommap.p10.walk import WalkResult, walk_data_set
from dicommap.reading.file_signatures import HEAD_BYTES, detect_packed_format

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.p10.byte_window import ReadAt
    from dicommap.p10.data_set_encoding import DataSetEncoding
    from dicommap.p10.header import WantedAttributes

_PREFIX_END = 132
"""The offset after the preamble (128 bytes) and the prefix DICM (4 bytes)."""
_META_GROUP_BYTES = b"\x02\0"

MAX_INFLATED_BYTES = 64 * 2**20
"""The maximum number of bytes that are inflated of a deflated data set. Headers are much smaller."""
MAX_INFLATED_DATA_SETS = 4
"""The maximum number of deflated data sets that are in memory at the same time, if several threads read headers."""
_inflating = threading.BoundedSemaphore(MAX_INFLATED_DATA_SETS)
_CHUNK_BYTES = 2**18

MAX_LAYOUTS = 32
"""The maximum number of layouts (positions of elements in headers) that a reader keeps.

A series has a few layouts, because the lengths of some values differ.
"""
_FIRST_READ_STEP = 1_024
"""The first read of a file requests a multiple of this number of bytes."""

_EMPTY = RejectedFile(disposition=Disposition.EMPTY, issues=(make_issue("source.empty-file"),))
_DICOMDIR = RejectedFile(disposition=Disposition.DICOMDIR, issues=(make_issue("p10.dicomdir"),))
_NOT_DICOM = RejectedFile(disposition=Disposition.NOT_DICOM, issues=(make_issue("p10.not-dicom"),))


def read_header(read: ReadAt, size: int, wanted: WantedAttributes) -> Header | RejectedFile:
    """Read the wanted attributes of one P10 file. For many files, `HeaderReader` gives the same results faster.

    Bytes are read block by block, up to the first element after the wanted attribute with the highest tag. The whole
    file is read if the data set is deflated, if an element before that point is out of order, or if an identifying UID
    is missing.

    Args:
        read: A function that returns up to `length` bytes from `offset`. Its exceptions are not caught.
        size: The number of bytes in the file.
        wanted: The attributes to read.

    Returns:
        A Header with exact values. A RejectedFile if the file is cut, malformed or not DICOM: invalid content never
        raises an exception.
    """
    if size == 0:
        return _EMPTY
    header = read_header_in_window(ByteWindow(read, size), wanted)
    return decode_header(header, wanted) if isinstance(header, RawHeader) else header


class HeaderReader:
    """A reader of the same attributes from many files. Several threads may use it at the same time.

    It returns the same results as `read_header`. It is faster for a file that has the same elements at the same offsets
    as an earlier file.
    """

    def __init__(self, wanted: WantedAttributes) -> None:
        """Make a reader with an empty layout cache.

        Args:
            wanted: The attributes to read.
        """
        self._wanted = wanted
        self._layouts: list[CachedLayout] = []
        """The layouts of earlier files. The layout that was used last is first."""
        self._caches = TextCaches(wanted)
        self._required_sizes: deque[int] = deque(maxlen=MAX_LAYOUTS)
        """The sizes of the headers of the last files that were walked."""
        self._first_bytes = FIRST_READ_BYTES
        self._lock = threading.Lock()
        """A thread holds this lock while it uses the layouts, but not while it reads bytes of a file."""

    def read(self, read: ReadAt, size: int) -> Header | RejectedFile:
        """Read the wanted attributes of one P10 file.

        Args:
            read: A function that returns up to `length` bytes from `offset`. Its exceptions are not caught.
            size: The number of bytes in the file.

        Returns:
            A Header with exact values. A RejectedFile if the file is cut, malformed or not DICOM.
        """
        if size == 0:
            return _EMPTY
        first_bytes = self._first_bytes
        head = read(0, min(size, first_bytes))
        with self._lock:
            for index, layout in enumerate(self._layouts):
                if head[layout.landmark] == layout.landmark_bytes:
                    header = layout.read_header(head)
                    if header is not None:
                        if index:
                            self._layouts.insert(0, self._layouts.pop(index))
                        return header
        window = RecordingWindow(read, size, head, first_bytes)
        walked = read_header_in_window(window, self._wanted)
        if not isinstance(walked, RawHeader):
            return walked
        with self._lock:
            return self._add_layout_and_decode(window, walked, head)

    def _add_layout_and_decode(
        self, window: RecordingWindow, raw_header: RawHeader, head: bytes
    ) -> Header | RejectedFile:
        """Add the layout of a file to the layout cache, and return the decoded header of the file.

        The layout is added only if `head` contains the whole header.

        Args:
            window: The window that recorded the walk over the file.
            raw_header: The raw header that the walk returned.
            head: The bytes of the first read.
        """
        layout = make_layout(window, raw_header, head)
        if layout is not None:
            self._layouts.insert(0, CachedLayout(layout, self._wanted, self._caches))
            del self._layouts[MAX_LAYOUTS:]
        self._adjust_first_read_size(window.required_size)
        return decode_header(raw_header, self._wanted)

    def _adjust_first_read_size(self, required_size: int) -> None:
        """Set how many bytes the first read of later files requests: enough for headers as large as the last ones."""
        if required_size <= MAX_LAYOUT_BYTES:
            self._required_sizes.append(required_size)
            self._first_bytes = -(-max(self._required_sizes) // _FIRST_READ_STEP) * _FIRST_READ_STEP


def read_header_in_window(window: ByteWindow, wanted: WantedAttributes) -> RawHeader | Header | RejectedFile:
    """Read the header of the file whose bytes `window` returns.

    Returns:
        A RawHeader if the layout of the file can be cached: it is a P10 file that is not deflated, all identifying UIDs
            are present, and the walk stopped before the end of the file. Otherwise, a Header or a RejectedFile.
    """
    try:
        if window.size < _PREFIX_END or window.bytes_at(128, 4) != b"DICM":
            return _read_without_preamble(window, wanted)
        if _may_be_bare_data_set(window):
            header = _read_without_preamble(window, wanted)
            if isinstance(header, Header):
                return header
        return _read_p10_file(window, wanted)
    except EndOfFile as end:
        issue = make_issue("p10.truncated", offset=end.offset, reason=end.reason or "the file meta is cut")
        return RejectedFile(disposition=Disposition.TRUNCATED, issues=(issue,))
    except TooLongError as error:
        issue = _make_too_long_issue(error, wanted.tags[error.tag])
        return RejectedFile(disposition=Disposition.MALFORMED, issues=(issue,))
    except MalformedError as error:
        issue = make_issue("p10.malformed", offset=error.offset, reason=error.reason)
        return RejectedFile(disposition=Disposition.MALFORMED, issues=(issue,))


def _make_too_long_issue(error: TooLongError, keyword: str) -> Issue:
    return make_issue(
        "p10.value-too-long",
        Location(keyword=keyword),
        keyword=keyword,
        element=format_element(error.tag),
        length=error.length,
        limit=error.limit,
    )


def _may_be_bare_data_set(window: ByteWindow) -> bool:
    """Return whether a file with the letters DICM at offset 128 may be a data set without preamble.

    In such a file, the letters are part of a value. In a P10 file, group 0002 follows the prefix DICM, and the preamble
    does not begin with group 0002.
    """
    if window.bytes_at(0, 2) == _META_GROUP_BYTES:
        return window.bytes_at(4, 2) in EXPLICIT_VRS
    if window.peek(_PREFIX_END, 2) == _META_GROUP_BYTES:
        return False
    return any(is_likely_encoding(encoding, window.bytes_at(0, 8)) for encoding in ENCODINGS)


def _read_p10_file(window: ByteWindow, wanted: WantedAttributes) -> RawHeader | Header | RejectedFile:
    """Read the header of a P10 file.

    Return a RawHeader if the layout of the file can be cached. Otherwise, return a Header or a RejectedFile.
    """
    meta = read_file_meta(window, _PREFIX_END)
    if meta.media_storage_sop_class_uid == DICOMDIR_SOP_CLASS:
        return _DICOMDIR
    if meta.transfer_syntax_uid == DEFLATED_TRANSFER_SYNTAX:
        with _inflating:
            return decode_header(_read_raw_header(inflate_data_set(window, meta.end), 0, meta, wanted), wanted)
    raw_header = _read_raw_header(window, meta.end, meta, wanted)
    walked = raw_header.walked
    # A walk over the whole data set ends at the end of the file; its result depends on the size of the file.
    can_become_layout = walked.end < window.size and _has_all_uids(walked, wanted)
    return raw_header if can_become_layout else decode_header(raw_header, wanted)


def _read_without_preamble(window: ByteWindow, wanted: WantedAttributes) -> Header | RejectedFile:
    """Read the header of a file without preamble.

    Return a RejectedFile if the file is not DICOM, or if a UID is missing.
    """
    if packed := packed_file_issue(window):
        return RejectedFile(disposition=Disposition.NOT_DICOM, issues=(packed,))
    try:
        start = 4 if window.bytes_at(0, 4) == b"DICM" else 0
        missing = ["preamble"] if start else ["preamble", "prefix"]
        meta = FileMeta("", "", None, start)
        if window.bytes_at(start, 2) == _META_GROUP_BYTES:
            meta = read_file_meta(window, start)
        else:
            missing.append("file meta")
        is_deflated = meta.transfer_syntax_uid == DEFLATED_TRANSFER_SYNTAX
        with _inflating if is_deflated else nullcontext():
            data, start = (inflate_data_set(window, meta.end), 0) if is_deflated else (window, meta.end)
            header = decode_header(_read_raw_header(data, start, meta, wanted), wanted)
    except (EndOfFile, MalformedError):
        return _NOT_DICOM
    if isinstance(header, RejectedFile):
        return _NOT_DICOM
    others = (issue for issue in header.issues if issue.code != "p10.missing-transfer-syntax")
    not_p10 = make_issue("p10.not-p10", missing=", ".join(missing))
    return header._replace(disposition=Disposition.NOT_P10, issues=(not_p10, *others))


def packed_file_issue(window: ByteWindow) -> Issue | None:
    """Return an issue if the file is an archive or a compressed file, such as a ZIP file. Return None for any other."""
    packed_format = detect_packed_format(window.bytes_at(0, min(window.size, HEAD_BYTES)))
    if packed_format is None:
        return None
    code = "p10.archive-file" if packed_format.is_archive else "p10.compressed-file"
    return make_issue(code, kind=packed_format.kind)


def _read_raw_header(window: ByteWindow, start: int, meta: FileMeta, wanted: WantedAttributes) -> RawHeader:
    """Walk over the data set at `start` and return its raw header. Its encoding is detected from the first element."""
    declared = meta.transfer_syntax_uid
    encoding = detect_encoding(window, start, declared) if start < window.size else get_encoding(declared)
    if encoding is None:
        raise MalformedError(start, "no element of a data set begins here")
    return RawHeader(meta, encoding, _walk_wanted_elements(window, start, encoding, wanted))


def _walk_wanted_elements(
    window: ByteWindow, start: int, encoding: DataSetEncoding, wanted: WantedAttributes
) -> WalkResult:
    """Walk over the data set at `start` up to the last wanted tag, and return the result of the walk.

    If an element is out of order or an identifying UID is missing, walk again, over the whole data set.
    """
    walked = walk_data_set(window, start, encoding, wanted.limits, wanted.last_tag)
    if walked.unordered_at is None and (_has_all_uids(walked, wanted) or walked.highest_tag <= wanted.last_tag):
        return walked
    try:
        return walk_data_set(window, start, encoding, wanted.limits, wanted.last_tag, whole=True)
    except (EndOfFile, MalformedError):
        # If the elements of the header are in order, errors after the header are ignored.
        if walked.unordered_at is None:
            return walked
        raise


def _has_all_uids(walked: WalkResult, wanted: WantedAttributes) -> bool:
    """Return whether a walk has read all identifying UIDs."""
    return walked.values.keys() >= wanted.identifying


def inflate_data_set(window: ByteWindow, offset: int) -> ByteWindow:
    """Inflate (decompress) the deflated data set at `offset`, and return a window on the resulting bytes.

    Raises:
        MalformedError: The bytes are not deflated data.
        EndOfFile: The file ends before the end of the deflated data.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = bytearray()
    position = offset
    while not inflater.eof and len(inflated) < MAX_INFLATED_BYTES:
        chunk = inflater.unconsumed_tail or window.bytes_at(position, min(_CHUNK_BYTES, window.size - position))
        if not chunk:
            raise EndOfFile(window.size)
        if not inflater.unconsumed_tail:
            position += len(chunk)
        try:
            inflated += inflater.decompress(chunk, MAX_INFLATED_BYTES - len(inflated))
        except zlib.error:
            raise MalformedError(offset, "the data set is not deflated") from None
    window_class = ByteWindow if inflater.eof else _TruncatedWindow
    return window_class(_make_byte_reader(bytes(inflated)), len(inflated))


class _TruncatedWindow(ByteWindow):
    """A window on the first MAX_INFLATED_BYTES of a larger data set. To require a later byte raises MalformedError."""

    def require_bytes_before(self, end: int) -> None:
        if end > self.size:
            raise MalformedError(self.size, f"the header has more than {MAX_INFLATED_BYTES} bytes when inflated")


def _make_byte_reader(data: bytes) -> Callable[[int, int], bytes]:
    """Return a function of type ReadAt that reads from `data`."""
    return lambda offset, length: data[offset : offset + length]
