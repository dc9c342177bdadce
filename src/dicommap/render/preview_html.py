"""The preview of a draft as one HTML page: no script, no request, readable in light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.render.changes import change_rows, targets
from dicommap.render.screen import Note, Screen
from dicommap.render.screen_html import page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def preview_page(rows: Iterable[Mapping[str, str]]) -> str:
    """Return all rows of a preview as a page that stands alone."""
    groups = targets(rows)
    block = change_rows(groups, total=len(groups), opened=len(groups))
    return page(Screen(title="Preview", blocks=[block] if groups else [Note(text="No changes.")]))
