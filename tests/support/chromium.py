"""A headless Chromium that tests drive through a pipe, with the DevTools protocol.

The protocol needs no package and no driver, and one Chromium serves all pages of a test module. Its commands are listed
on https://chromedevtools.github.io/devtools-protocol/.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.browser import BROWSER_HOSTS, FLAGS, run_recording_proxy
from tests.support.needed_tools import CHROMIUM

_ANSWER_SECONDS = 60.0
_POLL_SECONDS = 0.1
_EXECUTE_WITH_PIPES = """
import os, sys
ends = [os.dup(int(number)) for number in sys.argv[1:3]]
for number, end in zip((3, 4), ends):
    os.dup2(end, number)
    os.set_inheritable(number, True)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""With --remote-debugging-pipe, Chromium reads commands from file descriptor 3, and writes answers to 4."""


class Chromium:
    """A running Chromium. `requests` has the paths that its pages requested from other hosts than loopback."""

    def __init__(self, command: int, answers: int, requests: list[str]) -> None:
        self._command = command
        self._answers = answers
        self._buffer = bytearray()
        self._number = 0
        self._requests = requests

    @property
    def requests(self) -> list[str]:
        """Return the paths that pages requested from other hosts; those of the browser itself are left out."""
        return [path for path in self._requests if not any(host in path for host in BROWSER_HOSTS)]

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command, and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._command, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + _ANSWER_SECONDS
        while True:
            answer = self._read(deadline)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])

    def open(self, url: str, *, scheme: str = "light", width: int = 1300, height: int = 900) -> Page:
        """Open a page in a window of this size. `scheme` is the preferred colour scheme: light or dark."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target)
        page.prefer(scheme)
        page.resize(width, height)
        page.call("Page.enable")
        page.call("Page.navigate", url=url)
        page.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")
        return page

    def _read(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._answers], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise AssertionError("Chromium does not answer.")
            received = os.read(self._answers, 1 << 20)
            if not received:
                raise AssertionError("Chromium has ended.")
            self._buffer += received
        message, _, rest = self._buffer.partition(b"\0")
        self._buffer = rest
        return dict(json.loads(message))


class Page:
    """A page that Chromium shows."""

    def __init__(self, chromium: Chromium, session: str, target: str) -> None:
        self._chromium = chromium
        self._session = session
        self._target = target

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command to this page, and return its result."""
        return self._chromium.call(method, self._session, **parameters)

    def prefer(self, scheme: str) -> None:
        """Set the colour scheme that the system prefers: light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def resize(self, width: int, height: int) -> None:
        """Set the size of the window, in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def evaluate(self, script: str) -> Any:
        """Return the JSON value of a JavaScript expression. A promise is awaited."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        return result["result"].get("value")

    def wait_for(self, condition: str, seconds: float = 60) -> None:
        """Wait until a JavaScript expression is true."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({condition})"):
            if time.monotonic() > deadline:
                raise AssertionError(f"Waited {seconds:.0f} s in vain for: {condition}")
            time.sleep(_POLL_SECONDS)

    def save_screenshot(self, path: Path) -> None:
        """Save what the window shows as PNG."""
        path.write_bytes(b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        """Close this page."""
        self._chromium.call("Target.closeTarget", targetId=self._target)


@contextmanager
def run_chromium() -> Iterator[Chromium]:
    """Run a headless Chromium. It reaches loopback only; other requests are recorded and answered with 404."""
    with run_recording_proxy() as (address, requests), tempfile.TemporaryDirectory() as profile:
        commands_out, commands_in = os.pipe()
        answers_out, answers_in = os.pipe()
        command = [
            *(sys.executable, "-I", "-c", _EXECUTE_WITH_PIPES, str(commands_out), str(answers_in)),
            str(CHROMIUM),
            *FLAGS,
            f"--proxy-server=http://{address}",
            "--proxy-bypass-list=127.0.0.1",
            f"--user-data-dir={profile}",
            "--hide-scrollbars",
            "--remote-debugging-pipe",
            "about:blank",
        ]
        process = subprocess.Popen(
            command,
            pass_fds=(commands_out, answers_in),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands_out)
        os.close(answers_in)
        chromium = Chromium(commands_in, answers_out, requests)
        try:
            yield chromium
        finally:
            try:
                chromium.call("Browser.close")
                process.wait(20)
            except (AssertionError, OSError, subprocess.TimeoutExpired):
                process.kill()
                process.wait()
            os.close(commands_in)
            os.close(answers_out)
