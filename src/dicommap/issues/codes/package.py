"""Codes for packages, import jobs and their requests."""

from __future__ import annotations

from dicommap.issues.code import Code
from dicommap.issues.finding import Severity

CODES = (
    Code(
        name="draft.nothing-to-do",
        severity=Severity.ERROR,
        title="The edits change nothing",
        message="No edit changes any value, so there is nothing to write.",
        explanation="An import configuration needs at least one mapping, so no package was written.",
        fix="Check the sheets and rules; without edits an import job needs no import configuration.",
    ),
    Code(
        name="draft.path-taken",
        severity=Severity.ERROR,
        title="A source file lies where an override file would go",
        message="The source has a file where an override file would be uploaded.",
        explanation="Source files and override files share one prefix; one would replace the other. In a bucket that "
        "was scanned again after a submit, the file may be the override file of that submit.",
        fix="Rename the file in the source. An override file of an earlier submit: when its job has ended, draft from "
        "the inventory of the scan before it and submit with --replace, or remove the file and scan again.",
    ),
    Code(
        name="draft.colliding-paths",
        severity=Severity.ERROR,
        title="Two sources have a file of the same relative path",
        message="{count} paths occur under more than one source; this is the first.",
        explanation="One import job reads one inputS3Uri, and a file's key is the prefix and its path relative to its "
        "source. Files of the same path would need the same key, and one would replace the other.",
        fix="Scan a directory that holds all sources, or scan and draft each source with a prefix of its own.",
    ),
    Code(
        name="draft.repeated-instances",
        severity=Severity.WARNING,
        title="Instances that would be imported twice",
        message="{have} the SOP Instance UID of another file{content}.",
        explanation="A job takes every file under its prefix, and an import does not remove duplicates: each import of "
        "the same instance costs storage, as a new version or as a non-primary image set. Which of two files with "
        "different content becomes the primary image set's is not documented.",
        fix="'dicommap show INVENTORY --level issue' lists them, as instance.duplicate and instance.conflict. Take "
        "those that are not meant out of what is scanned, and scan again.",
    ),
    Code(
        name="package.missing-file",
        severity=Severity.ERROR,
        title="A file of the package is missing",
        message="The plan names this file, but it is not there.",
        explanation="A package holds all that its plan names.",
        fix="Draft the package again.",
    ),
    Code(
        name="package.changed-file",
        severity=Severity.ERROR,
        title="A file of the package was changed",
        message="The file's SHA-256 differs from the plan's.",
        explanation="The file was edited after the package was drafted, so the preview no longer tells what it does.",
        fix="Draft the package again from edits, or check the file alone with 'dicommap validate FILE'.",
    ),
    Code(
        name="package.unexpected-file",
        severity=Severity.WARNING,
        title="A file that the plan does not name",
        message="The plan does not name this file.",
        explanation="Below a job's files it would be uploaded under inputS3Uri with the others, and an import job "
        "takes everything there. Elsewhere in the package nothing uses it.",
        fix="Remove the file.",
    ),
    Code(
        name="package.unmapped-file",
        severity=Severity.ERROR,
        title="An override file without a mapping",
        message="No mapping of the plan names this override file.",
        explanation="The plan lists the file, but none of its mappings names it, so its edits would be lost. The plan "
        "was edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    Code(
        name="package.unlisted-file",
        severity=Severity.ERROR,
        title="A mapping whose file the plan does not list",
        message="The plan does not list the override file of this mapping.",
        explanation="A file without a planned hash may hold anything. The plan was edited after the package was "
        "drafted.",
        fix="Draft the package again.",
    ),
    Code(
        name="package.repeated",
        severity=Severity.ERROR,
        title="Something stands twice in the plan",
        message="The plan has this {what} more than once.",
        explanation="Jobs are told apart by their id, and a job's files by their path. The plan was edited after the "
        "package was drafted.",
        fix="Draft the package again.",
    ),
    Code(
        name="package.overlapping-jobs",
        severity=Severity.ERROR,
        title="A job takes what another one takes",
        message="The prefix lies under that of job {other}, or is the same.",
        explanation="An import job takes everything under its inputS3Uri, so that both would import the same files, "
        "and each import of a file is stored and paid for. The plan was edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    Code(
        name="package.job-place",
        severity=Severity.ERROR,
        title="A job's prefix is not where its kind of job has it",
        message="The job's prefix {where}.",
        explanation="Jobs that are not staged take what lies under the plan's inputS3Uri where a source lies, or will; "
        "staged jobs take copies that lie elsewhere. The plan was edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    Code(
        name="package.objects",
        severity=Severity.ERROR,
        title="A table of objects that is none",
        message="This is no table of a job's objects: {problem}.",
        explanation="objects.csv has a row for each object of a job, in the order of the keys' UTF-8; what becomes of "
        "the job is told by it. Plan and table were edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    Code(
        name="package.over-quota",
        severity=Severity.ERROR,
        title="A job over the plan's quotas",
        message="The job has {count} {what}, override files included; the plan's quota is {limit}.",
        explanation="A job over a quota of the account fails. The plan was edited after the package was drafted.",
        fix="Draft the package again, with the quotas that the account has.",
    ),
    Code(
        name="package.counts",
        severity=Severity.ERROR,
        title="The plan's counts are wrong",
        message="The plan says {planned} {what}; there are {found}.",
        explanation="The plan was edited after the package was drafted.",
        fix="Draft the package again.",
    ),
    Code(
        name="request.placeholder",
        severity=Severity.NOTE,
        title="A member of the request is still to be filled in",
        message="{member} is still to be filled in.",
        explanation="The account's ids are not known to a draft unless it is told.",
        fix="Fill it in before the request is sent, or draft with the matching option.",
    ),
    Code(
        name="request.output-overlaps",
        severity=Severity.ERROR,
        title="A request that writes among what it reads",
        message="outputS3Uri and inputS3Uri lie one within the other.",
        explanation="What the job writes would be among what this job or another one reads, and be reported as "
        "failures or imported. A submit refuses it as well.",
        fix="Choose an outputS3Uri apart from all prefixes that are imported.",
    ),
    Code(
        name="request.client-token",
        severity=Severity.ERROR,
        title="A client token that is not the plan's",
        message="clientToken is not the one that the plan's job has.",
        explanation="The token is derived from what the job does, so that it is started once however often, and by "
        "however many people, its request is sent. With another token it is started again.",
        fix="Draft the package again. To import again what was imported, change the plan: 'dicommap reconcile --retry' "
        "does for what failed.",
    ),
    Code(
        name="request.configuration",
        severity=Severity.ERROR,
        title="Request and import configuration differ",
        message="importConfiguration differs from import-configuration.json.",
        explanation="Both are meant to be sent for the same job; they must say the same.",
        fix="Draft the package again.",
    ),
    Code(
        name="package.source-path",
        severity=Severity.ERROR,
        title="A source of the plan is no absolute path",
        message="The source is neither an S3 URI nor an absolute path without '..'.",
        explanation="A draft writes the absolute path of each root that was scanned. Another path was written by "
        "somebody else, and would lead to different files from different directories.",
        fix="Draft the package again.",
    ),
    Code(
        name="package.broad-source",
        severity=Severity.WARNING,
        title="A source of the plan holds more than a person scans",
        message="The source {source} is {what}.",
        explanation="Staging sends files from below the plan's sources. A package that somebody else wrote can name a "
        "source that holds all files of the machine or of a person.",
        fix="If it is what was scanned, name it with --source when you stage: such a source is not taken from the "
        "package. Otherwise ask who drafted the package.",
    ),
    Code(
        name="package.source-not-named",
        severity=Severity.ERROR,
        title="A source of the plan is outside of the source roots",
        message="The source {source} is not below a source root that was named.",
        explanation="Files of staged jobs are sent only from below the roots that are named with --source. Nothing was "
        "sent.",
        fix="Name it with --source, if its files are yours to send. Otherwise ask who drafted the package.",
    ),
    Code(
        name="package.object-source",
        severity=Severity.ERROR,
        title="An object's source is outside of the plan's sources",
        message="Row {row}: {problem}.",
        explanation="Each row of objects.csv names one of the plan's sources by its number, and a path below it. A "
        "path that leads elsewhere was written by somebody else.",
        fix="Draft the package again, or ask who drafted it.",
    ),
    Code(
        name="package.staged-object",
        severity=Severity.ERROR,
        title="An object of a staged job that no draft plans",
        message="Row {row}: {problem}.",
        explanation="Only instances are copied for staged jobs, each with its three UIDs, to keys below the job's "
        "prefix.",
        fix="Draft the package again, or ask who drafted it.",
    ),
)
