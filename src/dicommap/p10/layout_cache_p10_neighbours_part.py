"""The files that share a layout, and what their headers share besides: most of the values."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from dicommap.model.captured_attributes import INSTANCE_NUMBER, SOP_INSTANCE_UID
from dicommap.model.study import Disposition
from dicommap.p10.data_set_encoding import get_encoding
from dicommap.p10.file_meta import decode_uid
from dicommap.p10.header import Header
from dicommap.p10.header_decoding import decode_header
from dicommap.p10.layout_cache_p10_likeness_part import SharedBytes

if TYPE_CHECKING:
    from dicommap.p10.header import RejectedFile, WantedAttributes
    from dicommap.p10.header_decoding_p10_texts_part import TextCaches
    from dicommap.p10.layout_cache import HeaderLayout, Span
    from dicommap.p10.walk_p10_stride_part import RawValue

_INSTANCE_TAGS = frozenset({SOP_INSTANCE_UID, INSTANCE_NUMBER})
"""What no two instances of a series share."""

_INSTANCE = Disposition.INSTANCE


class CachedLayout:
    """Makes the headers of the files that a layout fits.

    Values that were the same in all of them so far are decoded and judged once, and so are equal ones of the others.
    A file with anything to be said about it is judged as a whole.
    """

    def __init__(self, layout: HeaderLayout, wanted: WantedAttributes, texts: TextCaches) -> None:
        """Name the layout, what is wanted from its files, and what is remembered of values."""
        meta, encoding, walked = layout.model
        self.layout = layout
        self._landmark, self._landmark_bytes = layout.landmark, layout.head[layout.landmark]
        self._transfer_syntax_uid = meta.transfer_syntax_uid
        self._wanted = wanted
        declared = bool(meta.transfer_syntax_uid) and get_encoding(meta.transfer_syntax_uid) is encoding
        self._as_declared = declared and not walked.oddities
        self._fields = list(zip(map(_span, walked.values.values()), texts.of(walked, encoding), strict=True))
        """Where each wanted value is, and the texts that such values have."""
        self._stored = [] if meta.sop_instance is None else [_span(meta.sop_instance)]
        own = [_span(value) for tag, value in walked.values.items() if tag in _INSTANCE_TAGS]
        self._likeness = SharedBytes(layout, self._stored + own)
        self._tell_apart()

    def header(self, head: bytes) -> Header | RejectedFile | None:
        """Return what a walk over the file that begins with `head` would give, or None where it is another walk."""
        if head[self._landmark] != self._landmark_bytes:
            return None
        if not self._likeness.holds(head):
            if not self._likeness.widen(head):
                return None
            self._tell_apart()
        plain = None if self._same is None else self._plain(head, self._same)
        return plain or decode_header(self.layout.parts(head), self._wanted)

    def _plain(self, head: bytes, same: dict[str, str]) -> Header | None:
        """Return a header about which nothing is to be said, or None where something is."""
        raws = iter(self._places.unpack_from(head))
        stored = decode_uid(next(raws)) if self._stored else ""
        values = same.copy()
        for (_, texts), raw in zip(self._others, raws, strict=True):
            text = texts.known.get(raw)
            if text is None:
                text = texts.text(raw)
                if text is None:
                    return None
            values[texts.keyword] = text
        if stored and stored != values["SOPInstanceUID"]:
            return None
        return Header(_INSTANCE, self._transfer_syntax_uid, values)

    def _tell_apart(self) -> None:
        """Tell values that were the same in all files so far from those that are read from each."""
        differing = self._likeness.differing
        self._others = [(span, texts) for span, texts in self._fields if span in differing]
        self._places = _make_struct(self._stored + [span for span, _ in self._others])
        self._same: dict[str, str] | None = {}
        """The header of all, but for what differs; None where something is to be said about each."""
        for (begin, stop), texts in self._fields:
            text = "" if (begin, stop) in differing else texts.text(self.layout.head[begin:stop])
            if text is None or not self._as_declared:
                self._same = None
                return
            self._same[texts.keyword] = text


def _span(value: RawValue) -> Span:
    _, start, raw = value
    return start, start + len(raw)


def _make_struct(spans: list[Span]) -> struct.Struct:
    # The meta comes before the data set, and a walk in order meets its values in order of their offsets.
    form, offset = "", 0
    for begin, stop in spans:
        form += f"{begin - offset}x{stop - begin}s"
        offset = stop
    return struct.Struct(form)
