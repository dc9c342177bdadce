"""Texts with code extensions: escape sequences that change the character set (PS3.5 section 6.1.2.5)."""

from __future__ import annotations

import re

from dicommap.p10.character_sets import DEFAULT

_ESCAPE = b"\x1b"
_LONGER = (b"$(", b"$)")
"""Escape sequences that begin so have a byte more than the others."""

_SETS = {
    b"(B": DEFAULT,
    b"(J": "shift_jis",
    b")I": "shift_jis",
    b"-A": "latin_1",
    b"-B": "iso8859_2",
    b"-C": "iso8859_3",
    b"-D": "iso8859_4",
    b"-F": "iso_ir_126",
    b"-G": "iso_ir_127",
    b"-H": "iso_ir_138",
    b"-L": "iso_ir_144",
    b"-M": "iso_ir_148",
    b"-T": "iso_ir_166",
    b"$B": "iso2022_jp",
    b"$(D": "iso2022_jp_2",
    b"$)A": "iso_ir_58",
    b"$)C": "euc_kr",
}
"""Escape sequences without the escape character (PS3.3 Tables C.12-3 and C.12-4), and Python's codecs for them."""

_READ_ESCAPES = frozenset({"iso2022_jp", "iso2022_jp_2", "iso_ir_58"})
"""Codecs that are given the escape sequence as well."""

_RESETS = re.compile(rb"[\t\n\f\r\\]")
"""What brings the first character set back: control characters, and the end of a value (PS3.5 section 6.1.2.5.3)."""
_RESETS_OF = {
    "PN": re.compile(rb"[\^=\\]"),
    **dict.fromkeys(("LT", "ST", "UT"), re.compile(rb"[\t\n\f\r]")),
}
"""Person names have no control characters but parts, and a long text is one value whatever is in it."""


def decode_extended(vr: str, value: bytes, encodings: tuple[str, ...]) -> str:
    """Return a text with escape sequences; a part that cannot be decoded is replaced, its escape sequence kept.

    `encodings` are Python's codecs for the Specific Character Set: the first one holds up to the first escape
    sequence, and others may only be escaped to if they are among them.
    """
    first, *escaped = value.split(_ESCAPE)
    resets = _RESETS_OF.get(vr, _RESETS)
    return first.decode(encodings[0], "replace") + "".join(_part(part, encodings, resets) for part in escaped)


def _part(part: bytes, encodings: tuple[str, ...], resets: re.Pattern[bytes]) -> str:
    """Return the text of what follows an escape character."""
    length = 3 if part.startswith(_LONGER) else 2
    codec = _SETS.get(part[:length])
    if codec is not None and (codec == DEFAULT or codec in encodings):
        try:
            if codec in _READ_ESCAPES:
                return (_ESCAPE + part).decode(codec)
            reset = resets.search(part, length)
            end = reset.start() if reset else len(part)
            return part[length:end].decode(codec) + part[end:].decode(encodings[0])
        except UnicodeError:
            pass
    return (_ESCAPE + part).decode(encodings[0], "replace")
