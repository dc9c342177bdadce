"""Decode the values of a header to text and check them. The texts of repeated values are cached."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.character_set_mismatch import describe_character_set_mismatch
from dicommap.dicom.character_sets import ASCII, parse_specific_character_set
from dicommap.dicom.dictionary import vrs_of
from dicommap.dicom.printable_text import is_undecodable
from dicommap.dicom.vr import has_control_character
from dicommap.healthimaging.limits import describe_uid_mapping_problem
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.captured_attributes import IDENTIFYING_UIDS, INSTANCE_NUMBER, SPECIFIC_CHARACTER_SET
from dicommap.model.study import Disposition
from dicommap.p10.data_set_encoding import EXPLICIT_VRS, DataSetEncoding, get_encoding
from dicommap.p10.elements import ABSENT_VALUE
from dicommap.p10.header import Header, RejectedFile
from dicommap.p10.structure_errors import format_element
from dicommap.p10.text_decoding import decode_plain_text, decode_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.dicom.character_sets import SpecificCharacterSet
    from dicommap.p10.file_meta import FileMeta
    from dicommap.p10.header import WantedAttributes
    from dicommap.p10.walk import WalkResult

_KNOWN_VRS = {vr: vr.decode() for vr in EXPLICIT_VRS if vr != b"UN"}
"""VR in a file, as bytes -> the same VR as text. It lacks UN, because a value with UN gets the dictionary's VR."""

_MAX_CACHED_VALUES = 128
"""The maximum number of values in one TextCache."""
_MAX_CACHED_BYTES = 256
"""Maximum number of bytes of a value whose text is cached. It limits the memory of a cache."""
_MAX_CACHED_KINDS = 1_024
"""The maximum number of TextCache objects in a TextCaches object. All are removed when this number is reached."""


class RawHeader(NamedTuple):
    """A header whose values are bytes. They are decoded and checked later, by `decode_header`."""

    meta: FileMeta
    encoding: DataSetEncoding
    walked: WalkResult


def decode_header(raw_header: RawHeader, wanted: WantedAttributes) -> Header | RejectedFile:
    """Decode and check the values of a header.

    Args:
        raw_header: The raw header that a walk over the file returned.
        wanted: The attributes that were read.

    Returns:
        The header with its issues. If an identifying UID is missing or invalid, a RejectedFile.
    """
    meta, encoding, walked = raw_header
    values, text_issues = _decode_values(walked, encoding, wanted)
    issues = _find_encoding_issues(meta.transfer_syntax_uid, encoding)
    issues += [make_issue(code, element=format_element(tag)) for code, tag in walked.issue_tags]
    if walked.unordered_at is not None:
        issues.append(make_issue("p10.unordered", offset=walked.unordered_at))
    issues += text_issues
    meta_uid, uid = meta.media_storage_sop_instance_uid, values.get("SOPInstanceUID", "")
    if meta_uid and uid and meta_uid != uid:
        issues.append(make_issue("p10.sop-instance-uid-mismatch"))
    if walked.highest_tag < INSTANCE_NUMBER:
        issues.append(make_issue("p10.ends-early", offset=walked.end))
    return make_header_or_rejected_file(meta.transfer_syntax_uid, values, issues)


def _decode_values(
    walked: WalkResult, encoding: DataSetEncoding, wanted: WantedAttributes
) -> tuple[dict[str, str], list[Issue]]:
    """Return keyword -> text of each wanted value, and the issues of the texts."""
    charset = get_character_set(walked)
    has_ascii = charset.g0 is ASCII
    values: dict[str, str] = {}
    issues: list[Issue] = []
    for tag, (written_vr, _, raw) in walked.values.items():
        keyword, vr = wanted.tags[tag], get_vr(tag, written_vr)
        text = decode_plain_text(vr, raw) if has_ascii else None
        if text is None:
            text = decode_raw_value(tag, written_vr, raw, charset, encoding.order)
            issues += find_text_issues(keyword, vr, text, charset)
        values[keyword] = text
    return values, issues


def get_character_set(walked: WalkResult) -> SpecificCharacterSet:
    """Return the Specific Character Set of a data set, from the result of a walk."""
    _, _, raw = walked.values.get(SPECIFIC_CHARACTER_SET, ABSENT_VALUE)
    return _parse_character_set(raw)


@lru_cache(maxsize=256)
def _parse_character_set(raw: bytes) -> SpecificCharacterSet:
    return parse_specific_character_set(raw.decode("ascii", "replace").strip(" \0"))


def get_vr(tag: int, written_vr: bytes) -> str:
    """Return the VR of a value as the file has it.

    If the file has no VR or UN, return the VR of the DICOM dictionary.
    """
    return _KNOWN_VRS.get(written_vr) or vrs_of(tag)[0]


def decode_raw_value(tag: int, written_vr: bytes, raw: bytes, charset: SpecificCharacterSet, order: str) -> str:
    """Return a value as text.

    Args:
        tag: The tag of the attribute.
        written_vr: The VR in the file; empty in implicit VR.
        raw: The bytes of the value.
        charset: The character set of the data set.
        order: The byte order of the data set, '<' or '>'. A value with VR UN is always little endian (PS3.5 section
            6.2.2).
    """
    return decode_value(get_vr(tag, written_vr), raw, charset, "<" if written_vr == b"UN" else order)


def find_text_issues(keyword: str, vr: str, text: str, charset: SpecificCharacterSet) -> Iterator[Issue]:
    """Yield an issue if a text has undecodable bytes, a doubtful character set, or control characters."""
    if text.isascii() and text.isprintable():
        return
    if is_undecodable(text):
        yield _make_keyword_issue("p10.undecodable-text", keyword)
    elif not text.isascii() and (reason := describe_character_set_mismatch(text, charset)):
        yield make_issue("p10.doubtful-text", Location(keyword=keyword), keyword=keyword, reason=reason)
    elif has_control_character(vr, text):
        yield _make_keyword_issue("p10.control-character", keyword)


@lru_cache(maxsize=256)
def _make_keyword_issue(code: str, keyword: str) -> Issue:
    """Return an issue whose message depends only on `code` and `keyword`.

    The issue is cached, because many files have the same issue.
    """
    return make_issue(code, Location(keyword=keyword), keyword=keyword)


def _find_encoding_issues(declared_uid: str, encoding: DataSetEncoding) -> list[Issue]:
    """Return an issue if the file declares no transfer syntax, or if its data set has another encoding."""
    if not declared_uid:
        return [make_issue("p10.missing-transfer-syntax", encoding=encoding.name)]
    declared = get_encoding(declared_uid)
    if declared is encoding:
        return []
    return [make_issue("p10.encoding-mismatch", declared=declared.name, found=encoding.name)]


def make_header_or_rejected_file(
    transfer_syntax_uid: str, values: dict[str, str], issues: list[Issue]
) -> Header | RejectedFile:
    """Return a Header, or a RejectedFile if an identifying UID is missing or cannot be in an AWS mapping.

    Args:
        transfer_syntax_uid: The transfer syntax UID; empty if it is not known.
        values: Keyword -> value of each attribute that was read.
        issues: The issues of the values. This function adds the issues of the UIDs.

    """
    problems = {
        name: problem for name in IDENTIFYING_UIDS if (problem := describe_uid_mapping_problem(values.get(name, "")))
    }
    if not problems:
        return Header(Disposition.INSTANCE, transfer_syntax_uid, values, tuple(issues))
    missing = [name for name in problems if not values.get(name)]
    if missing:
        issues += [_make_keyword_issue("p10.missing-uid", name) for name in missing]
        return RejectedFile(disposition=Disposition.MISSING_UID, issues=tuple(issues))
    issues += [
        make_issue("p10.invalid-uid", Location(keyword=name), keyword=name, problem=problem)
        for name, problem in problems.items()
    ]
    return RejectedFile(disposition=Disposition.INVALID_UID, issues=tuple(issues))


class DecodingContext(NamedTuple):
    """The facts that decide how the bytes of a value become text: its attribute, VR, character set and byte order."""

    tag: int
    keyword: str
    vr: bytes
    """The VR in the file; empty in implicit VR."""
    charset: SpecificCharacterSet
    order: str
    """The byte order of the data set, '<' or '>'."""


class TextCache:
    """A cache of decoded values (bytes -> text) with the same attribute, VR, character set and byte order.

    A value that has an issue is not cached.
    """

    __slots__ = ("_kind", "keyword", "texts")

    def __init__(self, kind: DecodingContext) -> None:
        self.texts: dict[bytes, str] = {}
        """Bytes of a value -> its text. Callers look here before they call `decode`, which saves a function call."""
        self.keyword = kind.keyword
        self._kind = kind

    def decode(self, raw: bytes) -> str | None:
        """Return the text of a value. Return None if the value has an issue."""
        if raw in self.texts:
            return self.texts[raw]
        text = self._decode_uid(raw) if self._kind.keyword in IDENTIFYING_UIDS else self._decode_text(raw)
        if text is not None and len(raw) <= _MAX_CACHED_BYTES:
            if len(self.texts) >= _MAX_CACHED_VALUES:
                self.texts.clear()
            self.texts[raw] = text
        return text

    def _decode_text(self, raw: bytes) -> str | None:
        """Return the text of a value that is not an identifying UID. Return None if it has an issue."""
        kind = self._kind
        text = decode_raw_value(kind.tag, kind.vr, raw, kind.charset, kind.order)
        if text.isascii() and text.isprintable():
            return text  # most values; find_text_issues would take longer
        return None if any(find_text_issues(kind.keyword, get_vr(kind.tag, kind.vr), text, kind.charset)) else text

    def _decode_uid(self, raw: bytes) -> str | None:
        """Return the text of an identifying UID. Return None if it cannot be in an AWS mapping."""
        is_uid_vr = self._kind.vr in (b"UI", b"")
        text = raw.decode("ascii", "replace").rstrip(" \0") if is_uid_vr else self._decode_text(raw)
        return None if text is None or describe_uid_mapping_problem(text) else text


class TextCaches:
    """The caches of decoded values of one HeaderReader: one `TextCache` for each `DecodingContext`."""

    def __init__(self, wanted: WantedAttributes) -> None:
        self._tags = wanted.tags
        self._contexts: dict[tuple[SpecificCharacterSet, str], int] = {}
        """Character set and byte order of data sets -> a number, which is faster to look up than the two."""
        self._by_kind: dict[tuple[int, int, bytes], TextCache] = {}
        """Number of a context, tag and VR -> the cache for such values."""

    def get_caches(self, walked: WalkResult, encoding: DataSetEncoding) -> list[TextCache]:
        """Return the TextCache of each value in `walked.values`, in the same order."""
        if len(self._by_kind) >= _MAX_CACHED_KINDS:
            self._contexts.clear()
            self._by_kind.clear()
        charset = get_character_set(walked)
        context = self._contexts.setdefault((charset, encoding.order), len(self._contexts))
        caches = []
        for tag, (vr, _, _) in walked.values.items():
            cache = self._by_kind.get((context, tag, vr))
            if cache is None:
                cache = TextCache(DecodingContext(tag, self._tags[tag], vr, charset, encoding.order))
                self._by_kind[context, tag, vr] = cache
            caches.append(cache)
        return caches
