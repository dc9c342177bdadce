"""What is stored in S3, as far as a check of a package asks for it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dicommap.aws.bucket_listing import get_bucket_region, list_objects
from dicommap.aws.client_errors import ACCESS_DENIED_CODES, NOT_FOUND_CODES, convert_client_errors
from dicommap.aws.s3_objects import read_in_pieces
from dicommap.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.aws.clients import Clients
    from dicommap.healthimaging.s3_uri import S3Uri
    from dicommap.model.source_files_model_listed_object_part import S3Object


class S3Objects:
    """Objects in S3, read with some clients. Every method may raise AwsError."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        with convert_client_errors("HeadBucket"):  # a profile that is not there shows here
            self.region: str | None = clients.s3.meta.region_name

    def region_of(self, bucket: str) -> str | None:
        """Return the region that a bucket says it is in; None where it does not say."""
        return get_bucket_region(self._clients, bucket)

    def listed(self, uri: S3Uri) -> Iterator[S3Object]:
        """Yield every object under a URI, in the order of the keys' UTF-8."""
        return list_objects(self._clients, uri)

    def sha256(self, bucket: str, key: str) -> str:
        """Return the SHA-256 of an object's bytes, as hexadecimal digits."""
        digest = hashlib.sha256()
        for piece in read_in_pieces(self._clients, bucket, key):
            digest.update(piece)
        return digest.hexdigest()

    def head(self, bucket: str, key: str, size: int) -> bytes | str:
        """Return an object's first bytes, or a text that says why it was not read."""
        try:
            return b"".join(read_in_pieces(self._clients, bucket, key, limit=size))
        except AwsError as error:
            if error.code in ACCESS_DENIED_CODES:
                return "reading it was refused"
            if error.code in NOT_FOUND_CODES:
                return "it is not there any more"
            if error.local:
                return f"S3 answers {error.code}" if error.code else "it could not be read to its end"
            raise
