"""List a bucket's objects page by page with ListObjectsV2, every key exact.

boto3 sends the requests, since obstore gives keys without slashes at their ends and refuses a listing with one odd key.
botocore's parser needs twenty times as long for a page as `_parse_page`, so an event handler takes the page before
botocore parses it. The handler is registered on a copy of the client: the client itself, which a caller may use for
other listings, keeps its event handlers.
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
"""Pages without an object that may follow each other; S3 writes some, of what it has just deleted."""
_SIZE = re.compile(r"[0-9]{1,18}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ListingPage(NamedTuple):
    """Up to 1,000 objects."""

    objects: list[S3Object]
    token: str | None
    """What to ask for the next page with; None at the end."""


def list_objects(clients: Clients, uri: S3Uri) -> Iterator[S3Object]:
    """Yield every object under a URI, its key relative to that, in the order of the keys' UTF-8. Raises AwsError."""
    with convert_client_errors("ListObjectsV2", str(uri)):  # the first use of a client: profile and region may be none
        client = clients.s3
    for page in BucketLister(client, uri.bucket).pages(uri.prefix):
        for found in page.objects:
            yield found._replace(key=found.key.removeprefix(uri.prefix))


def get_bucket_region(clients: Clients, bucket: str) -> str | None:
    """Return the region that a bucket says it is in; None where it does not say. Raises AwsError.

    HeadBucket tells it in BucketRegion, and needs s3:ListBucket only.
    """
    with convert_client_errors("HeadBucket", f"s3://{bucket}/"):
        answer = clients.s3.head_bucket(Bucket=bucket)
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region: str | None = answer.get("BucketRegion") or headers.get("x-amz-bucket-region")
    return region


class BucketLister:
    """Asks one bucket for its listing, and counts the requests."""

    def __init__(self, client: Any, bucket: str) -> None:  # noqa: ANN401  botocore's clients have no types of their own
        """List with boto3's S3 client, whose event handlers are called but not changed."""
        self._bucket, self._client = bucket, _with_own_handlers(client)
        self._original = client  # its signer holds its event emitter by a weak reference only
        self._client.meta.events.register("before-parse.s3.ListObjectsV2", _take_page, unique_id=_PAGE_MEMBER)
        self.requests = 0
        self.region: str | None = None
        """Where the bucket is, once an answer has said so."""

    def pages(self, prefix: str) -> Iterator[ListingPage]:
        """Yield the pages of all objects whose keys begin with a prefix. Raises AwsError."""
        token, seen, last, empty = None, set(), None, 0
        while True:
            page = self.page(prefix, token=token)
            keys = [last, *(found.key for found in page.objects)]
            if any(one == following for one, following in pairwise(keys)):
                raise _endless_listing_error("names an object twice")
            yield page
            token, last = page.token, keys[-1]
            if token is None:
                return
            empty = 0 if page.objects else empty + 1
            if hash(token) in seen or empty > MAX_EMPTY_PAGES:
                raise _endless_listing_error("does not come to an end")
            seen.add(hash(token))

    def page(self, prefix: str, *, count: int = 1_000, token: str | None = None) -> ListingPage:
        """Return up to `count` objects, at most 1,000. Raises AwsError."""
        asked: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix, "MaxKeys": count}
        if token is not None:
            asked["ContinuationToken"] = token
        self.requests += 1
        answer = self._answer(asked, f"s3://{self._bucket}/{prefix}")
        self.region = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", self.region)
        page: ListingPage | None = answer.get(_PAGE_MEMBER)
        if page is None:
            raise AwsError(
                "S3's listing is none that can be read.",
                fix="Check the endpoint, which has to answer ListObjectsV2, and what stands between here and there.",
            )
        return page

    def _answer(self, asked: dict[str, Any], uri: str) -> dict[str, Any]:
        try:
            with convert_client_errors("ListObjectsV2", uri):
                answer: dict[str, Any] = self._client.list_objects_v2(**asked)
                return answer
        except AwsError as error:
            if error.code in ACCESS_DENIED_CODES:
                error.fix = "Grant s3:ListBucket on the bucket, or name another prefix or profile."
            raise


def _with_own_handlers(client: Any) -> Any:  # noqa: ANN401  botocore's clients have no types of their own
    """Return a copy of a client on which handlers can be registered without a change of the client.

    The copy has the handlers that the client has now, and shares its connections, credentials and settings. botocore
    has no public way to copy a client: the emitter of events stands in the client's meta and in its endpoint.
    """
    copied = object.__new__(type(client))
    vars(copied).update(vars(client))  # copy() would ask the empty copy for its attributes, which never ends
    copied.meta = copy(client.meta)
    copied.meta.events = copy(client.meta.events)
    copied._endpoint = copy(client._endpoint)
    copied._endpoint._event_emitter = copied.meta.events
    return copied


def _endless_listing_error(problem: str) -> AwsError:
    return AwsError(f"S3's listing {problem}.", fix="Check the endpoint, and what stands between here and there.")


def _take_page(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Read a page in botocore's place, and leave it nothing to read."""
    if response_dict["status_code"] == 200:
        customized_response_dict[_PAGE_MEMBER] = _parse_page(response_dict["body"])
        response_dict["body"] = _EMPTY_ANSWER


def _parse_page(body: bytes) -> ListingPage | None:
    """Return what a page says, or None where it is none; botocore asks again by itself for what comes cut."""
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  what botocore does with it
        if root.tag != f"{_NAMESPACE}ListBucketResult":
            return None  # a proxy's page, which must not be taken for an empty listing
        coded = _text(root, "EncodingType") == "url"
        objects = [_parse_object(found, coded=coded) for found in root.iter(f"{_NAMESPACE}Contents")]
    except (ElementTree.ParseError, ValueError, KeyError):
        return None
    token = _text(root, "NextContinuationToken")
    if not token and _text(root, "IsTruncated") == "true":
        return None
    return ListingPage(objects, token or None)


def _parse_object(found: ElementTree.Element, *, coded: bool) -> S3Object:
    members = {member.tag[len(_NAMESPACE) :]: member.text or "" for member in found}
    key = members["Key"]
    if coded and ("%" in key or "+" in key):
        key = unquote_plus(key, errors="strict")
    if not key:
        raise ValueError("an object without a key")
    return S3Object(key, parse_size(members["Size"]), members["ETag"], parse_time_ns(members["LastModified"]))


def _text(root: ElementTree.Element, name: str) -> str:
    return root.findtext(_NAMESPACE + name, "")


def parse_time_ns(moment: str) -> int:
    """Return the nanoseconds since 1970 of a time in ISO 8601, within 64 bits. Raises ValueError if it is none."""
    found = datetime.fromisoformat(moment)
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return clamp_time_ns((aware - _EPOCH) // _MICROSECOND * 1_000)


def parse_size(text: str) -> int:
    """Return the size of an object as S3 writes it. Raises ValueError if it is none."""
    if not _SIZE.fullmatch(text):
        raise ValueError("no size")
    return int(text)
