"""Divide the stand-in's listings into pages, with tokens for the next page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.testing.operations import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAGE_SIZE = 50
"""Number of items on a page if the request has no maxResults."""


def make_answer_page(member: str, items: Sequence[Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of a listing.

    Args:
        member: The name of the member that has the items.
        items: All items of the listing.
        request: The parameters of the request, with nextToken and maxResults if the caller gave them.

    Raises:
        ServiceError: nextToken is not one that the stand-in returned.

    """
    token = request.get("nextToken", "0")
    if not token.isdecimal():
        raise ServiceError("ValidationException", "nextToken is invalid")
    end = int(token) + request.get("maxResults", PAGE_SIZE)
    return {member: items[int(token) : end], "nextToken": str(end) if end < len(items) else None}
