"""Delete single objects of S3, each by its exact key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dicommap.aws.client_errors import convert_client_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicommap.aws.clients import Clients

_AT_ONCE = 8


def delete_objects(clients: Clients, bucket: str, keys: Sequence[str]) -> None:
    """Delete objects with DeleteObject. An object that does not exist is no error, as in S3.

    Args:
        clients: The clients to delete with.
        bucket: The bucket of the objects.
        keys: The keys of the objects.

    Raises:
        AwsError: S3 cannot be reached, or refuses a request. Some of the objects may have been deleted before.
    """
    client = clients.s3

    def delete_object(key: str) -> None:
        with convert_client_errors("DeleteObject", f"s3://{bucket}/{key}"):
            client.delete_object(Bucket=bucket, Key=key)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        waiting = [threads.submit(delete_object, key) for key in keys]
        try:
            for future in waiting:
                future.result()
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
