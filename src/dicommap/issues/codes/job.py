"""Issue codes for the planning of import jobs: prefixes, quotas and staging."""

from __future__ import annotations

from dicommap.healthimaging.limits import CONCURRENT_JOBS, MAX_KEY_BYTES, START_RATE
from dicommap.issues.issue import IssueCode, Severity

_STAGE = "draft with --stage-uri, which plans copies of such studies under another prefix"

CODES = (
    IssueCode(
        name="job.none",
        severity=Severity.ERROR,
        title="No instance that a job could import",
        message="No job can be planned: there is no file with an instance that one could import.",
        explanation="The other issues give the reasons. Members of archives are not objects in S3, "
        "so no import job reads them.",
        fix="Fix the causes, and scan again.",
    ),
    IssueCode(
        name="job.quota-too-small",
        severity=Severity.ERROR,
        title="A quota that is too small for any job",
        message="The quota {quota}={limit} is too small: the smallest {smallest} that no job can take needs "
        "{quota}={count}.",
        explanation="A job in place imports a whole folder, with the override files of its studies; a staged job "
        "imports at least one file with its override files. Override files and their folder count too, since AWS "
        "does not document whether it counts them.",
        fix=f"Name at least the needed number with --quota, if your AWS account allows it; without --quota AWS's "
        f"default applies. If folders are too large, {_STAGE}.",
    ),
    IssueCode(
        name="job.unplanned",
        severity=Severity.ERROR,
        title="Instances that no job imports",
        message="No job imports {files} of instances.",
        explanation="Other issues say which and why. A package that imports only a part of what was scanned is "
        "written only if you ask for it.",
        fix=f"Fix the causes, or {_STAGE}, or accept it with --leave-out.",
    ),
    IssueCode(
        name="job.folder-over-quota",
        severity=Severity.WARNING,
        title="Files in a folder that is too large for one job",
        message="Files of instances directly in this folder: {instances}; a job for it would have {count} {what}, "
        "and the quota is {limit}.",
        explanation="An import job imports everything under its inputS3Uri, so files directly in a folder can be "
        "imported in place only together with the whole folder. Override files count as files, since AWS does not "
        "document whether it counts them.",
        fix=f"Name the quotas of your AWS account with --quota, divide the folder, or {_STAGE}.",
    ),
    IssueCode(
        name="job.file-too-large",
        severity=Severity.WARNING,
        title="A file too large for any job",
        message="The file has {size:byte}; the quota for one P10 file is {limit}.",
        explanation="No job can import the file, nor a folder that contains it.",
        fix=f"Take the file out of the tree, or compress its pixel data, and scan again; or {_STAGE}, for the other "
        "files of its folder.",
    ),
    IssueCode(
        name="job.key-too-long",
        severity=Severity.WARNING,
        title="A path too long for an object key",
        message="Under the input prefix, the object key would have more than {limit} bytes of UTF-8.",
        explanation=f"S3 takes keys of {MAX_KEY_BYTES:,} bytes, and the input prefix is part of them.",
        fix=f"Use a shorter prefix, rename the file or its folders, or {_STAGE}.",
    ),
    IssueCode(
        name="job.key-not-utf-8",
        severity=Severity.WARNING,
        title="A path that cannot be an object key",
        message="The path is not UTF-8, so no object can have it as its key.",
        explanation="Object keys in S3 are UTF-8. A tool that uploads the tree skips the file or changes its name.",
        fix="Rename the file, and scan again.",
    ),
    IssueCode(
        name="job.unprintable-key",
        severity=Severity.WARNING,
        title="An object key with unprintable characters",
        message="The object key would have control characters or other characters that cannot be seen.",
        explanation="S3 accepts such keys, but its listings show them correctly only in a special encoding, and "
        "many tools change them. AWS does not document what HealthImaging does with them.",
        fix=f"Rename the file or its folders, or {_STAGE}.",
    ),
    IssueCode(
        name="job.study-cut",
        severity=Severity.WARNING,
        title="A study that several jobs import",
        message="{jobs} of the study{rest}; the smallest folder that holds all of it is over a quota.",
        explanation="Each of the jobs has the study's override files. AWS does not document how HealthImaging "
        "treats parts of a study that several jobs import at the same time, except for its grouping rules.",
        fix=f"Name the quotas of your AWS account with --quota, put the study into one folder, or {_STAGE}.",
    ),
    IssueCode(
        name="job.study-over-quota",
        severity=Severity.WARNING,
        title="A study too large for one job",
        message="{jobs} of the study{rest}: it alone has {count} {what}, and the quota is {limit}.",
        explanation="No folder layout could keep the study in one job. If it is staged, it is divided between "
        "series, and within a series only if that series is too large as well.",
        fix="Ask AWS for a higher quota and name it with --quota, or accept that the study is imported in parts.",
    ),
    IssueCode(
        name="job.more-issues",
        severity=Severity.WARNING,
        title="More issues than are listed",
        message="Not listed: {count:,} more of {of}.",
        explanation="The first 100 of each kind are listed.",
        fix="Fix the causes of the listed ones; the rest usually have the same causes.",
    ),
    IssueCode(
        name="job.staged",
        severity=Severity.NOTE,
        title="Studies that are copied before they are imported",
        message="To be staged: {studies} with {files}, in {jobs}.",
        explanation="They cannot be imported whole from where they are within the quotas, or you asked for "
        "staging. The copies are needed until their jobs have ended; S3 charges for storage and requests.",
        fix="Copy them with 'dicommap stage PACKAGE' before the package is submitted.",
    ),
    IssueCode(
        name="job.many",
        severity=Severity.NOTE,
        title="Many small jobs",
        message="{jobs} import in place, with {files:file} each on average; starting them takes at least "
        "{minutes:minute}. If all files were staged, {staged} would be enough.",
        explanation=f"AWS takes {START_RATE.per_second} call of StartDICOMImportJob a second, and a data store runs "
        f"{CONCURRENT_JOBS} jobs at a time by default. Each folder is a job if the folder around it is over a quota.",
        fix="No action is needed; 'dicommap draft --staging all --stage-uri URI' plans fewer jobs and more copies.",
    ),
    IssueCode(
        name="job.files-left",
        severity=Severity.NOTE,
        title="Files without an instance that no job imports",
        message="No job imports {files} without an instance.",
        explanation="If a folder is divided into several jobs, or is staged, its files without an instance are not "
        "imported.",
        fix="No action is needed; 'dicommap show INVENTORY --level file' lists what each file is.",
    ),
    IssueCode(
        name="job.stage-overlap",
        severity=Severity.ERROR,
        title="The staging prefix overlaps another prefix",
        message="The staging prefix overlaps {other}.",
        explanation="An import job imports everything under its inputS3Uri. If copies are under the prefix of the "
        "source files, or the other way round, the same instances are in the job's input twice.",
        fix="Name a staging prefix that is neither under the other prefix nor above it.",
    ),
)
