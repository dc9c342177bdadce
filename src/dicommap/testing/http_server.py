"""The stand-in's HTTP server on loopback, and its control endpoints for tests."""

from __future__ import annotations

import json
import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from dicommap.errors import UsageError
from dicommap.testing.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dicommap.testing.image_sets import ImageSet
    from dicommap.testing.started_jobs import StartedJob

LOOPBACK = "127.0.0.1"
MAX_REQUEST_BYTES = 8 * 2**20
"""Maximum bytes of a request's body. The largest request that AWS allows has 2 MB of mappings."""


CONTROL_ROOT = "/stand-in/"
"""The path prefix of control endpoints. No path of an AWS service begins with it."""


class Response:
    """An HTTP response. If `cut` is set, fewer bytes are sent than the header Content-Length gives."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str], *, cut: int | None = None) -> None:
        self.status = status
        self.body = body
        self.headers = headers
        self.cut = cut
        """The number of body bytes to send; None for all. If 0, the connection is reset before anything is sent."""


class Request:
    """An HTTP request."""

    def __init__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        self.method = method
        self.path, self.query = urlsplit(url)[2:4]
        self.headers = headers
        """Header name in lower case -> value."""
        self.body = body


class LoopbackServer(ThreadingHTTPServer):
    """An HTTP server on loopback. It calls the function `answer` to answer each request."""

    daemon_threads = True

    def __init__(self, port: int, answer: Callable[[Request], Response]) -> None:
        super().__init__((LOOPBACK, port), _HttpRequestHandler)
        self.answer = answer

    @property
    def url(self) -> str:
        """Return the URL of the server."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"


class _HttpRequestHandler(BaseHTTPRequestHandler):
    # Each connection has one request, so that no connection stays open when a test ends.
    protocol_version = "HTTP/1.1"
    server_version = "dicommap-stand-in"
    sys_version = ""
    server: LoopbackServer

    def _handle_request(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_REQUEST_BYTES:
            self._send_response(Response(413, json.dumps({"message": "The body is too long."}).encode(), {}))
            return
        body = self.rfile.read(int(length))
        self._send_response(self.server.answer(Request(self.command, self.path, headers, body)))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _handle_request

    def _send_response(self, response: Response) -> None:
        self.close_connection = True
        if response.cut == 0:
            # With a linger time of 0, closing the connection resets it.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        self.send_response(response.status)
        for name, value in {
            "Content-Type": "application/json",
            **response.headers,
            "Content-Length": str(len(response.body)),
            "Connection": "close",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body[: response.cut])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Write no log."""


class ControlledService(Protocol):
    """Protocol of the members of `ImportJobService` that control requests use."""

    @property
    def jobs(self) -> tuple[StartedJob, ...]: ...  # noqa: D102

    @property
    def image_sets(self) -> tuple[ImageSet, ...]: ...  # noqa: D102

    def add_fault(self, fault: Fault) -> None: ...  # noqa: D102

    def change_behaviour(self, *settings: str) -> None: ...  # noqa: D102

    def advance(self, job_id: str | None = None) -> None: ...  # noqa: D102


def handle_control_request(service: ControlledService, request: Request) -> Response:
    """Return the response to a control request, whose path begins with CONTROL_ROOT. Control requests are not signed.

    The requests are GET jobs, GET image-sets, POST faults, POST behaviour and POST advance. The body of POST faults is
    the text of a fault. The body of POST behaviour has a setting on each line. The body of POST advance is a job's id;
    if it is empty, all jobs advance.
    """
    control = (request.method, request.path.removeprefix(CONTROL_ROOT))
    if control == ("GET", "jobs"):
        return _make_json_response([_make_job_record(job) for job in service.jobs])
    if control == ("GET", "image-sets"):
        return _make_json_response([_make_image_set_record(image_set) for image_set in service.image_sets])
    text = request.body.decode("utf-8", "replace")
    try:
        if control == ("POST", "faults"):
            service.add_fault(Fault.parse(text))
        elif control == ("POST", "behaviour"):
            service.change_behaviour(*text.split())
        elif control == ("POST", "advance"):
            service.advance(text or None)
        else:
            return _make_json_response({"message": "Unknown control request."}, 404)
    except UsageError as error:
        return _make_json_response({"message": str(error)}, 400)
    return _make_json_response({})


def _make_job_record(job: StartedJob) -> dict[str, Any]:
    return {
        "jobId": job.job_id,
        "jobStatus": job.status,
        "message": job.message,
        "calls": job.calls,
        "request": job.request,
    }


def _make_image_set_record(image_set: ImageSet) -> dict[str, Any]:
    return {
        "imageSetId": image_set.image_set_id,
        "datastoreId": image_set.datastore_id,
        "isPrimary": image_set.is_primary,
        "version": image_set.version,
        "instances": [
            {"jobId": instance.job_id, "key": instance.key, "before": instance.before, "after": instance.after}
            for instance in image_set.instances
        ],
    }


def _make_json_response(value: object, status: int = 200) -> Response:
    return Response(status, json.dumps(value).encode(), {})
