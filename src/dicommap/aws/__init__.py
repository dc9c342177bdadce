"""Everything that calls AWS, but for reading headers: clients, uploads, import jobs, listings and manifests."""

from dicommap.aws.clients import Clients

__all__ = ["Clients"]
