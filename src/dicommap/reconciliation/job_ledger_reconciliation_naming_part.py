"""Which planned object a record speaks of: by its key, however much of it the service names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from dicommap.healthimaging.s3_uri import S3Uri


def candidate_keys(input_file: str, uri: S3Uri) -> Iterator[str]:
    """Yield what a record's inputFile can be relative to the job's inputS3Uri, the likeliest first.

    The examples of the developer guide have the key without the bucket. The whole URI, the bucket and the key, and a
    path relative to inputS3Uri are read as well.
    """
    for start in (str(uri), f"/{uri.bucket}/{uri.prefix}", f"{uri.bucket}/{uri.prefix}", f"/{uri.prefix}", uri.prefix):
        if input_file.startswith(start):
            yield input_file.removeprefix(start)
    yield input_file.removeprefix("/")


def match_keys(input_file: str, uri: S3Uri, known: Container[str]) -> tuple[str, ...]:
    """Return the known keys that an inputFile can mean, each once and the likeliest first; none, one, or rarely two."""
    return tuple(dict.fromkeys(key for key in candidate_keys(input_file, uri) if key in known))
