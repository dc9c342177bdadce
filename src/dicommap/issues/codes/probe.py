"""Issue codes for probes: questions without an answer, and data that a clean-up could not delete."""

from __future__ import annotations

from dicommap.issues.issue import IssueCode, Severity

CODES = (
    IssueCode(
        name="probe.unclear",
        severity=Severity.WARNING,
        title="A question of a probe without an answer",
        message="{question} has no answer: {seen}.",
        explanation="The job status, the job manifests and the stored values of the experiment fit none of the "
        "expected answers, or the experiment could not be made. The assumptions of the probe refuse the edits that "
        "depend on the answer.",
        fix="Read the evidence in report.json. To ask again, start another probe in a new directory with --question.",
    ),
    IssueCode(
        name="probe.no-answer",
        severity=Severity.ERROR,
        title="A probe without any answer",
        message="No question has an answer: {seen}.",
        explanation="Something prevents all imports or all overrides: permissions of the data access role, the state "
        "of the data store, an SDK that drops importConfiguration, or a data store that applies no override at all.",
        fix="Read the message and the job manifests of the jobs in report.json, correct the cause, and start another "
        "probe in a new directory. Assumptions of this probe are of no use.",
    ),
    IssueCode(
        name="probe.remains",
        severity=Severity.ERROR,
        title="Something of a probe was not deleted",
        message="{what} was not deleted: {reason}.",
        explanation="The clean-up of a probe deletes only what is certainly the probe's: image sets whose Study "
        "Instance UID the probe has made, its objects, and the job manifests of its jobs. An image set that an "
        "operation changes at the moment cannot be deleted.",
        fix="Run the clean-up again later. If it is still there, look at it in the console before you delete it.",
    ),
)
