"""Issue codes for adopting import jobs that were started without 'dicommap submit'."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="adopt.no-job",
        severity=Severity.ERROR,
        title="The data store has no such job",
        message="The data store has no job with this id.",
        explanation="GetDICOMImportJob does not find the job in the data store. HealthImaging lists jobs for "
        "90 days [DOC throttling-limits].",
        fix="Check the job id, --datastore-id, --region and --profile. 'dicommap adopt PACKAGE --find' lists the jobs "
        "of the data store that import a prefix of the package.",
    ),
    IssueCode(
        name="adopt.other-prefix",
        severity=Severity.ERROR,
        title="The job imports a prefix that the package does not have",
        message="This job imports {uri}. No job of the package that was compared has that inputS3Uri.",
        explanation="The job of the package is found by its inputS3Uri. This job imports other files than the package "
        "plans, or was started from another package.",
        fix="Check the job id and the package. If you gave --job, leave it out.",
    ),
    IssueCode(
        name="adopt.other-member",
        severity=Severity.ERROR,
        title="A parameter of the job differs from the package's request",
        message="The job's {member} is {found}; the request of the package has {planned}.",
        explanation="A job is adopted only if it has the data store, the role and the output prefix of the package's "
        "request, unless the request leaves them open.",
        fix="If the job's value is right, give it with --datastore-id, --data-access-role-arn or --output-s3-uri.",
    ),
    IssueCode(
        name="adopt.unknown-member",
        severity=Severity.ERROR,
        title="A parameter of the job that the service does not report",
        message="The service does not report the job's {member}, so it is not known.",
        explanation="A member without a value in the package's request is taken from the job. It is needed to read "
        "the job manifests and to start other jobs of the package.",
        fix="If it is outputS3Uri or dataAccessRoleArn, give it as an option. A job whose inputS3Uri is not reported "
        "cannot be adopted.",
    ),
    IssueCode(
        name="adopt.several-jobs",
        severity=Severity.ERROR,
        title="Several named jobs belong to one job of the package",
        message="Job {job} of the package fits {count} of the named jobs: {ids}.",
        explanation="A job of the package is one import job. If two jobs imported its prefix, the files were imported "
        "twice.",
        fix="Name one of them, usually the last that completed.",
    ),
    IssueCode(
        name="adopt.other-job",
        severity=Severity.ERROR,
        title="The package's job was started before as another job",
        message="Job {job} of the package is import job {known} already.",
        explanation="It was started by 'dicommap submit' or adopted before. The job that was named imports the same "
        "prefix once more.",
        fix="Keep the job that the package has. What the other job imported is in the data store, too.",
    ),
    IssueCode(
        name="adopt.override-differs",
        severity=Severity.ERROR,
        title="An override file in S3 is not the package's",
        message="The object is not the package's override file. The job may have applied other overrides.",
        explanation="The job's import configuration names the override file by its key. The object with this key has "
        "other bytes than the file of the package.",
        fix="Find out who wrote the object, and when. If the job had ended before, adopt it with --no-check, and "
        "check the stored metadata.",
    ),
    IssueCode(
        name="adopt.override-not-confirmed",
        severity=Severity.WARNING,
        title="It is not known whether the job had the package's override file",
        message="The override file {reason}, so it is not known what the job has read.",
        explanation="The override files of the package are compared with the objects in S3. An object that is not "
        "there, cannot be read, or was written after the job was submitted, does not show what the job has read.",
        fix="Check the stored metadata of the studies.",
    ),
    IssueCode(
        name="adopt.failed",
        severity=Severity.WARNING,
        title="A failed job was adopted",
        message="The job has failed. It is adopted, so that 'dicommap submit' will not start this job again.",
        explanation="The service stopped the job. Its job manifest, if it wrote one, shows what was imported before.",
        fix="Run 'dicommap reconcile PACKAGE --retry NEW', which writes a package for what was not imported.",
    ),
)
