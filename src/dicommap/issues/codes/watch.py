"""Codes for jobs that do not start, fail, or cannot be watched."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="watch.not-started",
        severity=Severity.WARNING,
        title="A job was not started",
        message="The job was not started; its submission is {state}.",
        explanation="A submit has not reached this job yet, or was stopped before it requested the start.",
        fix="Run 'dicommap submit PACKAGE', which continues where it stopped.",
    ),
    IssueCode(
        name="watch.unanswered",
        severity=Severity.WARNING,
        title="It is not known whether a job was started",
        message="The start of the job was requested, but no answer was recorded.",
        explanation="StartDICOMImportJob was refused, or was sent without an answer, or the submit was stopped "
        "before the answer or is still running. The job may or may not exist.",
        fix="Run 'dicommap submit PACKAGE': it looks for the job and records it if it exists; otherwise it starts "
        "the job. That is safe, since the client token is the same: the service makes only one job for one token.",
    ),
    IssueCode(
        name="watch.failed",
        severity=Severity.ERROR,
        title="A job failed",
        message="The job ended with the status {status}.",
        explanation="The service stopped the job. Its message, if there is one, is in the submission. The job's "
        "manifests, if it wrote any, show whether anything was imported before.",
        fix="Read the message and run 'dicommap reconcile PACKAGE' to see what was imported.",
    ),
    IssueCode(
        name="watch.with-errors",
        severity=Severity.WARNING,
        title="A job that was cancelled or ended with errors",
        message="The job ended with the status {status}.",
        explanation="HealthLake distinguishes jobs that completed, completed with errors and were cancelled.",
        fix="Look at the job's output.",
    ),
    IssueCode(
        name="watch.no-job",
        severity=Severity.ERROR,
        title="The service does not know the job",
        message="The service does not know the job.",
        explanation="HealthImaging lists jobs for 90 days. The job may also be in another region or account.",
        fix="Check --region and --profile. The manifests under outputS3Uri are kept.",
    ),
    IssueCode(
        name="watch.unknown-status",
        severity=Severity.WARNING,
        title="A status that dicommap does not know",
        message="The job has the status {status}, which this dicommap does not know.",
        explanation="The job is watched like one that has not ended.",
        fix="Update dicommap, or look up the status.",
    ),
    IssueCode(
        name="watch.other-request",
        severity=Severity.ERROR,
        title="The job differs from the request",
        message="The job's inputS3Uri or importConfiguration differs from what was sent.",
        explanation="GetDICOMImportJob returns the parameters that a job was started with. Another prefix or other "
        "mappings would give patients the wrong identifiers.",
        fix="Do not use the imported data until you know who started the job, and with which parameters.",
    ),
)
