"""Judge the observations of single jobs: the answer to a question, or that the observation is unclear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dicommap.probing.experiments import ABSENT_NAME, LONG_TEXT
from dicommap.probing.observation import format_stored_value
from dicommap.probing.probe_job import OVERRIDES_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from dicommap.probing.observation import Observation, Report
    from dicommap.probing.probe_job import ProbeJob

SILENT = "silent"
"""The way of a refusal that no job manifest mentions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to one question, from the observations of its jobs."""

    answer: str | None
    """One of the answers of OverrideAnswers; None if the observations are unclear."""
    seen: str
    """What was seen, in words."""
    reported: str = ""
    """How a refusal was reported: a Report, or SILENT; empty if nothing was refused."""
    jobs: tuple[str, ...] = ()
    """The names of the jobs that were observed for the answer."""


def unclear(seen: str, *jobs: str) -> Verdict:
    """Return a verdict without an answer."""
    return Verdict(answer=None, seen=seen, jobs=jobs)


_REPORT_WORDS: Mapping[str, str] = {
    "": "the job reported no problem",
    "job-failed": "the job failed",
    "files-failed": "the files of the study failed",
    "warned": "the files of the study have a warning",
    "server-error": "files of the study failed because of an internal error",
}


def describe_sight(job: ProbeJob, observation: Observation) -> str:
    """Return the stored state of each watched attribute, what the job reported, and what could not be read."""
    states = [
        f"{watch.member or watch.keyword} ({name}): {observation.get_state(watch)}"
        for name, watch in job.watches.items()
    ]
    return "; ".join([*states, _REPORT_WORDS[get_job_report(job, observation)], *observation.unreadable])


def get_job_report(job: ProbeJob, observation: Observation, watch: str = "tested") -> Report:
    """Return how a job reported a problem with the files of the study of a watch."""
    study = job.watches[watch].study if watch in job.watches else None
    return observation.get_report(job.list_p10_paths(study))


def judge_effect(
    job: ProbeJob,
    observation: Observation,
    *,
    applied: Mapping[str, str] | None = None,
    unchanged: str = "ignored",
) -> Verdict:
    """Judge a job that tests one attribute or file.

    Args:
        job: The job. It watches `tested`, and perhaps `control` in the same file.
        observation: Its observation.
        applied: State of the tested attribute -> the answer for it. The default is `after` for `applied`.
        unchanged: The answer if the value did not change, the file was applied, and no problem was reported.

    """
    answers = applied or {"after": "applied"}
    state, report = observation.get_state(job.watches["tested"]), get_job_report(job, observation)
    control = observation.get_state(job.watches["control"]) if _is_in_same_file(job) else None
    seen = describe_sight(job, observation)
    if observation.has_lost_configuration:
        return unclear(LOST_CONFIGURATION, job.name)
    if report == "server-error" or observation.unreadable:
        return unclear(seen, job.name)
    if state in answers and report in ("", "warned"):
        return Verdict(answer=answers[state], seen=seen, jobs=(job.name,))
    if state in ("before", "not stored") and report:
        return Verdict(answer="refused", reported=report, seen=seen, jobs=(job.name,))
    if state == "before" and "control" in job.watches and observation.get_state(job.watches["control"]) == "before":
        return Verdict(answer="refused", reported=SILENT, seen=seen, jobs=(job.name,))
    if state == "before" and control in (None, "after"):
        return Verdict(answer=unchanged, seen=seen, jobs=(job.name,))
    return unclear(seen, job.name)


LOST_CONFIGURATION = (
    "GetDICOMImportJob does not return the importConfiguration that was sent: the SDK or a proxy may have dropped it"
)


def _is_in_same_file(job: ProbeJob) -> bool:
    watches = job.watches
    return "control" in watches and watches["control"].study == watches["tested"].study


def judge_emptied(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge a job that empties an attribute. An attribute without a value may be stored as null, or not at all."""
    return judge_effect(job, observation, applied={"empty": "cleared", "absent": "cleared"})


def judge_sequence(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge whether an attribute that the override leaves out of an item is kept."""
    verdict = judge_effect(job, observation)
    kept = observation.get_state(job.watches["kept"])
    answer = {"before": "merged", "absent": "replaced", "empty": "replaced"}.get(kept)
    if verdict.answer != "applied" or answer is None:
        return unclear(verdict.seen, job.name)
    return Verdict(answer=answer, seen=verdict.seen, jobs=(job.name,))


def judge_choice(*answers: str) -> Callable[[ProbeJob, Observation], Verdict]:
    """Return a judge of jobs in which two overrides give one attribute different values.

    The answer is the name of the value that is stored, such as `series` or `study`.
    """

    def judge(job: ProbeJob, observation: Observation) -> Verdict:
        verdict = judge_effect(job, observation, applied={answer: answer for answer in answers})
        if verdict.answer == "ignored":  # neither of two valid overrides was applied
            return Verdict(answer="refused", reported=SILENT, seen=verdict.seen, jobs=verdict.jobs)
        return verdict

    return judge


def judge_two_mappings(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge a study with two mappings: `first` or `last` was applied, or both (`merged`).

    Only the first file has the attribute of the watch `only first`.
    """
    verdict = judge_choice("first", "last")(job, observation)
    is_first_applied = observation.get_state(job.watches["only first"]) == "first"
    if verdict.answer == "last" and is_first_applied:
        return Verdict(answer="merged", seen=verdict.seen, jobs=(job.name,))
    return verdict


def judge_shared_file(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge a file that two mappings name. It is applied if both studies have its value."""
    verdicts = [
        judge_effect(job, observation),
        judge_effect(_swap_tested(job, "other"), observation),
    ]
    answers = {verdict.answer for verdict in verdicts}
    seen = describe_sight(job, observation)
    if None in answers or ("applied" in answers and len(answers) > 1 and "refused" not in answers):
        return unclear(seen, job.name)
    if "refused" in answers:
        reported = next(verdict.reported for verdict in verdicts if verdict.answer == "refused")
        return Verdict(answer="refused", reported=reported, seen=seen, jobs=(job.name,))
    return Verdict(answer=verdicts[0].answer, seen=seen, jobs=(job.name,))


def _swap_tested(job: ProbeJob, watch: str) -> ProbeJob:
    return replace(job, watches={"tested": job.watches[watch]})


def list_failure_messages(observation: Observation, paths: Iterable[str]) -> frozenset[str]:
    """Return the messages of the objects at these paths in failure.ndjson, without the names of the objects."""
    return frozenset(
        f"{record.exceptionType}: {record.message.replace(record.inputFile, '')}"
        for record in observation.select_records(paths)
        if record.kind == "FAILURE"
    )


def list_override_paths(job: ProbeJob) -> list[str]:
    """Return the paths of the objects of a job that are not P10 files."""
    return [item.path for item in job.objects if not item.is_p10]


def judge_no_match(job: ProbeJob, observation: Observation, usual: Container[str] = ()) -> Verdict:
    """Judge a mapping without files. The control is another mapping of the job, whose study has files.

    Args:
        job: The job.
        observation: Its observation.
        usual: Messages that failure.ndjson has for an override file that is applied. Another message is a refusal.

    """
    verdict = judge_effect(_swap_tested(job, "control"), observation)
    messages = list_failure_messages(observation, [f"{OVERRIDES_FOLDER}/{ABSENT_NAME}.json"])
    if verdict.answer == "applied" and any(message not in usual for message in messages):
        return Verdict(answer="refused", reported="files-failed", seen=_FILE_FAILED, jobs=(job.name,))
    if verdict.answer == "applied":
        return Verdict(answer="ignored", seen=verdict.seen, jobs=(job.name,))
    if verdict.answer == "ignored":
        return Verdict(answer="refused", reported=SILENT, seen=verdict.seen, jobs=(job.name,))
    return verdict


_FILE_FAILED = "failure.ndjson has a line for the override file, with another message than for files that are applied"


def judge_latin_1(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge a job whose override file is in Latin-1. `misread`: the stored text has other characters than the file."""
    return judge_effect(job, observation, applied={"after": "applied", "other": "misread"})


def judge_long_value(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge a value over its limit: `cut` if the stored value is its beginning."""
    texts = [format_stored_value(value) for value in observation.find_values(job.watches["tested"])]
    is_cut = bool(texts) and all(text and LONG_TEXT.startswith(text) for text in texts)
    return judge_effect(job, observation, applied={"after": "applied", **({"other": "cut"} if is_cut else {})})


def judge_without_files(job: ProbeJob, observation: Observation, usual: Container[str] = ()) -> Verdict:
    """Judge a job without P10 files: whether it changed the instances that an earlier job has stored.

    Args:
        job: The job.
        observation: Its observation.
        usual: Messages that failure.ndjson has for an override file that is applied. Another message is a refusal.

    """
    verdict = judge_effect(job, observation, applied={"after": "changed"}, unchanged="unchanged")
    messages = list_failure_messages(observation, list_override_paths(job))
    if verdict.answer == "unchanged" and any(message not in usual for message in messages):
        return Verdict(answer="refused", reported="files-failed", seen=_FILE_FAILED, jobs=(job.name,))
    return verdict


def judge_copies(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge which of two files with the same SOP Instance UID is stored."""
    state = observation.get_state(job.watches["tested"])
    if get_job_report(job, observation) == "server-error" or observation.unreadable:
        return unclear(describe_sight(job, observation), job.name)
    return Verdict(
        answer=state if state in ("first", "last") else None, seen=describe_sight(job, observation), jobs=(job.name,)
    )


def judge_prefix(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge where the service looks for a file if inputS3Uri has no slash at its end."""
    verdict = judge_effect(job, observation, applied={state: state for state in ("joined", "concatenated")})
    return verdict if verdict.answer in ("joined", "concatenated") else unclear(verdict.seen, job.name)


def judge_override_files(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge whether the override file of a job is reported as a file that failed."""
    has_failed = bool(list_failure_messages(observation, list_override_paths(job)))
    seen = "failure.ndjson has a line for the override file" if has_failed else "failure.ndjson has no line for it"
    return Verdict(answer="failed" if has_failed else "ignored", seen=seen, jobs=(job.name,))


def judge_count(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge whether the override file is among the scanned files of a job."""
    p10_files = len(job.list_p10_paths())
    answers = {p10_files: "not-counted", len(job.objects): "counted"}
    seen = f"numberOfScannedFiles: {observation.scanned}; P10 files: {p10_files}; all objects: {len(job.objects)}"
    return Verdict(answer=answers.get(observation.scanned or 0), seen=seen, jobs=(job.name,))
