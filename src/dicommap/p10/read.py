"""One P10 file's header from its bytes: the only door to this room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.issues import Issue, Location, issue
from dicommap.model.attributes import IDENTIFYING, SPECIFIC_CHARACTER_SET
from dicommap.model.hierarchy import Disposition
from dicommap.model.tags import vrs_of
from dicommap.model.uid import conformance_problem, mapping_problem
from dicommap.p10.encoding import DEFLATED, encoding_of
from dicommap.p10.header import Header, Refusal, Wanted
from dicommap.p10.inflate import inflated_window
from dicommap.p10.meta import DICOMDIR_SOP_CLASS, Meta, actual_encoding, read_meta
from dicommap.p10.text import decode, encodings_of
from dicommap.p10.walk import MalformedError, Walked, walk
from dicommap.p10.window import EndOfFile, Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.p10.encoding import Encoding
    from dicommap.p10.window import ReadAt

_PREFIX_END = 132


def read_header(read: ReadAt, size: int, wanted: Wanted) -> Header | Refusal:
    """Read the wanted attributes of the P10 file that `read` gives the bytes of.

    A Header holds exact values only; whatever is cut, malformed or no P10 file at all is a Refusal. Never
    raises for what the bytes are; what `read` raises passes through. At most the bytes up to the element behind
    the last wanted one are asked for, or the whole file where elements are out of order or deflated. So a wanted
    element that stands out of order behind that one is seen only where a UID is missing without it.
    """
    if size == 0:
        return Refusal(disposition=Disposition.EMPTY, issues=(issue("source.empty-file"),))
    window = Window(read, size)
    try:
        return _read(window, wanted)
    except EndOfFile as end:
        return Refusal(disposition=Disposition.TRUNCATED, issues=(issue("p10.truncated", offset=end.offset),))
    except MalformedError as error:
        found = issue("p10.malformed", offset=error.offset, reason=error.reason)
        return Refusal(disposition=Disposition.MALFORMED, issues=(found,))


def _read(window: Window, wanted: Wanted) -> Header | Refusal:
    if window.size >= _PREFIX_END and window.bytes_at(128, 4) == b"DICM":
        meta = read_meta(window, _PREFIX_END)
        if meta.media_storage_sop_class_uid == DICOMDIR_SOP_CLASS:
            return Refusal(disposition=Disposition.DICOMDIR, issues=(issue("p10.dicomdir"),))
        return _read_data_set(window, meta, wanted)
    return _read_without_preamble(window, wanted)


def _read_without_preamble(window: Window, wanted: Wanted) -> Header | Refusal:
    """Read a data set without the preamble; what does not name a study, series and instance is not DICOM."""
    refusal = Refusal(disposition=Disposition.NOT_DICOM, issues=(issue("p10.not-dicom"),))
    try:
        start = 4 if window.bytes_at(0, 4) == b"DICM" else 0
        missing = ["preamble"] if start else ["preamble", "prefix"]
        if window.bytes_at(start, 2) == b"\x02\x00":
            meta = read_meta(window, start)
        else:
            empty = ""
            meta = Meta(
                media_storage_sop_class_uid=empty,
                media_storage_sop_instance_uid=empty,
                transfer_syntax_uid=empty,
                end=start,
            )
            missing.append("file meta")
        header = _read_data_set(window, meta, wanted)
    except (EndOfFile, MalformedError):
        return refusal
    if isinstance(header, Refusal) or not _names_an_instance(header):
        return refusal
    others = tuple(found for found in header.issues if found.code != "p10.missing-transfer-syntax")
    return Header(
        disposition=Disposition.NOT_P10,
        transfer_syntax_uid=header.transfer_syntax_uid,
        values=header.values,
        issues=(issue("p10.not-p10", missing=", ".join(missing)), *others),
    )


def _names_an_instance(header: Header) -> bool:
    return header.disposition is Disposition.INSTANCE


def _read_data_set(window: Window, meta: Meta, wanted: Wanted) -> Header | Refusal:
    declared = meta.transfer_syntax_uid
    data, start = (inflated_window(window, meta.end), 0) if declared == DEFLATED else (window, meta.end)
    encoding = actual_encoding(data, start, declared) if start < data.size else encoding_of(declared)
    if encoding is None:
        raise MalformedError(start, "no element of a data set begins here")
    walked = _walk(data, start, encoding, wanted)
    values, undecodable = _decoded(walked, encoding, wanted)
    issues = [
        *_encoding_issues(declared, encoding),
        *_order_issues(walked),
        *(issue("p10.undecodable-text", Location(keyword=name), keyword=name) for name in undecodable),
        *_meta_issues(meta, values),
    ]
    return _identified(walked, values, issues, declared)


def _walk(window: Window, start: int, encoding: Encoding, wanted: Wanted) -> Walked:
    walked = walk(window, start, encoding, wanted.tags, wanted.last)
    missing = any(tag not in walked.values for tag, keyword in wanted.tags.items() if keyword in IDENTIFYING)
    if walked.unordered_at is None and not (missing and walked.passed_last):
        return walked
    try:
        return walk(window, start, encoding, wanted.tags, wanted.last, whole=True)
    except (EndOfFile, MalformedError):
        # What lies behind the header does not matter, as long as the header itself is in order.
        if walked.unordered_at is None:
            return walked
        raise


def _decoded(walked: Walked, encoding: Encoding, wanted: Wanted) -> tuple[dict[str, str], list[str]]:
    character_set = walked.values.get(SPECIFIC_CHARACTER_SET, ("", b""))[1].decode("ascii", "replace").strip(" \0")
    encodings = encodings_of(character_set)
    values: dict[str, str] = {}
    undecodable: list[str] = []
    for tag, (written_vr, raw) in walked.values.items():
        keyword = wanted.tags[tag]
        vr = written_vr if written_vr not in ("", "UN") else vrs_of(tag)[0]
        order = "<" if written_vr == "UN" else encoding.order
        values[keyword], clean = decode(vr, raw, encodings, order)
        if not clean:
            undecodable.append(keyword)
    return values, undecodable


def _encoding_issues(declared: str, encoding: Encoding) -> list[Issue]:
    if not declared:
        return [issue("p10.missing-transfer-syntax", encoding=encoding.name)]
    expected = encoding_of(declared)
    if expected is not encoding:
        return [issue("p10.encoding-mismatch", declared=expected.name, found=encoding.name)]
    return []


def _order_issues(walked: Walked) -> list[Issue]:
    return [] if walked.unordered_at is None else [issue("p10.unordered", offset=walked.unordered_at)]


def _meta_issues(meta: Meta, values: dict[str, str]) -> list[Issue]:
    stored, used = meta.media_storage_sop_instance_uid, values.get("SOPInstanceUID", "")
    if stored and used and stored != used:
        return [issue("p10.sop-instance-uid-mismatch")]
    return []


def _identified(walked: Walked, values: dict[str, str], issues: list[Issue], declared: str) -> Header | Refusal:
    """Judge the UIDs: an instance has all four, and mappings can name them."""
    if not walked.passed_last:
        issues.append(issue("p10.ends-early", offset=walked.end))
    missing = [keyword for keyword in IDENTIFYING if not values.get(keyword)]
    if missing:
        issues += [issue("p10.missing-uid", Location(keyword=name), keyword=name) for name in missing]
        return Refusal(disposition=Disposition.MISSING_UID, issues=tuple(issues))
    invalid = _uid_issues("p10.invalid-uid", mapping_problem, values)
    if invalid:
        return Refusal(disposition=Disposition.INVALID_UID, issues=(*issues, *invalid))
    issues += _uid_issues("p10.nonconformant-uid", conformance_problem, values)
    return Header(disposition=Disposition.INSTANCE, transfer_syntax_uid=declared, values=values, issues=tuple(issues))


def _uid_issues(code: str, problem_of: Callable[[str], str | None], values: dict[str, str]) -> list[Issue]:
    problems = ((name, problem_of(values[name])) for name in IDENTIFYING)
    return [issue(code, Location(keyword=name), keyword=name, problem=text) for name, text in problems if text]
