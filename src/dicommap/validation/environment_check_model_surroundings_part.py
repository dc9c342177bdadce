"""What import jobs need around them, as far as it could be read: buckets, and the data store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceState:
    """What was read of one thing; or AWS's code for why it was not."""

    refused: str = ""
    is_absent: bool = False
    region: str = ""
    """Of a bucket; empty where it was not told."""
    status: str = ""
    """Of a data store."""
    account: str = ""
    """Of a data store; empty where it was not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportEnvironment:
    """Buckets and data store of a package's jobs."""

    region: str
    """In which jobs are started; empty where it is not known."""
    datastore: ResourceState
    buckets: Mapping[str, ResourceState]
    role_arn: str
