r"""Bytes that could not be decoded, kept inside the text of a value.

Each such byte becomes one lone surrogate: the byte 0xFC becomes U+DCFC, as Python keeps file names that are not UTF-8
(PEP 383). So different bytes stay different texts, no byte is lost, and the text itself tells that it is not a value.
Unlike PEP 383, bytes below 0x80 have surrogates too (U+DC00 to U+DC7F): an escape character that belongs to no declared
character set is as undecodable as a byte with its eighth bit set.
"""

from __future__ import annotations

import codecs
import re

KEEP_BYTES_HANDLER = "dicommap.undecodable"
"""The name of the error handler that keeps bytes: `value.decode(codec, errors=ERRORS)`."""

_FIRST = 0xDC00
_UNDECODABLE = re.compile("[\udc00-\udcff\ufffd]")


def keep_undecodable_bytes(value: bytes) -> str:
    """Return a text in which every byte of `value` is kept as undecodable."""
    return "".join(chr(_FIRST + byte) for byte in value)


def is_undecodable(text: str) -> bool:
    """Return whether a text holds undecodable bytes, or U+FFFD, which another program put in their place."""
    return not text.isascii() and _UNDECODABLE.search(text) is not None


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return keep_undecodable_bytes(error.object[error.start : error.end]), error.end


codecs.register_error(KEEP_BYTES_HANDLER, _keep_bytes)
