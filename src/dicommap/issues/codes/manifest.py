"""Issue codes for job manifests: the summary and the records that an import job writes."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="manifest.missing",
        severity=Severity.ERROR,
        title="The job's output manifest is missing",
        message="There is no job-output-manifest.json of the job.",
        explanation="An import job writes this file under outputS3Uri when it ends. Records of the job were read "
        "if there are any, but it is not known whether they are complete.",
        fix="Wait for the job to end ('dicommap watch'), check outputS3Uri, and reconcile again.",
    ),
    IssueCode(
        name="manifest.several",
        severity=Severity.ERROR,
        title="Several manifests could be the job's",
        message="{count:manifest} {count:names|name} the job's inputS3Uri, and the package does not say which of them "
        "is from its own job.",
        explanation="Each import job with the same prefix writes its own manifest. The package knows the service's "
        "id of a job only if it was submitted with 'dicommap submit'.",
        fix="Keep only the manifests of one job in the directory.",
    ),
    IssueCode(
        name="manifest.unreadable",
        severity=Severity.ERROR,
        title="The job's output manifest cannot be read",
        message="job-output-manifest.json is not JSON with a jobSummary.",
        explanation="The file is damaged or is another document. The records were read, but it is not known "
        "whether they are complete.",
        fix="Fetch the file again.",
    ),
    IssueCode(
        name="manifest.other-job",
        severity=Severity.ERROR,
        title="The manifest is from another job",
        message="{member} differs from that of the package's job.",
        explanation="Outcomes of another job say nothing about the instances of this one, so its records were not "
        "used.",
        fix="Name the manifests of the jobs that this package started.",
    ),
    IssueCode(
        name="manifest.numbers",
        severity=Severity.WARNING,
        title="The summary and the records of a job differ",
        message="{member} is {reported}; the records give {found}.",
        explanation="The outcome of each instance comes from the records, which may be incomplete. AWS does not "
        "document exactly what it counts.",
        fix="Look at the instances that are not reported; if files are missing, fetch the manifests again.",
    ),
    IssueCode(
        name="manifest.broken-line",
        severity=Severity.WARNING,
        title="A line of a manifest that is not a record",
        message="The line {reason}.",
        explanation="All other lines were read. The object that the line is about gets no outcome from it.",
        fix="Fetch the file again, or look the object up in the data store.",
    ),
    IssueCode(
        name="manifest.contradiction",
        severity=Severity.ERROR,
        title="An object is reported as imported and as failed",
        message="One record says that the object was imported, another that it failed.",
        explanation="Its outcome is 'failed', since this is the safe choice. If it was imported after all, "
        "another import makes a new version of its primary image set and uses storage again [DOC "
        "understanding-import-jobs].",
        fix="Look the instance up in the data store before a job imports it a second time.",
    ),
    IssueCode(
        name="manifest.two-image-sets",
        severity=Severity.WARNING,
        title="An object is reported in two image sets",
        message="Two records name different image sets for the object.",
        explanation="The outcome names the first of them, in order of their ids.",
        fix="Look the instance up in the data store.",
    ),
    IssueCode(
        name="manifest.unknown-warning",
        severity=Severity.NOTE,
        title="A warning that AWS's list does not have",
        message="The warning {name} is not in the developer guide's list.",
        explanation="dicommap knows the warning codes of November 2026. The instance was imported with a warning.",
        fix="Look it up on the page 'Warning codes' of the HealthImaging developer guide.",
    ),
)
