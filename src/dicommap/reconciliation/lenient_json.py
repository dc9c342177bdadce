"""JSON as the service's documents have it: Python's True, False and None are taken for JSON's words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from dicommap.reading.document_limits import JOB_MANIFEST_LIMIT, has_more_json_values

if TYPE_CHECKING:
    from typing import Any

_JSON_WORDS = {"True": "true", "False": "false", "None": "null"}
_STRING_OR_WORD = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|\b(?:True|False|None)\b', re.DOTALL)
"""A text that is not closed reaches to the end: otherwise each of its quotes would be tried, and all behind it read."""


def parse_lenient_json(data: bytes) -> Any:  # noqa: ANN401  JSON of any type
    """Return the value of a document. Raises ValueError, whose text says nothing, if it is no JSON or too large.

    The developer guide prints success records with `True` ("Understanding import jobs"), which JSON does not know.
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
