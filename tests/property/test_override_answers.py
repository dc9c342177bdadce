"""Random answers of the stand-in: an experiment for each question sees exactly the answer, whatever the others are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dicommap.healthimaging.override_questions import OverrideAnswers, map_questions_to_answers
from dicommap.testing.job_overrides import JobOverrides
from tests.support.example_counts import examples

STUDY, SERIES = "1.2", "1.2.1"
DESCRIPTION, WEIGHT, CODES, CREATOR = "00081030", "00101030", "00081032", "00190010"
OLD, NEW = "old", "new"
STORED: Any = {
    DESCRIPTION: {"vr": "LO", "Value": [OLD]},
    CODES: {"vr": "SQ", "Value": [{"00080100": {"vr": "SH", "Value": [OLD]}}]},
}
LEVELS = {"patient": "00104000", "study": DESCRIPTION, "series": "0008103E", "instance": "00204000"}
VRS = {"00104000": "LT", DESCRIPTION: "LO", "0008103E": "LO", "00204000": "LT"}
NEW_DESCRIPTION: Any = {DESCRIPTION: {"vr": "LO", "Value": [NEW]}}

FIXED = {"studyInStudy": "applied", "seriesInSeries": "applied"}
"""Each experiment needs an attribute that the service applies in the override of a study, and in that of a series."""


@st.composite
def random_answers(draw: st.DrawFn) -> OverrideAnswers:
    drawn = {name: draw(st.sampled_from(answers)) for name, answers in map_questions_to_answers().items()}
    return OverrideAnswers.model_validate(drawn | FIXED)


class Experiments:
    """Jobs with one series, whose files have the form that the answers accept."""

    def __init__(self, answers: OverrideAnswers) -> None:
        self.answers = answers

    def content(self, data_set: Any, *, series: bool = False) -> bytes:
        if self.answers.identifyingUids == "needed":
            data_set = {**data_set, "0020000D": {"vr": "UI", "Value": [STUDY]}}
            if series:
                data_set["0020000E"] = {"vr": "UI", "Value": [SERIES]}
        document = [data_set] if self.answers.dataSet == "array" else data_set
        return json.dumps(document, ensure_ascii=False).encode()

    def stored(self, *overrides: tuple[bytes | None, str | None], shared: bool = False) -> Any:
        """Return the data set that is stored, or `refused`.

        Args:
            overrides: For each mapping, the bytes of its file and the Series Instance UID of the mapping.
            shared: Whether all mappings name the first file.

        """
        mappings = [
            {"studyInstanceUID": STUDY, "metadataFilePath": "0" if shared else str(index)}
            | ({"seriesInstanceUID": series} if series else {})
            for index, (_, series) in enumerate(overrides)
        ]
        contents = {str(index): content for index, (content, _) in enumerate(overrides) if content is not None}
        job = JobOverrides.read(mappings, contents, self.answers, series={(STUDY, SERIES)})
        if job.refusals:
            assert job.refusals_of(STUDY, SERIES) or all(refusal.has_no_files for refusal in job.refusals)
            return "refused"
        return job.apply_to(STORED, STUDY, SERIES)

    def effect(self, content: bytes | None, tag: str = DESCRIPTION, series: str | None = None) -> str:
        """Return what a file does to one attribute: applied, cleared, ignored or refused."""
        result = self.stored((content, series))
        if result == "refused":
            return "refused"
        if result.get(tag) == STORED.get(tag):
            return "ignored"
        return "applied" if len(result[tag]) > 1 else "cleared"

    def file_effect(self, attribute: Any, tag: str = DESCRIPTION) -> str:
        return self.effect(self.content({tag: attribute}), tag)


def see_form(run: Experiments) -> str:
    accepted = [
        form
        for form, document in (("object", json.loads(run.content(NEW_DESCRIPTION))), ("array", None))
        if run.effect(json.dumps(_in_form(document, run, form)).encode()) == "applied"
    ]
    return "both" if len(accepted) == 2 else accepted[0]


def _in_form(document: Any, run: Experiments, form: str) -> Any:
    document = document if document is not None else json.loads(run.content(NEW_DESCRIPTION))
    data_set = document[0] if isinstance(document, list) else document
    return data_set if form == "object" else [data_set]


def see_uids(run: Experiments) -> str:
    uid = {"0020000D": {"vr": "UI", "Value": [STUDY]}}
    form: Callable[[Any], Any] = lambda one: [one] if run.answers.dataSet == "array" else one  # noqa: E731
    without = run.effect(json.dumps(form(NEW_DESCRIPTION)).encode())
    repeated = run.effect(json.dumps(form(NEW_DESCRIPTION | uid)).encode())
    return {("applied", "refused"): "refused", ("applied", "applied"): "allowed", ("refused", "applied"): "needed"}[
        without, repeated
    ]


def see_sequences(run: Experiments) -> str:
    item: Any = {"00080104": {"vr": "LO", "Value": [NEW]}}
    result = run.stored((run.content({CODES: {"vr": "SQ", "Value": [item]}}), None))
    return "merged" if "00080100" in result[CODES]["Value"][0] else "replaced"


def see_long_values(run: Experiments) -> str:
    content = run.content({DESCRIPTION: {"vr": "LO", "Value": ["x" * 300]}})
    effect = run.effect(content)
    if effect != "applied":
        return effect
    (value,) = run.stored((content, None))[DESCRIPTION]["Value"]
    return "cut" if len(value) == 256 else "applied"


def see_latin_1(run: Experiments) -> str:
    content = run.content({DESCRIPTION: {"vr": "LO", "Value": ["ü"]}}).decode().encode("latin-1")
    effect = run.effect(content)
    if effect != "applied":
        return effect
    (value,) = run.stored((content, None))[DESCRIPTION]["Value"]
    return {"ü": "applied", "\ufffd": "misread"}[value]


def see_non_ascii(run: Experiments) -> str:
    result = run.stored((run.content({"00081060": {"vr": "PN", "Value": [{"Alphabetic": "ü"}]}}), None))
    if result == "refused":
        return "refused"
    stored = result.get("00081060")
    return "ignored" if stored is None else {"ü": "applied", "?": "misread"}[stored["Value"][0]["Alphabetic"]]


def see_two_mappings(run: Experiments) -> str:
    first, last = run.content(NEW_DESCRIPTION), run.content({DESCRIPTION: {"vr": "LO", "Value": ["last"]}})
    result = run.stored((first, None), (last, None))
    if result == "refused":
        return "refused"
    if result[DESCRIPTION]["Value"] == [NEW]:
        return "first"
    beside = run.content({"00081060": {"vr": "PN", "Value": [{"Alphabetic": "x"}]}})
    return "merged" if run.stored((first, None), (beside, None))[DESCRIPTION]["Value"] == [NEW] else "last"


def see_precedence(run: Experiments) -> str | None:
    if run.answers.studyInSeries != "applied":
        return None
    series = run.content({DESCRIPTION: {"vr": "LO", "Value": ["series"]}}, series=True)
    result = run.stored((run.content(NEW_DESCRIPTION), None), (series, SERIES))
    return "refused" if result == "refused" else {NEW: "study", "series": "series"}[result[DESCRIPTION]["Value"][0]]


def see_shared_file(run: Experiments) -> str | None:
    if run.answers.identifyingUids == "needed" or run.answers.noMatch == "refused":
        return None  # a file with one series's UIDs does not fit two mappings; the other series has no file in the job
    content = run.content({"0008103E": {"vr": "LO", "Value": [NEW]}})
    result = run.stored((content, SERIES), (content, "1.2.9"), shared=True)
    return "refused" if result == "refused" else "applied" if "0008103E" in result else "ignored"


def see_no_match(run: Experiments) -> str:
    content = run.content(NEW_DESCRIPTION)
    mapping = {"studyInstanceUID": STUDY, "metadataFilePath": "0"}
    job = JobOverrides.read([mapping], {"0": content}, run.answers, series={("1.9", "1.9.1")})
    return "refused" if job.refusals else "ignored"


def see_without_files(run: Experiments) -> str | None:
    mapping = {"studyInstanceUID": STUDY, "metadataFilePath": "0"}
    job = JobOverrides.read([mapping], {"0": run.content(NEW_DESCRIPTION)}, run.answers, series=())
    if job.refusals:
        return "refused"
    return None if run.answers.withoutFiles != "refused" else "unchanged"


EXPERIMENTS: dict[str, Callable[[Experiments], str | None]] = {
    "dataSet": see_form,
    "identifyingUids": see_uids,
    "emptyNoValue": lambda run: run.file_effect({"vr": "LO"}),
    "emptyNull": lambda run: run.file_effect({"vr": "LO", "Value": [None]}),
    "emptyList": lambda run: run.file_effect({"vr": "LO", "Value": []}),
    "sequences": see_sequences,
    "privateElements": lambda run: run.file_effect({"vr": "LO", "Value": ["X"]}, CREATOR),
    "precedence": see_precedence,
    "twoMappings": see_two_mappings,
    "sharedFile": see_shared_file,
    "noMatch": see_no_match,
    "missingFile": lambda run: run.effect(None),
    "brokenFile": lambda run: run.effect(b"{"),
    "byteOrderMark": lambda run: run.effect(b"\xef\xbb\xbf" + run.content(NEW_DESCRIPTION)),
    "latin1": see_latin_1,
    "nonAscii": see_non_ascii,
    "characterSet": lambda run: run.effect(
        run.content({"00080005": {"vr": "CS", "Value": ["ISO_IR 192"]}, **NEW_DESCRIPTION})
    ),
    "size1": lambda run: run.effect(run.content(NEW_DESCRIPTION).ljust(1_000_000)),
    "numbersAsText": lambda run: run.file_effect({"vr": "DS", "Value": ["70.5"]}, WEIGHT),
    "numbersAsNumber": lambda run: run.file_effect({"vr": "DS", "Value": [70.5]}, WEIGHT),
    "longValues": see_long_values,
    "withoutFiles": see_without_files,
}

SEEN_ELSEWHERE = {
    "refusal",
    "overrideFiles",
    "overrideFilesCount",
    "prefixWithoutSlash",
    "twoCopies",
    "size10",
    "size50",
}
"""Questions that need S3 objects or much time. The unit tests of `job_runner` and `override_contents` ask them."""


def test_every_question_is_asked() -> None:
    levels = {f"{level}In{override}" for level in LEVELS for override in ("Study", "Series")}
    assert EXPERIMENTS.keys() | levels | SEEN_ELSEWHERE == map_questions_to_answers().keys()


@given(answers=random_answers())
@examples(200)
def test_each_experiment_sees_its_answer(answers: OverrideAnswers) -> None:
    run = Experiments(answers)
    for name, see in EXPERIMENTS.items():
        seen = see(run)
        assert seen in (None, getattr(answers, name)), name
    for level, tag in LEVELS.items():
        attribute = {"vr": VRS[tag], "Value": [NEW]}
        for override, series in (("Study", None), ("Series", SERIES)):
            effect = run.effect(run.content({tag: attribute}, series=series is not None), tag, series)
            assert effect == getattr(answers, f"{level}In{override}"), (level, override)
