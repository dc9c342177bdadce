"""List the objects of a bucket page by page (ListObjectsV2), and find the region of a bucket.

Keys are returned exactly as S3 stores them.

boto3 sends the requests. obstore is not used: it removes slashes at the end of keys, and rejects a whole listing if
one key is unusual. `_parse_page` is twenty times faster than botocore's parser, so an event handler calls it before
botocore parses the page. The handler is registered on a copy of the client. So the client itself, which a caller may
use for other listings, keeps its event handlers.
"""

from __future__ import annotations

import re
from copy import copy
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from dicommap.aws.client_errors import ACCESS_DENIED_CODES, convert_client_errors
from dicommap.errors import AwsError
from dicommap.model.source_files import S3Object, clamp_time_ns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicommap.aws.clients import Clients
    from dicommap.healthimaging.s3_uri import S3Uri

_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
_EMPTY_ANSWER = b"<ListBucketResult/>"
_PAGE_MEMBER = "dicommapPage"
MAX_EMPTY_PAGES = 1_000
"""Maximum number of consecutive pages without an object. S3 may return empty pages after objects were deleted."""
_SIZE = re.compile(r"[0-9]{1,18}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ListingPage(NamedTuple):
    """One page of a bucket listing: up to 1,000 objects."""

    objects: list[S3Object]
    token: str | None
    """The continuation token of the next page; None on the last page."""


def list_objects(clients: Clients, uri: S3Uri) -> Iterator[S3Object]:
    """Yield all objects under an S3 URI, sorted by the UTF-8 bytes of their keys. The keys are relative to the URI.

    Raises:
        AwsError: S3 cannot be reached, or refuses the listing.

    """
    with convert_client_errors(
        "ListObjectsV2", str(uri)
    ):  # the first use of a client fails if the profile or region is unknown
        client = clients.s3
    for page in BucketLister(client, uri.bucket).pages(uri.prefix):
        for listed_object in page.objects:
            yield listed_object._replace(key=listed_object.key.removeprefix(uri.prefix))


def get_bucket_region(clients: Clients, bucket: str) -> str | None:
    """Return the region of a bucket; None if the endpoint does not return the region.

    HeadBucket returns the region as BucketRegion, and needs s3:ListBucket only (Amazon S3 API reference, HeadBucket).

    Raises:
        AwsError: S3 cannot be reached, or refuses the request.

    """
    with convert_client_errors("HeadBucket", f"s3://{bucket}/"):
        answer = clients.s3.head_bucket(Bucket=bucket)
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region: str | None = answer.get("BucketRegion") or headers.get("x-amz-bucket-region")
    return region


class BucketLister:
    """Lister of the objects in one bucket. `requests` counts the requests that were sent to S3."""

    def __init__(self, client: Any, bucket: str) -> None:  # noqa: ANN401  botocore's clients have no types of their own
        """Prepare to list a bucket.

        Args:
            client: boto3's S3 client. Its event handlers are called, but not changed.
            bucket: The name of the bucket.

        """
        self._bucket, self._client = bucket, _copy_client(client)
        self._original_client = (
            client  # keep the client alive: its signer has only a weak reference to the client's event emitter
        )
        self._client.meta.events.register(
            "before-parse.s3.ListObjectsV2", _replace_body_by_parsed_page, unique_id=_PAGE_MEMBER
        )
        self.requests = 0
        self.region: str | None = None
        """The region of the bucket; None before the first answer, and if no answer names the region."""

    def pages(self, prefix: str) -> Iterator[ListingPage]:
        """Yield the pages of all objects whose keys begin with a prefix.

        Raises:
            AwsError: S3 cannot be reached or refuses the listing, or the listing does not end.

        """
        token, tokens, last_key, empty_pages = None, set(), None, 0
        while True:
            page = self.page(prefix, token=token)
            keys = [last_key, *(listed_object.key for listed_object in page.objects)]
            if any(key == next_key for key, next_key in pairwise(keys)):
                raise _make_endless_listing_error("names an object twice")
            yield page
            token, last_key = page.token, keys[-1]
            if token is None:
                return
            empty_pages = 0 if page.objects else empty_pages + 1
            if hash(token) in tokens or empty_pages > MAX_EMPTY_PAGES:
                raise _make_endless_listing_error("does not end")
            tokens.add(hash(token))

    def page(self, prefix: str, *, count: int = 1_000, token: str | None = None) -> ListingPage:
        """Request one page of a listing, and return it.

        Args:
            prefix: The prefix of the keys.
            count: The maximum number of objects in the page, at most 1,000.
            token: The continuation token of the page; None for the first page.

        Raises:
            AwsError: S3 cannot be reached, refuses the listing, or gives an answer that is not a listing.

        """
        parameters: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix, "MaxKeys": count}
        if token is not None:
            parameters["ContinuationToken"] = token
        self.requests += 1
        answer = self._request_page(parameters, f"s3://{self._bucket}/{prefix}")
        self.region = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", self.region)
        page: ListingPage | None = answer.get(_PAGE_MEMBER)
        if page is None:
            raise AwsError(
                "The answer to ListObjectsV2 is not a listing.",
                fix="Check the endpoint, which must support ListObjectsV2, and any proxy on the way to it.",
            )
        return page

    def _request_page(self, parameters: dict[str, Any], uri: str) -> dict[str, Any]:
        """Return the answer to ListObjectsV2. Raises AwsError."""
        try:
            with convert_client_errors("ListObjectsV2", uri):
                answer: dict[str, Any] = self._client.list_objects_v2(**parameters)
                return answer
        except AwsError as error:
            if error.code in ACCESS_DENIED_CODES:
                error.fix = "Grant s3:ListBucket on the bucket, or name another prefix or profile."
            raise


def _copy_client(client: Any) -> Any:  # noqa: ANN401  botocore's clients have no types of their own
    """Return a copy of a client. Handlers that are registered on the copy do not change the client.

    The copy has the client's current handlers, connections, credentials and settings. botocore has no public function
    to copy a client. The client's meta and its endpoint refer to one event emitter, so the meta and the endpoint are
    copied too.
    """
    copied = object.__new__(type(client))
    vars(copied).update(vars(client))  # copy() would recurse without end: botocore's clients define __getattr__
    copied.meta = copy(client.meta)
    copied.meta.events = copy(client.meta.events)
    copied._endpoint = copy(client._endpoint)
    copied._endpoint._event_emitter = copied.meta.events
    return copied


def _make_endless_listing_error(problem: str) -> AwsError:
    return AwsError(f"S3's listing {problem}.", fix="Check the endpoint, and any proxy on the way to it.")


def _replace_body_by_parsed_page(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    """Parse a page before botocore does, and put the result into `customized_response_dict`.

    The body is replaced by an empty listing, which botocore then parses quickly.
    """
    if response_dict["status_code"] == 200:
        customized_response_dict[_PAGE_MEMBER] = _parse_page(response_dict["body"])
        response_dict["body"] = _EMPTY_ANSWER


def _parse_page(body: bytes) -> ListingPage | None:
    """Return the page that a response body contains; None if the body is not a complete page of a listing."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  botocore does the same
        if root.tag != f"{_NAMESPACE}ListBucketResult":
            return None  # such as a proxy's page, which must not count as an empty listing
        is_encoded = _get_text(root, "EncodingType") == "url"
        objects = [_parse_object(element, is_encoded=is_encoded) for element in root.iter(f"{_NAMESPACE}Contents")]
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    token = _get_text(root, "NextContinuationToken")
    if not token and _get_text(root, "IsTruncated") == "true":
        return None
    return ListingPage(objects, token or None)


def _parse_object(element: ElementTree.Element, *, is_encoded: bool) -> S3Object:
    """Return the object in an element `Contents` of a listing."""
    members = {member.tag[len(_NAMESPACE) :]: member.text or "" for member in element}
    key = members["Key"]
    if is_encoded and ("%" in key or "+" in key):
        key = unquote_plus(key, errors="strict")
    if not key:
        raise ValueError("an object without a key")
    return S3Object(key, parse_size(members["Size"]), members["ETag"], parse_time_ns(members["LastModified"]))


def _get_text(root: ElementTree.Element, name: str) -> str:
    return root.findtext(_NAMESPACE + name, "")


def parse_time_ns(moment: str) -> int:
    """Return an ISO 8601 time as nanoseconds since 1970, clamped to 64 bits. Raises ValueError if it is invalid."""
    time = datetime.fromisoformat(moment)
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return clamp_time_ns((aware - _EPOCH) // _MICROSECOND * 1_000)


def parse_size(text: str) -> int:
    """Parse the size of an object in bytes, which S3 gives as text. Raises ValueError if the text is not a number."""
    if not _SIZE.fullmatch(text):
        raise ValueError("not a size")
    return int(text)
