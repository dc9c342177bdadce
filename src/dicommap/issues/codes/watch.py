"""Issue codes for jobs that do not start, fail, or cannot be watched."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

_IMPORT_AGAIN = (
    "Do not use the imported data as corrected. To import the files again with their overrides, write a package with "
    "'dicommap reconcile PACKAGE --retry NEW', look at it with 'dicommap validate NEW --store', and submit it. If an "
    "override changes an attribute by which image sets are grouped, such as PatientID, the files conflict with what "
    "the job has stored, and become non-primary [INF]. Then correct the stored image sets first: see the page 'Find "
    "files that would become non-primary image sets'."
)

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
        fix="Read the message and run 'dicommap reconcile PACKAGE' to see what was imported. AWS support asks for the "
        "jobId and requestId in the submission.",
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
        explanation="HealthImaging lists jobs for 90 days [DOC throttling-limits]. The job may also be in another "
        "region or account.",
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
        title="The job imports another prefix",
        message="The job's inputS3Uri differs from that of the package's request.",
        explanation="GetDICOMImportJob returns the parameters that a job was started with. A job with another prefix "
        "imports other files.",
        fix="Do not use the imported data until you know who started the job, and with which parameters.",
    ),
    IssueCode(
        name="watch.configuration-missing",
        severity=Severity.ERROR,
        title="The job has no import configuration",
        message="The service reports no importConfiguration for the job, but the package's request has one. A likely "
        "cause is an AWS SDK from before May 2026, which leaves it out.",
        explanation="Without its import configuration a job imports the P10 files unchanged: no override is applied, "
        "and patients keep the identifiers of the files [INF]. SDKs from before May 2026 do not know "
        "importConfiguration. Version 3.958.0 of the SDK for JavaScript was seen to leave it out without a message; "
        "botocore and the AWS CLI refuse the request instead. A proxy or a tool between dicommap and AWS can also have "
        "removed it.",
        fix=f"Update the SDK or tool that started the job. {_IMPORT_AGAIN}",
    ),
    IssueCode(
        name="watch.configuration-differs",
        severity=Severity.ERROR,
        title="The job has another import configuration",
        message="The service reports another importConfiguration for the job than that of the package's request. "
        "Likely causes: the job was started from another package or an edited request, or a tool changed the request.",
        explanation="GetDICOMImportJob returns the mappings that a job was started with; their order is not compared. "
        "Other mappings would give patients the wrong identifiers.",
        fix=f"Find out who started the job, and with which request. {_IMPORT_AGAIN}",
    ),
    IssueCode(
        name="watch.not-confirmed",
        severity=Severity.WARNING,
        title="A status from an event that was not confirmed",
        message="The status {status} is from an event{reason}.",
        explanation="Events have no importConfiguration. Only GetDICOMImportJob shows whether the job had the "
        "import configuration of the package, and it was not asked or did not answer.",
        fix="Run 'dicommap watch PACKAGE' where AWS can be reached: it confirms the status.",
    ),
    IssueCode(
        name="watch.event-unreadable",
        severity=Severity.WARNING,
        title="A document that is not an import-job event",
        message="The document is not an import-job event: {reason}.",
        explanation="Accepted are events of EventBridge, alone, in an array or as JSON Lines, and messages of SQS and "
        "SNS that hold them. Other documents are passed over.",
        fix="Look at the document. The page 'Watch jobs by events' describes events.",
    ),
    IssueCode(
        name="watch.event-other",
        severity=Severity.NOTE,
        title="Events of another kind",
        message="Passed over: {count:event} with another source or detail-type than those of import jobs.",
        explanation="The rule matches more than import-job events, such as events of image sets.",
        fix="No action is needed; a narrower rule delivers fewer events.",
    ),
    IssueCode(
        name="watch.event-foreign",
        severity=Severity.NOTE,
        title="Events of a job that does not belong to the package",
        message="Passed over: {count:event} of a job that the package does not have.",
        explanation="EventBridge delivers the events of all jobs of an account and region that a rule matches.",
        fix="No action is needed. If the job is one of the package's, take it over with 'dicommap adopt'.",
    ),
    IssueCode(
        name="watch.event-not-adopted",
        severity=Severity.WARNING,
        title="Events of a job that imports a prefix of the package",
        message="Passed over: {count:event} of a job that the package does not have, though it imports the prefix of "
        "job {job}.",
        explanation="Somebody has started the job in another way than with 'dicommap submit', or again.",
        fix="Take the job over with 'dicommap adopt PACKAGE JOBID', which compares it with the package.",
    ),
    IssueCode(
        name="watch.event-region",
        severity=Severity.WARNING,
        title="Events of another region",
        message="Passed over: {count:event} of the region {other}. The job was submitted to the region {region}.",
        explanation="The events have the id and the data store of a job of the package, but not its region. It is not "
        "known how that can be.",
        fix="Check where the events come from: the rule of EventBridge must be in the region of the data store.",
    ),
    IssueCode(
        name="watch.no-events",
        severity=Severity.NOTE,
        title="No events",
        message="There were no events: the document or list is empty.",
        explanation="The states of the jobs have not been changed by events.",
        fix="Check that the file is the one with the events.",
    ),
    IssueCode(
        name="watch.event-contradiction",
        severity=Severity.WARNING,
        title="Events that contradict each other",
        message="An event reports that the job has completed, and another one that it has failed. It counts as failed.",
        explanation="A job ends once. Events may be repeated or arrive in another order, but should not contradict "
        "each other.",
        fix="Run 'dicommap watch PACKAGE' where AWS can be reached: the service's answer decides.",
    ),
)
