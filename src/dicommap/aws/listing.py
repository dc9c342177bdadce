"""Listing what lies under a prefix, page by page, and where its bucket is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicommap.aws.faults import calling
from dicommap.model.listed_object import ListedObject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.aws.clients import Clients
    from dicommap.model.s3_uri import S3Uri


def listed(clients: Clients, uri: S3Uri) -> Iterator[ListedObject]:
    """Yield every object under a URI, in the order of S3: that of the keys' UTF-8. Raises AwsError."""
    with calling("ListObjectsV2", str(uri)):
        pages = clients.s3.get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=uri.prefix)
        iterator = iter(pages)
    while True:
        with calling("ListObjectsV2", str(uri)):
            page = next(iterator, None)
        if page is None:
            return
        for found in page.get("Contents", ()):
            key = found["Key"].removeprefix(uri.prefix)
            yield ListedObject(key=key, size=found["Size"], etag=found.get("ETag", ""))


def bucket_region(clients: Clients, bucket: str) -> str | None:
    """Return the region that a bucket says it is in; None where it does not say. Raises AwsError.

    HeadBucket tells it in BucketRegion, and needs s3:ListBucket only.
    """
    with calling("HeadBucket", f"s3://{bucket}/"):
        answer = clients.s3.head_bucket(Bucket=bucket)
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region: str | None = answer.get("BucketRegion") or headers.get("x-amz-bucket-region")
    return region
