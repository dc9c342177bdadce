"""A proxy on loopback in front of an S3 server that simulates faults of the network and of S3."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

from dicommap.aws import Clients
from dicommap.sources.s3 import s3_connection

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "date", "server", "content-length"}


@dataclass
class Fault:
    """A fault, and the requests to which it happens."""

    kind: str
    """The kind of the fault:

    * 'status': an error answer, without a request to the server;
    * 'reset': the connection is reset in the middle of the body;
    * 'short': the connection is closed in the middle of the body;
    * 'lost': the request is processed, and the connection is reset before the answer;
    * 'other': `body` with the headers of the real answer;
    * 'page': `body` as an HTML page, without a request to the server;
    * 'none': only `before` is called.
    """
    key: str = ""
    """The end of the path of affected requests, without the query; a listing's path is the bucket."""
    query: str = ""
    """A text that the query must contain; the query of a listing contains 'list-type'."""
    method: str = "GET"
    status: int = 503
    code: str = "SlowDown"
    body: bytes = b""
    skipped: int = 0
    """Matching requests that succeed before the fault happens."""
    times: int | None = None
    """How many times the fault happens; None for always."""
    before: Callable[[], object] | None = None
    """A function that is called before the request is forwarded."""
    met: int = field(default=0, init=False)
    """Matching requests so far."""

    def happens(self, method: str, path: str, query: str) -> bool:
        """Count a request, and return whether the fault happens to it."""
        if method != self.method or not path.endswith(self.key) or self.query not in query:
            return False
        self.met += 1
        return self.met > self.skipped and (self.times is None or self.met <= self.skipped + self.times)


class FaultyProxy:
    """The proxy's URL, its faults, and the requests that it received."""

    def __init__(self, upstream: str, faults: tuple[Fault, ...]) -> None:
        self.upstream = urlsplit(upstream)
        self.faults = list(faults)
        self.requests: list[tuple[str, str, str]] = []
        """Method, path with query, and the range of each request."""
        self.authorizations: list[str] = []
        """The header Authorization of each request."""
        self.lock = threading.Lock()
        self.url = ""

    def fault(self, method: str, target: str, headers: Message) -> Fault | None:
        """Record a request, and return the fault that happens to it."""
        path, _, query = target.partition("?")
        with self.lock:
            self.requests.append((method, target, headers.get("Range", "")))
            self.authorizations.append(headers.get("Authorization", ""))
            return next((fault for fault in self.faults if fault.happens(method, unquote(path), query)), None)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: FaultyProxy

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write no log."""

    def _answer(self) -> None:
        try:
            self._pass_on()
        except OSError:  # the client or the server has closed the connection
            self.close_connection = True

    def _pass_on(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.proxy.fault(self.command, self.path, self.headers)
        if fault is not None and fault.before is not None:
            fault.before()
        if fault is not None and fault.kind == "status":
            self._refuse(fault)
            return
        if fault is not None and fault.kind == "page":
            self._show(fault)
            return
        upstream = http.client.HTTPConnection(self.proxy.upstream.hostname or "", self.proxy.upstream.port, timeout=30)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(content)
            answer = upstream.getresponse()
            body = answer.read()
        finally:
            upstream.close()
        if fault is not None and fault.kind == "lost":
            self._break()
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        if fault is not None and fault.kind == "other":
            body = fault.body
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        self._send(body, fault)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer

    def _refuse(self, fault: Fault) -> None:
        body = f"<Error><Code>{fault.code}</Code><Message>as requested</Message></Error>".encode()
        self.send_response(fault.status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def _show(self, fault: Fault) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(fault.body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else fault.body)

    def _send(self, body: bytes, fault: Fault | None) -> None:
        if fault is None or fault.kind not in ("reset", "short"):
            self.wfile.write(b"" if self.command == "HEAD" else body)
            return
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        if fault.kind == "reset":
            self._break()
        self.close_connection = True

    def _break(self) -> None:
        # With a linger time of 0, closing the connection resets it.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


@contextmanager
def shorten_retries() -> Iterator[None]:
    """Let obstore wait milliseconds instead of seconds before a retry, and let boto3 retry less often."""
    backoff = {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=10), "base": 2}
    with (
        patch.dict(s3_connection.RETRY_CONFIG, {"backoff": backoff}),
        patch.dict(Clients.make_client.__kwdefaults__, {"max_attempts": 3}),
    ):
        yield


@contextmanager
def run_fault_proxy(upstream: str, *faults: Fault) -> Iterator[FaultyProxy]:
    """Run a proxy in front of an S3 server, and yield it."""
    proxy = FaultyProxy(upstream, faults)
    handler = type("_ProxyHandler", (_Handler,), {"proxy": proxy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
