"""Issue codes for the outcomes of a package's instances."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="reconcile.not-started",
        severity=Severity.ERROR,
        title="The job was not started",
        message="According to the package, the job has not been started; it plans {count:instance}.",
        explanation="There is no manifest of the job either. All its instances are not reported.",
        fix="Start it with 'dicommap submit'. If it was started in another way, take it over with 'dicommap adopt', or "
        "name its manifests with --manifests.",
    ),
    IssueCode(
        name="reconcile.unanswered",
        severity=Severity.ERROR,
        title="It is not known whether the job was started",
        message="The start of the job was requested, but no answer was recorded; it plans {count:instance}.",
        explanation="StartDICOMImportJob was refused, or was sent without an answer, or the submit was stopped "
        "before the answer. The job may or may not exist; without its id its manifests cannot be fetched.",
        fix="Run 'dicommap submit': it looks for the job and records it if it exists; otherwise it starts the job. "
        "That is safe, since the client token is the same: the service makes only one job for one token.",
    ),
    IssueCode(
        name="reconcile.not-ended",
        severity=Severity.ERROR,
        title="The job has not ended",
        message="According to the package, the job was started and has not ended; it plans {count:instance}.",
        explanation="A job writes its manifest when it ends; until then the outcomes of its instances are not known.",
        fix="Wait for the job with 'dicommap watch', and reconcile again.",
    ),
    IssueCode(
        name="reconcile.job-failed",
        severity=Severity.ERROR,
        title="The job failed as a whole",
        message="The service reports the status FAILED for the job.",
        explanation="The job's message says why, for instance that a quota was exceeded. Records that the job "
        "wrote before it failed were read.",
        fix="Fix the cause; then draft a package for the instances that were not imported with 'dicommap reconcile "
        "--retry'.",
    ),
    IssueCode(
        name="reconcile.failed",
        severity=Severity.ERROR,
        title="Instances failed",
        message="{count:,} of {planned:instance} failed.",
        explanation="A job with the status COMPLETED may have refused any number of its files. 'dicommap reconcile "
        "--level instance' lists the instances and the service's reasons.",
        fix="Fix the cause; then draft a package for the failed instances with 'dicommap reconcile --retry'.",
    ),
    IssueCode(
        name="reconcile.not-reported",
        severity=Severity.ERROR,
        title="Instances without any record",
        message="{count:,} of {planned:instance} {count:is|are} in no record of the job.",
        explanation="If no record names a planned instance, the job did not see it, or its record is missing. Such "
        "an instance is never counted as imported.",
        fix="Check that the objects are in S3 ('dicommap validate --s3'), and look some of the instances up in the "
        "data store. Draft a package for the missing instances with 'dicommap reconcile --retry'.",
    ),
    IssueCode(
        name="reconcile.non-primary",
        severity=Severity.WARNING,
        title="Instances were imported into non-primary image sets",
        message="{count:,} of {planned:instance} {count:is|are} in non-primary image sets.",
        explanation="They conflict with a primary image set of the data store [DOC understanding-image-sets]: they "
        "differ from instances of the same study or series, of this job or stored before, in an element by which "
        "HealthImaging groups. An earlier import of the same instance is no conflict by itself: without one, an "
        "instance that is imported again becomes a new version of its primary image set, and the data that were "
        "received last are the latest version [DOC understanding-import-jobs].",
        fix="Look for differing StudyDate, AccessionNumber, PatientID, StudyID or SeriesNumber, in the package and in "
        "the data store. Then correct the non-primary image set with UpdateImageSetMetadata, and promote it with "
        "CopyImageSet and promoteToPrimary [DOC understanding-image-sets]; its id changes. The page "
        "docs/howto/conflicts.md has the requests.",
    ),
    IssueCode(
        name="reconcile.warnings",
        severity=Severity.WARNING,
        title="Instances were imported with warnings",
        message="{count:,} of {planned:instance} {count:has|have} the warning {name}.",
        explanation="Since December 2025 HealthImaging imports non-conformant data with a warning. The page "
        "'Warning codes' of the developer guide explains the warning.",
        fix="Look at the instances with 'dicommap reconcile --level instance'.",
    ),
    IssueCode(
        name="reconcile.unexpected-import",
        severity=Severity.WARNING,
        title="An imported object that the scan did not count as an instance",
        message="The object was imported, but in the scan it was {disposition}.",
        explanation="The service read it differently from dicommap, or the object changed after the scan.",
        fix="Look up the image set in the data store.",
    ),
    IssueCode(
        name="reconcile.unplanned-import",
        severity=Severity.WARNING,
        title="An unplanned object was imported",
        message="The object was imported but is not in the plan.",
        explanation="An import job imports everything under its inputS3Uri. The object was put there after the scan.",
        fix="Check that the object belongs in the data store; run 'dicommap validate --s3' before you start jobs.",
    ),
    IssueCode(
        name="reconcile.unplanned-failure",
        severity=Severity.NOTE,
        title="An unplanned object failed",
        message="The object failed and is not in the plan.",
        explanation="An import job tries to import everything under its inputS3Uri, and objects that are not DICOM "
        "fail.",
        fix="No action is needed for the planned instances.",
    ),
    IssueCode(
        name="reconcile.override-imported",
        severity=Severity.WARNING,
        title="An override file is reported as imported",
        message="The record says that an override file of the job was imported.",
        explanation="Override files are under inputS3Uri. AWS does not document whether the service reports on "
        "them; it should not import one as an instance.",
        fix="Look up the image set in the data store.",
    ),
    IssueCode(
        name="reconcile.override-refused",
        severity=Severity.NOTE,
        title="An override file is reported as failed",
        message="The record says that an override file of the job failed.",
        explanation="Override files are under inputS3Uri and are not DICOM P10. AWS does not document whether such "
        "a record means that the override was not applied.",
        fix="Check in the data store whether the attributes of one of the studies were changed.",
    ),
    IssueCode(
        name="reconcile.import-again",
        severity=Severity.WARNING,
        title="The new package may import instances a second time",
        message="{count:instance} of the new package may be in the data store already.",
        explanation="They have contradictory records or no record at all, or their job had no import configuration or "
        "another one than planned. Each "
        "import of an instance uses storage again, as a new version of its primary image set or, after a conflict, in "
        "a non-primary one [DOC understanding-image-sets].",
        fix="Look some of them up in the data store before you submit the package.",
    ),
    IssueCode(
        name="reconcile.left-out",
        severity=Severity.WARNING,
        title="A job was left out of the new package",
        message="The job is left out because it is {standing}.",
        explanation="The job itself may still import its instances. If the new package held them too, two "
        "jobs would import them.",
        fix="Start the job with 'dicommap submit', or wait for it with 'dicommap watch', and reconcile again.",
    ),
    IssueCode(
        name="reconcile.nothing-to-retry",
        severity=Severity.NOTE,
        title="There is nothing to import again",
        message="Every planned instance was imported; no package was written.",
        explanation="A retry imports instances that failed or were not reported; this package has no such instances.",
        fix="No action is needed.",
    ),
)
