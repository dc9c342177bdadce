"""Values are bound to nameless placeholders: Python 3.14 refuses a sequence for numbered ones, as 3.12 warns."""

from __future__ import annotations

import re
from pathlib import Path

import dicommap


def test_no_query_has_numbered_placeholders() -> None:
    room = Path(dicommap.__file__).parent / "inventory"
    numbered = re.compile(r"[=<>(, ]\?[0-9]")
    assert [path.name for path in room.rglob("*.py") if numbered.search(path.read_text(encoding="utf-8"))] == []
