"""Functions and classes that call AWS with boto3: clients, S3 objects, copies, uploads, import jobs, job manifests."""

from dicommap.aws.clients import Clients

__all__ = ["Clients"]
