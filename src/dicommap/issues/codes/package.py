"""Issue codes for the files of a package and its plan."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="package.missing-file",
        severity=Severity.ERROR,
        title="A file of the package is missing",
        message="The plan names this file, but it is not in the package.",
        explanation="A package contains all files that its plan names.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.changed-file",
        severity=Severity.ERROR,
        title="A file of the package was changed",
        message="The file's SHA-256 differs from the plan's.",
        explanation="The file was edited after the package was drafted, so the preview no longer shows what the "
        "package does.",
        fix="Draft the package again from the edits, or check the file alone with 'dicommap validate FILE'.",
    ),
    IssueCode(
        name="package.draft-issue",
        severity=Severity.ERROR,
        title="A line of issues.jsonl that is no warning of a draft",
        message="The line is not a warning with a known code.",
        explanation="issues.jsonl has the warnings of the draft about edits and the plan, one JSON object in each "
        "line, as 'dicommap schema issue' describes them. 'dicommap validate', 'stage' and 'submit' repeat them. The "
        "file was changed, or was written by a newer version of dicommap.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.unexpected-file",
        severity=Severity.WARNING,
        title="A file that the plan does not name",
        message="The plan does not name this file.",
        explanation="In a job's files it would be uploaded under inputS3Uri with the others, and an import job "
        "imports everything under it. Elsewhere in the package nothing uses it.",
        fix="Remove the file.",
    ),
    IssueCode(
        name="package.unmapped-file",
        severity=Severity.ERROR,
        title="An override file without a mapping",
        message="No mapping of the plan names this override file.",
        explanation="The plan lists the file, but none of its mappings names it, so its edits would be lost. The plan "
        "was edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.unlisted-file",
        severity=Severity.ERROR,
        title="A mapping whose file is not in the plan",
        message="The plan does not list the override file of this mapping.",
        explanation="A file without a planned hash may have any content. The plan was edited after the package was "
        "drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.repeated",
        severity=Severity.ERROR,
        title="A repeated entry in the plan",
        message="The plan has this {what} more than once.",
        explanation="The id of a job and the path of a job's file must be unique. The plan was edited after the "
        "package was drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.overlapping-jobs",
        severity=Severity.ERROR,
        title="Two jobs would import the same objects",
        message="The prefix is the prefix of job {other}, or is under it.",
        explanation="An import job imports everything under its inputS3Uri, so both jobs would import the same "
        "files, and AWS stores and charges for each import. The plan was edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.job-place",
        severity=Severity.ERROR,
        title="A job's prefix is in the wrong place",
        message="The job's prefix {where}.",
        explanation="Jobs that are not staged import objects under the plan's inputS3Uri; staged jobs import "
        "copies under another prefix. The plan was edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.objects",
        severity=Severity.ERROR,
        title="An invalid table of objects",
        message="This is not a valid table of a job's objects: {problem}.",
        explanation="objects.csv has a row for each object of a job, in the order of the keys' UTF-8 bytes; it is "
        "needed to find the outcome of each instance. Plan and table were edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.over-quota",
        severity=Severity.ERROR,
        title="A job over the plan's quotas",
        message="The job has {count} {what}, override files included; the plan's quota is {limit}.",
        explanation="A job that exceeds a quota of the AWS account fails. The plan was edited after the package "
        "was drafted.",
        fix="Draft the package again, with the quotas of your AWS account.",
    ),
    IssueCode(
        name="package.counts",
        severity=Severity.ERROR,
        title="The plan's counts are wrong",
        message="The plan says {planned} {what}, but there are {found}.",
        explanation="The plan was edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.source-path",
        severity=Severity.ERROR,
        title="A source of the plan is not an absolute path",
        message="The source is neither an S3 URI nor an absolute path without '..'.",
        explanation="A draft writes the absolute path or S3 URI of each scanned root, or the data store of a package "
        "that has updates only. Somebody else wrote this path, "
        "or the inventory was scanned from a class of source of your own whose root is another text. Such a path would "
        "lead to different files from different directories, and files of such a source cannot be sent.",
        fix="Draft the package again. If the source is a class of your own, let its root be the absolute path or "
        "the S3 URI of the files that the jobs import, and scan again.",
    ),
    IssueCode(
        name="package.broad-source",
        severity=Severity.WARNING,
        title="A source of the plan is unusually broad",
        message="The source {source} is {what}.",
        explanation="Staging sends files under the plan's sources. A package that somebody else wrote can name a "
        "source that contains all files of the machine or of a person.",
        fix="If this source was really scanned, name it with --source when you stage: such a source is not taken "
        "from the package. Otherwise ask who drafted the package.",
    ),
    IssueCode(
        name="package.source-not-named",
        severity=Severity.ERROR,
        title="A source of the plan is outside the source roots",
        message="The source {source} is not under any source root that you named.",
        explanation="Files of staged jobs are sent only if they are under a root that you name with --source. "
        "Nothing was sent.",
        fix="Name it with --source, if you may send its files. Otherwise ask who drafted the package.",
    ),
    IssueCode(
        name="package.object-source",
        severity=Severity.ERROR,
        title="An object's source is outside the plan's sources",
        message="Row {row}: {problem}.",
        explanation="Each row of objects.csv names one of the plan's sources by its number, and a path under it. "
        "Somebody else wrote a path that leads elsewhere.",
        fix="Draft the package again, or ask who drafted it.",
    ),
    IssueCode(
        name="package.staged-object",
        severity=Severity.ERROR,
        title="An object of a staged job that a draft would not plan",
        message="Row {row}: {problem}.",
        explanation="Only instances are copied for staged jobs, each with its three UIDs, to keys under the job's "
        "prefix.",
        fix="Draft the package again, or ask who drafted it.",
    ),
)
