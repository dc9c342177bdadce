"""Run a headless browser: render a page, take a screenshot, and record its network requests."""

from __future__ import annotations

import http.server
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.needed_tools import CHROMIUM

BROWSER_HOSTS = (".google.com", ".googleapis.com", ".gvt1.com")
"""Hosts that the browser itself requests, for updates and the time; the proxy answers them with 404."""

SCHEMES = {"light": 1, "dark": 0}
"""Chromium's numbers for the preferred colour scheme."""

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"),
    "--disable-features=NetworkTimeServiceQuerying",
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
"""Options of Chromium for a run without a screen that requests nothing itself."""


class RecordingProxy(http.server.BaseHTTPRequestHandler):
    """A proxy that records each request and answers it with 404."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)

    do_CONNECT = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def run_recording_proxy() -> Iterator[tuple[str, list[str]]]:
    """Run a proxy on loopback; yield its address and the list of requested paths."""
    handler = type("Noting", (RecordingProxy,), {"asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", handler.asked  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


def render_page(page: str, folder: Path) -> tuple[str, list[str]]:
    """Return the HTML of a page after its scripts have run, and the paths that it requested."""
    (folder / "page.html").write_text(page, encoding="utf-8")
    return _run_browser(["--dump-dom"], folder / "page.html", 2_000)


def take_screenshot(page: Path, picture: Path, scheme: str, *, width: int = 1_100, height: int = 900) -> list[str]:
    """Save a screenshot of a page as PNG, in a colour scheme, and return the paths that the page requested."""
    options = [
        f"--screenshot={picture}",
        f"--window-size={width},{height}",
        f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
        "--hide-scrollbars",
    ]
    return _run_browser(options, page, 10_000)[1]


def _run_browser(options: Sequence[str], page: Path, milliseconds: int) -> tuple[str, list[str]]:
    with run_recording_proxy() as (address, asked), tempfile.TemporaryDirectory() as profile:
        command = [
            str(CHROMIUM),
            *FLAGS,
            f"--proxy-server=http://{address}",
            "--proxy-bypass-list=<-loopback>",
            f"--user-data-dir={profile}",
            f"--virtual-time-budget={milliseconds}",
            *options,
            page.resolve().as_uri(),
        ]
        ran = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return ran.stdout.decode(), [path for path in asked if not any(own in path for own in BROWSER_HOSTS)]
