"""Issue codes for requests that start an import job."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="request.placeholder",
        severity=Severity.NOTE,
        title="Placeholders in the request",
        message="{members} {count:is a placeholder|are placeholders} until the submit.",
        explanation="A draft does not know the ids of your AWS account unless you name them.",
        fix="Give them to 'dicommap submit' as options; it says which. If you send the request with another tool, fill "
        "them in first, or draft with the matching options.",
    ),
    IssueCode(
        name="request.output-overlaps",
        severity=Severity.ERROR,
        title="A request that writes under the prefix that it reads",
        message="One of outputS3Uri and inputS3Uri is under the other, or they are the same.",
        explanation="This job or another one would read the files that the job writes, and would import them or "
        "report them as failures. A submit refuses such a request as well.",
        fix="Choose an outputS3Uri outside all imported prefixes.",
    ),
    IssueCode(
        name="request.client-token",
        severity=Severity.ERROR,
        title="A client token that differs from the plan's",
        message="clientToken differs from the one of the plan's job.",
        explanation="The token is derived from what the job does, so the job is started only once, however often "
        "and by however many people its request is sent. With another token it would be started again.",
        fix="Draft the package again. To import instances again, change the plan: 'dicommap reconcile --retry' "
        "drafts one for the failed instances.",
    ),
    IssueCode(
        name="request.configuration",
        severity=Severity.ERROR,
        title="Request and import configuration differ",
        message="importConfiguration differs from import-configuration.json.",
        explanation="Both are for the same job and must be equal.",
        fix="Draft the package again.",
    ),
)
