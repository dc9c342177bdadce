"""The questions of a probe, and for each question its experiment: a job, and the function that judges it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicommap.healthimaging.override_questions import OverrideAnswers
from dicommap.probing import judging
from dicommap.probing.judging import Verdict, judge_effect
from dicommap.probing.override_forms import PAIRS, LevelPair
from dicommap.probing.synthetic_studies import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicommap.probing.observation import Observation
    from dicommap.probing.probe_job import ProbeJob

QUESTIONS = tuple(OverrideAnswers.model_fields)
"""The names of all questions."""
LEVEL_QUESTIONS = {pair.question: pair for pair in PAIRS}
"""Question whether attributes of a level are applied in overrides of a level -> the pair of these levels."""


def suits_every_pair(_pair: LevelPair) -> bool:
    """Return True.

    This function is the default of `Experiment.suits`: the experiment can use attributes of any level.
    """
    return True


def _has_numbers(pair: LevelPair) -> bool:
    """Return whether the level of a pair has attributes with the VRs DS and IS."""
    attributes = ATTRIBUTES[pair.attribute]
    return attributes.number is not None and attributes.integer is not None


def _has_long_text(pair: LevelPair) -> bool:
    """Return whether the level of a pair has a text attribute with a maximum length."""
    return ATTRIBUTES[pair.attribute].long is not None


@dataclass(frozen=True, slots=True)
class Experiment:
    """The job for one question, and the function that judges it. Questions about form and levels have no experiment."""

    job: str
    judge: Callable[[ProbeJob, Observation], Verdict]
    suits: Callable[[LevelPair], bool] = suits_every_pair
    """A function that returns whether the job can use attributes of a pair."""
    may_be_absent: str = ""
    """The name of a watch whose attribute may be absent after the job; empty for no watch.

    The absence is an answer only if the stored metadata shows the attribute for files without an override.
    """


EXPERIMENTS = {
    "emptyNoValue": Experiment("empty-no-value", judging.judge_emptied, may_be_absent="tested"),
    "emptyNull": Experiment("empty-null", judging.judge_emptied, may_be_absent="tested"),
    "emptyList": Experiment("empty-list", judging.judge_emptied, may_be_absent="tested"),
    "sequences": Experiment("sequence", judging.judge_sequence, may_be_absent="kept"),
    "privateElements": Experiment("private", judge_effect),
    "precedence": Experiment("precedence", judging.make_choice_judge("series", "study")),
    "twoMappings": Experiment("two-mappings", judging.judge_two_mappings),
    "sharedFile": Experiment("shared-file", judging.judge_shared_file),
    "noMatch": Experiment("no-match", judging.judge_no_match),
    "missingFile": Experiment("missing-file", judge_effect),
    "brokenFile": Experiment("broken-file", judge_effect),
    "byteOrderMark": Experiment("byte-order-mark", judge_effect),
    "latin1": Experiment("latin-1", judging.judge_non_ascii),
    "nonAscii": Experiment("non-ascii", judging.judge_non_ascii),
    "characterSet": Experiment("character-set", judge_effect),
    "size1": Experiment("size-1", judging.judge_size),
    "size10": Experiment("size-10", judging.judge_size),
    "size50": Experiment("size-50", judging.judge_size),
    "numbersAsText": Experiment("number-text", judging.judge_numbers, _has_numbers),
    "numbersAsNumber": Experiment("number-number", judging.judge_numbers, _has_numbers),
    "longValues": Experiment("long-value", judging.judge_long_value, _has_long_text),
    "withoutFiles": Experiment("without-files", judging.judge_without_files),
    "prefixWithoutSlash": Experiment("prefix", judging.judge_prefix),
}
