"""Codes for the files of a package and its plan."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="package.missing-file",
        severity=Severity.ERROR,
        title="A file of the package is missing",
        message="The plan names this file, but it is not there.",
        explanation="A package holds all that its plan names.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.changed-file",
        severity=Severity.ERROR,
        title="A file of the package was changed",
        message="The file's SHA-256 differs from the plan's.",
        explanation="The file was edited after the package was drafted, so the preview no longer tells what it does.",
        fix="Draft the package again from edits, or check the file alone with 'dicommap validate FILE'.",
    ),
    IssueCode(
        name="package.unexpected-file",
        severity=Severity.WARNING,
        title="A file that the plan does not name",
        message="The plan does not name this file.",
        explanation="Below a job's files it would be uploaded under inputS3Uri with the others, and an import job "
        "takes everything there. Elsewhere in the package nothing uses it.",
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
        title="A mapping whose file the plan does not list",
        message="The plan does not list the override file of this mapping.",
        explanation="A file without a planned hash may hold anything. The plan was edited after the package was "
        "drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.repeated",
        severity=Severity.ERROR,
        title="Something stands twice in the plan",
        message="The plan has this {what} more than once.",
        explanation="Jobs are told apart by their id, and a job's files by their path. The plan was edited after the "
        "package was drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.overlapping-jobs",
        severity=Severity.ERROR,
        title="A job takes what another one takes",
        message="The prefix lies under that of job {other}, or is the same.",
        explanation="An import job takes everything under its inputS3Uri, so that both would import the same files, "
        "and each import of a file is stored and paid for. The plan was edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.job-place",
        severity=Severity.ERROR,
        title="A job's prefix is not where its kind of job has it",
        message="The job's prefix {where}.",
        explanation="Jobs that are not staged take what lies under the plan's inputS3Uri where a source lies, or will; "
        "staged jobs take copies that lie elsewhere. The plan was edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.objects",
        severity=Severity.ERROR,
        title="A table of objects that is none",
        message="This is no table of a job's objects: {problem}.",
        explanation="objects.csv has a row for each object of a job, in the order of the keys' UTF-8; what becomes of "
        "the job is told by it. Plan and table were edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.over-quota",
        severity=Severity.ERROR,
        title="A job over the plan's quotas",
        message="The job has {count} {what}, override files included; the plan's quota is {limit}.",
        explanation="A job over a quota of the account fails. The plan was edited after the package was drafted.",
        fix="Draft the package again, with the quotas that the account has.",
    ),
    IssueCode(
        name="package.counts",
        severity=Severity.ERROR,
        title="The plan's counts are wrong",
        message="The plan says {planned} {what}; there are {found}.",
        explanation="The plan was edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.source-path",
        severity=Severity.ERROR,
        title="A source of the plan is no absolute path",
        message="The source is neither an S3 URI nor an absolute path without '..'.",
        explanation="A draft writes the absolute path of each root that was scanned. Another path was written by "
        "somebody else, and would lead to different files from different directories.",
        fix="Draft the package again.",
    ),
    IssueCode(
        name="package.broad-source",
        severity=Severity.WARNING,
        title="A source of the plan holds more than a person scans",
        message="The source {source} is {what}.",
        explanation="Staging sends files from below the plan's sources. A package that somebody else wrote can name a "
        "source that holds all files of the machine or of a person.",
        fix="If it is what was scanned, name it with --source when you stage: such a source is not taken from the "
        "package. Otherwise ask who drafted the package.",
    ),
    IssueCode(
        name="package.source-not-named",
        severity=Severity.ERROR,
        title="A source of the plan is outside of the source roots",
        message="The source {source} is not below a source root that was named.",
        explanation="Files of staged jobs are sent only from below the roots that are named with --source. Nothing was "
        "sent.",
        fix="Name it with --source, if its files are yours to send. Otherwise ask who drafted the package.",
    ),
    IssueCode(
        name="package.object-source",
        severity=Severity.ERROR,
        title="An object's source is outside of the plan's sources",
        message="Row {row}: {problem}.",
        explanation="Each row of objects.csv names one of the plan's sources by its number, and a path below it. A "
        "path that leads elsewhere was written by somebody else.",
        fix="Draft the package again, or ask who drafted it.",
    ),
    IssueCode(
        name="package.staged-object",
        severity=Severity.ERROR,
        title="An object of a staged job that no draft plans",
        message="Row {row}: {problem}.",
        explanation="Only instances are copied for staged jobs, each with its three UIDs, to keys below the job's "
        "prefix.",
        fix="Draft the package again, or ask who drafted it.",
    ),
)
