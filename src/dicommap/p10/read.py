"""One P10 file's header from its bytes, by a walk over its elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location, issue
from dicommap.model.hierarchy import Disposition
from dicommap.p10.compressed import packed_file_issue
from dicommap.p10.encoding import DEFLATED, ENCODINGS, EXPLICIT_VRS, encoding_of, looks_like
from dicommap.p10.header import Header, Refusal, Wanted
from dicommap.p10.inflate import inflated_window
from dicommap.p10.judgement import Parts, judged
from dicommap.p10.meta import DICOMDIR_SOP_CLASS, Meta, actual_encoding, read_meta
from dicommap.p10.structure import MalformedError, TooLongError, element_name
from dicommap.p10.walk import Walked, walk
from dicommap.p10.window import EndOfFile, Window

if TYPE_CHECKING:
    from dicommap.p10.encoding import Encoding
    from dicommap.p10.window import ReadAt

_PREFIX_END = 132
_META_GROUP = b"\x02\0"


def read_header(read: ReadAt, size: int, wanted: Wanted) -> Header | Refusal:
    """Read the wanted attributes of the P10 file that `read` gives the bytes of.

    A Header holds exact values only; whatever is cut, malformed or no P10 file at all is a Refusal. Never
    raises for what the bytes are; what `read` raises passes through. Bytes are asked for block by block, up to the
    element behind the last wanted one, or to the end of the file where elements are out of order or deflated. So a
    wanted element that stands out of order behind that one is seen only where a UID is missing without it.

    For many files a `HeaderReader` gives the same, faster.
    """
    if size == 0:
        return refused_empty()
    found = read_window(Window(read, size), wanted)
    return judged(found, wanted) if isinstance(found, Parts) else found


def refused_empty() -> Refusal:
    """Return the refusal of a file without bytes."""
    return Refusal(disposition=Disposition.EMPTY, issues=(issue("source.empty-file"),))


def read_window(window: Window, wanted: Wanted) -> Parts | Header | Refusal:
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
        found = issue("p10.truncated", offset=end.offset, reason=end.reason or "the file meta is cut")
        return Refusal(disposition=Disposition.TRUNCATED, issues=(found,))
    except TooLongError as error:
        found = _too_long(error, wanted.tags[error.tag])
        return Refusal(disposition=Disposition.MALFORMED, issues=(found,))
    except MalformedError as error:
        found = issue("p10.malformed", offset=error.offset, reason=error.reason)
        return Refusal(disposition=Disposition.MALFORMED, issues=(found,))


def _too_long(error: TooLongError, keyword: str) -> Issue:
    length, limit, place = error.length, error.limit, Location(keyword=keyword)
    return issue(
        "p10.value-too-long", place, keyword=keyword, element=element_name(error.tag), length=length, limit=limit
    )


def _begins_with_an_element(window: Window) -> bool:
    """Return whether a file with DICM at byte 128 may be a data set that has these letters in a value.

    Group 0002 stands behind the prefix of a P10 file, and the preamble does not begin with that group.
    """
    if window.bytes_at(0, 2) == _META_GROUP:
        return window.bytes_at(4, 2) in EXPLICIT_VRS
    if window.peek(_PREFIX_END, 2) == _META_GROUP:
        return False
    return any(looks_like(encoding, window.bytes_at(0, 8)) for encoding in ENCODINGS)


def _read_p10(window: Window, wanted: Wanted) -> Parts | Header | Refusal:
    meta = read_meta(window, _PREFIX_END)
    if meta.media_storage_sop_class_uid == DICOMDIR_SOP_CLASS:
        return Refusal(disposition=Disposition.DICOMDIR, issues=(issue("p10.dicomdir"),))
    if meta.transfer_syntax_uid == DEFLATED:
        return judged(_parts(inflated_window(window, meta.end), 0, meta, wanted), wanted)
    parts = _parts(window, meta.end, meta, wanted)
    return parts if _decided(window, parts.walked, wanted) else judged(parts, wanted)


def _read_without_preamble(window: Window, wanted: Wanted) -> Header | Refusal:
    """Read a data set without the preamble; what does not name a study, series and instance is not DICOM."""
    if packed := packed_file_issue(window):
        return Refusal(disposition=Disposition.NOT_DICOM, issues=(packed,))
    refusal = Refusal(disposition=Disposition.NOT_DICOM, issues=(issue("p10.not-dicom"),))
    try:
        start = 4 if window.bytes_at(0, 4) == b"DICM" else 0
        missing = ["preamble"] if start else ["preamble", "prefix"]
        meta = Meta("", "", None, start)
        if window.bytes_at(start, 2) == _META_GROUP:
            meta = read_meta(window, start)
        else:
            missing.append("file meta")
        deflated = meta.transfer_syntax_uid == DEFLATED
        data, start = (inflated_window(window, meta.end), 0) if deflated else (window, meta.end)
        header = judged(_parts(data, start, meta, wanted), wanted)
    except (EndOfFile, MalformedError):
        return refusal
    if isinstance(header, Refusal):
        return refusal
    others = (found for found in header.issues if found.code != "p10.missing-transfer-syntax")
    not_p10 = issue("p10.not-p10", missing=", ".join(missing))
    return header._replace(disposition=Disposition.NOT_P10, issues=(not_p10, *others))


def _parts(data: Window, start: int, meta: Meta, wanted: Wanted) -> Parts:
    """Walk the data set at `start`, in the encoding that it has."""
    declared = meta.transfer_syntax_uid
    encoding = actual_encoding(data, start, declared) if start < data.size else encoding_of(declared)
    if encoding is None:
        raise MalformedError(start, "no element of a data set begins here")
    return Parts(meta, encoding, _walk(data, start, encoding, wanted))


def _walk(window: Window, start: int, encoding: Encoding, wanted: Wanted) -> Walked:
    walked = walk(window, start, encoding, wanted.limits, wanted.last)
    if walked.unordered_at is None and (_has_all_uids(walked, wanted) or walked.highest <= wanted.last):
        return walked
    try:
        return walk(window, start, encoding, wanted.limits, wanted.last, whole=True)
    except (EndOfFile, MalformedError):
        # What lies behind the header does not matter, as long as the header itself is in order.
        if walked.unordered_at is None:
            return walked
        raise


def _has_all_uids(walked: Walked, wanted: Wanted) -> bool:
    return walked.values.keys() >= wanted.identifying


def _decided(window: Window, walked: Walked, wanted: Wanted) -> bool:
    """Say whether the walk stopped at an element behind the last wanted one, and nothing behind it was looked at.

    Walks of the whole data set, as for elements out of order, end with the file.
    """
    return walked.end < window.size and _has_all_uids(walked, wanted)
