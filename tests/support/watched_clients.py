"""AWS clients whose requests a test watches, refuses or interrupts before they are sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSResponse

from dicommap.aws import Clients
from tests.support.s3_server import REGION


class _Body:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> list[bytes]:
        return [self._body]


def watched_clients(before_request: Callable[[Any, str], AWSResponse | None]) -> Clients:
    """Return clients that call a function with each request and its operation's name before it is sent.

    If the function returns an answer, the request is not sent.
    """
    clients = Clients(region=REGION)

    def on_request(request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        return before_request(request, event_name.rpartition(".")[2])

    for client in (clients.s3, clients.medical_imaging):
        client.meta.events.register("before-send", on_request)
    return clients


def denying_clients(operation: str) -> Clients:
    """Return clients for which an operation of S3 is denied, always."""

    def deny(request: Any, name: str) -> AWSResponse | None:
        if name != operation:
            return None
        body = b"" if name.startswith("Head") else b"<Error><Code>AccessDenied</Code></Error>"
        return AWSResponse(request.url, 403, {}, _Body(body))

    return watched_clients(deny)
