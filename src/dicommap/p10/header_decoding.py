"""Decode and check the values of a header; texts of repeated values are cached."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.character_set_mismatch import character_set_mismatch
from dicommap.dicom.character_sets import parse_specific_character_set
from dicommap.dicom.dictionary import vrs_of
from dicommap.dicom.printable_text import is_undecodable
from dicommap.dicom.vr import has_control_character
from dicommap.healthimaging.limits import uid_mapping_problem
from dicommap.issues import Issue, Location, make_issue
from dicommap.model.captured_attributes import IDENTIFYING_UIDS, INSTANCE_NUMBER, SPECIFIC_CHARACTER_SET
from dicommap.model.study import Disposition
from dicommap.p10.data_set_encoding import DataSetEncoding, get_encoding
from dicommap.p10.header import Header, RejectedFile, WantedAttributes
from dicommap.p10.structure_errors import format_element
from dicommap.p10.text_decoding import decode_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.dicom.character_sets import SpecificCharacterSet
    from dicommap.p10.data_set_encoding import DataSetEncoding
    from dicommap.p10.file_meta import FileMeta
    from dicommap.p10.header import WantedAttributes
    from dicommap.p10.walk import WalkResult


class RawHeader(NamedTuple):
    """A header as it stands in the file: nothing is decoded, nothing is judged."""

    meta: FileMeta
    encoding: DataSetEncoding
    walked: WalkResult


def decode_header(parts: RawHeader, wanted: WantedAttributes) -> Header | RejectedFile:
    """Return the values of a header, or why the file is no instance that can be named."""
    meta, encoding, walked = parts
    values, text_issues = _decode_values(walked, encoding, wanted)
    issues = [*_encoding_issues(meta.transfer_syntax_uid, encoding)]
    issues += [make_issue(code, element=format_element(tag)) for code, tag in walked.oddities]
    if walked.unordered_at is not None:
        issues.append(make_issue("p10.unordered", offset=walked.unordered_at))
    issues += text_issues
    stored, used = meta.media_storage_sop_instance_uid, values.get("SOPInstanceUID", "")
    if stored and used and stored != used:
        issues.append(make_issue("p10.sop-instance-uid-mismatch"))
    if walked.highest < INSTANCE_NUMBER:
        issues.append(make_issue("p10.ends-early", offset=walked.end))
    return _require_uids(meta.transfer_syntax_uid, values, issues)


def _decode_values(
    walked: WalkResult, encoding: DataSetEncoding, wanted: WantedAttributes
) -> tuple[dict[str, str], list[Issue]]:
    charset = get_character_set(walked)
    values: dict[str, str] = {}
    issues: list[Issue] = []
    for tag, (vr, _, raw) in walked.values.items():
        keyword = wanted.tags[tag]
        values[keyword] = text = decode_raw_value(tag, vr, raw, charset, encoding.order)
        issues += find_text_issues(keyword, get_vr(tag, vr), text, charset)
    return values, issues


def find_text_issues(keyword: str, vr: str, text: str, charset: SpecificCharacterSet) -> Iterator[Issue]:
    """Yield what is wrong with a text as text.

    It has bytes that could not be decoded, a doubtful character set, or control characters that its VR does not allow.
    """
    if text.isascii() and text.isprintable():
        return
    if is_undecodable(text):
        yield make_issue("p10.undecodable-text", Location(keyword=keyword), keyword=keyword)
    elif not text.isascii() and (reason := character_set_mismatch(text, charset)):
        yield make_issue("p10.doubtful-text", Location(keyword=keyword), keyword=keyword, reason=reason)
    elif has_control_character(vr, text):
        yield make_issue("p10.control-character", Location(keyword=keyword), keyword=keyword)


def get_character_set(walked: WalkResult) -> SpecificCharacterSet:
    """Return the Specific Character Set of a data set."""
    _, _, raw = walked.values.get(SPECIFIC_CHARACTER_SET, (b"", 0, b""))
    return parse_specific_character_set(raw.decode("ascii", "replace").strip(" \0"))


def get_vr(tag: int, written_vr: bytes) -> str:
    """Return the VR of a value; one that is not written is looked up."""
    return vrs_of(tag)[0] if written_vr in (b"", b"UN") else written_vr.decode()


def decode_raw_value(tag: int, written_vr: bytes, raw: bytes, charset: SpecificCharacterSet, order: str) -> str:
    """Return a value as text; a VR that is not written is looked up."""
    if written_vr in (b"", b"UN"):
        return decode_value(vrs_of(tag)[0], raw, charset, order if written_vr == b"" else "<")
    return decode_value(written_vr.decode(), raw, charset, order)


def _encoding_issues(declared: str, encoding: DataSetEncoding) -> Iterator[Issue]:
    if not declared:
        yield make_issue("p10.missing-transfer-syntax", encoding=encoding.name)
    elif (expected := get_encoding(declared)) is not encoding:
        yield make_issue("p10.encoding-mismatch", declared=expected.name, found=encoding.name)


def _require_uids(declared: str, values: dict[str, str], issues: list[Issue]) -> Header | RejectedFile:
    """Judge the UIDs: an instance has all four, and mappings can name them."""
    missing = [keyword for keyword in IDENTIFYING_UIDS if not values.get(keyword)]
    if missing:
        issues += [make_issue("p10.missing-uid", Location(keyword=name), keyword=name) for name in missing]
        return RejectedFile(disposition=Disposition.MISSING_UID, issues=tuple(issues))
    invalid = _uid_issues(values)
    if invalid:
        return RejectedFile(disposition=Disposition.INVALID_UID, issues=(*issues, *invalid))
    return Header(disposition=Disposition.INSTANCE, transfer_syntax_uid=declared, values=values, issues=tuple(issues))


def _uid_issues(values: dict[str, str]) -> list[Issue]:
    problems = ((name, uid_mapping_problem(values[name])) for name in IDENTIFYING_UIDS)
    return [
        make_issue("p10.invalid-uid", Location(keyword=name), keyword=name, problem=text)
        for name, text in problems
        if text
    ]


_MAX_CACHED_VALUES = 128
"""Values of one kind whose text is remembered."""
_MAX_CACHED_BYTES = 256
"""Bytes of a value that is remembered at most, so that memory is bounded."""
_MAX_CACHED_KINDS = 1_024
"""Kinds of values that are remembered."""

_UI = (b"UI", b"")
"""As the VR of a UID is written; in implicit VR it is not."""


class ValueKind(NamedTuple):
    """All that the text of a value depends on beside its bytes."""

    tag: int
    keyword: str
    vr: bytes
    """As written."""
    charset: SpecificCharacterSet
    order: str
    """Of bytes, '<' or '>'."""


class TextCache:
    """The texts of values of one kind about which nothing is to be said: each is decoded and judged once."""

    __slots__ = ("_kind", "keyword", "known")

    def __init__(self, kind: ValueKind) -> None:
        self.known: dict[bytes, str] = {}
        """What is remembered; to be looked at first, as it saves a call."""
        self.keyword = kind.keyword
        self._kind = kind

    def text(self, raw: bytes) -> str | None:
        """Return the text of a value, or None where something is to be said about it."""
        if raw in self.known:
            return self.known[raw]
        text = self._uid(raw) if self._kind.keyword in IDENTIFYING_UIDS else self._clean(raw)
        if text is not None and len(raw) <= _MAX_CACHED_BYTES:
            if len(self.known) >= _MAX_CACHED_VALUES:
                self.known.clear()
            self.known[raw] = text
        return text

    def _clean(self, raw: bytes) -> str | None:
        kind = self._kind
        text = decode_raw_value(kind.tag, kind.vr, raw, kind.charset, kind.order)
        if text.isascii() and text.isprintable():
            return text  # as most values are; asking for issues takes longer
        return None if any(find_text_issues(kind.keyword, get_vr(kind.tag, kind.vr), text, kind.charset)) else text

    def _uid(self, raw: bytes) -> str | None:
        """Return a UID that a mapping can name: what is left without padding behind it, or what is decoded."""
        text = raw.decode("ascii", "replace").rstrip(" \0") if self._kind.vr in _UI else self._clean(raw)
        return None if text is None or uid_mapping_problem(text) else text


class TextCaches:
    """What is remembered of every kind of values, by the way in which data sets are made."""

    def __init__(self, wanted: WantedAttributes) -> None:
        self._tags = wanted.tags
        self._texts: dict[ValueKind, TextCache] = {}
        self._of_data_sets: dict[tuple[object, ...], tuple[TextCache, ...]] = {}

    def of(self, walked: WalkResult, encoding: DataSetEncoding) -> tuple[TextCache, ...]:
        """Return the texts of each wanted value of a data set, in its order."""
        charset = walked.values.get(SPECIFIC_CHARACTER_SET, (b"", 0, b""))[2]
        made = (charset, encoding, *walked.values, *[vr for vr, _, _ in walked.values.values()])
        return self._of_data_sets.get(made) or self._found(made, walked, encoding)

    def _found(self, made: tuple[object, ...], walked: WalkResult, encoding: DataSetEncoding) -> tuple[TextCache, ...]:
        if len(self._texts) >= _MAX_CACHED_KINDS or len(self._of_data_sets) >= _MAX_CACHED_KINDS:
            self._texts.clear()
            self._of_data_sets.clear()
        charset = get_character_set(walked)
        kinds = [
            ValueKind(tag, self._tags[tag], vr, charset, encoding.order) for tag, (vr, _, _) in walked.values.items()
        ]
        self._of_data_sets[made] = found = tuple(self._texts.setdefault(kind, TextCache(kind)) for kind in kinds)
        return found
