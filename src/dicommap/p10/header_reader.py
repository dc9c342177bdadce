"""One P10 file's header from its bytes, by a walk over its elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location, make_issue
from dicommap.model.study import Disposition
from dicommap.p10.byte_window import ByteWindow, EndOfFile
from dicommap.p10.data_set_encoding import (
    DEFLATED_TRANSFER_SYNTAX,
    ENCODINGS,
    EXPLICIT_VRS,
    get_encoding,
    is_likely_encoding,
)
from dicommap.p10.file_meta import DICOMDIR_SOP_CLASS, FileMeta, detect_encoding, read_file_meta
from dicommap.p10.header import Header, RejectedFile, WantedAttributes
from dicommap.p10.header_decoding import RawHeader, decode_header
from dicommap.p10.header_reader_p10_compressed_part import detect_packed_file
from dicommap.p10.header_reader_p10_inflate_part import inflate_window
from dicommap.p10.structure_errors import MalformedError, TooLongError, format_element
from dicommap.p10.walk import WalkResult, walk_data_set

if TYPE_CHECKING:
    from dicommap.p10.byte_window import ReadAt
    from dicommap.p10.data_set_encoding import DataSetEncoding

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
    walked = walk_data_set(window, start, encoding, wanted.limits, wanted.last)
    if walked.unordered_at is None and (_has_all_uids(walked, wanted) or walked.highest <= wanted.last):
        return walked
    try:
        return walk_data_set(window, start, encoding, wanted.limits, wanted.last, whole=True)
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
