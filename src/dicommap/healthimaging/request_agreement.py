"""Compare an import job that the service returned with the request that was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from dicommap.issues import Issue, Location, make_issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dicommap.healthimaging.job_properties import ImportJob

RequestAgreement = Literal["same", "missing", "differs", "other-prefix"]
"""Whether a job has the inputS3Uri and importConfiguration of a request, or how it differs.

`missing`: the job has no importConfiguration, but the request has one. `differs`: the importConfigurations are not the
same, or only the job has one. `other-prefix`: the job has another inputS3Uri.
"""
_CODE_BY_AGREEMENT: dict[RequestAgreement, str] = {
    "missing": "watch.configuration-missing",
    "differs": "watch.configuration-differs",
    "other-prefix": "watch.other-request",
}


def request_agreement_issues(agreement: RequestAgreement | None, location: Location) -> Iterator[Issue]:
    """Yield an issue if the parameters of an import job differ from the request that started the job.

    Args:
        agreement: The result of `compare_with_request`; None if the job was not compared.
        location: The location of the issue.

    """
    if agreement in _CODE_BY_AGREEMENT:
        yield make_issue(_CODE_BY_AGREEMENT[agreement], location)


def compare_with_request(job: ImportJob, request: Mapping[str, Any]) -> RequestAgreement | None:
    """Compare the inputS3Uri and importConfiguration of a job with those of a request.

    The order of mappings is ignored, because AWS does not document that it keeps the order.

    Args:
        job: The job, as the service returned it.
        request: The members of a StartDICOMImportJob request.

    Returns:
        Whether they are the same, or how they differ. None if the job has no inputS3Uri, as in answers of
        ListDICOMImportJobs.

    """
    if job.inputS3Uri is None:
        return None
    if job.inputS3Uri.rstrip("/") != request["inputS3Uri"].rstrip("/"):
        return "other-prefix"
    sent = request.get("importConfiguration")
    union = job.importConfiguration
    if union is None:
        return "same" if sent is None else "missing"
    return "same" if _sort_mappings({union.name: union.value}) == _sort_mappings(sent) else "differs"


def _sort_mappings(value: Any) -> Any:  # noqa: ANN401  JSON of any type
    """Return a JSON value whose lists are sorted, so that the order of mappings does not matter in a comparison."""
    if isinstance(value, dict):
        return {name: _sort_mappings(member) for name, member in value.items()}
    return sorted(map(repr, map(_sort_members, value))) if isinstance(value, list) else value


def _sort_members(value: Any) -> Any:  # noqa: ANN401
    return sorted(value.items()) if isinstance(value, dict) else value
