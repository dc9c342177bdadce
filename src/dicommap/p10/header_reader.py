"""Read headers: of one file with read_header, of many similar files with HeaderReader."""

from __future__ import annotations

import zlib
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
from dicommap.p10.header import Header, RejectedFile, WantedAttributes
from dicommap.p10.header_decoding import RawHeader, TextCaches, decode_header
from dicommap.p10.layout_cache import MAX_LAYOUT_BYTES, CachedLayout, RecordingWindow, make_layout
from dicommap.p10.structure_errors import MalformedError, TooLongError, format_element
from dicommap.p10.walk import WalkResult, walk_data_set
from dicommap.reading.file_signatures import HEAD_BYTES, detect_packed_format

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.p10.byte_window import ReadAt
    from dicommap.p10.data_set_encoding import DataSetEncoding
    from dicommap.p10.header import WantedAttributes


def detect_packed_file(window: ByteWindow) -> Issue | None:
    """Return the issue of an archive or a compressed file, or None for any other file."""
    found = detect_packed_format(window.bytes_at(0, min(window.size, HEAD_BYTES)))
    if found is None:
        return None
    return make_issue("p10.archive-file" if found.is_archive else "p10.compressed-file", kind=found.kind)


MAX_INFLATED_BYTES = 64 * 2**20
"""Bytes of an inflated data set that are looked at; headers have far fewer."""

_CHUNK = 2**16


def inflate_window(window: ByteWindow, offset: int) -> ByteWindow:
    """Return a window over the data set that is deflated from `offset` to the end of the file.

    Raises MalformedError where it is not deflated data, and EndOfFile where it is cut.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    result = bytearray()
    position = offset
    while not inflater.eof and len(result) < MAX_INFLATED_BYTES:
        taken = inflater.unconsumed_tail or window.bytes_at(position, min(_CHUNK, window.size - position))
        if not taken:
            raise EndOfFile(window.size)
        if not inflater.unconsumed_tail:
            position += len(taken)
        try:
            result += inflater.decompress(taken, MAX_INFLATED_BYTES - len(result))
        except zlib.error:
            raise MalformedError(offset, "the data set is not deflated") from None
    kind = ByteWindow if inflater.eof else _TruncatedWindow
    return kind(_make_reader(bytes(result)), len(result))


class _TruncatedWindow(ByteWindow):
    """The beginning of an inflated data set that is larger than what is looked at: its end is no end of the file."""

    def require(self, end: int) -> None:
        if end > self.size:
            raise MalformedError(self.size, f"the header has more than {MAX_INFLATED_BYTES} bytes when inflated")


def _make_reader(data: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: data[offset : offset + length]


_PREFIX_END = 132
_META_GROUP = b"\x02\0"


def read_header(read: ReadAt, size: int, wanted: WantedAttributes) -> Header | RejectedFile:
    """Read the wanted attributes of the P10 file that `read` gives the bytes of.

    A Header holds exact values only; whatever is cut, malformed or no P10 file at all is a Refusal. Never
    raises for what the bytes are; what `read` raises passes through. Bytes are asked for block by block, up to the
    element behind the last wanted one, or to the end of the file where elements are out of order or deflated. So a
    wanted element that stands out of order behind that one is seen only where a UID is missing without it.

    For many files a `HeaderReader` gives the same, faster.
    """
    if size == 0:
        return reject_empty_file()
    found = read_window(ByteWindow(read, size), wanted)
    return decode_header(found, wanted) if isinstance(found, RawHeader) else found


def reject_empty_file() -> RejectedFile:
    """Return the refusal of a file without bytes."""
    return RejectedFile(disposition=Disposition.EMPTY, issues=(make_issue("source.empty-file"),))


def read_window(window: ByteWindow, wanted: WantedAttributes) -> RawHeader | Header | RejectedFile:
    """Read a header; where its bytes up to the walk's end decide alone, return its parts, which are still to be judged.

    That is a P10 file whose elements are in order and go on behind the last wanted one, with all UIDs before.
    """
    try:
        if window.size < _PREFIX_END or window.bytes_at(128, 4) != b"DICM":
            return _read_without_preamble(window, wanted)
        if _begins_with_an_element(window):
            bare = _read_without_preamble(window, wanted)
            if isinstance(bare, Header):
                return bare
        return _read_p10(window, wanted)
    except EndOfFile as end:
        found = make_issue("p10.truncated", offset=end.offset, reason=end.reason or "the file meta is cut")
        return RejectedFile(disposition=Disposition.TRUNCATED, issues=(found,))
    except TooLongError as error:
        found = _too_long_issue(error, wanted.tags[error.tag])
        return RejectedFile(disposition=Disposition.MALFORMED, issues=(found,))
    except MalformedError as error:
        found = make_issue("p10.malformed", offset=error.offset, reason=error.reason)
        return RejectedFile(disposition=Disposition.MALFORMED, issues=(found,))


def _too_long_issue(error: TooLongError, keyword: str) -> Issue:
    length, limit, place = error.length, error.limit, Location(keyword=keyword)
    return make_issue(
        "p10.value-too-long", place, keyword=keyword, element=format_element(error.tag), length=length, limit=limit
    )


def _begins_with_an_element(window: ByteWindow) -> bool:
    """Return whether a file with DICM at byte 128 may be a data set that has these letters in a value.

    Group 0002 stands behind the prefix of a P10 file, and the preamble does not begin with that group.
    """
    if window.bytes_at(0, 2) == _META_GROUP:
        return window.bytes_at(4, 2) in EXPLICIT_VRS
    if window.peek(_PREFIX_END, 2) == _META_GROUP:
        return False
    return any(is_likely_encoding(encoding, window.bytes_at(0, 8)) for encoding in ENCODINGS)


def _read_p10(window: ByteWindow, wanted: WantedAttributes) -> RawHeader | Header | RejectedFile:
    meta = read_file_meta(window, _PREFIX_END)
    if meta.media_storage_sop_class_uid == DICOMDIR_SOP_CLASS:
        return RejectedFile(disposition=Disposition.DICOMDIR, issues=(make_issue("p10.dicomdir"),))
    if meta.transfer_syntax_uid == DEFLATED_TRANSFER_SYNTAX:
        return decode_header(_read_data_set(inflate_window(window, meta.end), 0, meta, wanted), wanted)
    parts = _read_data_set(window, meta.end, meta, wanted)
    return parts if _is_decided_by_walk(window, parts.walked, wanted) else decode_header(parts, wanted)


def _read_without_preamble(window: ByteWindow, wanted: WantedAttributes) -> Header | RejectedFile:
    """Read a data set without the preamble; what does not name a study, series and instance is not DICOM."""
    if packed := detect_packed_file(window):
        return RejectedFile(disposition=Disposition.NOT_DICOM, issues=(packed,))
    refusal = RejectedFile(disposition=Disposition.NOT_DICOM, issues=(make_issue("p10.not-dicom"),))
    try:
        start = 4 if window.bytes_at(0, 4) == b"DICM" else 0
        missing = ["preamble"] if start else ["preamble", "prefix"]
        meta = FileMeta("", "", None, start)
        if window.bytes_at(start, 2) == _META_GROUP:
            meta = read_file_meta(window, start)
        else:
            missing.append("file meta")
        deflated = meta.transfer_syntax_uid == DEFLATED_TRANSFER_SYNTAX
        data, start = (inflate_window(window, meta.end), 0) if deflated else (window, meta.end)
        header = decode_header(_read_data_set(data, start, meta, wanted), wanted)
    except (EndOfFile, MalformedError):
        return refusal
    if isinstance(header, RejectedFile):
        return refusal
    others = (found for found in header.issues if found.code != "p10.missing-transfer-syntax")
    not_p10 = make_issue("p10.not-p10", missing=", ".join(missing))
    return header._replace(disposition=Disposition.NOT_P10, issues=(not_p10, *others))


def _read_data_set(data: ByteWindow, start: int, meta: FileMeta, wanted: WantedAttributes) -> RawHeader:
    """Walk the data set at `start`, in the encoding that it has."""
    declared = meta.transfer_syntax_uid
    encoding = detect_encoding(data, start, declared) if start < data.size else get_encoding(declared)
    if encoding is None:
        raise MalformedError(start, "no element of a data set begins here")
    return RawHeader(meta, encoding, _walk_data_set(data, start, encoding, wanted))


def _walk_data_set(window: ByteWindow, start: int, encoding: DataSetEncoding, wanted: WantedAttributes) -> WalkResult:
    walked = walk_data_set(window, start, encoding, wanted.limits, wanted.last_tag)
    if walked.unordered_at is None and (_has_all_uids(walked, wanted) or walked.highest <= wanted.last_tag):
        return walked
    try:
        return walk_data_set(window, start, encoding, wanted.limits, wanted.last_tag, whole=True)
    except (EndOfFile, MalformedError):
        # What lies behind the header does not matter, as long as the header itself is in order.
        if walked.unordered_at is None:
            return walked
        raise


def _has_all_uids(walked: WalkResult, wanted: WantedAttributes) -> bool:
    return walked.values.keys() >= wanted.identifying


def _is_decided_by_walk(window: ByteWindow, walked: WalkResult, wanted: WantedAttributes) -> bool:
    """Say whether the walk stopped at an element behind the last wanted one, and nothing behind it was looked at.

    Walks of the whole data set, as for elements out of order, end with the file.
    """
    return walked.end < window.size and _has_all_uids(walked, wanted)


MAX_LAYOUTS = 32
"""Layouts that are kept: a series has a few, as the lengths of its numbers vary."""

_FIRST_READ_STEP = 1_024
"""The first read is a multiple of this."""


class HeaderReader:
    """Reads the same attributes of many files, one after the other.

    Gives what `read_header` gives, faster where files resemble ones that came before. For one thread at a time.
    """

    def __init__(self, wanted: WantedAttributes) -> None:
        """Name the attributes to read."""
        self._wanted = wanted
        self._recent: list[CachedLayout] = []
        """The most recently used first."""
        self._texts = TextCaches(wanted)
        self._first_bytes = FIRST_READ_BYTES

    def read(self, read: ReadAt, size: int) -> Header | RejectedFile:
        """Read the wanted attributes of the P10 file that `read` gives the bytes of, as `read_header` does."""
        if size == 0:
            return reject_empty_file()
        first_bytes = self._first_bytes
        head = read(0, min(size, first_bytes))
        for place, neighbours in enumerate(self._recent):
            header = neighbours.header(head)
            if header is not None:
                if place:
                    self._recent.insert(0, self._recent.pop(place))
                return header
        window = RecordingWindow(read, size, head, first_bytes)
        found = read_window(window, self._wanted)
        return self._judged(window, found, head) if isinstance(found, RawHeader) else found

    def _judged(self, window: RecordingWindow, parts: RawHeader, head: bytes) -> Header | RejectedFile:
        """Judge the parts of a header, and keep its layout if the first read has given all of it."""
        layout = make_layout(window, parts, head)
        if layout is None:
            self._expect(window.reach)
            return decode_header(parts, self._wanted)
        self._recent.insert(0, CachedLayout(layout, self._wanted, self._texts))
        del self._recent[MAX_LAYOUTS:]
        self._expect(window.reach)
        return self._recent[0].header(head) or decode_header(parts, self._wanted)

    def _expect(self, end: int) -> None:
        """Let the next first read give the usual header whole, and no more than that."""
        if end <= MAX_LAYOUT_BYTES:
            furthest = max(end, *(len(neighbours.layout.head) for neighbours in self._recent), 0)
            self._first_bytes = -(-furthest // _FIRST_READ_STEP) * _FIRST_READ_STEP
