"""Import-job events as EventBridge delivers them (developer guide, "Event notifications")."""

from __future__ import annotations

from typing import Any

from dicommap.healthimaging.job_events import STATUS_BY_DETAIL_TYPE

DETAIL_TYPES = {status: kind for kind, status in STATUS_BY_DETAIL_TYPE.items()}


def make_event(status: str, *, time: str = "2026-11-22T10:05:00Z", **detail: str) -> dict[str, Any]:
    """Return an event of a job. `detail` replaces members of its detail."""
    members = {
        "imagingVersion": "1.0",
        "datastoreId": "0" * 32,
        "jobId": "1a2b",
        "jobName": "dicommap-0001",
        "jobStatus": status,
        "inputS3Uri": "s3://bucket/in/",
        "outputS3Uri": "s3://bucket/out/",
        **detail,
    }
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": DETAIL_TYPES[status],
        "source": "aws.medical-imaging",
        "account": "123456789012",
        "time": time,
        "region": "us-east-1",
        "resources": [f"arn:aws:medical-imaging:us-east-1:123456789012:datastore/{members['datastoreId']}"],
        "detail": members,
    }
