"""An S3 server on loopback, and buckets on it.

The server is moto's, which supports conditional PUT, ranges and pages of listings. Conditions of CopyObject, which it
does not support, are added here.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import pytest

from dicommap.aws import Clients

REGION = "us-east-1"
_numbers = count(1)


@dataclass(frozen=True)
class Bucket:
    """A bucket that only one test uses."""

    name: str
    endpoint_url: str
    client: Any

    @property
    def clients(self) -> Clients:
        return Clients(region=REGION, endpoint_url=self.endpoint_url)

    @property
    def uri(self) -> str:
        return f"s3://{self.name}/"

    def put(self, key: str, body: bytes = b"") -> str:
        """Put an object and return its ETag."""
        etag: str = self.client.put_object(Bucket=self.name, Key=key, Body=body)["ETag"]
        return etag

    def get(self, key: str) -> bytes:
        body: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body

    def keys(self, prefix: str = "") -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def upload(self, tree: Path, prefix: str = "") -> None:
        """Put every file below a directory, with its relative path after the prefix as key."""
        for path in sorted(path for path in tree.rglob("*") if path.is_file()):
            self.put(prefix + path.relative_to(tree).as_posix(), path.read_bytes())


@contextmanager
def share_botocore_models() -> Iterator[None]:
    """Let all sessions of botocore in this process share what they would make anew each time.

    That is the service models, which are megabytes of JSON; the rules of their endpoints; the present names of events;
    and whether a function takes any keyword. They are half of the time that a client needs to be made. The times in
    listings, which are a third of the time that a listing needs, are parsed once, too: many objects have the same.
    """
    import botocore.session
    from botocore import endpoint_provider, hooks, utils
    from botocore.loaders import Loader, create_loader

    shared = cache(create_loader)

    def loader(path: str | None = None) -> Loader:
        found = shared(path)
        found.search_paths[:] = dict.fromkeys(found.search_paths)  # boto3 adds its own path for each session
        return found

    with (
        patch.object(botocore.session, "create_loader", loader),
        patch.object(hooks.EventAliaser, "_alias_event_name", _share_event_names(hooks.EventAliaser._alias_event_name)),
        patch.object(hooks, "accepts_kwargs", _share_signatures(hooks.accepts_kwargs)),
        patch.object(endpoint_provider, "RuleSet", _share_endpoint_rules(endpoint_provider.RuleSet)),
        patch.object(utils, "_parse_timestamp_with_tzinfo", _share_times(utils._parse_timestamp_with_tzinfo)),
    ):
        yield


def _share_event_names(alias: Callable[[Any, str], str]) -> Callable[[Any, str], str]:
    """Return a method that calls `alias` once for each name: all sessions have the same aliases."""
    names: dict[str, str] = {}

    def alias_once(aliaser: Any, name: str) -> str:
        if name not in names:
            names[name] = alias(aliaser, name)
        return names[name]

    return alias_once


def _share_signatures(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return a function that calls `check` once for each function; the methods of a class are one each."""
    check_once = cache(check)
    return lambda function: check_once(getattr(function, "__func__", function))


def _share_times(parse: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a function that parses a text once. Other values, of which some cannot be compared, are passed on."""
    parse_once = lru_cache(10_000)(parse)
    return lambda value, zone: (parse_once if isinstance(value, str) else parse)(value, zone)


def _share_endpoint_rules(make_rules: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that makes the endpoint rules of a service once; the loader that is shared returns one text."""
    made: dict[int, tuple[Any, Any]] = {}

    def make_once(*, rules: list[Any], **members: Any) -> Any:
        if id(rules) not in made:
            made[id(rules)] = rules, make_rules(rules=rules, **members)  # `rules` is kept, so that its id stays its own
        return made[id(rules)][1]

    return make_once


@contextmanager
def s3_server() -> Iterator[str]:
    """Run the server and yield its URL."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with _conditional_copies(), _services_by_host(), _untraced_requests():
        server.start()
        try:
            host, port = server.get_host_and_port()
            yield f"http://{host}:{port}"
        finally:
            server.stop()


@contextmanager
def _services_by_host() -> Iterator[None]:
    """Let moto find the service of each host once. It lists its directory of services with each request otherwise."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication

    find, services = DomainDispatcherApplication.get_backend_for_host, dict[str | None, Any]()

    def find_once(app: Any, host: str | None) -> Any:
        if host not in services:
            services[host] = find(app, host)
        return services[host]

    with patch.object(DomainDispatcherApplication, "get_backend_for_host", find_once):
        yield


@contextmanager
def _untraced_requests() -> Iterator[None]:
    """Let no tracer, such as coverage's, follow moto's threads, which have no lines of dicommap."""
    from werkzeug.serving import ThreadedWSGIServer

    handle = ThreadedWSGIServer.process_request_thread

    def handle_untraced(server: Any, *arguments: Any) -> None:
        sys.settrace(None)
        handle(server, *arguments)

    with patch.object(ThreadedWSGIServer, "process_request_thread", handle_untraced):
        yield


@contextmanager
def _conditional_copies() -> Iterator[None]:
    """Let moto check two conditions of CopyObject: no object has the key, and the source has a certain ETag."""
    from moto.s3.exceptions import PreconditionFailed
    from moto.s3.responses import S3Response

    copies, puts, lock = S3Response.copy_object, S3Response.put_object, threading.Lock()

    def copy_object(response: Any) -> Any:
        bucket, _, key = unquote(response.headers["x-amz-copy-source"]).removeprefix("/").partition("/")
        wanted = response.headers.get("x-amz-copy-source-if-match")
        with lock:
            source = response.backend.get_object(bucket, key)
            if wanted is not None and source is not None and wanted.strip('"') != source.etag.strip('"'):
                raise PreconditionFailed("x-amz-copy-source-If-Match")
            if response.headers.get("If-None-Match") == "*" and response.backend.get_object(
                response.bucket_name, response.parse_key_name()
            ):
                raise PreconditionFailed("If-None-Match")
            return copies(response)

    def put_object(response: Any) -> Any:
        with lock:
            return puts(response)

    with patch.multiple(S3Response, copy_object=copy_object, put_object=put_object):
        yield


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Return the URL of the S3 server on loopback that the session shares."""
    with s3_server() as url:
        yield url


@pytest.fixture
def s3_environment(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set the environment so that AWS's clients and commands use the server. Return its URL."""
    for name, value in environment(s3_endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return s3_endpoint


@pytest.fixture
def bucket(s3_environment: str) -> Bucket:
    """Return an empty bucket that only this test uses."""
    name = f"dicommap-{next(_numbers)}"
    client = s3_client(s3_environment)
    client.create_bucket(Bucket=name)
    return Bucket(name, s3_environment, client)


@cache
def s3_client(endpoint: str) -> Any:
    """Return the S3 client that all tests of this process share."""
    return Clients(region=REGION, endpoint_url=endpoint).s3


def environment(endpoint: str) -> dict[str, str]:
    """Return environment variables that point AWS's clients to the server, and to no real account."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "loopback-only",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
