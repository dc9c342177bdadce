"""Codes for submitting a package, and for what becomes of its jobs."""

from __future__ import annotations

from dicommap.issues.code import Code
from dicommap.issues.finding import Severity

CODES = (
    Code(
        name="submit.not-checked",
        severity=Severity.NOTE,
        title="Something could not be checked before submitting",
        message="{what} could not be read ({reason}), so that it was not checked.",
        explanation="Before anything is sent, buckets and data store are looked at. Who submits need not have the "
        "rights for that; a job whose role lacks rights, or whose bucket is not there, fails later.",
        fix="Nothing has to be done. 'dicommap policy PACKAGE' lists the rights that the check needs.",
    ),
    Code(
        name="submit.no-bucket",
        severity=Severity.ERROR,
        title="A bucket is not there",
        message="There is no such bucket.",
        explanation="The bucket of inputS3Uri or outputS3Uri does not exist, or not in this partition of AWS.",
        fix="Check its name, or make it.",
    ),
    Code(
        name="submit.bucket-region",
        severity=Severity.WARNING,
        title="A bucket lies in another region than the data store",
        message="The bucket lies in {region}; jobs are started in {other}.",
        explanation="AWS documents imports from a bucket of another region or account where its owner grants access "
        "and inputOwnerAccountId is given; of an output bucket in another region it says nothing.",
        fix="Check --region; start jobs in the region of the buckets where that is possible.",
    ),
    Code(
        name="submit.no-datastore",
        severity=Severity.ERROR,
        title="The data store is not there",
        message="There is no such data store in {region}.",
        explanation="GetDatastore does not find the data store in the region and account of the credentials.",
        fix="Check --datastore-id, --region and --aws-profile.",
    ),
    Code(
        name="submit.datastore-status",
        severity=Severity.ERROR,
        title="The data store is not ACTIVE",
        message="The data store's status is {status}.",
        explanation="A data store takes import jobs while it is ACTIVE.",
        fix="Wait until it is, or choose another one.",
    ),
    Code(
        name="submit.role-account",
        severity=Severity.WARNING,
        title="The role is of another account than the data store",
        message="The role belongs to account {role}, the data store to account {datastore}.",
        explanation="IAM lets a role be passed only to a service in the role's own account.",
        fix="Check --data-access-role-arn and --aws-profile.",
    ),
    Code(
        name="watch.not-started",
        severity=Severity.WARNING,
        title="A job was not started",
        message="The job was not started; its submission is {state}.",
        explanation="A submit has not come to this job, or was stopped before it asked for its start.",
        fix="Run 'dicommap submit PACKAGE', which goes on from where it was.",
    ),
    Code(
        name="watch.unanswered",
        severity=Severity.WARNING,
        title="Nobody knows whether a job was started",
        message="The job's start was asked for and no answer was kept.",
        explanation="StartDICOMImportJob was refused, or sent without an answer, or the submit was stopped between the "
        "two, or is at it right now. There may be such a job or not.",
        fix="Run 'dicommap submit PACKAGE': it looks for the job and keeps it where there is one, and else starts it. "
        "That is safe, since the client token is the same: of one token the service makes one job.",
    ),
    Code(
        name="watch.failed",
        severity=Severity.ERROR,
        title="A job failed",
        message="The job ended as {status}.",
        explanation="The service gave the job up. Its message, where it gave one, stands in the submission. Whether "
        "anything was imported before, its manifests tell where it wrote any.",
        fix="Read the message and run 'dicommap reconcile PACKAGE' to see what was imported.",
    ),
    Code(
        name="watch.with-errors",
        severity=Severity.WARNING,
        title="A job ended before its end, or with errors",
        message="The job ended as {status}.",
        explanation="HealthLake tells apart jobs that completed, that completed with errors and that were cancelled.",
        fix="Look at the job's output.",
    ),
    Code(
        name="watch.no-job",
        severity=Severity.ERROR,
        title="The service does not know the job",
        message="The service does not know the job.",
        explanation="HealthImaging lists jobs for 90 days. It may also be of another region or account.",
        fix="Check --region and --aws-profile; the manifests under outputS3Uri stay.",
    ),
    Code(
        name="watch.unknown-status",
        severity=Severity.WARNING,
        title="A status that dicommap does not know",
        message="The job's status is {status}, which the service model did not have.",
        explanation="Such a job is watched as one that has not ended.",
        fix="Update dicommap, or look the status up.",
    ),
    Code(
        name="watch.other-request",
        severity=Severity.ERROR,
        title="The job is not the one that was sent",
        message="The job's inputS3Uri or importConfiguration differs from what was sent.",
        explanation="GetDICOMImportJob tells what a job was started with. Another prefix or other mappings would give "
        "patients the wrong identifiers.",
        fix="Do not use what the job imports before it is clear who started it, and with what.",
    ),
)
