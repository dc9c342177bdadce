"""The files that share a layout, and what their headers share besides: most of the values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.model.attributes import IDENTIFYING
from dicommap.model.hierarchy import Disposition
from dicommap.model.uid import conformance_problem
from dicommap.p10.encoding import encoding_of
from dicommap.p10.header import Header
from dicommap.p10.judgement import encodings_in, judged, text_of
from dicommap.p10.meta import uid_text

if TYPE_CHECKING:
    from dicommap.p10.header import Refusal, Wanted
    from dicommap.p10.layout import Layout

_KNOWN = 128
"""Values of one attribute whose text is remembered."""
_KNOWN_LENGTH = 256
"""Bytes of a value that is remembered at most, so that memory is bounded."""


class Neighbours:
    """Makes the headers of the files that a layout fits.

    A value's text is remembered by its bytes where nothing is to be said about it, so that it is decoded and judged
    once for all that share it. A file with anything to be said about it is judged as a whole.
    """

    def __init__(self, layout: Layout, wanted: Wanted) -> None:
        """Name the layout, and what is wanted from its files."""
        meta, encoding, walked = layout.model
        self.layout = layout
        self._wanted = wanted
        self._as_declared = bool(meta.transfer_syntax_uid) and encoding_of(meta.transfer_syntax_uid) is encoding
        self._has_instance = meta.sop_instance is not None
        self._encodings = encodings_in(walked)
        self._fields: list[tuple[str, int, bytes, dict[bytes, str]]] = [
            (wanted.tags[tag], tag, vr, {}) for tag, (vr, _, _) in walked.values.items()
        ]
        """For each wanted value in order: keyword, tag, VR as written, and the texts that are remembered."""

    def header(self, head: bytes) -> Header | Refusal:
        """Return what a walk over the file that begins with `head` would give; the layout must fit it."""
        plain = self._plain(head) if self._as_declared else None
        return plain or judged(self.layout.parts(head), self._wanted)

    def _plain(self, head: bytes) -> Header | None:
        """Return a header about which nothing is to be said, or None where something is."""
        raws = iter(self.layout.places.unpack_from(head))
        stored = uid_text(next(raws)) if self._has_instance else ""
        values: dict[str, str] = {}
        for (keyword, tag, vr, known), raw in zip(self._fields, raws, strict=True):
            text = known.get(raw)
            if text is None:
                text = self._text_of(keyword, tag, vr, raw)
                if text is None:
                    return None
                _remember(known, raw, text)
            values[keyword] = text
        if stored and stored != values["SOPInstanceUID"]:
            return None
        return Header(
            disposition=Disposition.INSTANCE,
            transfer_syntax_uid=self.layout.model.meta.transfer_syntax_uid,
            values=values,
        )

    def _text_of(self, keyword: str, tag: int, vr: bytes, raw: bytes) -> str | None:
        """Return the text of a value, or None where something is to be said about it."""
        text, clean = text_of(tag, vr, raw, self._encodings, self.layout.model.encoding.order)
        # A mapping can name every conformant UID, so that need not be asked as well.
        if not clean or (keyword in IDENTIFYING and conformance_problem(text)):
            return None
        return text


def _remember(known: dict[bytes, str], raw: bytes, text: str) -> None:
    if len(raw) <= _KNOWN_LENGTH:
        if len(known) >= _KNOWN:
            known.clear()
        known[raw] = text
