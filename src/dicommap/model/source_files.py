"""Traffic: what reading from a source over the network takes."""

from __future__ import annotations

from typing import NamedTuple


class NetworkTraffic(NamedTuple):
    """Requests and bytes. Requests that the client repeats by itself, after a fault, are not counted."""

    requests: int = 0
    """For listing, and for reading."""
    received: int = 0
    """Bytes of objects."""
    repeated: int = 0
    """Objects that took more than one request."""

    def plus(self, other: NetworkTraffic) -> NetworkTraffic:
        """Return both together."""
        return NetworkTraffic(*(one + another for one, another in zip(self, other, strict=True)))
