"""Files of events: one document, an array, JSON Lines, and files that are none of these."""

from __future__ import annotations

import json

import pytest

from dicommap.issues import Location
from dicommap.package.job_events import parse_event_documents
from tests.support.job_events import make_event

ONE, TWO = make_event("SUBMITTED"), make_event("COMPLETED")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(ONE), [(ONE, None)]),
        (json.dumps(ONE, indent=2), [(ONE, None)]),
        (json.dumps([ONE, TWO]), [([ONE, TWO], None)]),
        (f"{json.dumps(ONE)}\n\n{json.dumps(TWO)}\r\n", [(ONE, 1), (TWO, 3)]),
        (f"{json.dumps(ONE)}\n{{broken\n{json.dumps(TWO)}", [(ONE, 1), (None, 2), (TWO, 3)]),
        ("", [(None, None)]),
        ("not\njson\n", [(None, None)]),
        ('{"a": 1, "a": 2}', [(None, None)]),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_documents_of_a_file_have_their_lines(
    text: str, expected: list[tuple[object, int | None]], mark: bytes
) -> None:
    found = list(parse_event_documents(mark + text.encode(), "events.jsonl"))
    assert found == [(document, Location(path="events.jsonl", row=row)) for document, row in expected]


def test_bytes_that_are_not_utf_8_are_one_unreadable_document() -> None:
    assert list(parse_event_documents(json.dumps(ONE).encode("utf-16"), "e")) == [(None, Location(path="e"))]
