"""A real browser, headless: what a page becomes in it, how it looks, and what it asks the network for."""

from __future__ import annotations

import http.server
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.needed_tools import CHROMIUM

BROWSERS_OWN = (".google.com", ".googleapis.com", ".gvt1.com")
"""What a browser asks by itself, for updates and the time; it gets no further than the proxy."""

SCHEMES = {"light": 1, "dark": 0}
"""Chromium's numbers for what pages are told of the colours that people prefer."""


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
    return _ran(["--dump-dom"], folder / "page.html", 2_000)


def pictured(page: Path, picture: Path, scheme: str, *, width: int = 1_100, height: int = 900) -> list[str]:
    """Take a picture of a page, as PNG, in light or dark, and return what the page asked for."""
    options = [
        f"--screenshot={picture}",
        f"--window-size={width},{height}",
        f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
        "--hide-scrollbars",
    ]
    return _ran(options, page, 10_000)[1]


def _ran(options: Sequence[str], page: Path, milliseconds: int) -> tuple[str, list[str]]:
    with proxy() as (address, asked), tempfile.TemporaryDirectory() as profile:
        command = [
            str(CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            "--disable-features=NetworkTimeServiceQuerying",
            *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
            f"--proxy-server=http://{address}",
            "--proxy-bypass-list=<-loopback>",
            f"--user-data-dir={profile}",
            f"--virtual-time-budget={milliseconds}",
            *options,
            page.resolve().as_uri(),
        ]
        ran = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return ran.stdout.decode(), [path for path in asked if not any(own in path for own in BROWSERS_OWN)]
