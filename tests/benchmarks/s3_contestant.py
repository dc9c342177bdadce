"""A process that scans a prefix, or only asks for the first bytes of every object below it.

`python -m tests.benchmarks.s3_contestant gets|scan URI OUTPUT` answers seconds, CPU seconds and the number of objects,
as JSON. What is loaded at first use, and for the bare requests also listing, comes before the clock starts.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import obstore

import dicommap
from dicommap.api.scan import DEFAULT_IN_FLIGHT
from dicommap.sources.s3.range_requests import FIRST_REQUEST_BYTES
from dicommap.sources.s3.s3_connection import S3Connection
from dicommap.sources.s3.s3_prefix import S3Prefix


def gets(uri: str) -> Callable[[], int]:
    """Return what asks for the objects, with as many requests at once as a scan has, and the same conditions."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    asked = [(prefix + file.path, min(file.size, FIRST_REQUEST_BYTES), file.etag) for file in S3Prefix(uri).walk()]
    store = S3Connection(bucket=bucket).get_obstore_client()

    def get(one: tuple[str, int, str]) -> int:
        key, end, etag = one
        return len(obstore.get(store, key, options={"range": (0, end), "if_match": etag}).bytes())

    def ask() -> int:
        with ThreadPoolExecutor(DEFAULT_IN_FLIGHT) as threads:
            return sum(length > 0 for length in threads.map(get, asked))

    return ask


def scan(uri: str, output: str) -> Callable[[], int]:
    """Return what scans: from listing to the finished inventory."""
    S3Prefix(uri)

    def run() -> int:
        with dicommap.scan(uri, output=output, cache=False) as inventory:
            return inventory.summary().instances

    return run


def main() -> None:
    """Measure what was asked for."""
    kind, uri, output = sys.argv[1:]
    run = gets(uri) if kind == "gets" else scan(uri, output)
    started, used = time.perf_counter(), time.process_time()
    objects = run()
    answer = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - used, "objects": objects}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
