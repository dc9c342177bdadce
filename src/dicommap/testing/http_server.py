"""The HTTP server of the stand-in, on loopback only."""

from __future__ import annotations

import json
import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOOPBACK = "127.0.0.1"
MAX_REQUEST_BYTES = 8 * 2**20
"""Bytes of a request's body: as many of the longest mappings as a job takes have 2 MB."""


class Response:
    """What goes back: a status, headers and a body; or, with `cut`, less of it than was announced."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str], *, cut: int | None = None) -> None:
        self.status = status
        self.body = body
        self.headers = headers
        self.cut = cut
        """Bytes of the body that are sent; 0 for a connection that is reset before any."""


class Request:
    """What came in."""

    def __init__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        self.method = method
        self.path, self.query = urlsplit(url)[2:4]
        self.headers = headers
        """Their names in lower case."""
        self.body = body


class LoopbackServer(ThreadingHTTPServer):
    """A server that gives each request to a function."""

    daemon_threads = True

    def __init__(self, port: int, answer: Callable[[Request], Response]) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.answer = answer

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    # One request for each connection: none is left open when a test ends.
    protocol_version = "HTTP/1.1"
    server_version = "dicommap-stand-in"
    sys_version = ""
    server: LoopbackServer

    def _handle(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_REQUEST_BYTES:
            self._send(Response(413, json.dumps({"message": "The body is too long."}).encode(), {}))
            return
        body = self.rfile.read(int(length))
        self._send(self.server.answer(Request(self.command, self.path, headers, body)))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _handle

    def _send(self, reply: Response) -> None:
        self.close_connection = True
        if reply.cut == 0:
            # A linger time of none makes the close a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        self.send_response(reply.status)
        for name, value in {
            "Content-Type": "application/json",
            **reply.headers,
            "Content-Length": str(len(reply.body)),
            "Connection": "close",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: reply.cut])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Say nothing: a request's path may be logged by whoever sends it."""
