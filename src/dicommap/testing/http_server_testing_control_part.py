"""What a test asks of a stand-in in another process: its state as JSON, faults, and the next status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from dicommap.errors import UsageError
from dicommap.testing.behaviour_testing_faults_part import Fault
from dicommap.testing.http_server import Response

if TYPE_CHECKING:
    from dicommap.testing.http_server import Request
    from dicommap.testing.image_sets import ImageSet
    from dicommap.testing.started_jobs import StartedJob

CONTROL_ROOT = "/stand-in/"
"""No route of an AWS service begins so."""


class ControlledService(Protocol):
    """What of a stand-in can be looked at and told: `ImportJobService` says what each is."""

    @property
    def jobs(self) -> tuple[StartedJob, ...]: ...  # noqa: D102

    @property
    def image_sets(self) -> tuple[ImageSet, ...]: ...  # noqa: D102

    def add_fault(self, fault: Fault) -> None: ...  # noqa: D102

    def advance(self, job_id: str | None = None) -> None: ...  # noqa: D102


def handle_control_request(service: ControlledService, request: Request) -> Response:
    """Answer a request below ROOT; they need no signature.

    GET jobs, GET image-sets, POST faults (the body is a fault's text), POST advance (the body is a job's id, or empty
    for all).
    """
    what = (request.method, request.path.removeprefix(CONTROL_ROOT))
    if what == ("GET", "jobs"):
        return _json_reply([_job_json(job) for job in service.jobs])
    if what == ("GET", "image-sets"):
        return _json_reply([_image_set_json(image_set) for image_set in service.image_sets])
    if what == ("POST", "faults"):
        return _add_fault(service, request.body.decode("utf-8", "replace"))
    if what == ("POST", "advance"):
        service.advance(request.body.decode("utf-8", "replace") or None)
        return _json_reply({})
    return _json_reply({"message": "The stand-in has no such route."}, 404)


def _add_fault(service: ControlledService, text: str) -> Response:
    try:
        service.add_fault(Fault.parse(text))
    except UsageError as error:
        return _json_reply({"message": str(error)}, 400)
    return _json_reply({})


def _job_json(job: StartedJob) -> dict[str, Any]:
    return {
        "jobId": job.job_id,
        "jobStatus": job.status,
        "message": job.message,
        "calls": job.calls,
        "request": job.request,
    }


def _image_set_json(image_set: ImageSet) -> dict[str, Any]:
    return {
        "imageSetId": image_set.image_set_id,
        "datastoreId": image_set.datastore_id,
        "isPrimary": image_set.is_primary,
        "version": image_set.version,
        "instances": [
            {"jobId": one.job_id, "key": one.key, "before": one.before, "after": one.after}
            for one in image_set.instances
        ],
    }


def _json_reply(value: object, status: int = 200) -> Response:
    return Response(status, json.dumps(value).encode(), {})
