"""Codes for what became of a package's instances."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="reconcile.not-started",
        severity=Severity.ERROR,
        title="The job was not started",
        message="The job has not been started, as far as the package tells; it plans {count} instances.",
        explanation="No manifest of it was found either. All its instances are not reported.",
        fix="Start it with 'dicommap submit'. If it was started by other means, name its manifests with --manifests.",
    ),
    IssueCode(
        name="reconcile.unanswered",
        severity=Severity.ERROR,
        title="Nobody knows whether the job was started",
        message="The job's start was asked for and no answer was kept; it plans {count} instances.",
        explanation="StartDICOMImportJob was refused, or sent without an answer, or the submit was stopped between the "
        "two. There may be such a job or not; without its id its manifests cannot be fetched.",
        fix="Run 'dicommap submit': it looks for the job and keeps it where there is one, and else starts it. That is "
        "safe, since the client token is the same: of one token the service makes one job.",
    ),
    IssueCode(
        name="reconcile.not-ended",
        severity=Severity.ERROR,
        title="The job has not ended",
        message="The job was started and has not ended, as far as the package tells; it plans {count} instances.",
        explanation="A job writes its manifest when it ends; until then nothing is known of its instances.",
        fix="Wait for it with 'dicommap watch', and reconcile again.",
    ),
    IssueCode(
        name="reconcile.job-failed",
        severity=Severity.ERROR,
        title="The job failed as a whole",
        message="The service says that the job FAILED.",
        explanation="The job's message tells why, for instance that a quota was exceeded. Records that it wrote "
        "nevertheless were read.",
        fix="Mend the cause; then draft what was not imported again with 'dicommap reconcile --retry'.",
    ),
    IssueCode(
        name="reconcile.failed",
        severity=Severity.ERROR,
        title="Instances were refused",
        message="{count} of {planned} instances failed.",
        explanation="A job that is COMPLETED may have refused any number of its files. The instances and the "
        "service's reasons are listed by 'dicommap reconcile --level instance'.",
        fix="Mend the cause; then draft what failed again with 'dicommap reconcile --retry'.",
    ),
    IssueCode(
        name="reconcile.not-reported",
        severity=Severity.ERROR,
        title="Instances of which nothing is known",
        message="{count} of {planned} instances are in no record of the job.",
        explanation="A planned instance that no record names was not seen by the job, or its record is missing. It is "
        "never taken to be imported.",
        fix="Check that the objects are in S3 ('dicommap validate --s3'), and look some of them up in the data store. "
        "Draft what is missing again with 'dicommap reconcile --retry'.",
    ),
    IssueCode(
        name="reconcile.non-primary",
        severity=Severity.WARNING,
        title="Instances were imported into non-primary image sets",
        message="{count} of {planned} instances are in non-primary image sets.",
        explanation="They differ from instances of the same study or series in an element that HealthImaging groups "
        "by, or the same instance was imported before.",
        fix="Look for differing StudyDate, AccessionNumber, PatientID, StudyID or SeriesNumber, or an earlier import.",
    ),
    IssueCode(
        name="reconcile.warnings",
        severity=Severity.WARNING,
        title="Instances were imported with warnings",
        message="{count} of {planned} instances have the warning {name}.",
        explanation="Data that do not conform are imported with a warning since December 2025. What the warning means "
        "is told on the page 'Warning codes' of the developer guide.",
        fix="Look at the instances with 'dicommap reconcile --level instance'.",
    ),
    IssueCode(
        name="reconcile.unexpected-import",
        severity=Severity.WARNING,
        title="An object was imported that the scan took for no instance",
        message="The object was imported, although the scan found it to be {disposition}.",
        explanation="The service read it in another way than dicommap, or the object changed after the scan.",
        fix="Look the image set up in the data store.",
    ),
    IssueCode(
        name="reconcile.unplanned-import",
        severity=Severity.WARNING,
        title="An object was imported that nobody planned",
        message="The object was imported; the plan does not have it.",
        explanation="An import job takes everything under its inputS3Uri. The object was put there after the scan.",
        fix="Check that it belongs into the data store; run 'dicommap validate --s3' before jobs are started.",
    ),
    IssueCode(
        name="reconcile.unplanned-failure",
        severity=Severity.NOTE,
        title="An object failed that nobody planned",
        message="The object failed; the plan does not have it.",
        explanation="An import job takes everything under its inputS3Uri, and what is no DICOM fails.",
        fix="Nothing need be done for the planned instances.",
    ),
    IssueCode(
        name="reconcile.override-imported",
        severity=Severity.WARNING,
        title="An override file is reported as imported",
        message="The record says that an override file of the job was imported.",
        explanation="Override files lie under inputS3Uri. Whether the service reports on them is not documented; that "
        "it imports one as an instance is not expected.",
        fix="Look the image set up in the data store.",
    ),
    IssueCode(
        name="reconcile.override-refused",
        severity=Severity.NOTE,
        title="An override file is reported as failed",
        message="The record says that an override file of the job failed.",
        explanation="Override files lie under inputS3Uri, and are no DICOM P10. Whether a record like this says that "
        "the override was not applied is not documented.",
        fix="Check in the data store that the attributes of one of the studies were changed.",
    ),
    IssueCode(
        name="reconcile.import-again",
        severity=Severity.WARNING,
        title="The new package imports again what may be imported already",
        message="{count} instances of the new package may be in the data store already.",
        explanation="They have contradictory records, or no record at all. AWS does not de-duplicate: each import of "
        "an instance makes another version or a non-primary image set, and costs storage.",
        fix="Look some of them up in the data store before you submit the package.",
    ),
    IssueCode(
        name="reconcile.left-out",
        severity=Severity.WARNING,
        title="A job was left out of the new package",
        message="The job is left out, since it is {standing}.",
        explanation="Its instances may still be imported by the job itself. In a new package as well they would be "
        "imported twice.",
        fix="Start it with 'dicommap submit', or wait for it with 'dicommap watch', and reconcile again.",
    ),
    IssueCode(
        name="reconcile.nothing-to-retry",
        severity=Severity.NOTE,
        title="There is nothing to import again",
        message="Every planned instance was imported; no package was written.",
        explanation="A retry holds what failed or was not reported, and there is none.",
        fix="Nothing has to be done.",
    ),
)
