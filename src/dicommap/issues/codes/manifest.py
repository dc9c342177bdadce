"""Codes for what an import job writes about itself: its summary and its records."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="manifest.missing",
        severity=Severity.ERROR,
        title="The job's output manifest is not there",
        message="There is no job-output-manifest.json of the job.",
        explanation="An import job writes it under outputS3Uri when it ends. Records of a job were read where there "
        "were any, but nothing tells whether they are all.",
        fix="Wait for the job to end ('dicommap watch'), check outputS3Uri, and reconcile again.",
    ),
    IssueCode(
        name="manifest.several",
        severity=Severity.ERROR,
        title="Several manifests could be the job's",
        message="{count} manifests name the job's inputS3Uri, and the package does not tell which job was its own.",
        explanation="Each import job of one prefix writes a manifest of its own. The package knows the service's id of "
        "a job only where it was submitted with 'dicommap submit'.",
        fix="Leave the manifests of one job only in the directory.",
    ),
    IssueCode(
        name="manifest.unreadable",
        severity=Severity.ERROR,
        title="The job's output manifest cannot be read",
        message="job-output-manifest.json is no JSON with a jobSummary.",
        explanation="The file is damaged or is another document. The records were read, but nothing tells whether they "
        "are all.",
        fix="Fetch the file again.",
    ),
    IssueCode(
        name="manifest.other-job",
        severity=Severity.ERROR,
        title="The manifest is another job's",
        message="{member} differs from that of the package's job.",
        explanation="Outcomes of another job say nothing of this one's instances, so its records were not used.",
        fix="Name the manifests of the jobs that this package started.",
    ),
    IssueCode(
        name="manifest.numbers",
        severity=Severity.WARNING,
        title="The summary and the records of a job differ",
        message="{member} is {said}; the records come to {found}.",
        explanation="The outcome of each instance is taken from the records, which may be incomplete. What exactly "
        "AWS counts is not documented.",
        fix="Look at the instances that are not reported; fetch the manifests again where some files are missing.",
    ),
    IssueCode(
        name="manifest.broken-line",
        severity=Severity.WARNING,
        title="A line of a manifest is no record",
        message="The line {reason}.",
        explanation="All other lines were read. The object that the line spoke of has no outcome from it.",
        fix="Fetch the file again. What became of the object may be seen in the data store.",
    ),
    IssueCode(
        name="manifest.contradiction",
        severity=Severity.ERROR,
        title="An object is reported as imported and as failed",
        message="One record says that the object was imported, another that it failed.",
        explanation="Its outcome is taken to be 'failed', since only that loses nothing. If it was imported "
        "nevertheless, importing it again makes another version or a non-primary image set: AWS does not de-duplicate.",
        fix="Look the instance up in the data store before it is imported again.",
    ),
    IssueCode(
        name="manifest.two-image-sets",
        severity=Severity.WARNING,
        title="An object is reported in two image sets",
        message="Two records name different image sets for the object.",
        explanation="The first of them, in order of their ids, is listed.",
        fix="Look the instance up in the data store.",
    ),
    IssueCode(
        name="manifest.unknown-warning",
        severity=Severity.NOTE,
        title="A warning that AWS's list does not have",
        message="The warning {name} is not in the developer guide's list.",
        explanation="The list of warning codes is that of November 2026. The instance is imported with warnings.",
        fix="Look it up on the page 'Warning codes' of the HealthImaging developer guide.",
    ),
)
