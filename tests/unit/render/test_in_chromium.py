"""Reprs in a real browser: no script runs, no request leaves, whatever the values are. Skipped where there is none."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dicommap.model.masking import show_values
from tests.unit.render.showing import files, shown_of

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")

HOST = "leak.example"
BROWSERS_OWN = (".google.com", ".googleapis.com", ".gvt1.com")
"""What a browser asks by itself, for updates and the time; it gets no further than the proxy."""
EVIL = (
    f"<script src=http://{HOST}/1></script><script>document.title='ran'</script>"
    f"<img src=http://{HOST}/2 onerror=\"document.title='ran'\">"
    f"</style><link rel=stylesheet href=http://{HOST}/3><svg onload=\"document.title='ran'\">"
)


class Proxy(http.server.BaseHTTPRequestHandler):
    """Notes what it is asked for, and has nothing."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)

    do_CONNECT = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Give the address of a proxy on this machine, and all that it was asked for."""
    handler = type("Noting", (Proxy,), {"asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", handler.asked  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


def opened(page: str, folder: Path) -> tuple[str, list[str]]:
    """Return the document that a browser makes of a page after its scripts, and what the page asked for."""
    (folder / "page.html").write_text(page, encoding="utf-8")
    with proxy() as (address, asked):
        command = [
            str(CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            "--disable-features=NetworkTimeServiceQuerying",
            *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
            f"--proxy-server=http://{address}",
            f"--user-data-dir={folder / 'profile'}",
            "--virtual-time-budget=2000",
            "--dump-dom",
            (folder / "page.html").as_uri(),
        ]
        ran = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return ran.stdout.decode(), asked


def page_of(content: str) -> str:
    return f'<!doctype html><html><head><meta charset="utf-8"><title>still</title></head><body>{content}</body></html>'


def test_a_page_that_does_not_escape_is_found_out(tmp_path: Path) -> None:
    document, asked = opened(page_of(EVIL), tmp_path)
    assert "<title>ran</title>" in document
    assert any(HOST in path for path in asked)


def test_no_script_runs_and_no_request_leaves_the_page(tmp_path: Path) -> None:
    show_values(True)
    try:
        with shown_of(*files(EVIL), value=EVIL[:60]) as every:
            content = "<hr>".join(one._repr_html_() for one in every.values())
    finally:
        show_values(False)
    assert content.count("&lt;script") > 10
    document, asked = opened(page_of(content), tmp_path)
    assert "<title>still</title>" in document
    assert not any(f"<{name}" in document for name in ("script", "img", "svg", "link"))
    assert not [path for path in asked if not any(own in path for own in BROWSERS_OWN)]
