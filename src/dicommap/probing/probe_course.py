"""The course of a probe: which jobs must run next, and the answers to the questions at the end.

The course has four stages, because later jobs need the answers of earlier jobs:

1. A job without override files shows whether the data store can import the synthetic files at all.
2. Four jobs try the forms of override files. If no form is accepted, four more jobs try attributes of other levels.
3. One job for each level tries its attributes in the accepted form.
4. All other jobs use the accepted form, and attributes of a level that is applied.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from dicommap.healthimaging.levels import Level
from dicommap.healthimaging.override_questions import SIZES, map_questions_to_answers
from dicommap.probing import judging
from dicommap.probing.experiments import (
    COPIES,
    FIRST_IMPORT,
    JOB_NUMBERS,
    build_job,
    make_form_job_name,
    make_level_job_name,
)
from dicommap.probing.judging import SILENT, Verdict, judge_effect, make_unclear_verdict
from dicommap.probing.observation import has_imported_all_studies
from dicommap.probing.override_forms import FORMS, PAIRS, Form, LevelPair
from dicommap.probing.question_experiments import EXPERIMENTS, LEVEL_QUESTIONS, QUESTIONS, Experiment, suits_every_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dicommap.probing.observation import Observation, RecordNote
    from dicommap.probing.probe_job import ProbeJob, Watch

_NO_FILLING = "a small file with a sequence is not applied either, so that the size may not be the cause"
_INVISIBLE = "the stored metadata lacks the attribute without an override, too, so that its absence shows nothing"


class ProbeCourse:
    """The course of one probe. It is computed from the observations so far: equal observations give an equal course."""

    def __init__(self, probe: str, questions: Iterable[str], observations: Mapping[str, Observation]) -> None:
        """Compute the course from observations.

        Args:
            probe: The id of the probe, a UUID.
            questions: The names of the questions to ask.
            observations: Name of a job -> its observation.

        """
        self._probe = probe
        self._asked = [name for name in QUESTIONS if name in set(questions)]
        self._observations = _drop_usual_warnings(observations)

    def list_next_jobs(self) -> list[ProbeJob]:
        """Return the jobs that can be started now and have no observation; an empty list if the probe has ended."""
        for names in self._iterate_stages():
            missing = [name for name in names if name not in self._observations]
            if missing:
                return [self.build_named_job(name) for name in sorted(missing, key=JOB_NUMBERS.__getitem__)]
        return []

    def build_named_job(self, name: str) -> ProbeJob:
        """Return the job with this name. Its form and levels are those that the earlier jobs have shown to work."""
        experiment = next((one for one in EXPERIMENTS.values() if one.job == name), None)
        suits = self._choose_pair_predicate(name, experiment)
        form, pair = self._form_and_pair
        return build_job(self._probe, name, form, self._find_applied_levels(suits) or pair)

    def make_verdicts(self) -> dict[str, Verdict]:
        """Return question -> verdict, for each question that was asked. All jobs must be observed."""
        if not self._is_importable:
            unreadable = self._observations[COPIES].unreadable
            seen = "; ".join(unreadable) or "the job without override files did not import its P10 files"
            return dict.fromkeys(self._asked, make_unclear_verdict(seen, COPIES))
        if self._asked == ["twoCopies"]:
            return {"twoCopies": self._judge_copies()}
        if self._is_configuration_lost or not self._is_form_known:
            seen = "no override file was applied, in any form and with attributes of any level"
            seen = judging.LOST_CONFIGURATION if self._is_configuration_lost else seen
            verdicts = dict.fromkeys(self._asked, make_unclear_verdict(seen, *self._list_form_jobs()))
            return verdicts | {name: self._judge_copies() for name in self._asked if name == "twoCopies"}
        verdicts = {
            name: _drop_impossible_answer(name, self._judge_question(name)) for name in self._asked if name != "refusal"
        }
        if "refusal" in self._asked:
            verdicts["refusal"] = self._judge_refusal(verdicts)
        return {name: verdicts[name] for name in self._asked}

    @property
    def form(self) -> Form | None:
        """Return the form in which most override files of the probe are written; None if no form is accepted."""
        return self._form_and_pair[0] if self._is_form_known else None

    def _iterate_stages(self) -> Iterator[list[str]]:
        """Yield the names of the jobs of each stage.

        The next stage can be computed only if the last one is observed.
        """
        yield [COPIES]
        if not self._is_importable or self._asked == ["twoCopies"]:
            return
        for pair in PAIRS:
            yield [make_form_job_name(form, pair) for form in FORMS]
            if self._list_accepted_forms(pair) or self._is_configuration_lost:
                break
        if self._is_configuration_lost or not self._is_form_known:
            return
        yield [make_level_job_name(pair) for pair in self._list_needed_pairs()]
        questions = {**dict.fromkeys(self._asked), **({"sequences": None} if SIZES.keys() & self._asked else {})}
        experiments = [one for name in questions if (one := self._find_possible_experiment(name)) is not None]
        if any(one.job == "without-files" for one in experiments):
            yield [FIRST_IMPORT, *(one.job for one in experiments if one.job != "without-files")]
        yield [one.job for one in experiments]

    @cached_property
    def _is_importable(self) -> bool:
        """Return whether the data store imports the synthetic files. Return True until the job COPIES is observed."""
        observation = self._observations.get(COPIES)
        job = build_job(self._probe, COPIES, FORMS[0], PAIRS[0])
        return observation is None or (not observation.has_failed and has_imported_all_studies(job, observation))

    @property
    def _is_configuration_lost(self) -> bool:
        """Return whether the service has returned a job without its import configuration."""
        return any(observation.has_lost_configuration for observation in self._observations.values())

    def _list_accepted_forms(self, pair: LevelPair) -> list[Form]:
        """Return the forms of override files in which the attributes of a pair were applied."""
        names = ((form, make_form_job_name(form, pair)) for form in FORMS)
        return [form for form, name in names if name in self._observations and self._judge_form_job(name) == "applied"]

    def _judge_form_job(self, name: str) -> str | None:
        """Return the answer of a job that tries a form of override files."""
        return judge_effect(build_job(self._probe, name, FORMS[0], PAIRS[0]), self._observations[name]).answer

    @cached_property
    def _form_and_pair(self) -> tuple[Form, LevelPair]:
        """Return the accepted form, and the pair with which it was accepted.

        If no form is accepted, return the first form and the first pair.
        """
        for pair in PAIRS:
            if forms := self._list_accepted_forms(pair):
                return forms[0], pair
        return FORMS[0], PAIRS[0]

    @cached_property
    def _is_form_known(self) -> bool:
        """Return whether the data store has accepted a form of override files."""
        return any(map(self._list_accepted_forms, PAIRS))

    def _list_form_jobs(self) -> list[str]:
        """Return the names of the observed jobs that tried a form."""
        names = (make_form_job_name(form, pair) for pair in PAIRS for form in FORMS)
        return [name for name in names if name in self._observations]

    def _find_text_job(self, pair: LevelPair) -> str:
        """Return the name of the job that shows whether text attributes of a pair are applied.

        This is the job that tried the accepted form with this pair, because its file has no other attribute. If there
        is no such job, it is the job that tried the level.
        """
        name = make_form_job_name(self._form_and_pair[0], pair)
        return name if name in self._observations else make_level_job_name(pair)

    def _list_needed_pairs(self) -> list[LevelPair]:
        """Return the pairs to try: the pairs of the asked questions, or all pairs if another question needs them."""
        base = self._form_and_pair[1]
        is_missing = any(
            name in self._asked and not EXPERIMENTS[name].suits(base)
            for name in ("numbersAsText", "numbersAsNumber", "longValues")
        )
        if is_missing or "precedence" in self._asked:
            return list(PAIRS)  # only after all pairs were tried, it is known which of them suits
        return [pair for question, pair in LEVEL_QUESTIONS.items() if question in self._asked]

    def _is_applied(self, pair: LevelPair) -> bool:
        """Return whether the text attribute of a pair is applied. Return False if no job has tried the pair."""
        name = self._find_text_job(pair)
        if name not in self._observations:
            return False
        verdict = judge_effect(build_job(self._probe, name, *self._form_and_pair), self._observations[name])
        return verdict.answer == "applied"

    def _find_applied_levels(self, suits: Callable[[LevelPair], bool]) -> LevelPair | None:
        """Return the first pair of levels that the data store applies and that `suits` accepts; None if none is."""
        first = self._form_and_pair[1]
        pairs = (first, *(pair for pair in PAIRS if pair != first))
        return next((pair for pair in pairs if suits(pair) and self._is_applied(pair)), None)

    def _choose_pair_predicate(self, name: str, experiment: Experiment | None) -> Callable[[LevelPair], bool]:
        """Return a function that returns whether the job with this name can use a pair."""
        if name == "precedence":
            return self._is_applied_in_both
        return suits_every_pair if experiment is None else experiment.suits

    def _is_applied_in_both(self, pair: LevelPair) -> bool:
        """Return whether the attributes of a pair are applied in overrides of a study and in those of a series."""
        return all(self._is_applied(LevelPair(pair.attribute, override)) for override in (Level.STUDY, Level.SERIES))

    def _find_possible_experiment(self, question: str) -> Experiment | None:
        """Return the experiment for a question; None if it has no experiment, or if this cannot be made."""
        experiment = EXPERIMENTS.get(question)
        if experiment is None or self._find_obstacle(question):
            return None
        return experiment

    def _find_obstacle(self, question: str) -> str:
        """Return the reason why an experiment cannot be made; an empty text if it can."""
        experiment = EXPERIMENTS[question]
        if question == "sharedFile" and self._form_and_pair[0].has_uids:
            return "not asked: a file must hold the UIDs of its study, so that two studies cannot share it"
        if self._find_applied_levels(self._choose_pair_predicate(experiment.job, experiment)) is None:
            words = "in overrides of a study and of a series" if question == "precedence" else "that suits"
            return f"not asked: no attribute {words} is applied"
        return ""

    def _judge_question(self, question: str) -> Verdict:
        """Return the verdict on a question, except for `refusal`."""
        if question == "twoCopies":
            return self._judge_copies()
        if question in ("dataSet", "identifyingUids"):
            return self._judge_form_question(question)
        if question in LEVEL_QUESTIONS:
            return self._judge_level(LEVEL_QUESTIONS[question])
        if question in ("overrideFiles", "overrideFilesCount"):
            name = make_form_job_name(*self._form_and_pair)
            judge = judging.judge_override_files if question == "overrideFiles" else judging.judge_scanned_count
            return judge(self.build_named_job(name), self._observations[name])
        if obstacle := self._find_obstacle(question):
            return make_unclear_verdict(obstacle)
        experiment = EXPERIMENTS[question]
        job, observation = self.build_named_job(experiment.job), self._observations[experiment.job]
        if experiment.may_be_absent and not self._is_visible(job.watches[experiment.may_be_absent]):
            return make_unclear_verdict(_INVISIBLE, COPIES, job.name)
        if question == "noMatch":
            return judging.judge_no_match(job, observation, self._list_usual_messages())
        if question == "withoutFiles":
            return judging.judge_without_files(job, observation, self._list_usual_messages())
        verdict = experiment.judge(job, observation)
        if question in SIZES and verdict.answer != "applied" and not self._has_applied_sequence:
            return make_unclear_verdict(f"{verdict.seen}; {_NO_FILLING}", job.name, EXPERIMENTS["sequences"].job)
        return verdict

    @property
    def _has_applied_sequence(self) -> bool:
        """Return whether a small override file with a sequence was applied."""
        name = EXPERIMENTS["sequences"].job
        return self._judge_effect_of_job(name).answer == "applied"

    def _judge_effect_of_job(self, name: str) -> Verdict:
        """Return the verdict whether a job has applied its tested attribute."""
        return judge_effect(self.build_named_job(name), self._observations[name])

    def _judge_level(self, pair: LevelPair) -> Verdict:
        """Judge whether the attributes of a pair are applied, by all attributes of the pair's job.

        If its text attribute alone gives another answer, the answer is unclear.
        """
        name = make_level_job_name(pair)
        verdict = judging.judge_level(self.build_named_job(name), self._observations[name])
        text_job = self._find_text_job(pair)
        if text_job == name:
            return verdict
        text = self._judge_effect_of_job(text_job)
        if verdict.answer == text.answer:
            return verdict
        return make_unclear_verdict(f"{verdict.seen}; {text.seen}", name, text_job)

    def _is_visible(self, watch: Watch) -> bool:
        """Return whether the stored metadata shows an attribute of files that were imported without overrides.

        If not, its absence in another job means nothing.
        """
        job = self.build_named_job(COPIES)
        without_override = replace(watch, study=job.studies[0], instances=job.watches["tested"].instances)
        return self._observations[COPIES].get_state(without_override) == "before"

    def _list_usual_messages(self) -> frozenset[str]:
        """Return the messages that failure.ndjson has for an override file, although the file was applied."""
        name = make_form_job_name(*self._form_and_pair)
        paths = judging.list_override_paths(self.build_named_job(name))
        return judging.list_failure_messages(self._observations[name], paths)

    def _judge_copies(self) -> Verdict:
        return judging.judge_copies(self.build_named_job(COPIES), self._observations[COPIES])

    def _judge_forms(self) -> dict[Form, Verdict]:
        """Return the verdict for each form of override files. A form that is not applied counts as refused.

        All forms are tried with the pair for which a form was accepted.
        """
        pair = self._form_and_pair[1]
        verdicts: dict[Form, Verdict] = {}
        for form in FORMS:
            name = make_form_job_name(form, pair)
            verdict = judge_effect(build_job(self._probe, name, form, pair), self._observations[name])
            if verdict.answer == "ignored":
                verdict = Verdict(answer="refused", reported=SILENT, seen=verdict.seen, jobs=verdict.jobs)
            verdicts[form] = verdict
        return verdicts

    def _judge_form_question(self, question: str) -> Verdict:
        """Return the verdict on a question about the form: `dataSet` or `identifyingUids`."""
        verdicts = self._judge_forms()
        jobs = tuple(verdict.jobs[0] for verdict in verdicts.values())
        applied = {form for form, verdict in verdicts.items() if verdict.answer == "applied"}
        seen = f"applied: {', '.join(form.name for form in FORMS if form in applied)}"
        if any(verdict.answer is None for verdict in verdicts.values()):
            return make_unclear_verdict(f"{seen}; not all observations are clear", *jobs)
        arrays, uids = {form.is_array for form in applied}, {form.has_uids for form in applied}
        if len(applied) != len(arrays) * len(uids):
            return make_unclear_verdict(f"{seen}: whether UIDs are accepted depends on the other question", *jobs)
        words = {"dataSet": ("both", "array", "object"), "identifyingUids": ("allowed", "needed", "refused")}[question]
        found = arrays if question == "dataSet" else uids
        return Verdict(answer=words[0] if len(found) > 1 else words[1 if True in found else 2], seen=seen, jobs=jobs)

    def _judge_refusal(self, verdicts: Mapping[str, Verdict]) -> Verdict:
        """Return the verdict on the question `refusal`: the kind of report that all refusals have in common."""
        refused = [verdict for verdict in (*self._judge_forms().values(), *verdicts.values()) if verdict.reported]
        reports = {verdict.reported for verdict in refused}
        jobs = tuple(dict.fromkeys(name for verdict in refused for name in verdict.jobs))
        if len(reports) == 1:
            return Verdict(answer=reports.pop(), seen=f"refusals in {len(jobs)} of the jobs", jobs=jobs)
        return make_unclear_verdict(
            f"refusals were reported in several ways: {', '.join(sorted(reports))}"
            if reports
            else "nothing was refused",
            *jobs,
        )


def _drop_impossible_answer(question: str, verdict: Verdict) -> Verdict:
    """Return the verdict if its answer is one of the possible answers to the question; else an unclear verdict."""
    if verdict.answer is None or verdict.answer in map_questions_to_answers()[question]:
        return verdict
    return make_unclear_verdict(f"{verdict.seen}; the question has no such answer", *verdict.jobs)


def _drop_usual_warnings(observations: Mapping[str, Observation]) -> dict[str, Observation]:
    """Return the observations without the warnings that the job without overrides has, too: they show no refusal."""
    copies = observations.get(COPIES)
    warned = [] if copies is None else [record.warnings for record in copies.records if record.kind == "WARNING"]
    usual = {text for warnings in warned for text in warnings}

    def is_kept(record: RecordNote) -> bool:
        if record.kind != "WARNING":
            return True
        return not usual.issuperset(record.warnings) if record.warnings else record.warnings not in warned

    return {
        name: observation.model_copy(update={"records": tuple(filter(is_kept, observation.records))})
        for name, observation in observations.items()
    }
