"""Codes for requests that start an import job."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="request.placeholder",
        severity=Severity.NOTE,
        title="A member of the request is still to be filled in",
        message="{member} is still to be filled in.",
        explanation="The account's ids are not known to a draft unless it is told.",
        fix="Fill it in before the request is sent, or draft with the matching option.",
    ),
    IssueCode(
        name="request.output-overlaps",
        severity=Severity.ERROR,
        title="A request that writes among what it reads",
        message="outputS3Uri and inputS3Uri lie one within the other.",
        explanation="What the job writes would be among what this job or another one reads, and be reported as "
        "failures or imported. A submit refuses it as well.",
        fix="Choose an outputS3Uri apart from all prefixes that are imported.",
    ),
    IssueCode(
        name="request.client-token",
        severity=Severity.ERROR,
        title="A client token that is not the plan's",
        message="clientToken is not the one that the plan's job has.",
        explanation="The token is derived from what the job does, so that it is started once however often, and by "
        "however many people, its request is sent. With another token it is started again.",
        fix="Draft the package again. To import again what was imported, change the plan: 'dicommap reconcile --retry' "
        "does for what failed.",
    ),
    IssueCode(
        name="request.configuration",
        severity=Severity.ERROR,
        title="Request and import configuration differ",
        message="importConfiguration differs from import-configuration.json.",
        explanation="Both are meant to be sent for the same job; they must say the same.",
        fix="Draft the package again.",
    ),
)
