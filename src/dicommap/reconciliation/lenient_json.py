"""Parse the JSON of job manifests, and read the lines of NDJSON (one JSON value in each line).

Python's True, False and None are accepted, because an example of AWS has them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from dicommap.reading.document_limits import JOB_MANIFEST_LIMIT, has_more_json_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_JSON_WORDS = {"True": "true", "False": "false", "None": "null"}
_STRING_OR_WORD = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|\b(?:True|False|None)\b', re.DOTALL)
"""Matches a JSON string, or one of Python's words True, False and None outside of strings.

A string without a closing quote matches up to the end of the document. If it did not match, the search would start
again at each quote in it, and take very long.
"""


def parse_lenient_json(data: bytes) -> Any:  # noqa: ANN401  JSON of any type
    """Return the value of a JSON document. Python's True, False and None are accepted, too.

    The developer guide shows success records with `True` ("Understanding import jobs"), which is not valid JSON. If the
    document is not JSON or has too many values, raise ValueError without a message.
    """
    if has_more_json_values(data, JOB_MANIFEST_LIMIT.values):
        raise ValueError
    try:
        text = data.decode("utf-8-sig")
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return json.loads(_STRING_OR_WORD.sub(lambda match: _JSON_WORDS.get(match[0], match[0]), text))
    except (ValueError, RecursionError):
        raise ValueError from None


LINE_BYTES_LIMIT = 1024 * 1024
"""Maximum number of bytes in a line. A record has a few hundred bytes. Longer lines are not read."""


def read_numbered_lines(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Yield the number and the bytes of each line that is not blank.

    Numbers start at 1. If a line has more than LINE_BYTES_LIMIT bytes, None replaces its bytes.

    `pieces` are the bytes of a file, in pieces of any size.
    """
    number, line_start = 1, bytearray()
    too_long = False
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for line_end in ended:
            line = _join_line(line_start, line_end, too_long=too_long)
            if line is None or line.strip():
                yield number, line
            number, too_long = number + 1, False
            line_start.clear()
        too_long = too_long or len(line_start) + len(rest) > LINE_BYTES_LIMIT
        if too_long:
            line_start.clear()
        else:
            line_start += rest
    if too_long or line_start.strip():
        yield number, None if too_long else bytes(line_start)


def _join_line(line_start: bytearray, line_end: bytes, *, too_long: bool) -> bytes | None:
    return None if too_long or len(line_start) + len(line_end) > LINE_BYTES_LIMIT else bytes(line_start) + line_end
