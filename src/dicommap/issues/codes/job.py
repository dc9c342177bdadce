"""Codes for the planning of import jobs: prefixes, quotas and staging."""

from __future__ import annotations

from dicommap.healthimaging.limits import CONCURRENT_JOBS, MAX_KEY_BYTES, START_RATE
from dicommap.issues.issue import IssueCode, Severity

_STAGE = "draft with --stage-uri, which plans copies of such studies under a prefix of their own"

CODES = (
    IssueCode(
        name="job.none",
        severity=Severity.ERROR,
        title="Nothing that a job could import",
        message="No job can be planned: there is no file with an instance that one could take.",
        explanation="What keeps files from being imported is among the other findings; members of archives are no "
        "objects, so that no import job sees them.",
        fix="Mend the causes, and scan again.",
    ),
    IssueCode(
        name="job.quota-too-small",
        severity=Severity.ERROR,
        title="A quota that is too small for anything",
        message="The quota {quota}={limit} is too small: the smallest {smallest} that no job can take needs "
        "{quota}={count}.",
        explanation="A job in place takes a whole folder, with the override files of its studies; a staged job takes "
        "at least a file with its override files. Override files and their folder count: whether AWS counts them is "
        "not documented.",
        fix=f"Name at least what is needed with --quota, if your account allows it; without --quota AWS's default "
        f"holds. Where folders are too much, {_STAGE}.",
    ),
    IssueCode(
        name="job.unplanned",
        severity=Severity.ERROR,
        title="Instances that no job imports",
        message="No job takes {files} of instances.",
        explanation="Other findings say which and why. A package that imports only a part of what was scanned is "
        "written only when that is asked for.",
        fix=f"Mend the causes, or {_STAGE}, or accept it with --leave-out.",
    ),
    IssueCode(
        name="job.folder-over-quota",
        severity=Severity.WARNING,
        title="Files in a folder that is too much for one job",
        message="Files of instances that lie directly in this folder: {instances}; a job for it would have {count} "
        "{what}, and the quota is {limit}.",
        explanation="An import job takes everything under its inputS3Uri, so that files that lie directly in a folder "
        "can be imported in place only together with the whole folder. Override files are counted as files: whether "
        "AWS counts them is not documented.",
        fix=f"Say with --quota what your account allows, divide the folder, or {_STAGE}.",
    ),
    IssueCode(
        name="job.file-too-large",
        severity=Severity.WARNING,
        title="A file larger than any job takes",
        message="The file has {size} bytes; the quota for one P10 file is {limit}.",
        explanation="No job can take the file, and none can take a folder that it lies in.",
        fix=f"Take the file out of the tree, or compress its pixel data, and scan again; or {_STAGE}, for what lies "
        "beside it.",
    ),
    IssueCode(
        name="job.key-too-long",
        severity=Severity.WARNING,
        title="A path too long for a key",
        message="The key would have more than {limit} bytes of UTF-8 under the input prefix.",
        explanation=f"S3 takes keys of {MAX_KEY_BYTES:,} bytes, and the input prefix is part of them.",
        fix=f"Use a shorter prefix, rename the file or its folders, or {_STAGE}.",
    ),
    IssueCode(
        name="job.key-not-utf-8",
        severity=Severity.WARNING,
        title="A name that no key can have",
        message="The path is not UTF-8, so that no object can have it as its key.",
        explanation="Keys of objects in S3 are UTF-8. A tool that uploads the tree skips the file or changes its name.",
        fix="Rename the file, and scan again.",
    ),
    IssueCode(
        name="job.unprintable-key",
        severity=Severity.WARNING,
        title="A key with characters that are not printable",
        message="The key would have control characters, or others that cannot be seen.",
        explanation="S3 takes such keys, but tells them in listings only where they are asked for in another "
        "encoding, and many tools change them. What HealthImaging does with them is not documented.",
        fix=f"Rename the file or its folders, or {_STAGE}.",
    ),
    IssueCode(
        name="job.study-cut",
        severity=Severity.WARNING,
        title="A study that several jobs import",
        message="{jobs} of the study{rest}; the smallest folder that holds all of it is over a quota.",
        explanation="Each of the jobs has the study's override files. What the service does with parts of a study that "
        "jobs import at the same time is not documented, beyond how it groups instances.",
        fix=f"Say with --quota what your account allows, put the study into one folder, or {_STAGE}.",
    ),
    IssueCode(
        name="job.study-over-quota",
        severity=Severity.WARNING,
        title="A study that is too much for one job",
        message="{jobs} of the study{rest}: it alone has {count} {what}, and the quota is {limit}.",
        explanation="No layout could keep the study whole. Where it is staged it is cut between series, and within a "
        "series only where that is too much as well.",
        fix="Ask AWS for a higher quota and name it with --quota, or let the study be imported in parts.",
    ),
    IssueCode(
        name="job.more-issues",
        severity=Severity.WARNING,
        title="More issues than are listed",
        message="There are {count} more of {of}, which are not listed.",
        explanation="Of each kind the first 100 are listed.",
        fix="What cures those that are listed usually cures the rest.",
    ),
    IssueCode(
        name="job.staged",
        severity=Severity.NOTE,
        title="Studies that are copied before they are imported",
        message="To be staged: {studies} with {files}, in {jobs}.",
        explanation="They cannot be imported whole from where they lie within the quotas, or staging was asked for. "
        "The copies are needed until their jobs have ended; storage and requests of S3 are paid for.",
        fix="Copy them with 'dicommap stage PACKAGE' before the package is submitted.",
    ),
    IssueCode(
        name="job.many",
        severity=Severity.NOTE,
        title="Many small jobs",
        message="{jobs} import in place, with {files} files each on average; to start them takes {minutes} minutes "
        "at least. Were all files staged, {staged} would do.",
        explanation=f"AWS takes {START_RATE.per_second} call of StartDICOMImportJob a second, and a data store runs "
        f"{CONCURRENT_JOBS} jobs at a time by default. Each folder is a job if the folder around it is over a quota.",
        fix="Nothing has to be done; 'dicommap draft --staging all --stage-uri URI' plans fewer jobs and more copies.",
    ),
    IssueCode(
        name="job.files-left",
        severity=Severity.NOTE,
        title="Files without instances that no job takes",
        message="No job takes {files} without an instance.",
        explanation="Where a folder is divided into several jobs, or is staged, files without an instance are left "
        "where they are.",
        fix="Nothing has to be done; 'dicommap show INVENTORY --level file' lists what each file is.",
    ),
    IssueCode(
        name="job.stage-overlap",
        severity=Severity.ERROR,
        title="The staging prefix overlaps another one",
        message="The staging prefix overlaps {other}.",
        explanation="An import job takes everything under its inputS3Uri. Copies that lie where files are, or will be, "
        "would be imported a second time, or the other way round.",
        fix="Name a staging prefix that neither lies under the other one nor holds it.",
    ),
)
