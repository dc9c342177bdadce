"""The texts of values by their bytes, remembered: neighbouring files have the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicommap.dicom.uid import uid_mapping_problem
from dicommap.model.captured_attributes import IDENTIFYING_UIDS, SPECIFIC_CHARACTER_SET
from dicommap.p10.header_decoding import decode_raw_value, find_text_issues, get_character_set, get_vr

if TYPE_CHECKING:
    from dicommap.dicom.character_sets import SpecificCharacterSet
    from dicommap.p10.data_set_encoding import DataSetEncoding
    from dicommap.p10.header import WantedAttributes
    from dicommap.p10.walk import WalkResult

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
