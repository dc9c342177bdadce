"""Codes for jobs that do not start, fail, or cannot be watched."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="watch.not-started",
        severity=Severity.WARNING,
        title="A job was not started",
        message="The job was not started; its submission is {state}.",
        explanation="A submit has not come to this job, or was stopped before it asked for its start.",
        fix="Run 'dicommap submit PACKAGE', which goes on from where it was.",
    ),
    IssueCode(
        name="watch.unanswered",
        severity=Severity.WARNING,
        title="Nobody knows whether a job was started",
        message="The job's start was asked for and no answer was kept.",
        explanation="StartDICOMImportJob was refused, or sent without an answer, or the submit was stopped between the "
        "two, or is at it right now. There may be such a job or not.",
        fix="Run 'dicommap submit PACKAGE': it looks for the job and keeps it where there is one, and else starts it. "
        "That is safe, since the client token is the same: of one token the service makes one job.",
    ),
    IssueCode(
        name="watch.failed",
        severity=Severity.ERROR,
        title="A job failed",
        message="The job ended as {status}.",
        explanation="The service gave the job up. Its message, where it gave one, stands in the submission. Whether "
        "anything was imported before, its manifests tell where it wrote any.",
        fix="Read the message and run 'dicommap reconcile PACKAGE' to see what was imported.",
    ),
    IssueCode(
        name="watch.with-errors",
        severity=Severity.WARNING,
        title="A job ended before its end, or with errors",
        message="The job ended as {status}.",
        explanation="HealthLake tells apart jobs that completed, that completed with errors and that were cancelled.",
        fix="Look at the job's output.",
    ),
    IssueCode(
        name="watch.no-job",
        severity=Severity.ERROR,
        title="The service does not know the job",
        message="The service does not know the job.",
        explanation="HealthImaging lists jobs for 90 days. It may also be of another region or account.",
        fix="Check --region and --profile; the manifests under outputS3Uri stay.",
    ),
    IssueCode(
        name="watch.unknown-status",
        severity=Severity.WARNING,
        title="A status that dicommap does not know",
        message="The job's status is {status}, which the service model did not have.",
        explanation="Such a job is watched as one that has not ended.",
        fix="Update dicommap, or look the status up.",
    ),
    IssueCode(
        name="watch.other-request",
        severity=Severity.ERROR,
        title="The job is not the one that was sent",
        message="The job's inputS3Uri or importConfiguration differs from what was sent.",
        explanation="GetDICOMImportJob tells what a job was started with. Another prefix or other mappings would give "
        "patients the wrong identifiers.",
        fix="Do not use what the job imports before it is clear who started it, and with what.",
    ),
)
