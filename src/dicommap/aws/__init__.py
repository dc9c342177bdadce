"""Calls of AWS with boto3: clients, S3 objects, copies, uploads, import jobs and job manifests."""

from dicommap.aws.clients import Clients

__all__ = ["Clients"]
