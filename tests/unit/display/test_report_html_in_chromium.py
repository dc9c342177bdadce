"""Reprs in a real browser: no script runs, no request leaves, whatever the values are. Skipped where there is none."""

from __future__ import annotations

from pathlib import Path

from dicommap.model.masking import show_values
from tests.support.browser import render_page
from tests.support.displayed_objects import files, make_displayed_objects, remove_plots
from tests.support.needed_tools import needs_chromium

pytestmark = needs_chromium

HOST = "leak.example"
EVIL = (
    f"<script src=http://{HOST}/1></script><script>document.title='ran'</script>"
    f"<img src=http://{HOST}/2 onerror=\"document.title='ran'\">"
    f"</style><link rel=stylesheet href=http://{HOST}/3><svg onload=\"document.title='ran'\">"
)


def page_of(content: str) -> str:
    return f'<!doctype html><html><head><meta charset="utf-8"><title>still</title></head><body>{content}</body></html>'


def test_a_page_that_does_not_escape_is_found_out(tmp_path: Path) -> None:
    document, asked = render_page(page_of(EVIL), tmp_path)
    assert "<title>ran</title>" in document
    assert any(HOST in path for path in asked)


def test_no_script_runs_and_no_request_leaves_the_page(tmp_path: Path) -> None:
    show_values(True)
    try:
        with make_displayed_objects(*files(EVIL), value=EVIL[:60]) as every:
            content = "<hr>".join(remove_plots(one._repr_html_()) for one in every.values())
    finally:
        show_values(False)
    assert content.count("&lt;script") > 10
    document, asked = render_page(page_of(content), tmp_path)
    assert "<title>still</title>" in document
    assert not any(f"<{name}" in document for name in ("script", "img", "svg", "link"))
    assert not asked
