"""Judge the observation of one job: return the answer to a question, or that the observation is unclear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dicommap.probing.experiments import ABSENT_NAME, LONG_TEXT, NON_ASCII, NON_ASCII_LETTER
from dicommap.probing.observation import format_stored_value
from dicommap.probing.probe_job import OVERRIDES_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from dicommap.probing.observation import Observation, Report
    from dicommap.probing.probe_job import ProbeJob, Watch

SILENT = "silent"
"""The value of `Verdict.reported` for a refusal that no job manifest mentions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to one question of a probe, with the observations that led to it."""

    answer: str | None
    """One of the answers of OverrideAnswers; None if the observations are unclear."""
    seen: str
    """A text that describes the observations."""
    reported: str = ""
    """The kind of report of a refusal: a Report, or SILENT; empty if nothing was refused."""
    jobs: tuple[str, ...] = ()
    """The names of the jobs that were observed for the answer."""


def make_unclear_verdict(seen: str, *jobs: str) -> Verdict:
    """Return a verdict without an answer, for observations that are unclear."""
    return Verdict(answer=None, seen=seen, jobs=jobs)


_REPORT_WORDS: Mapping[str, str] = {
    "": "the job reported no problem",
    "job-failed": "the job failed",
    "files-failed": "the files of the study failed",
    "warned": "the files of the study have a warning",
    "server-error": "the job or its files failed for another reason than an override file",
}


def describe_observation(job: ProbeJob, observation: Observation) -> str:
    """Return a text with the state of each watched attribute, the job's report of problems, and unreadable data."""
    states = [
        f"{_format_watch_name(watch, name)}: {observation.get_state(watch)}" for name, watch in job.watches.items()
    ]
    return "; ".join([*states, _REPORT_WORDS[get_job_report(job, observation)], *observation.unreadable])


def _format_watch_name(watch: Watch, name: str) -> str:
    attribute = watch.member or watch.keyword
    return attribute if attribute == name else f"{attribute} ({name})"


def get_job_report(job: ProbeJob, observation: Observation, watch: str = "tested") -> Report:
    """Return how a job reported a problem with the P10 files of a watched study."""
    study = job.watches[watch].study if watch in job.watches else None
    return observation.get_report(job.list_p10_paths(study))


def judge_effect(
    job: ProbeJob,
    observation: Observation,
    *,
    applied: Mapping[str, str] | None = None,
    unchanged: str = "ignored",
) -> Verdict:
    """Judge a job that tests whether one attribute or one override file is applied.

    Args:
        job: The job. It watches `tested`, and perhaps `control` in the same file.
        observation: Its observation.
        applied: State of the tested attribute -> the answer for it. The default maps `after` to `applied`.
        unchanged: The answer if the value did not change, the file was applied, and no problem was reported.

    """
    answers = applied or {"after": "applied"}
    state, report = observation.get_state(job.watches["tested"]), get_job_report(job, observation)
    # Without a control, only the tested attribute shows whether the file was applied.
    control = observation.get_state(job.watches["control"]) if "control" in job.watches else "after"
    seen = describe_observation(job, observation)
    if observation.has_lost_configuration:
        return make_unclear_verdict(LOST_CONFIGURATION, job.name)
    if report == "server-error" or observation.unreadable:
        return make_unclear_verdict(seen, job.name)
    if control == "after" and report in ("", "warned"):
        if state in answers:
            return Verdict(answer=answers[state], seen=seen, jobs=(job.name,))
        if state == "before" and (_is_file_applied(job) or (not report and not observation.unreadableRecords)):
            return Verdict(answer=unchanged, seen=seen, jobs=(job.name,))
    if state in ("before", "not stored") and report and not (control == "after" and _is_file_applied(job)):
        return Verdict(answer="refused", reported=report, seen=seen, jobs=(job.name,))
    if state == control == "before" and not observation.unreadableRecords:
        return Verdict(answer="refused", reported=SILENT, seen=seen, jobs=(job.name,))
    return make_unclear_verdict(seen, job.name)


LOST_CONFIGURATION = (
    "GetDICOMImportJob does not return the importConfiguration that was sent: the SDK or a proxy may have dropped it"
)


def _is_file_applied(job: ProbeJob) -> bool:
    """Return whether one override file has both the tested attribute and the control.

    If it is, and the control is applied, the file was applied.
    """
    watches = job.watches
    return "control" in watches and watches["control"].study == watches["tested"].study


def make_joint_judge(*watches: str) -> Callable[[ProbeJob, Observation], Verdict]:
    """Return a function that judges a job by several attributes. If their answers differ, the answer is unclear.

    Args:
        watches: The names of the watched attributes. Those that a job does not have are ignored.

    """

    def judge(job: ProbeJob, observation: Observation) -> Verdict:
        verdicts = [judge_effect(_with_tested_watch(job, name), observation) for name in watches if name in job.watches]
        answers = {(verdict.answer, verdict.reported) for verdict in verdicts}
        return (
            verdicts[0] if len(answers) == 1 else make_unclear_verdict(describe_observation(job, observation), job.name)
        )

    return judge


def judge_level(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge whether attributes of a level are applied: a text attribute, and the identifiers of the level."""
    return make_joint_judge(*job.watches)(job, observation)


def judge_emptied(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge whether an override can empty an attribute, which is then stored as null or not at all."""
    return judge_effect(job, observation, applied={"empty": "cleared", "absent": "cleared"})


def judge_sequence(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge whether a sequence is merged or replaced.

    It is merged if an attribute that the override omits in an item is kept.
    """
    verdict = judge_effect(job, observation)
    kept = observation.get_state(job.watches["kept"])
    answer = {"before": "merged", "absent": "replaced", "empty": "replaced"}.get(kept)
    if verdict.answer != "applied" or answer is None:
        return make_unclear_verdict(verdict.seen, job.name)
    return Verdict(answer=answer, seen=verdict.seen, jobs=(job.name,))


def make_choice_judge(*answers: str) -> Callable[[ProbeJob, Observation], Verdict]:
    """Return a function that judges a job in which two overrides give one attribute different values.

    The answer is the name of the value that is stored, such as `series` or `study`.
    """

    def judge(job: ProbeJob, observation: Observation) -> Verdict:
        verdict = judge_effect(job, observation, applied={answer: answer for answer in answers})
        if verdict.answer == "ignored":  # neither of two valid overrides was applied
            return Verdict(answer="refused", reported=SILENT, seen=verdict.seen, jobs=verdict.jobs)
        return verdict

    return judge


def judge_two_mappings(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge which file of a study with two mappings is applied: `first`, `last`, or both (`merged`)."""
    effects = [judge_effect(_with_tested_watch(job, name), observation) for name in ("in first", "in last")]
    seen = describe_observation(job, observation)
    match effects[0].answer, effects[1].answer:
        case "applied", "applied":
            answer = "merged"
        case "applied", "ignored":
            answer = "first"
        case "ignored", "applied":
            answer = "last"
        case "refused", "refused":
            return effects[0]
        case "ignored", "ignored":  # neither of two valid files was applied
            return Verdict(answer="refused", reported=SILENT, seen=seen, jobs=(job.name,))
        case _:
            return make_unclear_verdict(seen, job.name)
    return Verdict(answer=answer, seen=seen, jobs=(job.name,))


def judge_size(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge whether a large override file is applied. All items with which it is filled must be stored, too."""
    verdict = judge_effect(job, observation)
    is_incomplete = verdict.answer == "applied" and observation.get_state(job.watches["filled"]) != "after"
    return make_unclear_verdict(verdict.seen, job.name) if is_incomplete else verdict


judge_shared_file = make_joint_judge("tested", "other")
"""Judge a file that two mappings name. Both studies must have the same answer."""
judge_numbers = make_joint_judge("tested", "integer")
"""Judge a value of DS and a value of IS. Both must have the same answer."""


def _with_tested_watch(job: ProbeJob, watch: str) -> ProbeJob:
    """Return a copy of a job in which the watch named `watch` takes the place of the watch `tested`."""
    return replace(job, watches={**job.watches, "tested": job.watches[watch]})


def list_failure_messages(observation: Observation, paths: Iterable[str]) -> frozenset[str]:
    """Return the messages in failure.ndjson about the objects at these paths, without the names of the objects."""
    return frozenset(
        f"{record.exceptionType}: {record.message.replace(record.inputFile, '')}"
        for record in observation.select_records(paths)
        if record.kind == "FAILURE"
    )


def list_override_paths(job: ProbeJob) -> list[str]:
    """Return the paths of the objects of a job that are not P10 files."""
    return [item.path for item in job.objects if not item.is_p10]


def judge_no_match(job: ProbeJob, observation: Observation, usual: Container[str] = ()) -> Verdict:
    """Judge how a data store handles a mapping whose study or series has no files.

    The control is another mapping of the same job, whose study has files.

    Args:
        job: The job.
        observation: Its observation.
        usual: The messages that failure.ndjson has even for override files that are applied. Other messages show a
            refusal.

    """
    verdict = judge_effect(_with_tested_watch(job, "control"), observation)
    if verdict.answer != "applied":
        return verdict
    messages = list_failure_messages(observation, [f"{OVERRIDES_FOLDER}/{ABSENT_NAME}.json"])
    if any(message not in usual for message in messages):
        return Verdict(answer="refused", reported="files-failed", seen=_FILE_FAILED, jobs=(job.name,))
    if observation.unreadableRecords or get_job_report(job, observation, "control"):
        return make_unclear_verdict(
            verdict.seen, job.name
        )  # the reported problem may be one of the mapping without files
    return Verdict(answer="ignored", seen=verdict.seen, jobs=(job.name,))


_FILE_FAILED = "failure.ndjson has a line for the override file, with another message than for files that are applied"


def judge_non_ascii(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge whether a letter that is not ASCII is stored correctly. The override file is in UTF-8 or Latin-1.

    The answer is `misread` if the stored text has other characters in place of this letter.
    """
    texts = [format_stored_value(value) for value in observation.find_values(job.watches["tested"])]
    start, end = NON_ASCII.partition(NON_ASCII_LETTER)[::2]
    is_misread = all(len(text) > len(start + end) and text.startswith(start) and text.endswith(end) for text in texts)
    return judge_effect(job, observation, applied={"after": "applied"} | ({"other": "misread"} if is_misread else {}))


def judge_long_value(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge how a data store handles a value that is too long. The answer is `cut` if it stores only the beginning."""
    texts = [format_stored_value(value) for value in observation.find_values(job.watches["tested"])]
    is_cut = bool(texts) and all(text and LONG_TEXT.startswith(text) for text in texts)
    return judge_effect(job, observation, applied={"after": "applied", **({"other": "cut"} if is_cut else {})})


def judge_without_files(job: ProbeJob, observation: Observation, usual: Container[str] = ()) -> Verdict:
    """Judge whether a job without P10 files changes the instances that an earlier job has imported.

    Args:
        job: The job.
        observation: Its observation.
        usual: The messages that failure.ndjson has even for override files that are applied. Other messages show a
            refusal.

    """
    verdict = judge_effect(job, observation, applied={"after": "changed"}, unchanged="unchanged")
    messages = list_failure_messages(observation, list_override_paths(job))
    if verdict.answer == "unchanged" and any(message not in usual for message in messages):
        return Verdict(answer="refused", reported="files-failed", seen=_FILE_FAILED, jobs=(job.name,))
    return verdict


def judge_copies(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge which of two files with the same SOP Instance UID in one job is stored: the `first` or the `last`."""
    state = observation.get_state(job.watches["tested"])
    if get_job_report(job, observation) == "server-error" or observation.unreadable:
        return make_unclear_verdict(describe_observation(job, observation), job.name)
    return Verdict(
        answer=state if state in ("first", "last") else None,
        seen=describe_observation(job, observation),
        jobs=(job.name,),
    )


def judge_prefix(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge how the service joins an inputS3Uri without a slash at its end with the path of an override file."""
    verdict = judge_effect(job, observation, applied={state: state for state in ("joined", "concatenated")})
    return verdict if verdict.answer in ("joined", "concatenated") else make_unclear_verdict(verdict.seen, job.name)


def judge_override_files(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge whether the job manifests list an override file as a file that failed."""
    kinds = {record.kind for record in observation.select_records(list_override_paths(job))}
    if kinds == {"FAILURE"}:
        return Verdict(answer="failed", seen="failure.ndjson has a line for the override file", jobs=(job.name,))
    if kinds or observation.unreadable or observation.unreadableRecords:
        return make_unclear_verdict(
            "whether the job manifests report the override file as failed is not clear", job.name
        )
    return Verdict(answer="ignored", seen="no job manifest has a line for the override file", jobs=(job.name,))


def judge_scanned_count(job: ProbeJob, observation: Observation) -> Verdict:
    """Judge whether the number of scanned files of a job includes its override file."""
    p10_files = len(job.list_p10_paths())
    answers = {p10_files: "not-counted", len(job.objects): "counted"}
    seen = f"numberOfScannedFiles: {observation.scanned}; P10 files: {p10_files}; all objects: {len(job.objects)}"
    return Verdict(answer=answers.get(observation.scanned or 0), seen=seen, jobs=(job.name,))
