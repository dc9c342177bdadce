"""Choose the assumptions for drafts by the answers of a probe.

With these assumptions, a draft accepts only edits that the data store applies, according to the answers. If an answer
is unclear, the edits that depend on it are refused. The setting of a question that was not asked keeps its default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicommap.healthimaging.assumptions import Assumptions
from dicommap.probing.question_experiments import LEVEL_QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNAVAILABLE = "unavailable"
_SIZES = (("size50", "50MB"), ("size10", "10MB"), ("size1", "1MB"))
_SMALLEST = "1kB"


def make_assumptions(answers: Mapping[str, str | None]) -> Assumptions:
    """Return the assumptions for drafts that fit the answers of a probe.

    Args:
        answers: Question -> answer; None if it is unclear. Questions that were not asked are left out.

    """
    settings: dict[str, Any] = {}
    if answers.get("dataSet") == "array":
        settings["dataSet"] = "array"
    if answers.get("identifyingUids") == "needed":
        settings["identifyingUids"] = "present"
    settings |= _choose_first_with_answer(
        answers, "emptyValue", (("emptyNoValue", "no-value"), ("emptyNull", "null")), "cleared"
    )
    numbers = _choose_first_with_answer(
        answers, "decimalStrings", (("numbersAsText", "text"), ("numbersAsNumber", "number")), "applied"
    )
    settings |= {"numbers": _UNAVAILABLE} if _UNAVAILABLE in numbers.values() else numbers
    if "nonAscii" in answers:
        choices = (("nonAscii", "omitted"), ("characterSet", "declared"))
        settings |= _choose_first_with_answer(answers, "characterSet", choices, "applied")
    if answers.get("sequences", "replaced") != "replaced":
        settings["sequences"] = _UNAVAILABLE
    if answers.get("precedence", "series") != "series":
        settings["precedence"] = _UNAVAILABLE
        if settings.get("characterSet") == "declared":  # the overrides of a study and its series would both have it
            settings["characterSet"] = _UNAVAILABLE
    for question in ("privateElements", *LEVEL_QUESTIONS):
        if answers.get(question, "applied") != "applied":
            settings[question] = _UNAVAILABLE
    if any(question in answers for question, _ in _SIZES):
        applied = (size for question, size in _SIZES if answers.get(question) == "applied")
        settings["largestFile"] = next(applied, _SMALLEST)
    return Assumptions(**settings)


def _choose_first_with_answer(
    answers: Mapping[str, str | None], setting: str, choices: tuple[tuple[str, str], ...], wanted: str
) -> dict[str, str]:
    """Return a setting as a dict: the choice of the first question that has the wanted answer.

    The dict is empty if no question was asked.
    """
    asked = [(question, value) for question, value in choices if question in answers]
    if not asked:
        return {}
    return {setting: next((value for question, value in asked if answers[question] == wanted), _UNAVAILABLE)}
